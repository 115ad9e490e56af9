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
import { gatewayDefaults, REVOCATION_MOUNT } from "../lib/private/gateway-values";
import { helmValuesText, mergeHelmValues } from "../lib/private/helm-values";
import { refuseLeafLifetimes } from "../lib/private/leaf-lifetime";
import { Release } from "../lib/private/release";
import { RemovedBlock } from "../lib/private/removed-block";

/** A gateway with a certificate from Vault. */
type CertifiedGateway = GatewayConfig & { readonly certificate: GatewayCertificateConfig };

/** A cluster's gateways that Vault Agent serves. */
function certified({ gateways }: ClusterConfig): CertifiedGateway[] {
  return gateways.filter((gateway): gateway is CertifiedGateway => gateway.certificate.source !== "none");
}

/** The CA of the gateways that name no other; undefined if there is no such gateway. */
export function addGatewayCa(stack: Construct, mesh: Mesh): GatewayCa | undefined {
  const certificates = mesh.clusters.flatMap(certified).map(({ certificate }) => certificate);
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
  const withCertificate = certified(cluster);
  if (withCertificate.length === 0) return;
  const gateways = new Construct(scope, "Gateways");
  for (const { name, namespace, certificate } of withCertificate) {
    const gatewayCertificate = new GatewayCertificate(gateways, name, {
      clusterName: cluster.nameInVault,
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
function gatewayNamespaces(gateways: readonly GatewayConfig[]): string[] {
  return [...new Set(gateways.map(({ namespace }) => namespace))];
}

/** Those that the injector has to watch. */
export function injectedNamespaces(cluster: ClusterConfig): string[] {
  return gatewayNamespaces(certified(cluster));
}

/** Makes those namespaces, without the ones the stack has already; or lets go of what it made of them before. */
export function addGatewayNamespaces(
  stack: Construct,
  cluster: ClusterConfig,
  existing: readonly string[],
): NamespaceV1[] {
  const names = gatewayNamespaces(cluster.gateways).filter((name) => !existing.includes(name));
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
  /** Whether they look at the lists that istiod hands out. */
  readonly checksRevocation: boolean;
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
  const withCertificate = new Set<GatewayConfig>(certified(cluster));
  for (const gateway of cluster.gateways) {
    const own = new Construct(scope, gateway.name);
    if (withCertificate.has(gateway)) addGateway(own, cluster, gateway as CertifiedGateway, surroundings);
    else addPlainGateway(own, cluster, gateway, surroundings);
  }
}

function addGateway(
  scope: Construct,
  cluster: ClusterConfig,
  { name, namespace, certificate, replicas, values }: CertifiedGateway,
  surroundings: GatewaySurroundings,
): void {
  new GatewayWithVault(scope, "Resource", {
    gatewayName: name,
    namespace,
    certificate: GatewayCertificate.fromGatewayCertificateAttributes(scope, "Certificate", {
      clusterName: cluster.nameInVault,
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

/** The release alone, at the place it would have with a certificate, so that getting one updates it. */
function addPlainGateway(
  scope: Construct,
  cluster: ClusterConfig,
  { name, namespace, replicas, values }: GatewayConfig,
  { charts, istioVersion, checksRevocation, dependsOn }: GatewaySurroundings,
): void {
  const place = new Construct(scope, "Resource");
  const owned = checksRevocation ? REVOCATION_MOUNT : {};
  refuseLeafLifetimes(values, place);
  new Release(place, "Resource", {
    name,
    namespace,
    ...charts.find(place, "gateway", istioVersion),
    values: [
      helmValuesText(
        mergeHelmValues(
          {
            owned,
            defaults: gatewayDefaults(replicas, values),
            user: values,
            extensible: Object.keys(owned),
          },
          place,
        ),
      ),
    ],
    wait: true,
    atomic: true,
    timeout: cluster.helmTimeout?.toSeconds(),
    dependsOn: [...dependsOn],
  });
}

function certificateSource(certificate: GatewayCertificateConfig): GatewayCertificateSource {
  return certificate.source === "vault-kv"
    ? GatewayCertificateSource.vaultKv(certificate)
    : GatewayCertificateSource.vaultPki(certificate);
}
