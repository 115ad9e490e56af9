import type { X509Certificate } from "node:crypto";
import { connect, type SecureContextOptions } from "node:tls";
import type { Pod } from "./cluster";

/**
 * Asks a workload by HTTP over TLS, as a workload does that holds these; returns the certificate its Envoy shows. Throws
 * where either side refuses the other; with `anyServer` the server alone may.
 */
export function meetEnvoy(
  { status }: Pod,
  port: number,
  holds: Pick<SecureContextOptions, "ca" | "cert" | "key">,
  { anyServer = false } = {},
): Promise<X509Certificate> {
  return new Promise((resolve, reject) => {
    const options = {
      host: status.podIP,
      port,
      ...holds,
      timeout: 10_000,
      rejectUnauthorized: !anyServer,
      ALPNProtocols: ["istio-http/1.1", "http/1.1"],
    };
    // Workloads are known by their SPIFFE identity, not by a host name.
    const socket = connect({ ...options, checkServerIdentity: () => undefined }, () =>
      socket.write("GET / HTTP/1.1\r\nHost: server\r\n\r\n"),
    );
    socket.on("timeout", () => socket.destroy(new Error("Envoy does not answer")));
    socket.on("error", reject);
    // A server's refusal reaches the client after its own part of the handshake is over.
    socket.on("close", () => reject(new Error("Envoy closed the connection")));
    socket.on("data", () => {
      resolve(socket.getPeerX509Certificate()!);
      socket.destroy();
    });
  });
}
