import { readFileSync } from "node:fs";
import type { Cluster } from "./cluster";
import { ISTIO_NAMESPACE } from "./istiod";

/** Lets a cluster's istiod read a peer's endpoints, by what `istioctl create-remote-secret` makes. */
export async function introduce(peer: Cluster, cluster: Cluster): Promise<void> {
  const { name } = peer;
  const reader = "istio-reader-service-account";
  const token = await peer.kubectl(`create token ${reader} -n ${ISTIO_NAMESPACE} --duration=24h`);
  const ca = readFileSync(peer.caFile).toString("base64");
  const kubeconfig = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server: peer.address, "certificate-authority-data": ca } }],
    users: [{ name, user: { token: token.trim() } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    "current-context": name,
  };
  await cluster.apply({
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      name: `istio-remote-secret-${name}`,
      namespace: ISTIO_NAMESPACE,
      labels: { "istio/multiCluster": "true" },
      annotations: { "networking.istio.io/cluster": name },
    },
    stringData: { [name]: JSON.stringify(kubeconfig) },
  });
}
