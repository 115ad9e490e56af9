import { createServer } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { control } from "./control";

/** Says which cluster it is in: to HTTP requests, and to each line that comes by TCP. */
const cluster = process.env.CLUSTER!;

for (const port of [8080, 8081]) {
  const server = createServer((_, response) => response.end(cluster)).listen(port);
  // Node closes a connection after five idle seconds otherwise, maybe just when Envoy sends the next request.
  server.keepAliveTimeout = 0;
}
for (const port of [9000, 9001]) {
  createTcpServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", () => socket.write(`${cluster}\n`));
  }).listen(port);
}
control({});
