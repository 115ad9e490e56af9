import type { X509Certificate } from "node:crypto";
import type { ClusterConfig, Mesh } from "../../config/mesh";
import { revisionText } from "../../config/revision-transition";
import { leafLines } from "../../lib/private/leaf-generation";
import { span } from "../command-line/text";
import { isValidAt, pathToRoot } from "./certificates";
import { arrivalSeconds, type ClusterState, droppedRoots, type Signer, stepOf } from "./cluster-state";
import { type KubernetesFacts, type VaultFacts, valueOf } from "./facts";
import { proxyList, proxyState, type Unseen } from "./proxies";
import { bundleText, type RootCertificates } from "./root-certificates";
import { rules } from "./rules";
import { findingsAt, type StatusFinding } from "./status-finding";

/** Share of a lifetime that must be left: renewal is due after two thirds, and has failed after four fifths. */
export const LEFT_AT_LEAST = 1 / 5;

/** Everything that is wrong with a running mesh, compared with its declaration. */
export function judge(
  mesh: Mesh,
  states: readonly ClusterState[],
  roots: RootCertificates,
  now: Date,
): StatusFinding[] {
  return [
    ...ofRoots(mesh, roots),
    ...states.flatMap((state) => new ClusterJudge(state, roots, now).findings()),
  ];
}

function ofRoots(mesh: Mesh, roots: RootCertificates): StatusFinding[] {
  const { notFoundOut } = findingsAt("roots", undefined);
  const { found } = findingsAt("differs from mesh.yaml", undefined);
  const trusted = new Set(mesh.clusters.flatMap(({ trust }) => trust.bundle));
  return [...roots.byName]
    .filter(([name]) => trusted.has(name))
    .flatMap(([name, asked]) => {
      if (!asked.known) return [notFoundOut(rules.rootNotKnown(name, asked.reason))];
      return asked.value ? [] : [found(rules.rootNotMade(name))];
    });
}

class ClusterJudge {
  constructor(
    private readonly state: ClusterState,
    private readonly roots: RootCertificates,
    private readonly now: Date,
  ) {}

  public findings(): StatusFinding[] {
    return [
      ...this.ofVault(),
      ...this.ofCluster(),
      ...this.ofIstiods(),
      ...this.ofTrust(),
      ...this.ofProxies(),
    ];
  }

  private get cluster() {
    return this.state.facts.cluster;
  }

  /** How long a workload's certificate is valid at most. */
  private get lifetime(): string {
    return `${this.cluster.maxLeafLifetime}`;
  }

  private get isExternal(): boolean {
    return this.cluster.intermediates.issuance === "external";
  }

  /** Whoever issues with istio-vault records what it issued. */
  private get isRecorded(): boolean {
    return this.cluster.intermediates.issuance !== "terraform";
  }

  private get drift() {
    return findingsAt("differs from mesh.yaml", this.cluster.name).found;
  }

  private get declared(): readonly string[] {
    return this.cluster.trust.bundle;
  }

  /** The declared bundle, in words. */
  private get declaredText(): string {
    return bundleText(this.declared, leafLines(this.cluster.leafGeneration)[0]);
  }

  /** Whether this bundle is the declared one, roots in order; undefined if that is unknown. */
  private isDeclared(bundle: readonly X509Certificate[], leafLine: string | undefined): boolean | undefined {
    if (!this.roots.knows(this.declared)) return undefined;
    return this.roots.namesOf(bundle, leafLine) === this.declaredText;
  }

  private ofVault(): StatusFinding[] {
    const { found, notFoundOut } = findingsAt("Vault", this.cluster.name);
    const { vault } = this.state.facts;
    if (!vault.known) return [notFoundOut(rules.vaultNotAsked(vault.reason))];
    const { bundle, leafLine, currentVersion, record } = vault.value;
    const findings: StatusFinding[] = [];
    if (this.isDeclared(bundle, leafLine) === false) {
      findings.push(
        this.drift(rules.bundleNotInVault(this.roots.namesOf(bundle, leafLine), this.declaredText)),
      );
    }
    if (this.isRecorded && currentVersion > 0 && record?.version !== currentVersion) {
      findings.push(found(rules.noRecord(currentVersion)));
    }
    return findings;
  }

  private ofCluster(): StatusFinding[] {
    const { found, notFoundOut } = findingsAt("cluster", this.cluster.name);
    const { kubernetes } = this.state.facts;
    if (!kubernetes.known) {
      return [notFoundOut(rules.clusterNotAsked(accessOf(this.cluster), kubernetes.reason))];
    }
    const { ready, total } = kubernetes.value.istiods;
    const findings: StatusFinding[] = [];
    if (ready === 0) findings.push(found(rules.noIstiodReady(total, this.lifetime)));
    else if (ready < total) findings.push(found(rules.istiodNotReady(ready, total)));
    if (ready > 0) findings.push(...this.ofRevisions(kubernetes.value.revisions));
    if (valueOf(kubernetes.value.selfSignedCaKey)) findings.push(found(rules.selfSignedKeyLeft()));
    return findings;
  }

  /** If some istiod serves: whether the listed ones do. */
  private ofRevisions(running: KubernetesFacts["revisions"]): StatusFinding[] {
    const { found } = findingsAt("cluster", this.cluster.name);
    const listed = this.cluster.istio.revisions.map(({ name }) => name);
    return [
      ...listed.flatMap((name) => {
        const { ready = 0, total = 0 } = running.get(name) ?? {};
        if (ready > 0) return [];
        // What does not run at all may wait for its deploy.
        return [
          (total === 0 ? this.drift : found)(
            rules.revisionNotReady(revisionText(name), total, this.lifetime),
          ),
        ];
      }),
      ...[...running.keys()]
        .filter((name) => !listed.includes(name))
        .map((name) => this.drift(rules.revisionNotListed(revisionText(name)))),
    ];
  }

  private ofIstiods(): StatusFinding[] {
    const { found, notFoundOut } = findingsAt("istiod", this.cluster.name);
    const answers = this.state.facts.istiods.flatMap(({ pod, reached, signed }) => {
      if (!reached.known) return [notFoundOut(rules.istiodNotAsked(pod, reached.reason))];
      const { refused } = reached.value;
      if (refused !== undefined) return [found(rules.istiodNotAccepted(pod, refused))];
      return signed.known ? [] : [found(rules.istiodDoesNotSign(pod, signed.reason))];
    });
    const vault = valueOf(this.state.facts.vault);
    return [...answers, ...this.state.signers.flatMap((signer) => this.ofSigner(signer, vault))];
  }

  private ofSigner(signer: Signer, vault: VaultFacts | undefined): StatusFinding[] {
    const { found } = findingsAt("istiod", this.cluster.name);
    const { pod, ca } = signer;
    if (!ca) return [];
    if (signer.selfSigned) return [found(rules.istiodSelfSigned(pod, oneLine(ca.subject)))];
    const findings: StatusFinding[] = [];
    const until = new Date(ca.validTo);
    const left = until.getTime() - this.now.getTime();
    if (left < (until.getTime() - new Date(ca.validFrom).getTime()) * LEFT_AT_LEAST) {
      findings.push(found(rules.intermediateExpires(until.toISOString(), span(left))));
    }
    if (!vault) return findings;
    const step = stepOf(signer, vault, this.state, this.now);
    const age = span(this.now.getTime() - (vault.writtenAt ?? this.now).getTime());
    if (step === "not yet served") findings.push(found(rules.notYetServed(pod, vault.currentVersion, age)));
    if (step === "not served") {
      const atMost = span(arrivalSeconds(this.state.facts) * 1000);
      findings.push(found(rules.notServed(pod, vault.currentVersion, age, atMost)));
    }
    return findings;
  }

  private ofTrust(): StatusFinding[] {
    const { published, signers } = this.state;
    // An istiod with a self-signed CA publishes that: one cause, one finding.
    if (!published || signers.some(({ selfSigned }) => selfSigned)) return [];
    const { found } = findingsAt("trust", this.cluster.name);
    const findings = signers.flatMap((signer) => this.ofSignerTrust(signer, published));
    if (this.isDeclared(published, this.state.leafLine) === false)
      findings.push(...this.whyNotDeclared(published));
    for (const root of published) {
      const until = new Date(root.validTo);
      if (until.getTime() < this.now.getTime() + this.cluster.intermediates.validFor.toSeconds() * 1000) {
        findings.push(found(rules.rootExpires(this.roots.nameOf(root), until.toISOString())));
      }
    }
    return findings;
  }

  private ofSignerTrust(
    { pod, signed, root }: Signer,
    published: readonly X509Certificate[],
  ): StatusFinding[] {
    const { found } = findingsAt("trust", this.cluster.name);
    const findings: StatusFinding[] = [];
    const declared = this.cluster.trust.signing;
    if (root && this.roots.knows([declared]) && this.roots.nameOf(root) !== declared) {
      findings.push(
        this.drift(rules.signsWithAnotherRoot(this.roots.nameOf(root), declared, this.isExternal)),
      );
    }
    const path = pathToRoot(signed.chain, published);
    if (!path?.every((certificate) => isValidAt(certificate, this.now))) {
      findings.push(found(rules.leafNotTrusted(pod, this.roots.namesOf(published))));
    }
    const answered = this.roots.namesOf(signed.bundle, signed.leafLine);
    const names = this.roots.namesOf(published, this.state.leafLine);
    if (answered !== names) {
      findings.push(found(rules.answersAnotherBundle(pod, answered, names)));
    }
    return findings;
  }

  private ofProxies(): StatusFinding[] {
    const { kubernetes, istiods } = this.state.facts;
    // Of an istiod that does not serve something else is said.
    if (!kubernetes.known || istiods.length === 0 || istiods.some(({ signed }) => !signed.known)) return [];
    const { found } = findingsAt("proxies", this.cluster.name);
    const silent = [kubernetes.value.proxies, ...istiods.map(({ connected }) => connected)].find(
      (asked) => !asked.known,
    );
    if (silent && !silent.known) return [found(rules.proxiesNotAsked(silent.reason))];
    const state = proxyState(this.state, this.now);
    if (!state) return [];
    const { behind, total, unseen } = state;
    return [
      ...(behind.length > 0 ? [found(rules.proxiesBehind(behind.length, total, proxyList(behind)))] : []),
      ...[...unseen].map(([reason, names]) =>
        found(rules.proxiesUnseen(names.length, proxyList(names), UNSEEN[reason])),
      ),
      ...this.ofDroppedRoots(),
    ];
  }

  /** Replicas that took the drop at different moments may have given leaves with the bundle before it. */
  private ofDroppedRoots(): StatusFinding[] {
    const { istiods } = this.state.facts;
    const dropped = droppedRoots(this.state, this.now);
    if (!dropped || istiods.length < 2) return [];
    const { found } = findingsAt("proxies", this.cluster.name);
    return [found(rules.droppedRootHeld(this.roots.namesOf(dropped.roots), dropped.until.toISOString()))];
  }

  /** What is missing in Vault itself is reported for Vault only. */
  private whyNotDeclared(published: readonly X509Certificate[]): StatusFinding[] {
    const { vault } = this.state.facts;
    const names = this.roots.namesOf(published, this.state.leafLine);
    const stored = vault.known && this.roots.namesOf(vault.value.bundle, vault.value.leafLine);
    if (stored === names) return [];
    const cause = vault.known
      ? `Vault holds ${stored}, which reaches istiod within ${span(arrivalSeconds(this.state.facts) * 1000)} or was rejected by istiod, whose log says why`
      : "whether its Vault stack was deployed is unknown without Vault";
    return [this.drift(rules.bundleNotPublished(names, this.declaredText, cause))];
  }
}

/** What to do about a proxy whose bundle nobody can see. */
const UNSEEN: Readonly<Record<Unseen, string>> = {
  "not connected":
    "connected to no istiod: the log of its container istio-proxy says why; it gets the bundle when it is connected again",
  "injected before": "injected before its istiod pushed bundles (PROXY_CONFIG_XDS_AGENT): replace the pods",
  "turned off":
    "the annotation proxy.istio.io/config sets PROXY_CONFIG_XDS_AGENT: remove it there, and replace the pods",
};

/** A subject, which Node.js writes on several lines. */
function oneLine(subject: string): string {
  return subject.replaceAll("\n", ", ");
}

/** How a cluster is reached, for people. */
function accessOf({ kubeconfig }: ClusterConfig): string {
  if (kubeconfig.kind === "exec") return `${kubeconfig.host} by ${kubeconfig.command}`;
  return kubeconfig.context === undefined
    ? `kubeconfig ${kubeconfig.file}`
    : `kubeconfig context ${kubeconfig.context}`;
}
