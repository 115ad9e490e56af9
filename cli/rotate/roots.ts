import type { Mesh, RootConfig } from "../../config/mesh";
import { nameList } from "../../lib/private/text";
import { CommandError } from "../command-line/command-error";
import { ExitCode } from "../command-line/exit-code";
import type { Roots } from "./rotation";
import type { RunningCluster } from "./running";

/** A mesh with the root that is to be rotated to: one that mesh.yaml lacks is made as the signing one was. */
export function withRoot(mesh: Mesh, to: string): Mesh {
  if (mesh.roots.some(({ name }) => name === to)) return mesh;
  const signing = mesh.roots.find(({ name }) => name === mesh.clusters[0].trust.signing)!;
  if (!("commonName" in signing)) {
    throw new CommandError(
      `mesh.yaml has no root "${to}", and one of source ${signing.source} cannot be made here: it has a certificate of its own; write it in "roots" first`,
      ExitCode.USAGE,
    );
  }
  const root: RootConfig = { ...signing, name: to, commonName: `Root CA ${to}` };
  return { ...mesh, roots: [...mesh.roots, root] };
}

interface Named {
  readonly to: string;
  readonly from?: string;
  readonly back?: boolean;
}

/**
 * From which root to which. Where `from` is not named it is the one that signs besides, or the only one that is trusted
 * besides and not only to verify others.
 */
export function rootsOf(mesh: Mesh, running: readonly RunningCluster[], { to, from, back }: Named): Roots {
  const others = from === undefined ? otherRoots(mesh, running, to) : [from];
  if (!back) return { from: others, to };
  const before =
    others.length > 0 ? others : mesh.roots.map(({ name }) => name).filter((name) => name !== to);
  if (before.length !== 1) {
    throw new CommandError(
      `--back: which root to go back to is not clear (${nameList(before) || "mesh.yaml has no other"}); write it with --from`,
      ExitCode.USAGE,
    );
  }
  return { from: [to], to: before[0] };
}

function otherRoots(mesh: Mesh, running: readonly RunningCluster[], to: string): string[] {
  const is = (name: string) => name !== to;
  const signing = [...new Set(running.flatMap((cluster) => cluster.signing))].filter(is);
  if (signing.length > 0) return signing;
  const trusted = [...new Set(running.flatMap(({ bundle, dropped }) => [...bundle, ...dropped]))].filter(is);
  const signed = trusted.filter(
    (name) => mesh.roots.find((root) => root.name === name)?.source !== "offline",
  );
  if (signed.length < 2) return signed;
  throw new CommandError(
    `${nameList(signed)} are trusted besides ${to}, and none of them signs; write the one that is to go with --from`,
    ExitCode.USAGE,
  );
}
