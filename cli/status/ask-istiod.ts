import { connect } from "node:tls";
import type { ServiceError } from "@grpc/grpc-js";
import { leafLineOf } from "../../lib/private/leaf-generation";
import { parseCertificates } from "../../lib/private/pem";
import type { ClusterApi, ForwardedPort, PodState } from "../kubernetes/cluster-api";
import { ISTIO_NAMESPACE } from "../../lib/names";
import { connectedProxies } from "./connected-proxies";
import { type Asked, type IstiodFacts, known, type SignedLeaf, unknown } from "./facts";
import { ISTIOD_NAME, requestCertificate, trusting } from "./istiod-ca";

/** istiod's port for sidecars. */
const ISTIOD_PORT = 15012;

const TIMEOUT_SECONDS = 15;

/** The signed certificate is discarded at once; istiod refuses to sign for longer than its maximum. */
const VALID_SECONDS = 60;

export interface IstiodQuestion {
  readonly clusterName: string;
  /** PEM of the roots that sidecars verify istiod's certificate with. */
  readonly roots: string;
  /** A ServiceAccount's token for istiod's CA, or why there is none. */
  readonly token: Asked<string>;
  /** PEM of a certificate signing request. */
  readonly csr: string;
}

/** Tests one istiod as a sidecar would use it: a TLS handshake, and a certificate request. */
export async function askIstiod(
  api: ClusterApi,
  pod: PodState,
  question: IstiodQuestion,
): Promise<IstiodFacts> {
  const port = await api.forward(ISTIO_NAMESPACE, pod.name, ISTIOD_PORT);
  try {
    const reached = await handshake(port, question.roots);
    const accepted = reached.known && reached.value.refused === undefined;
    const signed = accepted
      ? await askToSign(port, question)
      : unknown("its own certificate is not accepted");
    // After what it answers with: what is sent later is not older than that.
    const connected = reached.known
      ? await connectedProxies(api, pod.name, question.clusterName)
      : unknown(reached.reason);
    return { pod: pod.name, startedAt: pod.startedAt, reached, signed, connected };
  } finally {
    port.close();
  }
}

function handshake(port: ForwardedPort, roots: string): Promise<IstiodFacts["reached"]> {
  const [host, number] = port.address.split(":");
  return new Promise((resolve) => {
    const socket = connect({
      host,
      port: Number(number),
      ca: roots,
      servername: ISTIOD_NAME,
      ALPNProtocols: ["h2"],
      // A wrong certificate is a finding: nothing is sent on this connection.
      rejectUnauthorized: false,
    });
    const end = (answer: IstiodFacts["reached"]) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(
      () => end(unknown(port.trouble() ?? `no answer within ${TIMEOUT_SECONDS} s`)),
      TIMEOUT_SECONDS * 1000,
    );
    socket.on("error", (error) => end(unknown(port.trouble() ?? error.message)));
    socket.on("close", () => end(unknown(port.trouble() ?? "it closed the connection")));
    socket.on("secureConnect", () => {
      const own = socket.getPeerX509Certificate()!;
      const refused = socket.authorized ? undefined : refusal(socket.authorizationError);
      end(known({ ownCertificateFrom: new Date(own.validFrom), refused }));
    });
  });
}

/** OpenSSL's verdict in words. */
function refusal(verdict: Error | string): string {
  const code = typeof verdict === "string" ? verdict : ((verdict as NodeJS.ErrnoException).code ?? "");
  const texts: Record<string, string> = {
    CERT_HAS_EXPIRED: "a certificate of its chain has expired",
    CERT_NOT_YET_VALID: "a certificate of its chain is not yet valid",
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: "the intermediate that signed it is not in its chain",
    UNABLE_TO_GET_ISSUER_CERT: "its chain does not lead to a published root",
    UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its chain does not lead to a published root",
    SELF_SIGNED_CERT_IN_CHAIN: "its chain ends at a root that is not published",
    PATH_LENGTH_EXCEEDED: "its chain is longer than a CA above allows",
    INVALID_PURPOSE: "a CA of its chain may not sign certificates",
    INVALID_CA: "a CA of its chain may not sign certificates",
    UNSPECIFIED: "a certificate of its chain may not be used as it is",
    CERT_SIGNATURE_FAILURE: "a signature in its chain is wrong",
    ERR_TLS_CERT_ALTNAME_INVALID: `it is not for ${ISTIOD_NAME}`,
  };
  return texts[code] ?? `OpenSSL says ${code === "" ? verdict : code}`;
}

async function askToSign(port: ForwardedPort, question: IstiodQuestion): Promise<Asked<SignedLeaf>> {
  const { token, clusterName, csr, roots } = question;
  if (!token.known) return token;
  try {
    const answer = await requestCertificate({
      ...{ address: port.address, credentials: trusting(roots), clusterName, csr },
      ...{ token: token.value, validSeconds: VALID_SECONDS, timeoutSeconds: TIMEOUT_SECONDS },
    });
    return signedLeaf(answer);
  } catch (error) {
    return unknown(port.trouble() ?? (error as ServiceError).details ?? (error as Error).message);
  }
}

function signedLeaf(answer: readonly string[]): Asked<SignedLeaf> {
  const chain = answer.slice(0, -1).flatMap((pem) => parseCertificates(pem) ?? []);
  const bundle = parseCertificates(answer.at(-1) ?? "");
  const [leaf, ...above] = chain;
  if (!leaf || !bundle) return unknown("its answer contains no certificate, or no root");
  return known({ chain: [leaf, ...above], bundle, leafLine: leafLineOf(answer.at(-1)!) });
}
