import { isDeepStrictEqual } from "node:util";
import type { Mesh } from "../../config/mesh";
import { type Course, nextOf, withClusters } from "./course";
import type { StepSeconds } from "./durations";
import { liveCluster } from "./exchange";
import { isRevoked, type Stolen, withoutRevocation } from "./revoked";
import type { RunningCluster } from "./running";

/**
 * The way back from an exchange: out of the revocation, and of what mesh.yaml says and nobody deployed. An intermediate
 * that was issued, and certificates that were renewed, stay.
 */
export function takeBack(
  mesh: Mesh,
  running: readonly RunningCluster[],
  stolen: Stolen,
  seconds: StepSeconds,
): Course {
  const live = liveCluster(running, stolen);
  const refusing = running.filter(({ revoked }) => revoked.includes(stolen.serial));
  const asDeployed = withClusters(mesh, (cluster) =>
    cluster.name === live.name ? deployed(cluster, live) : {},
  );
  const steps = [
    {
      text: "accept it again",
      clusters: (isRevoked(mesh, stolen) ? running : refusing).map(({ name }) => name),
      seconds: seconds.trust,
    },
    {
      text: "take back what mesh.yaml says besides",
      clusters: isDeepStrictEqual(asDeployed, mesh) ? [] : [live.name],
      seconds: 0,
    },
  ];
  return {
    title: `back from the exchange of intermediate ${stolen.serial} of ${stolen.cluster}`,
    steps,
    at: nextOf(steps),
    wanted: withoutRevocation(asDeployed, stolen),
    end: mesh,
    commands: [],
  };
}

type Cluster = Mesh["clusters"][number];

/** With the generations that run, where mesh.yaml is ahead of them. */
function deployed({ intermediates, leafGeneration }: Cluster, live: RunningCluster): Partial<Cluster> {
  const { generation = Infinity } = live;
  return {
    leafGeneration: Math.min(leafGeneration, live.leafGeneration),
    ...("generation" in intermediates && {
      intermediates: { ...intermediates, generation: Math.min(intermediates.generation, generation) },
    }),
  };
}
