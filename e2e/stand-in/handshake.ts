import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer, type PeerCertificate, type TLSSocket } from "node:tls";
import type { WorkloadCertificate } from "./workload-certificate";

/** One side of mutual TLS: its own certificate, and the roots it trusts. */
export interface Peer {
  readonly certificate: WorkloadCertificate;
  readonly roots: string;
  /** PEM of lists, by which every certificate of a chain is then held. */
  readonly revocationLists?: string;
}

/** What each side saw of the other: the SPIFFE identity. */
export interface Handshake {
  readonly client: string;
  readonly server: string;
}

/** Mutual TLS between two workloads. Throws unless each accepts the other's certificate. */
export async function handshake(client: Peer, server: Peer): Promise<Handshake> {
  const listener = createServer({ ...material(server), requestCert: true, rejectUnauthorized: true });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const accepted = new Promise<TLSSocket>((resolve, reject) => {
    listener.once("secureConnection", resolve);
    listener.once("tlsClientError", (error, { authorizationError: reason }) =>
      reject(reason ? new Error(`the server refuses the client's certificate: ${reason}`) : error),
    );
  });
  const socket = connect({
    ...material(client),
    host: "127.0.0.1",
    port: (listener.address() as AddressInfo).port,
    // Workloads are known by their SPIFFE identity, not by a host name.
    checkServerIdentity: () => undefined,
  });
  // A server's refusal reaches the client after its own part of the handshake is over.
  socket.on("error", () => {});
  try {
    const [serverSide] = await Promise.all([accepted, once(socket, "secureConnect")]);
    return {
      client: identity(serverSide.getPeerCertificate()),
      server: identity(socket.getPeerCertificate()),
    };
  } finally {
    socket.destroy();
    listener.close();
  }
}

function material({ certificate, roots, revocationLists }: Peer) {
  // Node reads the first list of a text alone.
  const crl = revocationLists?.match(/-----BEGIN X509 CRL-----[\s\S]+?-----END X509 CRL-----/g) ?? undefined;
  return { cert: certificate.chain, key: certificate.key, ca: roots, crl };
}

function identity(certificate: PeerCertificate): string {
  return certificate.subjectaltname?.replace(/^URI:/, "") ?? "";
}
