import { connect } from "node:tls";
import type { Pod } from "../../cluster";
import type { WorkloadCertificate } from "../../workload-certificate";

/**
 * Asks a server with this certificate, on a new connection that resumes a TLS session where one is given. Returns the session
 * to resume; throws where it is refused.
 */
export function handshake(
  { status }: Pod,
  { key, chain }: WorkloadCertificate,
  session?: Buffer,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      ...{ host: status.podIP, port: 8080, key, cert: chain, session },
      ...{ rejectUnauthorized: false, timeout: 10_000, ALPNProtocols: ["istio-http/1.1"] },
    });
    let next = session;
    socket.on("session", (ticket: Buffer) => (next = ticket));
    socket.on("secureConnect", () => socket.write("GET / HTTP/1.1\r\nHost: server\r\n\r\n"));
    socket.on("data", () => {
      if (socket.isSessionReused() !== (session !== undefined))
        reject(new Error("another kind of handshake"));
      else resolve(next!);
      socket.destroy();
    });
    socket.on("timeout", () => socket.destroy(new Error("Envoy does not answer")));
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("Envoy closed the connection")));
  });
}
