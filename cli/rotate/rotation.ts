import type { Mesh } from "../../config/mesh";
import { nameList } from "../../lib/private/text";
import { type Course, type Step, withClusters } from "./course";
import type { StepSeconds } from "./durations";
import { raised } from "./raised";
import type { RunningCluster } from "./running";

/** From which roots to which. */
export interface Roots {
  /** Those that are to go; empty where nothing is known of them any more. */
  readonly from: readonly string[];
  readonly to: string;
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
  const where = (is: (cluster: RunningCluster) => boolean) => running.filter(is).map(({ name }) => name);
  const goes = (root: string) => from.includes(root);

  const untrusting = where(({ bundle }) => !bundle.includes(to));
  const unsigned = where(({ signing }) => signing.some((root) => root !== to));
  const unrenewed = where(({ renewed }) => !renewed);
  const keeping = where(({ bundle }) => bundle.some(goes));
  const holding = running.filter((cluster) => cluster.dropped.length > 0 || isAhead(mesh, cluster));
  const dropped = keeping.length === 0 && untrusting.length === 0;

  const first = unsigned.length === running.length ? firstOf(mesh, to, live) : [];
  const others = running.map(({ name }) => name).filter((name) => !first.includes(name));
  const old = nameList(from);
  const signing: Step[] =
    running.length < 2
      ? [step(`sign with ${to}`, dropped ? [] : unsigned, seconds.load)]
      : first.length === 0
        ? [
            step(`sign with ${to} in one cluster`, [], seconds.load),
            step(`sign with ${to} in the others`, dropped ? [] : unsigned, seconds.load),
          ]
        : [
            step(`sign with ${to} in ${nameList(first)}`, first, seconds.load),
            ...(others.length > 0 ? [step(`sign with ${to} in the others`, others, seconds.load)] : []),
          ];
  const steps: Step[] = [
    step(`trust ${to}`, untrusting, seconds.trust),
    ...signing,
    step("renew every certificate", dropped ? [] : unrenewed, seconds.renew),
    step(old === "" ? "drop the old root" : `drop ${old}`, keeping, seconds.renew),
    step(
      "renew once more",
      dropped ? holding.map(({ name }) => name) : running.map(({ name }) => name),
      seconds.renew,
    ),
  ];
  const at = steps.findIndex(({ clusters }) => clusters.length > 0);
  const [trust, renew, drop, again] = [0, steps.length - 3, steps.length - 2, steps.length - 1];

  const wanted = withClusters(mesh, ({ name, trust: declared, leafGeneration }) => {
    const is = live.get(name);
    const { bundle, signing } = standing(declared, is, mesh);
    switch (at) {
      case -1:
        return {};
      case trust:
        return { trust: { ...declared, signing, bundle: bundle.includes(to) ? bundle : [...bundle, to] } };
      case renew:
        return {
          trust: { ...declared, signing, bundle },
          leafGeneration: raised(mesh, running, name, unrenewed),
        };
      case drop:
        return { trust: { ...declared, signing, bundle: bundle.filter((root) => !goes(root)) } };
      case again:
        return { leafGeneration: raised(mesh, running, name, steps[again].clusters) };
      default: {
        const signs = is === undefined || steps[at].clusters.includes(name);
        return { trust: { ...declared, bundle, signing: signs ? to : signing }, leafGeneration };
      }
    }
  });
  return {
    title: old === "" ? `to root ${to}` : `root ${old} to ${to}`,
    steps,
    at: at === -1 ? steps.length : at,
    wanted,
    end: withClusters(mesh, ({ trust: declared }) => {
      const bundle = [...declared.bundle.filter((root) => !goes(root) && root !== to), to];
      return { trust: { ...declared, signing: to, bundle } };
    }),
    commands: at > trust && at < renew ? issueCommands(mesh, steps[at].clusters) : [],
  };
}

function step(text: string, clusters: readonly string[], seconds: number): Step {
  return { text, clusters, seconds };
}

/** Where a root begins to sign: as mesh.yaml says, or else in its first cluster. */
function firstOf({ clusters }: Mesh, to: string, live: ReadonlyMap<string, unknown>): string[] {
  const runs = clusters.filter(({ name }) => live.has(name));
  const declared = runs.filter(({ trust }) => trust.signing === to);
  return (declared.length > 0 ? declared : runs.slice(0, 1)).map(({ name }) => name);
}

function isAhead({ clusters }: Mesh, { name, leafGeneration }: RunningCluster): boolean {
  return clusters.some((cluster) => cluster.name === name && cluster.leafGeneration > leafGeneration);
}

/** The trust that runs, as far as it can be written; else the declared one. */
function standing(
  declared: { readonly signing: string; readonly bundle: readonly string[] },
  is: RunningCluster | undefined,
  { roots }: Mesh,
): { readonly signing: string; readonly bundle: string[] } {
  const known = (name: string) => roots.some((root) => root.name === name);
  const signing = is?.signing.length === 1 && known(is.signing[0]) ? is.signing[0] : declared.signing;
  return { signing, bundle: [...(is?.bundle.every(known) ? is.bundle : declared.bundle)] };
}

/** With an external issuer, the deploy only allows what that issues. */
function issueCommands({ clusters }: Mesh, names: readonly string[]): string[] {
  const external = clusters.some(
    ({ name, intermediates }) => names.includes(name) && intermediates.issuance === "external",
  );
  return external ? ["istio-vault issue --due"] : [];
}
