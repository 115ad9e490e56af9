import { NamespaceV1 } from "@cdktf/provider-kubernetes/lib/namespace-v1";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { ClusterConfig, GatewayCertificateConfig, GatewayConfig, Mesh } from "../config/mesh";
import {
  GatewayCa,
  GatewayCertificate,
  GatewayCertificateSource,
  GatewayWithVault,
  type HelmCharts,
  type IVaultK8sAuth,
  type VaultK8sAuth,
  type VaultEndpoint,
} from "../lib";
import { RemovedBlock } from "../lib/private/removed-block";

/** The CA of the gateways that name no other; undefined if there is no such gateway. */
export function addGatewayCa(stack: Construct, mesh: Mesh): GatewayCa | undefined {
  const certificates = mesh.clusters.flatMap(({ gateways }) =>
    gateways.map(({ certificate }) => certificate),
  );
  return certificates.some(({ source, mountPath }) => source === "vault-pki" && mountPath === undefined)
    ? new GatewayCa(stack, "GatewayCa", { preventDestroy: mesh.preventDestroy })
    : undefined;
}

/** The Vault side of a cluster's gateways: for each its certificate, and the role its pods log in by. */
export function addGatewayCertificates(
  scope: Construct,
  cluster: ClusterConfig,
  auth: VaultK8sAuth,
  ca: GatewayCa | undefined,
): void {
  if (cluster.gateways.length === 0) return;
  const gateways = new Construct(scope, "Gateways");
  for (const { name, namespace, certificate } of cluster.gateways) {
    const gatewayCertificate = new GatewayCertificate(gateways, name, {
      clusterName: cluster.name,
      gatewayName: name,
      source: certificateSource(certificate),
      dependsOn: ca && [ca],
    });
    const role = auth.addRole(name, {
      serviceAccounts: [name],
      namespaces: [namespace],
      tokenTtl: cluster.vaultAuth.tokenTtl,
      tokenMaxTtl: cluster.vaultAuth.tokenMaxTtl,
    });
    gatewayCertificate.grantRead(role);
  }
}

/** The namespaces of a cluster's gateways. */
export function gatewayNamespaces({ gateways }: ClusterConfig): string[] {
  return [...new Set(gateways.map(({ namespace }) => namespace))];
}

/** Makes those namespaces, without the ones the stack has already; or lets go of what it made of them before. */
export function addGatewayNamespaces(
  stack: Construct,
  cluster: ClusterConfig,
  existing: readonly string[],
): NamespaceV1[] {
  const names = gatewayNamespaces(cluster).filter((name) => !existing.includes(name));
  if (names.length === 0) return [];
  const scope = new Construct(stack, "GatewayNamespaces");
  if (!cluster.createNamespaces) {
    for (const name of names) new RemovedBlock(scope, name, NamespaceV1.tfResourceType);
    return [];
  }
  return names.map((name) => new NamespaceV1(scope, name, { metadata: { name } }));
}

/** What a cluster's gateways have in common. */
export interface GatewaySurroundings {
  readonly auth: IVaultK8sAuth;
  readonly vault: VaultEndpoint;
  /** Istio's version, and that of the charts. */
  readonly istioVersion: string;
  readonly charts: HelmCharts;
  readonly dependsOn: readonly ITerraformDependable[];
}

/** The cluster's side: each gateway's release, and its right to review its own token. */
export function addGateways(
  stack: Construct,
  cluster: ClusterConfig,
  surroundings: GatewaySurroundings,
): void {
  if (cluster.gateways.length === 0) return;
  const scope = new Construct(stack, "Gateways");
  for (const gateway of cluster.gateways)
    addGateway(new Construct(scope, gateway.name), cluster, gateway, surroundings);
}

function addGateway(
  scope: Construct,
  cluster: ClusterConfig,
  { name, namespace, certificate, replicas, values }: GatewayConfig,
  surroundings: GatewaySurroundings,
): void {
  new GatewayWithVault(scope, "Resource", {
    gatewayName: name,
    namespace,
    certificate: GatewayCertificate.fromGatewayCertificateAttributes(scope, "Certificate", {
      clusterName: cluster.name,
      gatewayName: name,
      source: certificateSource(certificate),
    }),
    replicas,
    agentImage: cluster.agent.image,
    agentUser: cluster.agent.user,
    renderInterval: cluster.agent.renderInterval,
    timeout: cluster.helmTimeout,
    values,
    ...surroundings,
  });
}

function certificateSource(certificate: GatewayCertificateConfig): GatewayCertificateSource {
  return certificate.source === "vault-kv"
    ? GatewayCertificateSource.vaultKv(certificate)
    : GatewayCertificateSource.vaultPki(certificate);
}
