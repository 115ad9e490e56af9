import type { X509Certificate } from "node:crypto";
import { fingerprintOf, isSelfSigned, isSignedBy, pathToRoot } from "./certificates";
import { type ClusterFacts, type IstiodFacts, type SignedLeaf, type VaultFacts, valueOf } from "./facts";
import type { RootCertificates } from "./root-certificates";

/** Beyond a render interval: the agent's longest pause after a failure, and istiod's reload. */
const ARRIVAL_SECONDS = 120;

/** The CA with which an istiod signs, read from what it signed. */
export interface Signer {
  readonly pod: string;
  readonly signed: SignedLeaf;
  /** What signed the leaf. */
  readonly ca: X509Certificate | undefined;
  /** What the leaf chains to, among all roots that are known. */
  readonly root: X509Certificate | undefined;
  readonly selfSigned: boolean;
}

/** The state of a cluster, from its facts. */
export class ClusterState {
  public readonly signers: readonly Signer[];
  public readonly published: readonly X509Certificate[] | undefined;
  /** The line of the leaf generation in what is published. */
  public readonly leafLine: string | undefined;

  constructor(
    public readonly facts: ClusterFacts,
    private readonly roots: RootCertificates,
  ) {
    this.published = valueOf(facts.kubernetes)?.published;
    this.leafLine = valueOf(facts.kubernetes)?.leafLine;
    this.signers = facts.istiods.flatMap((istiod) => {
      const signed = valueOf(istiod.signed);
      return signed ? [this.signerOf(istiod, signed)] : [];
    });
  }

  public get name(): string {
    return this.facts.cluster.name;
  }

  /** Whether Istio does not run there yet. */
  public get isEmpty(): boolean {
    const kubernetes = valueOf(this.facts.kubernetes);
    return kubernetes !== undefined && kubernetes.published === undefined && kubernetes.istiods.total === 0;
  }

  private signerOf({ pod }: IstiodFacts, signed: SignedLeaf): Signer {
    const [leaf, ...above] = signed.chain;
    const ca = [...above, ...signed.bundle].find((issuer) => isSignedBy(leaf, issuer));
    const roots = [...signed.bundle, ...(this.published ?? []), ...this.roots.all];
    return {
      pod,
      signed,
      ca,
      root: pathToRoot(signed.chain, roots)?.at(-1),
      selfSigned: ca !== undefined && isSelfSigned(ca) && !this.isDeclared(ca),
    };
  }

  private isDeclared(certificate: X509Certificate): boolean {
    return this.roots.all.some((root) => fingerprintOf(root) === fingerprintOf(certificate));
  }
}

/** How what an istiod signs with relates to what is in Vault. */
export type Step = "in step" | "not yet served" | "not served" | "unknown";

export function stepOf({ ca }: Signer, vault: VaultFacts, { facts }: ClusterState, now: Date): Step {
  const { record, currentVersion, writtenAt } = vault;
  if (!record || record.version !== currentVersion || !ca) return "unknown";
  if (fingerprintOf(ca) === record.fingerprint) return "in step";
  const age = writtenAt ? (now.getTime() - writtenAt.getTime()) / 1000 : Infinity;
  return age <= arrivalSeconds(facts) ? "not yet served" : "not served";
}

/** How long it takes at most until what is in Vault is served. */
export function arrivalSeconds({ cluster }: ClusterFacts): number {
  return cluster.agent.renderInterval.toSeconds() + ARRIVAL_SECONDS;
}

/** istiod dates its certificates back by two minutes, against clocks that are wrong. */
export const BACKDATED_SECONDS = 120;

/** When an istiod last loaded new files, or started: it issues its own certificate at that moment. */
export function loadedAt({ reached }: IstiodFacts): Date | undefined {
  const from = valueOf(reached)?.ownCertificateFrom;
  return from && new Date(from.getTime() + BACKDATED_SECONDS * 1000);
}

/** Roots that the last bundle dropped, and until when a proxy may trust them still. */
export function droppedRoots(
  { facts }: Pick<ClusterState, "facts">,
  now: Date,
): { readonly roots: readonly X509Certificate[]; readonly until: Date } | undefined {
  const { bundle = [], bundleBefore = [], bundleWrittenAt } = valueOf(facts.vault) ?? {};
  const kept = new Set(bundle.map(fingerprintOf));
  const roots = bundleBefore.filter((root) => !kept.has(fingerprintOf(root)));
  if (roots.length === 0 || !bundleWrittenAt) return undefined;
  const seconds = arrivalSeconds(facts) + facts.cluster.maxLeafLifetime.toSeconds();
  const until = new Date(bundleWrittenAt.getTime() + seconds * 1000);
  return until > now ? { roots, until } : undefined;
}
