// Stands in for a gateway's proxy, Istio's agent and Envoy: serves TLS on the pod's files, takes up changed
// ones where certificate and key match, and tells each client whether its own certificate chains to ca.crt.
import { readFileSync, watch } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:tls";

const DIRECTORY = "/vault/secrets";
const READINESS_PORT = 15021;
const TLS_PORT = 8443;
const DEBOUNCE_MILLISECONDS = 100;

const address = process.env.INSTANCE_IP;
const read = (file) => readFileSync(`${DIRECTORY}/${file}`, "utf8");
const files = () => ({ cert: read("tls.crt"), key: read("tls.key"), ca: read("ca.crt") });

const server = createServer({ ...files(), requestCert: true, rejectUnauthorized: false }, (socket) => {
  socket.on("error", () => socket.destroy());
  socket.end(JSON.stringify({ clientIsAuthorized: socket.authorized }));
});
server.on("tlsClientError", () => {});
server.listen(TLS_PORT, address, () => {
  createHttpServer((_request, response) => response.end()).listen(READINESS_PORT, address);
});

let timer;
watch(DIRECTORY, () => {
  clearTimeout(timer);
  timer = setTimeout(reload, DEBOUNCE_MILLISECONDS);
});

function reload() {
  try {
    server.setSecureContext(files());
    console.log("serving the changed files");
  } catch (error) {
    console.log(`keeping the last files: ${error.message}`);
    timer = setTimeout(reload, DEBOUNCE_MILLISECONDS);
  }
}
