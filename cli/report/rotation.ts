import type { Mesh } from "../../config/mesh";
import { nameList } from "../../lib/private/text";
import type { ReportedCluster } from "./clusters";

/** One step of a rotation, and in how many clusters it is taken. */
export interface RotationStep {
  readonly text: string;
  /** Undefined where only the running mesh shows it, which was not asked. */
  readonly done: number | undefined;
  readonly total: number;
}

/** A rotation that is under way, or is being prepared. */
export interface Rotation {
  readonly from: readonly string[];
  readonly to: string;
  readonly steps: readonly RotationStep[];
}

type Actual = NonNullable<ReportedCluster["runs"]>;

/**
 * Where clusters trust several roots, which of them is to be the only one: the last in their bundles, to which new
 * roots are appended. Undefined where every cluster trusts the same one root.
 *
 * @param clusters each as it runs, where that was asked: what is unknown is not done
 */
export function rotationOf(mesh: Mesh, clusters: readonly ReportedCluster[]): Rotation | undefined {
  const actual = clusters.map(({ trust, runs }): Actual => runs ?? { ...trust, renewed: undefined });
  const trusted = new Set(
    [...clusters.map(({ trust }) => trust), ...actual].flatMap(({ bundle }) => bundle ?? []),
  );
  if (trusted.size < 2) return undefined;
  const order = mesh.roots.map(({ name }) => name);
  const ordered = [...trusted].sort((one, other) => order.indexOf(one) - order.indexOf(other));
  const bundles = mesh.clusters.map(({ trust }) => trust.bundle);
  const to = bundles
    .find((bundle) => bundle.length === Math.max(...bundles.map((one) => one.length)))!
    .at(-1)!;
  const from = ordered.filter((root) => root !== to);
  const step = (text: string, isDone: (trust: Actual) => boolean): RotationStep => ({
    text,
    done: actual.filter(isDone).length,
    total: actual.length,
  });
  const renewal = step("renew leaves", ({ signing, renewed = false }) => signing === to && renewed);
  return {
    from,
    to,
    steps: [
      step(`trust ${to}`, ({ bundle }) => bundle?.includes(to) ?? false),
      step(`sign with ${to}`, ({ signing }) => signing === to),
      clusters.some(({ runs }) => runs) ? renewal : { ...renewal, done: undefined },
      step(
        `drop ${nameList(from)}`,
        ({ bundle }) => bundle !== undefined && !bundle.some((root) => from.includes(root)),
      ),
    ],
  };
}
