import { TlsProvider } from "@cdktf/provider-tls/lib/provider";
import { VaultProvider } from "@cdktf/provider-vault/lib/provider";
import { Annotations, TerraformAsset, TerraformStack, TerraformVariable } from "cdktf";
import { Construct } from "constructs";
import { listsSpread } from "../config/lists-spread";
import type { ClusterConfig, IntermediateConfig, IssuerConfig, Mesh, RootConfig } from "../config/mesh";
import {
  ClusterTrust,
  type Duration,
  IstioRootCA,
  ISTIO_NAMESPACE,
  ISTIOD_ROLE,
  istiodAccount,
  Issuance,
  IssuerAuth,
  IssuerLogin,
  type RevocationLists,
  RootSource,
  VaultAuthMethod,
  VaultK8sAuth,
} from "../lib";
import { VAULT_ROOT_STACK } from "../lib/names";
import { adoptVaultObjects } from "./adoption";
import { addBackend } from "./backend";
import { addGatewayCa, addGatewayCertificates } from "./gateways";
import { constrainProviders } from "./providers";
import { addRevocationLists } from "./revocation";

/**
 * Every Vault object of the mesh: the roots, and for each cluster its secrets, intermediate, policies,
 * auth mount and roles, also those of its gateways. One stack, because whoever may write a role may
 * attach any policy to it, and so read every cluster's CA key.
 */
export class VaultRootStack extends TerraformStack {
  constructor(scope: Construct, mesh: Mesh) {
    super(scope, VAULT_ROOT_STACK);
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

    const roots = new Map<string, IstioRootCA>();
    const rootScope = new Construct(this, "Roots");
    for (const root of mesh.roots) {
      roots.set(root.name, addRoot(rootScope, root, mesh.preventDestroy));
    }
    const lists = addRevocationLists(this, mesh, roots);
    const revocation = lists && { lists, spread: listsSpread(mesh) };
    const gatewayCa = addGatewayCa(this, mesh);
    const issuedFor: ClusterTrust[] = [];
    for (const cluster of mesh.clusters) {
      const clusterScope = new Construct(this, cluster.name);
      const { trust, auth } = addCluster(clusterScope, cluster, roots, {
        preventDestroy: mesh.preventDestroy,
        revocation,
      });
      addGatewayCertificates(clusterScope, cluster, auth, gatewayCa);
      if (cluster.intermediates.issuance !== "terraform") issuedFor.push(trust);
    }
    if (mesh.issuer && issuedFor.length > 0) {
      const issuer = new IssuerAuth(this, "Issuer", { login: issuerLogin(mesh.issuer) });
      for (const trust of issuedFor) trust.grantIssue(issuer);
    }
    const warning = keysInState(mesh);
    if (warning !== undefined) Annotations.of(this).addWarning(warning);
  }
}

/** Warning about the keys that the state of this stack will hold, shown at every synth; undefined if there are none. */
export function keysInState(mesh: Mesh): string | undefined {
  const roots = mesh.roots
    .filter((root) => root.source === "tls-provider")
    .map((root) => `root ${root.name}`);
  const clusters = mesh.clusters
    .filter(({ intermediates }) => intermediates.issuance === "terraform")
    .map(({ name }) => name);
  const intermediates =
    clusters.length === 0 ? [] : [`the intermediates of ${clusters.join(", ")} (issuance: terraform)`];
  const holders = [...roots, ...intermediates];
  if (holders.length === 0) return undefined;
  return `the state of ${VAULT_ROOT_STACK} holds the private keys of ${holders.join(" and ")}; whoever reads it can sign for the mesh (docs/issuance.md)`;
}

function addRoot(scope: Construct, root: RootConfig, preventDestroy: boolean): IstioRootCA {
  return new IstioRootCA(scope, root.name, {
    rootName: root.name,
    source: rootSource(root),
    ...("commonName" in root && { commonName: root.commonName }),
    preventDestroy,
  });
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
  readonly revocation: { readonly lists: RevocationLists; readonly spread: Duration | undefined } | undefined;
}

function addCluster(
  scope: Construct,
  cluster: ClusterConfig,
  roots: ReadonlyMap<string, IstioRootCA>,
  { preventDestroy, revocation }: OfWholeMesh,
): { trust: ClusterTrust; auth: VaultK8sAuth } {
  const { trust, intermediates, vaultAuth } = cluster;
  const clusterTrust = new ClusterTrust(scope, "Trust", {
    clusterName: cluster.name,
    signingRoot: roots.get(trust.signing)!,
    bundle: trust.bundle.map((name) => roots.get(name)!),
    leafGeneration: cluster.leafGeneration,
    issuance: issuance(intermediates),
    revocationLists: revocation?.lists,
    revocationListsSpread: revocation?.spread,
    preventDestroy,
  });
  const auth = new VaultK8sAuth(scope, "Auth", {
    clusterName: cluster.name,
    method: authMethod(scope, cluster),
  });
  const role = auth.addRole(ISTIOD_ROLE, {
    serviceAccounts: cluster.istio.revisions.map(({ name }) => istiodAccount(name)),
    namespaces: [ISTIO_NAMESPACE],
    tokenTtl: vaultAuth.tokenTtl,
    tokenMaxTtl: vaultAuth.tokenMaxTtl,
  });
  clusterTrust.grantRead(role);
  revocation?.lists.grantRead(role);
  if (cluster.adopt) adoptVaultObjects(scope, cluster.name);
  return { trust: clusterTrust, auth };
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
      tokenReviewerJwt: tokenReviewerVariable(scope, cluster.name),
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
