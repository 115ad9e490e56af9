import type { z } from "zod";
import { DEFAULT_REVISION } from "../lib";
import { INTERMEDIATE_LIFETIME } from "../lib/private/defaults";
import type { CertificateFile } from "./file-values";
import type { expandedMesh } from "./schema";

/** mesh.yaml once everything in it is right: files read, durations and key algorithms parsed. */
export type Checked = z.output<typeof expandedMesh>;
type CheckedCluster = Checked["clusters"][number];
type CheckedRoot<Source extends string> = Extract<Checked["roots"][number], { readonly source: Source }>;
type MadeRoot = CheckedRoot<"vault-pki" | "tls-provider">;
type CertifiedRoot<Source extends string> = Omit<CheckedRoot<Source>, "certificateFile"> & {
  readonly certificatePem: string;
};

/** What the stacks are made from; nothing past this point reads a file. */
export type Mesh = ReturnType<typeof toMesh>;
export interface VaultAddress extends Omit<Checked["vault"], "caCertificateFile"> {
  /** As pods reach it. */
  readonly podAddress: string;
  /** The private CA that signed Vault's server certificate. */
  readonly caCertificate?: CertificateFile;
}
export type RootConfig =
  | Pick<MadeRoot, "source" | "name" | "keyAlgorithm" | "validFor" | "commonName">
  | CertifiedRoot<"existing">
  /** Only the certificate is known; signing, if any, happens elsewhere. */
  | CertifiedRoot<"offline">;
export type BackendConfig = Mesh["backend"];
export type RevocationConfig = NonNullable<Mesh["revocation"]>;
export type IssuerConfig = NonNullable<Mesh["issuer"]>;
export type ClusterConfig = Mesh["clusters"][number];
/** How Terraform reaches the cluster. Never a credential: only where one is found. */
export type KubeconfigAccess = ClusterConfig["kubeconfig"];
export type IntermediateConfig = ClusterConfig["intermediates"];
/** Where a Helm chart comes from: a repository's URL, or a directory that holds unpacked charts. */
export type ChartsFrom = ReturnType<typeof toCharts>;
export type IstioConfig = ClusterConfig["istio"];
export type RevisionConfig = IstioConfig["revisions"][number];
export type GatewayConfig = ClusterConfig["gateways"][number];
/** Where a gateway's certificate comes from; one whose source is none has no certificate. */
export type GatewayCertificateConfig = Exclude<GatewayConfig["certificate"], { readonly source: "none" }>;

/** The model of a mesh.yaml that was checked. */
export function toMesh({ mesh, vault, trust, clusters, ...checked }: Checked) {
  return {
    id: mesh.id,
    trustDomain: mesh.trustDomain,
    trustDomainAliases: mesh.trustDomainAliases,
    vault: toVaultAddress(vault),
    roots: checked.roots.map(toRoot),
    backend: checked.backend,
    /** Versions of Terraform's providers, as its constraints. */
    providers: checked.providers,
    preventDestroy: checked.preventDestroy,
    /** Why one change may leave the order that keeps every handshake alive. */
    emergency: trust.emergency,
    /** How the external issuer logs in; undefined where that is not this program's. */
    issuer: checked.issuer && toIssuer(checked.issuer),
    /** Undefined where there are no revocation lists. */
    revocation: checked.revocation,
    clusters: clusters.map(toCluster),
  };
}

function toVaultAddress({ caCertificateFile, ...vault }: Checked["vault"]): VaultAddress {
  return { ...vault, podAddress: vault.podAddress ?? vault.address, caCertificate: caCertificateFile };
}

function toRoot(root: Checked["roots"][number]): RootConfig {
  if (root.source === "existing" || root.source === "offline") {
    const { certificateFile: certificatePem, ...rest } = root;
    return { ...rest, certificatePem };
  }
  const { source, name, keyAlgorithm, validFor, commonName } = root;
  return { source, name, keyAlgorithm, validFor, commonName };
}

function toIssuer(issuer: NonNullable<Checked["issuer"]>) {
  if (issuer.method !== "kubernetes") return issuer;
  const { kubernetesCaCertificateFile, ...rest } = issuer;
  return { ...rest, kubernetesCaCertificate: kubernetesCaCertificateFile.pem };
}

/** A cluster with the defaults that follow from other values of it, as mesh.yaml would say them. */
export function withDerived({ name, nameInVault, clusterId, ...cluster }: CheckedCluster) {
  const { exec } = cluster.kubeconfig;
  const { issuance, validFor } = cluster.intermediates;
  const { vaultAuth } = cluster;
  return {
    name,
    nameInVault: nameInVault ?? name,
    clusterId: clusterId ?? name,
    ...cluster,
    maxLeafLifetime: cluster.maxLeafLifetime ?? cluster.leafLifetime,
    kubeconfig: {
      ...cluster.kubeconfig,
      exec: exec && { ...exec, host: exec.host ?? cluster.kubernetesHost },
    },
    intermediates: { ...cluster.intermediates, validFor: validFor ?? INTERMEDIATE_LIFETIME[issuance] },
    vaultAuth: vaultAuth.method === "jwt" ? vaultAuth : { ...vaultAuth, method: "kubernetes" as const },
    istio: { ...cluster.istio, defaultRevision: cluster.istio.defaultRevision ?? DEFAULT_REVISION },
    gateways: Object.fromEntries(
      Object.entries(cluster.gateways).map(([gateway, { namespace = gateway, ...keys }]) => [
        gateway,
        { namespace, ...keys },
      ]),
    ),
  };
}

type Derived = ReturnType<typeof withDerived>;

/** What its groups say is in it; which they are concerns nobody any more. */
function toCluster(checked: CheckedCluster) {
  const { kubernetesCaCertificateFile, groups: _, ...cluster } = withDerived(checked);
  return {
    ...cluster,
    kubernetesCaCertificate: kubernetesCaCertificateFile?.pem,
    kubeconfig: toKubeconfig(cluster.kubeconfig),
    intermediates: toIntermediates(cluster.intermediates),
    vaultAuth: toVaultAuth(cluster.vaultAuth),
    istio: toIstio(cluster.istio),
    injector: withCharts(cluster.injector),
    gateways: Object.entries(cluster.gateways).map(([name, gateway]) => ({ name, ...gateway })),
  };
}

function toKubeconfig({ exec, file, context }: Derived["kubeconfig"]) {
  return exec ? { kind: "exec" as const, ...exec } : { kind: "file" as const, file, context };
}

function toIntermediates({ issuance, keyAlgorithm, validFor, generation }: Derived["intermediates"]) {
  const shared = { keyAlgorithm, validFor };
  return issuance === "external" ? { issuance, ...shared } : { issuance, ...shared, generation };
}

function toVaultAuth(auth: Derived["vaultAuth"]) {
  if (auth.method === "jwt") {
    const { publicKeysFile, issuerCaCertificateFile, ...rest } = auth;
    return { ...rest, publicKeys: publicKeysFile, issuerCaCertificate: issuerCaCertificateFile?.pem };
  }
  const { reviewer, audience, ...ttls } = auth;
  return reviewer === "variable" ? { ...ttls, reviewer, audience } : { ...ttls, reviewer };
}

/** The istiods of a cluster: one, without a revision, where mesh.yaml lists none. */
function toIstio({ revisions, defaultRevision, ...only }: Derived["istio"]) {
  return {
    revisions: Object.entries(revisions ?? { [DEFAULT_REVISION]: only }).map(([name, revision]) => ({
      name,
      ...withCharts(revision),
    })),
    defaultRevision,
    isListed: revisions !== undefined,
  };
}

interface WrittenCharts {
  readonly chartRepository?: string;
  readonly chartsDirectory?: string;
}

function withCharts<T extends WrittenCharts>({ chartRepository, chartsDirectory, ...rest }: T) {
  return { ...rest, charts: toCharts({ chartRepository, chartsDirectory }) };
}

function toCharts({ chartRepository, chartsDirectory }: WrittenCharts) {
  return chartsDirectory === undefined
    ? { kind: "repository" as const, url: chartRepository }
    : { kind: "directory" as const, path: chartsDirectory };
}
