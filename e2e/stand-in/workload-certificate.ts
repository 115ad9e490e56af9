import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ISTIO_CA_AUDIENCE, requestCertificate, trusting } from "../../cli/status/istiod-ca";
import type { Cluster } from "./cluster";
import { output } from "../command";
import type { KeyedData } from "./kubernetes-objects";

/** What a sidecar ends up with, all PEM. */
export interface WorkloadCertificate {
  readonly key: string;
  /** The leaf first, then what leads to the root. */
  readonly chain: string;
  /** The root istiod sent along. */
  readonly root: string;
}

/** What is asked of a cluster: its API, and a directory for keys. */
export type CertificateSource = Pick<Cluster, "name" | "directory" | "api">;

/** The roots istiod published in a namespace: what the workloads there trust. */
export async function publishedRoots(cluster: CertificateSource, namespace: string): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/configmaps/istio-ca-root-cert`;
  const configMap = await cluster.api.get<KeyedData>(path);
  return configMap.data?.["root-cert.pem"] ?? "";
}

/** Asks istiod's CA for a certificate, as a sidecar of this ServiceAccount does; `istiod` is its Service. */
export async function signWorkload(
  cluster: CertificateSource,
  namespace: string,
  serviceAccount: string,
  validSeconds = 3600,
  istiod = "istiod",
): Promise<WorkloadCertificate> {
  const [roots, token, { key, csr }, address] = await Promise.all([
    publishedRoots(cluster, namespace),
    cluster.api.token({ namespace, serviceAccount, audience: ISTIO_CA_AUDIENCE }),
    newKey(cluster.directory),
    istiodAddress(cluster, istiod),
  ]);
  const certificates = await requestCertificate({
    ...{ address, credentials: trusting(roots), token, csr, clusterName: cluster.name },
    ...{ validSeconds, timeoutSeconds: 20 },
  });
  if (certificates.length < 2) throw new Error("istiod answered with fewer than two certificates");
  return { key, chain: certificates.slice(0, -1).join(""), root: certificates.at(-1)! };
}

export async function istiodAddress(cluster: CertificateSource, istiod = "istiod"): Promise<string> {
  const path = `/api/v1/namespaces/istio-system/services/${istiod}`;
  const service = await cluster.api.get<{ spec: { clusterIP: string } }>(path);
  return `${service.spec.clusterIP}:15012`;
}

/** istiod takes the identity from the token, so the request names nobody. */
export async function newKey(directory: string): Promise<{ key: string; csr: string }> {
  const home = join(directory, "workloads");
  mkdirSync(home, { recursive: true });
  const keyFile = join(home, `${randomUUID()}.key`);
  const csr = await output("openssl", [
    ...["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"],
    ...["-subj", "/", "-keyout", keyFile],
  ]);
  return { key: readFileSync(keyFile, "utf8"), csr };
}
