import { longestLeafLifetime } from "../../config/leaf-transition";
import { leafGenerationOf } from "../../lib/private/leaf-generation";
import { droppedRoots } from "../status/cluster-state";
import { valueOf } from "../status/facts";
import { isRenewed } from "../status/gate-waits";
import { whereIstioRuns } from "../status/live-mesh";
import type { Observation } from "../status/look";
import { revokedIn } from "../status/revocation-steps";
import { issuedGeneration } from "../vault/intermediate-record";

/** A cluster as it runs, as far as a rotation asks. */
export interface RunningCluster {
  readonly name: string;
  /** The roots that its istiods sign with, more than one while they change. */
  readonly signing: readonly string[];
  readonly bundle: readonly string[];
  readonly leafGeneration: number;
  /** Whether no leaf needs to be renewed because of an intermediate that was there before. */
  readonly renewed: boolean;
  /** Roots that some proxies may trust still, since its last bundle dropped them. */
  readonly dropped: readonly string[];
  /** The intermediates that its istiods sign with, by serial number, hexadecimal without colons. */
  readonly serials: readonly string[];
  /** The one in Vault, which its istiods are to sign with; undefined where nobody keeps a record of it. */
  readonly inVault: string | undefined;
  /** What that was issued for, where a deploy issued it. */
  readonly generation: number | undefined;
  /** The intermediates that its proxies refuse, by serial number, hexadecimal without colons. */
  readonly revoked: readonly string[];
}

/** Those in which Istio runs; all of it must be known. */
export function runningClusters({ states, roots, at }: Observation): RunningCluster[] {
  const running = whereIstioRuns(states);
  if (running.length === 0) return [];
  const lifetime = longestLeafLifetime(running.map(({ facts }) => facts.cluster));
  return running.map((state) => {
    const { name, leafGeneration } = state.facts.cluster;
    const { record } = valueOf(state.facts.vault) ?? {};
    return {
      name,
      signing: [...new Set(state.signers.map(({ root }) => roots.nameOf(root!)))],
      bundle: state.published!.map((root) => roots.nameOf(root)),
      leafGeneration: leafGenerationOf(state.leafLine, leafGeneration),
      renewed: isRenewed(state, roots, lifetime, at),
      dropped: (droppedRoots(state, at)?.roots ?? []).map((root) => roots.nameOf(root)),
      serials: [...new Set(state.signers.flatMap(({ ca }) => ca?.serialNumber.toLowerCase() ?? []))],
      inVault: record?.serial,
      generation: record && issuedGeneration(record),
      revoked: revokedIn(state, at),
    };
  });
}
