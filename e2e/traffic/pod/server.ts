import { createServer } from "node:http";
import { createServer as createTcpServer, type Socket } from "node:net";
import { control } from "./control";
import { GOODBYE } from "./goodbye";

/** Says which cluster it is in: to HTTP requests, and to each line that comes by TCP. */
const cluster = process.env.CLUSTER!;

for (const port of [8080, 8081]) {
  const server = createServer((_, response) => response.end(cluster)).listen(port);
  // Node closes a connection after five idle seconds otherwise, maybe just when Envoy sends the next request.
  server.keepAliveTimeout = 0;
}
createTcpServer((socket) => {
  socket.on("error", () => {});
  socket.on("data", () => socket.write(`${cluster}\n`));
}).listen(9000);

const open = new Set<Socket>();
let ending = false;
createTcpServer((socket) => {
  open.add(socket);
  socket.on("close", () => open.delete(socket));
  socket.on("error", () => {});
  socket.on("data", () => {
    if (socket.writableEnded) return;
    socket.write(`${cluster}\n`);
    if (ending) socket.end(`${GOODBYE}\n`);
  });
}).listen(9001);
// A long connection ends with its pod, which is no fault of the mesh; what comes late is answered until the end.
process.on("SIGTERM", () => {
  ending = true;
  for (const socket of open) socket.end(`${GOODBYE}\n`);
});
control({});
