import { NamespaceV1 } from "@cdktf/provider-kubernetes/lib/namespace-v1";
import { KubernetesProvider } from "@cdktf/provider-kubernetes/lib/provider";
import { Lazy, TerraformStack } from "cdktf";
import { Construct } from "constructs";
import type { ClusterConfig, Mesh } from "../config/mesh";
import {
  clusterVaultNames,
  HelmCharts,
  INJECTOR_NAMESPACE,
  ISTIO_NAMESPACE,
  type IVaultK8sAuth,
  VaultAgentInjector,
  VaultK8sAuth,
  type VaultEndpoint,
} from "../lib";
import { RemovedBlock } from "../lib/private/removed-block";
import { adoptClusterObjects } from "./adoption";
import { addBackend } from "./backend";
import { charts } from "./charts";
import { addGatewayNamespaces, addGateways, injectedNamespaces } from "./gateways";
import { defaultRevision, Istiods } from "./istiods";
import { constrainProviders, HelmAccess } from "./providers";

/**
 * What runs in one cluster: namespaces, the injector, istio-base, istiod and gateways. Its deployer needs no
 * Vault credential: it knows only names of the Vault stack.
 */
export class ClusterStack extends TerraformStack {
  constructor(scope: Construct, mesh: Mesh, cluster: ClusterConfig) {
    super(scope, cluster.name);
    addBackend(this, mesh.backend);
    this.addProviders(cluster);
    const { kubernetes, helm } = mesh.providers;
    constrainProviders(this, { kubernetes, helm });

    const namespaces = this.addNamespaces(cluster);
    const injector = cluster.injector.install ? this.addInjector(mesh, cluster, namespaces) : undefined;
    const auth = importedAuth(this, cluster);
    const istiods = new Istiods(this, {
      mesh,
      cluster,
      auth,
      vault: vaultOfPods(mesh),
      namespaces,
      injector,
    });
    const unrevisioned = istiods.addUnrevisioned();
    // Before the rest: by hand there is nothing else under our names.
    if (cluster.adopt) adoptClusterObjects(this);
    const revisions = istiods.addRevisions();
    const ownNamespaces = addGatewayNamespaces(this, cluster, [INJECTOR_NAMESPACE, ISTIO_NAMESPACE]);
    const { version, charts: source } = defaultRevision(cluster.istio);
    addGateways(this, cluster, {
      auth,
      vault: vaultOfPods(mesh),
      istioVersion: version,
      charts: charts(source, HelmCharts.istio()),
      checksRevocation: mesh.revocation?.lists === "served",
      dependsOn: [...ownNamespaces, ...unrevisioned, ...revisions],
    });
  }

  private addProviders({ kubeconfig, kubernetesCaCertificate }: ClusterConfig): void {
    if (kubeconfig.kind === "file") {
      const { file: configPath, context: configContext } = kubeconfig;
      new KubernetesProvider(this, "Kubernetes", { configPath, configContext });
      new HelmAccess(this, "Helm", { config_path: configPath, config_context: configContext });
      return;
    }
    const { host, command, args, env } = kubeconfig;
    const apiVersion = `client.authentication.k8s.io/${kubeconfig.apiVersion}`;
    const cluster = { host, clusterCaCertificate: kubernetesCaCertificate };
    new KubernetesProvider(this, "Kubernetes", {
      ...cluster,
      exec: [{ apiVersion, command, args: [...args], env: asWritten(env) }],
    });
    new HelmAccess(this, "Helm", {
      host,
      cluster_ca_certificate: kubernetesCaCertificate,
      exec: { api_version: apiVersion, command, args, env },
    });
  }

  private addInjector(
    mesh: Mesh,
    cluster: ClusterConfig,
    dependsOn: readonly NamespaceV1[],
  ): VaultAgentInjector {
    return new VaultAgentInjector(this, "Injector", {
      vaultAddress: mesh.vault.podAddress,
      vaultCaCertificate: mesh.vault.caCertificate?.pem,
      vaultNamespace: mesh.vault.namespace,
      watchedNamespaces: [...new Set([ISTIO_NAMESPACE, ...injectedNamespaces(cluster)])],
      namespace: INJECTOR_NAMESPACE,
      chartVersion: cluster.injector.chartVersion,
      charts: charts(cluster.injector.charts, HelmCharts.hashicorp()),
      replicas: cluster.injector.replicas,
      image: cluster.injector.image,
      imagePullSecrets: cluster.injector.imagePullSecrets,
      timeout: cluster.helmTimeout,
      values: cluster.injector.values,
      dependsOn,
    });
  }

  /** One that is no longer this stack's is let go of: with a namespace everything in it would be destroyed. */
  private addNamespaces({ createNamespaces, injector, network }: ClusterConfig): NamespaceV1[] {
    const labels = network ? { "topology.istio.io/network": network } : undefined;
    const namespaces = [
      { id: "InjectorNamespace", name: INJECTOR_NAMESPACE, isOurs: createNamespaces && injector.install },
      { id: "IstioNamespace", name: ISTIO_NAMESPACE, isOurs: createNamespaces, labels },
    ];
    return namespaces.flatMap(({ id, isOurs, ...metadata }) => {
      if (isOurs) return [new NamespaceV1(this, id, { metadata })];
      new RemovedBlock(this, id, NamespaceV1.tfResourceType);
      return [];
    });
  }
}

/** Vault as pods reach it, for their own annotations. */
function vaultOfPods({ vault }: Mesh): VaultEndpoint {
  return { address: vault.podAddress, namespace: vault.namespace, caCertificate: vault.caCertificate?.pem };
}

function importedAuth(scope: Construct, cluster: ClusterConfig): IVaultK8sAuth {
  const names = clusterVaultNames(cluster.nameInVault);
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

/** As it is: cdktf writes every key of a provider in snake_case, names of variables too, unless it is a token. */
function asWritten(variables: Readonly<Record<string, string>>): Record<string, string> {
  return Lazy.anyValue({ produce: () => variables }) as unknown as Record<string, string>;
}
