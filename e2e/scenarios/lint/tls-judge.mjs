// Mutual TLS between two workloads with a certificate each, by whatever library the program has that runs this:
// OpenSSL in Node, BoringSSL in Bun. Reads lines of JSON from standard input, {"id", "key", "cert", "ca", "crl"} with
// PEM as text, and answers each with a line {"id", "error"}; without an error both sides accept each other.
import { once } from "node:events";
import { createInterface } from "node:readline";
import { connect, createServer } from "node:tls";

const TIMEOUT_MS = 10_000;

for await (const line of createInterface({ input: process.stdin })) {
  const { id, key, cert, ca, crl: lists } = JSON.parse(line);
  // Node reads the first list of a text alone.
  const crl = lists?.match(/-----BEGIN X509 CRL-----[\s\S]+?-----END X509 CRL-----/g);
  const error = await handshake({ key, cert, ca, crl }).then(
    () => undefined,
    (reason) => String(reason?.code ?? reason?.message ?? reason),
  );
  process.stdout.write(`${JSON.stringify({ id, error })}\n`);
}
process.exit(0);

async function handshake(material) {
  const server = createServer({ ...material, requestCert: true, rejectUnauthorized: true });
  try {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const accepted = new Promise((resolve, reject) => {
      server.once("secureConnection", (socket) =>
        socket.authorized ? resolve() : reject(new Error(`server: ${socket.authorizationError}`)),
      );
      server.once("tlsClientError", (error) => reject(new Error(`server: ${error.code ?? error.message}`)));
      server.once("error", reject);
      setTimeout(() => reject(new Error("nothing within 10 s")), TIMEOUT_MS).unref();
    });
    const client = connect({
      ...material,
      host: "127.0.0.1",
      port: server.address().port,
      checkServerIdentity: () => undefined,
    });
    const connected = new Promise((resolve, reject) => {
      client.once("secureConnect", () =>
        client.authorized ? resolve() : reject(new Error(`client: ${client.authorizationError}`)),
      );
      client.once("error", (error) => reject(new Error(`client: ${error.code ?? error.message}`)));
    });
    try {
      await Promise.all([accepted, connected]);
    } finally {
      // A refusal may come after all else is over.
      client.on("error", () => {});
      client.destroy();
    }
  } finally {
    server.close();
  }
}
