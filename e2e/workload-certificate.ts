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

/** Asks istiod's CA for a certificate, as a sidecar of the ServiceAccount `default` does; `istiod` is its Service. */
export async function signWorkload(
  cluster: Cluster,
  { validSeconds = 3600, istiod = "istiod", namespace = "default" } = {},
): Promise<WorkloadCertificate> {
  const [roots, token, { key, csr }, { spec }] = await Promise.all([
    publishedRoots(cluster, namespace),
    cluster.token({ namespace, serviceAccount: "default", audience: ISTIO_CA_AUDIENCE }),
    newKey(cluster.directory),
    cluster.core.readNamespacedService({ name: istiod, namespace: ISTIO_NAMESPACE }),
  ]);
  const certificates = await requestCertificate({
    ...{ address: `${spec!.clusterIP}:15012`, credentials: trusting(roots), token, csr },
    ...{ clusterName: cluster.name, validSeconds, timeoutSeconds: 20 },
  });
  if (certificates.length < 2) throw new Error("istiod answered with fewer than two certificates");
  return { key, chain: certificates.slice(0, -1).join(""), root: certificates.at(-1)! };
}

/** istiod takes the identity from the token, so the request names nobody. */
async function newKey(directory: string): Promise<{ key: string; csr: string }> {
  const keyFile = join(directory, "pki", `workload-${randomUUID()}.key`);
  const csr = await output("openssl", [
    ...["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"],
    ...["-subj", "/", "-keyout", keyFile],
  ]);
  return { key: readFileSync(keyFile, "utf8"), csr };
}
