import { leafLines } from "../../lib/private/leaf-generation";
import { shown } from "../../lib/private/shown";
import { fingerprintOf } from "./certificates";
import { type ClusterState, type Signer, type Step, stepOf } from "./cluster-state";
import { type IstiodFacts, valueOf } from "./facts";
import { renewedAt } from "./gate-waits";
import { proxyState } from "./proxies";
import type { RootCertificates } from "./root-certificates";

/** What is shown of a cluster, the same in each format. */
export interface ClusterView {
  readonly cluster: string;
  /** Why its API server could not be reached. */
  readonly unreachable: string | undefined;
  readonly istiods: readonly IstiodView[];
  /** Names of the roots published; undefined where none are. */
  readonly published: readonly string[] | undefined;
  /** The line of the leaf generation in its text, and the declared one. */
  readonly leafLines: { readonly published: string | undefined; readonly declared: string | undefined };
  /** Pods and others with a proxy, and those of them that are seen to have the bundle; undefined if that is unknown. */
  readonly proxies: { readonly total: number; readonly current: number } | undefined;
  /** Whether each of them is seen to have a leaf of the intermediate that is served; undefined if that is unknown. */
  readonly renewed: boolean | undefined;
  /** Whether its istiods answer with different bundles; undefined if one of them does not answer. */
  readonly apart: boolean | undefined;
  readonly declared: { readonly signing: string; readonly bundle: readonly string[] };
  /** Undefined if Vault could not be reached. */
  readonly vault:
    | { readonly version: number; readonly writtenAt: Date | undefined; readonly serial: string | undefined }
    | undefined;
}

export interface IstiodView {
  readonly pod: string;
  /** What it signs with; undefined where it signed nothing. */
  readonly intermediate:
    | {
        readonly serial: string;
        readonly sha256: string;
        readonly root: string;
        readonly notBefore: Date;
        readonly notAfter: Date;
      }
    | undefined;
  readonly step: Step;
  /** What is known where it signed nothing; undefined where it signed. */
  readonly silence: "could not be asked" | "its certificate is rejected" | "signs nothing" | undefined;
}

export function viewOf(state: ClusterState, roots: RootCertificates, now: Date): ClusterView {
  const { cluster, kubernetes, istiods } = state.facts;
  const vault = valueOf(state.facts.vault);
  return {
    cluster: cluster.name,
    unreachable: kubernetes.known ? undefined : kubernetes.reason,
    istiods: istiods.map((istiod) => istiodView(istiod, state, roots, now)),
    published: state.published?.map((root) => roots.nameOf(root)),
    leafLines: { published: state.leafLine, declared: leafLines(cluster.leafGeneration)[0] },
    proxies: proxiesOf(state, now),
    renewed: renewed(state, roots, now),
    apart: apart(state, roots),
    declared: cluster.trust,
    vault: vault && {
      version: vault.currentVersion,
      writtenAt: vault.writtenAt,
      serial: vault.record?.version === vault.currentVersion ? vault.record.serial : undefined,
    },
  };
}

function apart({ facts, signers }: ClusterState, roots: RootCertificates): boolean | undefined {
  if (signers.length === 0 || signers.length < facts.istiods.length) return undefined;
  const answers = signers.map(({ signed }) => roots.namesOf(signed.bundle, signed.leafLine));
  return new Set(answers).size > 1;
}

function renewed(state: ClusterState, roots: RootCertificates, now: Date): boolean | undefined {
  if (!state.published || !proxyState(state, now)) return undefined;
  const date = renewedAt(state, roots, now);
  return date !== undefined && date <= now;
}

function proxiesOf(state: ClusterState, now: Date): ClusterView["proxies"] {
  const proxies = proxyState(state, now);
  if (!proxies) return undefined;
  const { total, behind, unseen } = proxies;
  return { total, current: total - behind.length - [...unseen.values()].flat().length };
}

function istiodView(
  { pod, reached, signed }: IstiodFacts,
  state: ClusterState,
  roots: RootCertificates,
  now: Date,
): IstiodView {
  const signer = state.signers.find((candidate) => candidate.pod === pod);
  const vault = valueOf(state.facts.vault);
  return {
    pod: shown(pod),
    intermediate: signer && intermediateOf(signer, roots),
    step: signer && vault ? stepOf(signer, vault, state, now) : "unknown",
    silence: signed.known
      ? undefined
      : !reached.known
        ? "could not be asked"
        : reached.value.refused !== undefined
          ? "its certificate is rejected"
          : "signs nothing",
  };
}

function intermediateOf({ ca, root }: Signer, roots: RootCertificates): IstiodView["intermediate"] {
  if (!ca) return undefined;
  return {
    serial: ca.serialNumber.toLowerCase(),
    sha256: fingerprintOf(ca),
    root: root ? roots.nameOf(root) : "?",
    notBefore: new Date(ca.validFrom),
    notAfter: new Date(ca.validTo),
  };
}
