import type { Mesh } from "../../config/mesh";
import type { RunningCluster } from "./running";

/**
 * The leaf generation that mesh.yaml has to say of a cluster, so that the leaves of `clusters` are renewed. All are raised at
 * once; where a raise is deployed in part, only those are left that lack it.
 */
export function raised(
  { clusters: declared }: Mesh,
  running: readonly RunningCluster[],
  name: string,
  clusters: readonly string[],
): number {
  const of = new Map(declared.map((cluster) => [cluster.name, cluster.leafGeneration]));
  const says = of.get(name)!;
  const is = running.find((cluster) => cluster.name === name);
  const isBegun = running.some((cluster) => of.get(cluster.name) !== cluster.leafGeneration);
  if (!isBegun) return says + 1;
  return clusters.includes(name) && is ? Math.max(says, is.leafGeneration + 1) : says;
}
