import { TlsProvider } from "@cdktf/provider-tls/lib/provider";
import { VaultProvider } from "@cdktf/provider-vault/lib/provider";
import { Annotations, TerraformAsset, TerraformStack, TerraformVariable } from "cdktf";
import { Construct } from "constructs";
import { listsSpread } from "../config/lists-spread";
import type { ClusterConfig, IntermediateConfig, IssuerConfig, Mesh, RootConfig } from "../config/mesh";
import { vaultStacks, type VaultStackContents } from "../config/vault-stacks";
import { nameList } from "../lib/private/text";
import {
  ClusterTrust,
  clusterVaultNames,
  type Duration,
  type GatewayCa,
  type IRevocationLists,
  type IRootCa,
  IstioRootCA,
  ISTIO_NAMESPACE,
  ISTIOD_ROLE,
  istiodAccount,
  Issuance,
  IssuerAuth,
  IssuerLogin,
  RevocationLists,
  RootSource,
  VaultAuthMethod,
  VaultK8sAuth,
} from "../lib";
import { adoptVaultObjects } from "./adoption";
import { addBackend } from "./backend";
import { addGatewayCa, addGatewayCertificates } from "./gateways";
import { constrainProviders } from "./providers";
import { addRevocationLists } from "./revocation";

/**
 * What of the mesh is in Vault: the roots and what else is shared; clusters' secrets, intermediates, policies, auth mounts
 * and roles, also those of their gateways; or both. None of it is in a cluster's own stack, because whoever may write
 * a role may attach any policy to it, and so read every cluster's CA key.
 */
export class VaultStack extends TerraformStack {
  constructor(scope: Construct, mesh: Mesh, contents: VaultStackContents) {
    const { name, isShared, clusters } = contents;
    super(scope, name);
    addBackend(this, mesh.backend);
    const { address, namespace, caCertificate } = mesh.vault;
    new VaultProvider(this, "Vault", {
      address,
      namespace,
      caCertFile: caCertificate && new TerraformAsset(this, "VaultCa", { path: caCertificate.path }).path,
      // A child token would be valid for 20 minutes and could expire in the middle of a long deploy.
      skipChildToken: true,
    });
    new TlsProvider(this, "Tls");
    const { vault, tls } = mesh.providers;
    constrainProviders(this, { vault, tls });

    const shared = isShared ? addShared(this, mesh) : importShared(this, mesh, clusters);
    const spread = listsSpread(mesh);
    for (const cluster of clusters) {
      const clusterScope = new Construct(this, cluster.nameInVault);
      const auth = addCluster(clusterScope, cluster, shared, { preventDestroy: mesh.preventDestroy, spread });
      addGatewayCertificates(clusterScope, cluster, auth, shared.gatewayCa);
    }
    if (isShared) addIssuer(this, mesh);
    const warning = keysInState(mesh, [contents]);
    if (warning !== undefined) Annotations.of(this).addWarning(warning);
  }
}

/** What clusters use of what is shared. */
interface Shared {
  readonly roots: ReadonlyMap<string, IRootCa>;
  readonly lists: IRevocationLists | undefined;
  /** To wait for, in the same stack. */
  readonly gatewayCa: GatewayCa | undefined;
}

function addShared(stack: Construct, mesh: Mesh): Shared {
  const rootScope = new Construct(stack, "Roots");
  const roots = new Map(mesh.roots.map((root) => [root.name, addRoot(rootScope, root, mesh.preventDestroy)]));
  const lists = addRevocationLists(stack, mesh, roots);
  return { roots, lists, gatewayCa: addGatewayCa(stack, mesh) };
}

/** The same by name, as far as these clusters use it. */
function importShared(stack: Construct, mesh: Mesh, clusters: readonly ClusterConfig[]): Shared {
  const rootScope = new Construct(stack, "Roots");
  const trusted = new Set(clusters.flatMap(({ trust }) => trust.bundle));
  const used = mesh.roots.filter(({ name }) => trusted.has(name));
  return {
    roots: new Map(used.map((root) => [root.name, importRoot(rootScope, root, mesh.preventDestroy)])),
    lists: mesh.revocation && RevocationLists.fromDefaultNames(stack, "RevocationLists"),
    gatewayCa: undefined,
  };
}

/** The issuer's login. The policies that it is given belong to clusters, and are known by name. */
function addIssuer(stack: Construct, { issuer, clusters }: Mesh): void {
  const policies = clusters
    .filter(({ intermediates }) => intermediates.issuance !== "terraform")
    .map(({ nameInVault }) => clusterVaultNames(nameInVault).issuerPolicy);
  if (!issuer || policies.length === 0) return;
  new IssuerAuth(stack, "Issuer", { login: issuerLogin(issuer), policies });
}

/**
 * Warning about the keys that states will hold, shown at every synth; undefined if there are none.
 *
 * @param stacks those whose states are meant; by default all of Vault's
 */
export function keysInState(mesh: Mesh, stacks = vaultStacks(mesh)): string | undefined {
  const holders = stacks.flatMap(({ name, isShared, clusters }) => {
    const roots = mesh.roots.filter(({ source }) => isShared && source === "tls-provider");
    const issued = clusters.filter(({ intermediates }) => intermediates.issuance === "terraform");
    return roots.length + issued.length > 0 ? [{ name, roots, issued }] : [];
  });
  if (holders.length === 0) return undefined;
  const roots = holders.flatMap((holder) => holder.roots.map(({ name }) => `root ${name}`));
  const issued = holders.flatMap((holder) => holder.issued.map(({ name }) => name));
  const intermediates =
    issued.length === 0 ? [] : [`the intermediates of ${nameList(issued)} (issuance: terraform)`];
  const names = nameList(holders.map(({ name }) => name));
  const [states, reader] =
    holders.length === 1
      ? [`the state of ${names} holds`, "whoever reads it"]
      : [`the states of ${names} hold`, "whoever reads one"];
  return `${states} the private keys of ${[...roots, ...intermediates].join(" and ")}; ${reader} can sign for the mesh (docs/issuance.md)`;
}

function addRoot(scope: Construct, root: RootConfig, preventDestroy: boolean): IstioRootCA {
  return new IstioRootCA(scope, root.name, {
    rootName: root.name,
    source: rootSource(root),
    ...("commonName" in root && { commonName: root.commonName }),
    preventDestroy,
  });
}

/** One whose key another stack created, by its name; of any other, what mesh.yaml says of it is all there is. */
function importRoot(scope: Construct, root: RootConfig, preventDestroy: boolean): IRootCa {
  return root.source === "vault-pki"
    ? IstioRootCA.fromRootName(scope, root.name, root.name)
    : addRoot(scope, root, preventDestroy);
}

function rootSource(root: RootConfig): RootSource {
  switch (root.source) {
    case "vault-pki":
      return RootSource.vaultPki({ keyAlgorithm: root.keyAlgorithm, validFor: root.validFor });
    case "tls-provider":
      return RootSource.tlsProvider({
        acceptKeysInState: true,
        keyAlgorithm: root.keyAlgorithm,
        validFor: root.validFor,
      });
    case "existing":
      return RootSource.existing({
        mountPath: root.mountPath,
        issuer: root.issuer,
        certificatePem: root.certificatePem,
      });
    case "offline":
      return RootSource.offline({ certificatePem: root.certificatePem });
  }
}

/** What of the mesh concerns each cluster's secrets. */
interface OfWholeMesh {
  readonly preventDestroy: boolean;
  readonly spread: Duration | undefined;
}

function addCluster(
  scope: Construct,
  cluster: ClusterConfig,
  { roots, lists }: Shared,
  { preventDestroy, spread }: OfWholeMesh,
): VaultK8sAuth {
  const { trust, intermediates, vaultAuth } = cluster;
  const clusterTrust = new ClusterTrust(scope, "Trust", {
    clusterName: cluster.nameInVault,
    signingRoot: roots.get(trust.signing)!,
    bundle: trust.bundle.map((name) => roots.get(name)!),
    leafGeneration: cluster.leafGeneration,
    issuance: issuance(intermediates),
    revocationLists: lists,
    revocationListsSpread: spread,
    preventDestroy,
  });
  const auth = new VaultK8sAuth(scope, "Auth", {
    clusterName: cluster.nameInVault,
    method: authMethod(scope, cluster),
  });
  const role = auth.addRole(ISTIOD_ROLE, {
    serviceAccounts: cluster.istio.revisions.map(({ name }) => istiodAccount(name)),
    namespaces: [ISTIO_NAMESPACE],
    tokenTtl: vaultAuth.tokenTtl,
    tokenMaxTtl: vaultAuth.tokenMaxTtl,
  });
  clusterTrust.grantRead(role);
  lists?.grantRead(role);
  if (cluster.adopt) adoptVaultObjects(scope, cluster.nameInVault);
  return auth;
}

function issuance(intermediates: IntermediateConfig): Issuance {
  const { keyAlgorithm, validFor } = intermediates;
  if (intermediates.issuance === "external") return Issuance.external({ validFor });
  const { generation } = intermediates;
  return intermediates.issuance === "deploy"
    ? Issuance.deploy({ keyAlgorithm, validFor, generation })
    : Issuance.terraform({ acceptKeysInState: true, keyAlgorithm, validFor, generation });
}

function issuerLogin(issuer: IssuerConfig): IssuerLogin {
  switch (issuer.method) {
    case "approle":
      return IssuerLogin.appRole(issuer);
    case "github-actions":
      return IssuerLogin.githubActions(issuer);
    case "gitlab":
      return IssuerLogin.gitlab(issuer);
    case "kubernetes":
      return IssuerLogin.kubernetes(issuer);
  }
}

function authMethod(scope: Construct, cluster: ClusterConfig): VaultAuthMethod {
  const { vaultAuth } = cluster;
  if (vaultAuth.method === "jwt") return VaultAuthMethod.jwt(vaultAuth);
  return VaultAuthMethod.kubernetes({
    kubernetesHost: cluster.kubernetesHost,
    kubernetesCaCertificate: cluster.kubernetesCaCertificate,
    ...(vaultAuth.reviewer === "variable" && {
      tokenReviewerJwt: tokenReviewerVariable(scope, cluster.nameInVault),
      audience: vaultAuth.audience,
    }),
  });
}

/** Given as the environment variable `TF_VAR_<cluster>_token_reviewer_jwt`, dashes as underscores. */
function tokenReviewerVariable(scope: Construct, clusterName: string): TerraformVariable {
  const variable = new TerraformVariable(scope, "TokenReviewerJwt", {
    type: "string",
    sensitive: true,
    description: `Long-lived token that may review tokens in ${clusterName}`,
  });
  variable.overrideLogicalId(`${clusterName.replaceAll("-", "_")}_token_reviewer_jwt`);
  return variable;
}
