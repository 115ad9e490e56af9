import { HelmProvider } from "@cdktf/provider-helm/lib/provider";
import { Release } from "@cdktf/provider-helm/lib/release";
import { NamespaceV1 } from "@cdktf/provider-kubernetes/lib/namespace-v1";
import { KubernetesProvider } from "@cdktf/provider-kubernetes/lib/provider";
import { type ITerraformDependable, TerraformStack } from "cdktf";
import { Construct } from "constructs";
import type { ChartsFrom, ClusterConfig, KubeconfigAccess, Mesh } from "../config/mesh";
import {
  ClusterTrust,
  clusterVaultNames,
  HelmCharts,
  INJECTOR_NAMESPACE,
  ISTIO_NAMESPACE,
  IstiodWithVault,
  type IVaultK8sAuth,
  VaultAgentInjector,
  VaultK8sAuth,
} from "../lib";
import { adoptClusterObjects } from "./adoption";
import { addBackend } from "./backend";
import { addGatewayNamespaces, addGateways, gatewayNamespaces } from "./gateways";

/**
 * What runs in one cluster: namespaces, the injector, istio-base, istiod and gateways. Its deployer needs no
 * credential of Vault's: of the Vault stack it knows names only.
 */
export class ClusterStack extends TerraformStack {
  constructor(scope: Construct, mesh: Mesh, cluster: ClusterConfig) {
    super(scope, cluster.name);
    addBackend(this, mesh.backend);
    this.addProviders(cluster);

    const namespaces = cluster.createNamespaces ? this.addNamespaces(cluster) : [];
    const injector = new VaultAgentInjector(this, "Injector", {
      vaultAddress: mesh.vault.podAddress,
      vaultCaCertificate: mesh.vault.caCertificate?.pem,
      vaultNamespace: mesh.vault.namespace,
      watchedNamespaces: [...new Set([ISTIO_NAMESPACE, ...gatewayNamespaces(cluster)])],
      namespace: INJECTOR_NAMESPACE,
      chartVersion: cluster.injector.chartVersion,
      charts: charts(cluster.injector.charts, HelmCharts.hashicorp()),
      replicas: cluster.injector.replicas,
      image: cluster.injector.image,
      imagePullSecrets: cluster.injector.imagePullSecrets,
      values: cluster.injector.values,
      dependsOn: namespaces,
    });
    const istioCharts = charts(cluster.istio.charts, HelmCharts.istio());
    const base = this.addIstioBase(istioCharts, cluster.istio.version, namespaces);
    const auth = importedAuth(this, cluster);
    const istiod = new IstiodWithVault(this, "Istiod", {
      trust: ClusterTrust.fromClusterName(this, "Trust", cluster.name),
      auth,
      istioVersion: cluster.istio.version,
      charts: istioCharts,
      meshId: mesh.id,
      trustDomain: mesh.trustDomain,
      clusterName: cluster.name,
      network: cluster.network,
      imageHub: cluster.istio.imageHub,
      imagePullSecrets: cluster.istio.imagePullSecrets,
      replicas: cluster.istio.replicas,
      agentImage: cluster.agent.image,
      renderInterval: cluster.agent.renderInterval,
      values: cluster.istio.values,
      dependsOn: [injector, base],
    });
    // Before the gateways: by hand there are none under our names.
    if (cluster.adopt) adoptClusterObjects(this);
    const ownNamespaces = cluster.createNamespaces
      ? addGatewayNamespaces(this, cluster, [INJECTOR_NAMESPACE, ISTIO_NAMESPACE])
      : [];
    addGateways(this, cluster, { auth, charts: istioCharts, dependsOn: [...ownNamespaces, istiod] });
  }

  private addProviders({ kubeconfig, kubernetesCaCertificate }: ClusterConfig): void {
    const access = clusterAccess(kubeconfig, kubernetesCaCertificate);
    const kubernetes = new KubernetesProvider(this, "Kubernetes", access);
    const helm = new HelmProvider(this, "Helm", { kubernetes: access });
    if (kubeconfig.kind !== "exec") return;
    // Not by their props: cdktf writes every key of a provider in snake_case, names of variables too.
    const { command, args, env, apiVersion } = kubeconfig;
    const exec = { api_version: `client.authentication.k8s.io/${apiVersion}`, command, args, env };
    kubernetes.addOverride("exec", [exec]);
    helm.addOverride("kubernetes.exec", exec);
  }

  private addNamespaces(cluster: ClusterConfig): NamespaceV1[] {
    const labels = cluster.network ? { "topology.istio.io/network": cluster.network } : undefined;
    return [
      new NamespaceV1(this, "InjectorNamespace", { metadata: { name: INJECTOR_NAMESPACE } }),
      new NamespaceV1(this, "IstioNamespace", { metadata: { name: ISTIO_NAMESPACE, labels } }),
    ];
  }

  /** Istio's CRDs and cluster-wide roles: the stack's own, so that several istiods can share them. */
  private addIstioBase(source: HelmCharts, version: string, dependsOn: ITerraformDependable[]): Release {
    const scope = new Construct(this, "IstioBase");
    return new Release(scope, "Resource", {
      name: "istio-base",
      namespace: ISTIO_NAMESPACE,
      ...source.find(scope, "base", version),
      values: [JSON.stringify({ defaultRevision: "default" })],
      wait: true,
      dependsOn,
    });
  }
}

function importedAuth(scope: Construct, cluster: ClusterConfig): IVaultK8sAuth {
  const names = clusterVaultNames(cluster.name);
  const { vaultAuth } = cluster;
  if (vaultAuth.method === "kubernetes") {
    return VaultK8sAuth.fromVaultK8sAuthAttributes(scope, "Auth", {
      mountPath: names.kubernetesAuthMount,
      audience: vaultAuth.reviewer === "variable" ? vaultAuth.audience : undefined,
      podTokenReviews: vaultAuth.reviewer === "pod-token",
    });
  }
  return VaultK8sAuth.fromVaultK8sAuthAttributes(scope, "Auth", {
    mountPath: names.jwtAuthMount,
    type: "jwt",
    audience: vaultAuth.audience,
  });
}

function charts(from: ChartsFrom, official: HelmCharts): HelmCharts {
  if (from.kind === "directory") return HelmCharts.directory(from.path);
  return from.url ? HelmCharts.repository(from.url) : official;
}

/** What the kubernetes and the helm provider have in common. */
interface ClusterAccess {
  readonly configPath?: string;
  readonly configContext?: string;
  readonly host?: string;
  readonly clusterCaCertificate?: string;
}

/** How the kubernetes and the helm provider reach the cluster. */
function clusterAccess(kubeconfig: KubeconfigAccess, clusterCaCertificate: string): ClusterAccess {
  if (kubeconfig.kind === "file") {
    return { configPath: kubeconfig.file, configContext: kubeconfig.context };
  }
  return { host: kubeconfig.host, clusterCaCertificate };
}
