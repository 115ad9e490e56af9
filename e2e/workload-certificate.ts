import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ISTIO_CA_AUDIENCE, requestCertificate, trusting } from "../cli/status/istiod-ca";
import type { Cluster } from "./cluster";
import { output } from "./command";
import { ISTIO_NAMESPACE } from "./istiod";

/** What a sidecar ends up with, all PEM. */
export interface WorkloadCertificate {
  readonly key: string;
  /** The leaf first, then what leads to the root. */
  readonly chain: string;
  /** The root istiod sent along. */
  readonly root: string;
}

/** The roots istiod published in a namespace: what the workloads there trust. */
export async function publishedRoots({ core }: Cluster, namespace = "default"): Promise<string> {
  const { data } = await core.readNamespacedConfigMap({ name: "istio-ca-root-cert", namespace });
  return data?.["root-cert.pem"] ?? "";
}

/** What a request is made of; where nothing is said, the ServiceAccount `default` of `default` asks for what istiod gives by itself. */
export interface Request {
  /** Its Service. */
  readonly istiod?: string;
  readonly namespace?: string;
  /** What the sidecar takes its cluster's name to be. */
  readonly clusterName?: string;
  readonly validSeconds?: number;
  readonly csr?: string;
  readonly token?: string;
}

/** Asks istiod's CA for a certificate, as a sidecar does. */
export async function signWorkload(cluster: Cluster, request: Request = {}): Promise<WorkloadCertificate> {
  const { istiod = "istiod", namespace = "default", validSeconds = 0 } = request;
  const { clusterName = cluster.name } = request;
  const [roots, ownToken, own, { spec }] = await Promise.all([
    publishedRoots(cluster, namespace),
    cluster.token({ namespace, serviceAccount: "default", audience: ISTIO_CA_AUDIENCE }),
    newKey(cluster.directory),
    cluster.core.readNamespacedService({ name: istiod, namespace: ISTIO_NAMESPACE }),
  ]);
  const { token = ownToken, csr = own.csr } = request;
  const certificates = await requestCertificate({
    ...{ address: `${spec!.clusterIP}:15012`, credentials: trusting(roots), token, csr },
    ...{ clusterName, validSeconds, timeoutSeconds: 20 },
  });
  if (certificates.length < 2) throw new Error("istiod answered with fewer than two certificates");
  return { key: own.key, chain: certificates.slice(0, -1).join(""), root: certificates.at(-1)! };
}

/** istiod takes the identity from the token, so the request names nobody. */
export async function newKey(directory: string): Promise<{ key: string; csr: string }> {
  const keyFile = join(directory, "pki", `workload-${randomUUID()}.key`);
  const csr = await output("openssl", [
    ...["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"],
    ...["-subj", "/", "-keyout", keyFile],
  ]);
  return { key: readFileSync(keyFile, "utf8"), csr };
}
