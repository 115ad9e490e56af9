import { takesBundle } from "../lib/private/istio-version";
import { leafLines } from "../lib/private/leaf-generation";
import { nameList } from "../lib/private/text";
import type { Finding } from "../lib/rules";
import type { RevisionConfig, RootConfig } from "./mesh";
import { rules } from "./rules";

/**
 * The rules that need the past: whether every handshake stays alive while a mesh goes from one state
 * to the next. Pure functions, so that they serve two commits as well as the live mesh and its
 * declaration.
 *
 * Between two states anything can be met: each cluster is deployed before or after the others, and
 * each workload holds a leaf and a bundle of either state. The state before is assumed to be fully deployed:
 * no leaf and no bundle older than it is left. Whether that is so, only the live mesh can tell.
 */

/** What of a mesh decides which handshakes succeed. A `Mesh` is one. */
export interface TrustedMesh {
  readonly roots: readonly RootConfig[];
  readonly clusters: readonly TrustedCluster[];
}

export interface TrustedCluster {
  readonly name: string;
  readonly trust: { readonly signing: string; readonly bundle: readonly string[] };
  readonly leafGeneration: number;
  readonly istio: { readonly revisions: readonly Pick<RevisionConfig, "version">[] };
}

/** Handshakes that would break: each of `signers` with each of `verifiers`, which refuses it. */
export interface RefusedLeaves {
  /** signs-before-trusted: leaves of the state after, bundles of the one before. dropped-in-use: the reverse. */
  readonly kind: "signs-before-trusted" | "dropped-in-use";
  readonly root: string;
  readonly signers: readonly string[];
  readonly verifiers: readonly string[];
}

/** A bundle that running istiods refuse, so that their intermediates expire without being renewed. */
export interface RefusedBundle {
  readonly kind: "bundle-not-taken";
  readonly clusters: readonly string[];
  readonly istioVersion: string;
  readonly from: readonly string[];
  readonly to: readonly string[];
}

export type TrustBreak = RefusedLeaves | RefusedBundle;

/** Everything that would break on the way from `base` to `head`; empty where every handshake stays alive. */
export function trustBreaks(base: TrustedMesh, head: TrustedMesh): TrustBreak[] {
  const [before, after] = [new Side(base), new Side(head)];
  return [
    ...refusedLeaves("signs-before-trusted", after, before),
    ...refusedLeaves("dropped-in-use", before, after),
    ...refusedBundles(before, after),
  ];
}

/**
 * What is to be said of a change from one commit to the next: what would break, or, where the change
 * itself brings an emergency, who loses connectivity by it.
 */
export function changeFindings(base: ChangedMesh, head: ChangedMesh): Finding[] {
  const { emergency } = head;
  const breaks = trustBreaks(base, head);
  if (emergency === undefined) return trustFindings(base, head);
  if (emergency === base.emergency || breaks.length === 0) {
    return [...trustFindings(base, head), rules.emergencyIdle()];
  }
  // A line, not a story.
  const reason = emergency.length > 200 ? `${emergency.slice(0, 200)}…` : emergency;
  return breaks.map((broken) => rules.emergencyBreaks(reason, consequence(broken)));
}

/** A mesh whose change may be an emergency. */
export type ChangedMesh = TrustedMesh & { readonly emergency?: string };

function consequence(broken: TrustBreak): string {
  if (broken.kind === "bundle-not-taken") {
    return `istiod of ${nameList(broken.clusters)} takes the new bundle only when it restarts: restart it as soon as the bundle is in Vault`;
  }
  const [signers, verifiers] = [nameList(broken.signers), nameList(broken.verifiers)];
  return `workloads of ${verifiers} refuse every connection from workloads of ${signers} that hold a certificate under root ${broken.root}: until both have taken the new state, or at once when they are restarted`;
}

/** The same as findings, together with each root that was changed in place. */
export function trustFindings(base: TrustedMesh, head: TrustedMesh): Finding[] {
  const changed = rootsChangedInPlace(base, head);
  return [
    ...changed.map((root) => rules.rootChangedInPlace(root)),
    ...trustBreaks(base, head)
      // Of such a root everything is said: that it is trusted and not trusted would only confuse.
      .filter((broken) => broken.kind === "bundle-not-taken" || !changed.includes(broken.root))
      .map(explain),
  ];
}

function explain(broken: TrustBreak): Finding {
  if (broken.kind === "bundle-not-taken") {
    const { clusters, istioVersion, from, to } = broken;
    return rules.bundleNotTaken(nameList(clusters), istioVersion, from.join(", "), to.join(", "));
  }
  const rule = broken.kind === "dropped-in-use" ? rules.rootDroppedInUse : rules.rootSignsBeforeTrusted;
  return rule(broken.root, nameList(broken.signers), nameList(broken.verifiers));
}

/** Roots that some bundle held, and that are others now under the same name. */
export function rootsChangedInPlace(base: TrustedMesh, head: TrustedMesh): string[] {
  const after = new Map(head.roots.map((root) => [root.name, root]));
  const trusted = new Set(base.clusters.flatMap(({ trust }) => trust.bundle));
  return base.roots
    .filter((root) => {
      const now = after.get(root.name);
      return now && trusted.has(root.name) && identityOf(now) !== identityOf(root);
    })
    .map(({ name }) => name);
}

/**
 * What makes a root this one and no other: its certificate, where it is known. Of one made by
 * Terraform it is not; there, whatever would make a new one.
 */
function identityOf(root: RootConfig): string {
  if ("certificatePem" in root) return root.certificatePem;
  const { name, source, keyAlgorithm, validFor, commonName } = root;
  return `${name} ${source} ${keyAlgorithm} ${validFor.toSeconds()} ${commonName}`;
}

interface ClusterSide {
  readonly name: string;
  readonly signing: string;
  readonly bundle: readonly string[];
  /** What stands in the bundle's text behind its roots. */
  readonly lines: readonly string[];
  /** Of each istiod. */
  readonly istioVersions: readonly string[];
}

/** One of the two states, its roots by identity. */
class Side {
  public readonly clusters: readonly ClusterSide[];
  private readonly names: ReadonlyMap<string, string>;

  constructor({ roots, clusters }: TrustedMesh) {
    const identities = new Map(roots.map((root) => [root.name, identityOf(root)]));
    this.names = new Map([...identities].map(([name, identity]) => [identity, name]));
    this.clusters = clusters.map(({ name, trust, istio, leafGeneration }) => ({
      name,
      signing: identities.get(trust.signing)!,
      bundle: trust.bundle.map((root) => identities.get(root)!),
      lines: leafLines(leafGeneration),
      istioVersions: istio.revisions.map(({ version }) => version),
    }));
  }

  public nameOf(root: string): string {
    return this.names.get(root)!;
  }

  /** A bundle as it is written, with its roots' names. */
  public textOf({ bundle, lines }: ClusterSide): string[] {
    return [...bundle.map((root) => this.nameOf(root)), ...lines];
  }
}

/** Leaves of one state checked against the bundles of the other. */
function refusedLeaves(kind: RefusedLeaves["kind"], leaves: Side, bundles: Side): RefusedLeaves[] {
  const signersOf = new Map<string, string[]>();
  for (const { name, signing } of leaves.clusters) {
    const signers = signersOf.get(signing);
    if (signers) signers.push(name);
    else signersOf.set(signing, [name]);
  }
  return [...signersOf].flatMap(([root, signers]) => {
    const verifiers = bundles.clusters.filter(({ bundle }) => !bundle.includes(root)).map(({ name }) => name);
    return verifiers.length === 0 ? [] : [{ kind, root: leaves.nameOf(root), signers, verifiers }];
  });
}

/**
 * Bundles that running istiods would refuse, grouped if the change is the same. The versions are those of the state
 * before: its istiods are the ones that run when the new bundle arrives, and one that refuses is enough.
 */
function refusedBundles(before: Side, after: Side): RefusedBundle[] {
  const earlier = new Map(before.clusters.map((cluster) => [cluster.name, cluster]));
  const groups = new Map<string, RefusedBundle & { clusters: string[] }>();
  for (const cluster of after.clusters) {
    const was = earlier.get(cluster.name);
    const istioVersion = was?.istioVersions.find(
      (version) =>
        !takesBundle(version, [...was.bundle, ...was.lines], [...cluster.bundle, ...cluster.lines]),
    );
    if (!was || istioVersion === undefined) continue;
    const [from, to] = [before.textOf(was), after.textOf(cluster)];
    const key = `${istioVersion} ${from.join()} ${to.join()}`;
    const group = groups.get(key);
    if (group) group.clusters.push(cluster.name);
    else groups.set(key, { kind: "bundle-not-taken", clusters: [cluster.name], istioVersion, from, to });
  }
  return [...groups.values()];
}

/** What of a mesh decides whose identities are taken for its own. */
export interface TrustDomains {
  readonly trustDomain: string;
  readonly trustDomainAliases: readonly string[];
}

/** A trust domain may change once every cluster accepts the new one, and the old one stays accepted. */
export function trustDomainFindings(base: TrustDomains | undefined, head: TrustDomains): Finding[] {
  if (!base || base.trustDomain === head.trustDomain) return [];
  const [from, to] = [base.trustDomain, head.trustDomain];
  const missing = [
    ...(base.trustDomainAliases.includes(to) ? [] : [`${to} was no alias of it before`]),
    ...(head.trustDomainAliases.includes(from) ? [] : [`${from} would be no alias of it`]),
  ];
  return missing.length === 0 ? [] : [rules.trustDomainChanged(from, to, missing.join(" and "))];
}
