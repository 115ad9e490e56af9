import { Release } from "@cdktf/provider-helm/lib/release";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { ClusterConfig, Mesh, RevisionConfig } from "../config/mesh";
import {
  ClusterTrust,
  DEFAULT_REVISION,
  DefaultRevisionTag,
  HelmCharts,
  type IClusterTrust,
  type IRevocationLists,
  ISTIO_NAMESPACE,
  IstiodWithVault,
  type IVaultK8sAuth,
  RevocationLists,
  type VaultEndpoint,
} from "../lib";
import { isMap, overlay } from "../lib/private/helm-values";
import { newestVersion } from "../lib/private/istio-version";
import { charts } from "./charts";

/** What a cluster's istiods have in common. */
export interface IstiodSurroundings {
  readonly mesh: Mesh;
  readonly cluster: ClusterConfig;
  readonly auth: IVaultK8sAuth;
  readonly namespaces: readonly ITerraformDependable[];
  readonly vault: VaultEndpoint;
  /** Undefined where the cluster has one of its own. */
  readonly injector: ITerraformDependable | undefined;
}

/** The istiods of a cluster, one for each revision, and what they share. */
export class Istiods {
  private readonly trust: IClusterTrust;
  private readonly base: Release;
  private readonly lists: IRevocationLists | undefined;
  private readonly tag: DefaultRevisionTag | undefined;

  constructor(
    private readonly stack: Construct,
    private readonly surroundings: IstiodSurroundings,
  ) {
    const { istio, nameInVault } = surroundings.cluster;
    if (surroundings.mesh.revocation?.lists === "served") {
      this.lists = RevocationLists.fromDefaultNames(stack, "RevocationLists");
    }
    this.base = addIstioBase(stack, istio, surroundings.namespaces);
    this.trust = ClusterTrust.fromClusterName(stack, "Trust", nameInVault);
    this.tag = istio.isListed ? addDefaultRevisionTag(stack, defaultRevision(istio)) : undefined;
  }

  /** The one without a revision, if it runs. */
  public addUnrevisioned(): IstiodWithVault[] {
    return this.revisions(true).map((revision) => this.add(this.stack, "Istiod", revision));
  }

  /** All others. */
  public addRevisions(): IstiodWithVault[] {
    const revisions = this.revisions(false);
    if (revisions.length === 0) return [];
    const scope = new Construct(this.stack, "Revisions");
    return revisions.map((revision) => this.add(scope, revision.name, revision));
  }

  private revisions(isUnrevisioned: boolean): RevisionConfig[] {
    const { revisions } = this.surroundings.cluster.istio;
    return revisions.filter(({ name }) => (name === DEFAULT_REVISION) === isUnrevisioned);
  }

  private add(scope: Construct, id: string, revision: RevisionConfig): IstiodWithVault {
    const { mesh, cluster, auth, vault, injector } = this.surroundings;
    return new IstiodWithVault(scope, id, {
      trust: this.trust,
      revocationLists: this.lists,
      auth,
      vault,
      istioVersion: revision.version,
      revision: revision.name,
      defaultRevisionTag: this.tag,
      charts: charts(revision.charts, HelmCharts.istio()),
      meshId: mesh.id,
      trustDomain: mesh.trustDomain,
      trustDomainAliases: mesh.trustDomainAliases,
      clusterName: cluster.clusterId,
      network: cluster.network,
      imageHub: revision.imageHub,
      imagePullSecrets: revision.imagePullSecrets,
      replicas: revision.replicas,
      agentImage: cluster.agent.image,
      agentUser: cluster.agent.user,
      renderInterval: cluster.agent.renderInterval,
      leafLifetime: cluster.leafLifetime,
      maxLeafLifetime: cluster.maxLeafLifetime,
      timeout: cluster.helmTimeout,
      values: revision.values,
      dependsOn: [...(injector ? [injector] : []), this.base],
    });
  }
}

/** The revision that injects where none is named. */
export function defaultRevision({
  revisions,
  defaultRevision: name,
}: ClusterConfig["istio"]): RevisionConfig {
  return revisions.find((revision) => revision.name === name)!;
}

/** Istio's CRDs and cluster-wide roles: the stack's own, so that several istiods can share them. */
function addIstioBase(
  stack: Construct,
  { revisions, defaultRevision }: ClusterConfig["istio"],
  dependsOn: readonly ITerraformDependable[],
): Release {
  const scope = new Construct(stack, "IstioBase");
  // A newer istiod needs its own CRDs; an older one gets along with them.
  const newest = newestVersion(revisions.map(({ version }) => version));
  const source = charts(revisions.find(({ version }) => version === newest)!.charts, HelmCharts.istio());
  return new Release(scope, "Resource", {
    name: "istio-base",
    namespace: ISTIO_NAMESPACE,
    ...source.find(scope, "base", newest),
    values: [JSON.stringify({ defaultRevision })],
    wait: true,
    dependsOn: [...dependsOn],
  });
}

/** As the chart of the default revision would create it with the user's values. */
function addDefaultRevisionTag(stack: Construct, { name, values }: RevisionConfig): DefaultRevisionTag {
  const { sidecarInjectorWebhook: own } = overlay(values, isMap(values.pilot) ? values.pilot : {});
  const { enableNamespacesByDefault, reinvocationPolicy } = isMap(own) ? own : {};
  return new DefaultRevisionTag(stack, "DefaultRevision", {
    revision: name,
    enableNamespacesByDefault: enableNamespacesByDefault === true,
    reinvocationPolicy: reinvocationPolicy === "IfNeeded" ? "IfNeeded" : "Never",
  });
}
