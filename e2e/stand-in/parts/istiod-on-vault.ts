import type { Cluster } from "../cluster";
import { publishedRoots, signWorkload } from "../workload-certificate";

/** What a workload of a cluster has: a certificate of its own, and the published roots. */
export async function workload(cluster: Cluster) {
  const [certificate, roots] = await Promise.all([
    signWorkload(cluster, "default", "default"),
    publishedRoots(cluster, "default"),
  ]);
  return { certificate, roots };
}
