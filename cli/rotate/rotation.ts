import type { Mesh } from "../../config/mesh";
import { nameList } from "../../lib/private/text";
import { type Course, nextOf, type Step, withClusters } from "./course";
import type { StepSeconds } from "./durations";
import { raised } from "./raised";
import type { RunningCluster } from "./running";

/** From which roots to which. */
export interface Roots {
  /** Those that are to go; empty where nothing is known of them any more. */
  readonly from: readonly string[];
  readonly to: string;
}

/** What mesh.yaml says of a cluster. */
interface Says {
  readonly signing: string;
  readonly bundle: readonly string[];
  readonly leafGeneration?: number;
}

interface Move extends Step {
  /** What mesh.yaml has to say of a cluster, where `says` is what runs there. */
  readonly edit: (says: Says, name: string) => Says;
  /** What is to be run beside its deploy. */
  readonly commands?: readonly string[];
}

/**
 * Where the rotation of a root stands, and what mesh.yaml has to say for its next step. What runs decides, and mesh.yaml
 * only where it is ahead of it: so a change that was written, merged or half deployed is found again.
 */
export function rotation(
  mesh: Mesh,
  running: readonly RunningCluster[],
  { from, to }: Roots,
  seconds: StepSeconds,
): Course {
  const live = new Map(running.map((cluster) => [cluster.name, cluster]));
  const moves = [...trustMoves(mesh, running, { from, to }, seconds), takeBack(mesh, live)];
  const next = nextOf(moves);
  const steps = next === moves.length - 1 ? moves : moves.slice(0, -1);
  const move = moves[next] as Move | undefined;
  const wanted = withClusters(mesh, (cluster) => {
    if (!move) return {};
    const standing = standingIn(cluster, live.get(cluster.name), mesh);
    const { signing, bundle, leafGeneration } = move.edit(standing, cluster.name);
    const trust = { ...cluster.trust, signing, bundle: [...bundle] };
    return { trust, leafGeneration: leafGeneration ?? cluster.leafGeneration };
  });
  return {
    title: from.length === 0 ? `to root ${to}` : `root ${nameList(from)} to ${to}`,
    steps,
    at: Math.min(next, steps.length),
    wanted,
    end: withClusters(mesh, ({ trust }) => {
      const bundle = [...trust.bundle.filter((root) => !from.includes(root) && root !== to), to];
      return { trust: { ...trust, signing: to, bundle } };
    }),
    commands: move?.commands ?? [],
  };
}

function trustMoves(
  mesh: Mesh,
  running: readonly RunningCluster[],
  { from, to }: Roots,
  seconds: StepSeconds,
): Move[] {
  const where = (is: (cluster: RunningCluster) => boolean) => running.filter(is).map(({ name }) => name);
  const goes = (root: string) => from.includes(root);
  const untrusting = where(({ bundle }) => !bundle.includes(to));
  const keeping = where(({ bundle }) => bundle.some(goes));
  const isDropped = keeping.length === 0 && untrusting.length === 0;
  const unrenewed = isDropped ? [] : where(({ renewed }) => !renewed);
  const holding = where((cluster) => !isDropped || cluster.dropped.length > 0 || isAhead(mesh, cluster));
  const renewal = (clusters: readonly string[]) => (says: Says, name: string) => ({
    ...says,
    leafGeneration: raised(mesh, running, name, clusters),
  });
  return [
    {
      text: `trust ${to}`,
      clusters: untrusting,
      seconds: seconds.trust,
      edit: (says) => (says.bundle.includes(to) ? says : { ...says, bundle: [...says.bundle, to] }),
    },
    ...signers(mesh, running, to).map(({ where, clusters }): Move => ({
      text: `sign with ${to}${where}`,
      clusters,
      seconds: seconds.load,
      commands: issueCommands(mesh, clusters),
      edit: (says, name) =>
        clusters.includes(name) || !running.some((cluster) => cluster.name === name)
          ? { ...says, signing: to }
          : says,
    })),
    {
      text: "renew every certificate",
      clusters: unrenewed,
      seconds: seconds.renew,
      edit: renewal(unrenewed),
    },
    {
      text: `drop ${nameList(from) || "the old root"}`,
      clusters: keeping,
      seconds: seconds.renew,
      edit: (says) => ({ ...says, bundle: says.bundle.filter((root) => !goes(root)) }),
    },
    { text: "renew once more", clusters: holding, seconds: seconds.renew, edit: renewal(holding) },
  ];
}

/** Clusters that are to sign with a root: first one, then the others. */
function signers(mesh: Mesh, running: readonly RunningCluster[], to: string) {
  const all = running.map(({ name }) => name);
  const unsigned = running
    .filter(({ signing }) => signing.some((root) => root !== to))
    .map(({ name }) => name);
  if (all.length < 2) return [{ where: "", clusters: unsigned }];
  if (unsigned.length < all.length) {
    return [
      { where: " in one cluster", clusters: [] },
      { where: " in the others", clusters: unsigned },
    ];
  }
  const first = firstOf(mesh, to, all);
  const others = all.filter((name) => !first.includes(name));
  return [
    { where: ` in ${nameList(first)}`, clusters: first },
    ...(others.length > 0 ? [{ where: " in the others", clusters: others }] : []),
  ];
}

/** What was written for another goal, and not deployed. */
function takeBack(mesh: Mesh, live: ReadonlyMap<string, RunningCluster>): Move {
  const besides = mesh.clusters.filter((cluster) => {
    const { signing, bundle } = standingIn(cluster, live.get(cluster.name), mesh);
    return signing !== cluster.trust.signing || bundle.join() !== cluster.trust.bundle.join();
  });
  return {
    text: "take back what mesh.yaml says besides",
    clusters: besides.map(({ name }) => name),
    seconds: 0,
    edit: (says) => says,
  };
}

/** Where a root begins to sign: as mesh.yaml says, or else in its first cluster. */
function firstOf({ clusters }: Mesh, to: string, running: readonly string[]): string[] {
  const runs = clusters.filter(({ name }) => running.includes(name));
  const declared = runs.filter(({ trust }) => trust.signing === to);
  return (declared.length > 0 ? declared : runs.slice(0, 1)).map(({ name }) => name);
}

function isAhead({ clusters }: Mesh, { name, leafGeneration }: RunningCluster): boolean {
  return clusters.some((cluster) => cluster.name === name && cluster.leafGeneration > leafGeneration);
}

/** The trust that runs in a cluster, as far as it can be written; else what is declared. */
function standingIn(
  { trust }: Mesh["clusters"][number],
  is: RunningCluster | undefined,
  { roots }: Mesh,
): Says {
  const known = (name: string) => roots.some((root) => root.name === name);
  return {
    signing: is?.signing.length === 1 && known(is.signing[0]) ? is.signing[0] : trust.signing,
    bundle: is?.bundle.every(known) ? is.bundle : trust.bundle,
  };
}

/** With an external issuer, the deploy only allows what that issues. */
function issueCommands({ clusters }: Mesh, names: readonly string[]): string[] {
  const external = clusters.some(
    ({ name, intermediates }) => names.includes(name) && intermediates.issuance === "external",
  );
  return external ? ["istio-vault issue --due"] : [];
}
