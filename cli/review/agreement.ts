import { isDeepStrictEqual } from "node:util";
import type { ClusterConfig, Mesh } from "../../config/mesh";
import { vaultStacks, type VaultStackContents } from "../../config/vault-stacks";
import { clusterVaultNames, DEFAULT_REVISION } from "../../lib/names";
import { nameList } from "../../lib/private/text";
import { leafLines } from "../../lib/private/leaf-generation";
import {
  DEFAULT_LIFETIME_VARIABLE,
  MAX_LIFETIME_VARIABLE,
  REQUESTED_LIFETIME_VARIABLE,
} from "../../lib/private/leaf-lifetime";
import type { Finding } from "../../lib/rules";
import type { Checkout } from "./checkout";
import { gatewayStatements, issuerStatements, type Statement } from "./login-agreement";
import { rules } from "./rules";
import { ofEach, shown } from "./shown";
import {
  at,
  chartOf,
  helmValues,
  mapping,
  providerOf,
  type Resource,
  type SynthesizedStack,
} from "./synthesized";
import { bundleOf, leafLinesOf, signerOf } from "./trust-facts";

type Values = ReturnType<typeof helmValues>;

/**
 * What mesh.yaml says is read again from the stacks: who signs, who is trusted, which Vault and which API
 * servers, what runs. Where the two differ the review would judge one thing and Terraform do another.
 */
export function disagreements(base: Checkout, head: Checkout): Finding[] {
  const earlier = new Set(statements(base.mesh, base.stacks).map((one) => JSON.stringify(one)));
  const facts = statements(head.mesh, head.stacks).filter((one) => !earlier.has(JSON.stringify(one)));
  return ofEach(
    facts.map(({ subject, what, stated, found }) => ({
      subject: shown(subject),
      what,
      stated: text(stated),
      found: text(found),
    })),
    (subjects, { what, stated, found }) => rules.stacksDisagree(nameList(subjects), what, stated, found),
  );
}

function statements(mesh: Mesh | undefined, stacks: Checkout["stacks"]): Statement[] {
  if (!mesh) return [];
  return [
    ...vaultStacks(mesh).flatMap((contents) => vaultStatements(mesh, contents, stacks.get(contents.name))),
    ...mesh.clusters.flatMap((cluster) => clusterStatements(mesh, cluster, stacks.get(cluster.name))),
  ].filter(({ stated, found }) => !isDeepStrictEqual(stated, found));
}

function vaultStatements(
  mesh: Mesh,
  { name: subject, isShared, clusters }: VaultStackContents,
  vault: SynthesizedStack | undefined,
): Statement[] {
  if (!vault) return [{ subject, what: "the stack", stated: "there", found: undefined }];
  const provider = providerOf(vault, "vault");
  const { address, namespace, caCertificate } = mesh.vault;
  const asset = vault.files.get(`${provider.ca_cert_file}`);
  return [
    { subject, what: "Vault's address", stated: address, found: provider.address },
    { subject, what: "Vault's namespace", stated: namespace, found: provider.namespace },
    {
      subject,
      what: "the CA certificate of Vault",
      stated: caCertificate && "that of caCertificateFile",
      found:
        asset === undefined
          ? undefined
          : asset === caCertificate?.pem
            ? "that of caCertificateFile"
            : "another",
    },
    ...(isShared ? issuerStatements(mesh, vault) : []),
    ...clusters.flatMap((cluster) => [
      ...trustStatements(mesh, cluster, vault),
      ...gatewayStatements(cluster, vault),
    ]),
  ];
}

function trustStatements(mesh: Mesh, cluster: ClusterConfig, vault: SynthesizedStack): Statement[] {
  const { name, nameInVault, trust, vaultAuth } = cluster;
  const about = (what: string, stated: unknown, found: unknown) => ({
    subject: vault.name,
    what: `${what} of ${name}`,
    stated,
    found,
  });
  const { kubernetesAuthMount, jwtAuthMount } = clusterVaultNames(nameInVault);
  const [ofMount] = [kubernetesAuthMount, jwtAuthMount].slice(vaultAuth.method === "jwt" ? 1 : 0);
  const of = (type: string, key: string) =>
    vault.ofCluster(type, nameInVault).find(({ attributes }) => vault.resolve(attributes[key]) === ofMount)
      ?.attributes;
  const signer = mesh.roots.find((root) => root.name === trust.signing);
  return [
    about(
      "the signing root",
      signer?.source === "offline" ? "a root outside of Vault" : trust.signing,
      signerOf(vault, nameInVault, mesh.roots),
    ),
    about("the trust bundle", trust.bundle, bundleOf(vault, nameInVault, mesh.roots)),
    about(
      "the line of the leaf generation",
      leafLines(cluster.leafGeneration),
      leafLinesOf(vault, nameInVault),
    ),
    ...(vaultAuth.method === "jwt"
      ? [about("the issuer of tokens", vaultAuth.issuer, of("vault_jwt_auth_backend", "path")?.bound_issuer)]
      : [
          about(
            "the API server",
            cluster.kubernetesHost,
            of("vault_kubernetes_auth_backend_config", "backend")?.kubernetes_host,
          ),
          about(
            "the CA certificate of the API server",
            "that of kubernetesCaCertificateFile",
            of("vault_kubernetes_auth_backend_config", "backend")?.kubernetes_ca_cert ===
              cluster.kubernetesCaCertificate
              ? "that of kubernetesCaCertificateFile"
              : "another",
          ),
        ]),
  ];
}

function clusterStatements(
  mesh: Mesh,
  cluster: ClusterConfig,
  stack: SynthesizedStack | undefined,
): Statement[] {
  const subject = cluster.name;
  if (!stack) return [{ subject, what: "the stack", stated: "there", found: undefined }];
  const releases = stack.ofType("helm_release");
  const istiods = releases.filter((release) => chartOf(release) === "istiod");
  const gateways = releases.filter((release) => chartOf(release) === "gateway");
  const names = (of: readonly Resource[]) => of.map(({ attributes }) => attributes.name).sort();
  return [
    ...accessStatements(cluster, stack),
    {
      subject,
      what: "the list of gateways",
      stated: cluster.gateways.map(({ name }) => name).sort(),
      found: names(gateways),
    },
    {
      subject,
      what: "the list of revisions",
      stated: cluster.istio.revisions.map(({ name }) => name).sort(),
      found: istiods.map((release) => revisionOf(release)).sort(),
    },
    ...istiods.flatMap((release): Statement[] => {
      const values = helmValues(release);
      const revision = cluster.istio.revisions.find(({ name }) => name === revisionOf(release));
      const about = (what: string, stated: unknown, found: unknown) => ({
        subject,
        what: `${what} of istiod ${revisionOf(release)}`,
        stated,
        found,
      });
      return [
        about("the trust domain", mesh.trustDomain, at(values, "meshConfig", "trustDomain")),
        about("the mesh id", mesh.id, at(values, "global", "meshID")),
        about("the cluster's id", cluster.clusterId, at(values, "global", "multiCluster", "clusterName")),
        ...leafStatements(cluster, values).map(({ what, stated, found }) => about(what, stated, found)),
        about("the network", cluster.network, at(values, "global", "network")),
        ...(release.attributes.version === undefined
          ? []
          : [about("the version", revision?.version, release.attributes.version)]),
        about(
          "the image of the agent",
          cluster.agent.image,
          at(values, "podAnnotations", "vault.hashicorp.com/agent-image"),
        ),
        about(
          "the address of Vault",
          mesh.vault.podAddress,
          at(values, "podAnnotations", "vault.hashicorp.com/service"),
        ),
      ];
    }),
  ];
}

/** How long leaves live, as istiod and the proxies are told. */
function leafStatements({ leafLifetime, maxLeafLifetime }: ClusterConfig, values: Values) {
  const [asked, most] = [leafLifetime, maxLeafLifetime].map((lifetime) => lifetime.toGoString());
  const proxies = at(values, "meshConfig", "defaultConfig", "proxyMetadata", REQUESTED_LIFETIME_VARIABLE);
  return [
    { what: "the lifetime that proxies request", stated: asked, found: proxies },
    { what: "the lifetime of leaves", stated: asked, found: variable(values, DEFAULT_LIFETIME_VARIABLE) },
    { what: "the longest lifetime of leaves", stated: most, found: variable(values, MAX_LIFETIME_VARIABLE) },
  ];
}

/** The variable as istiod sees it: the chart writes envVarFrom after env, and the last one counts. */
function variable(values: Values, name: string): unknown {
  const later = (Array.isArray(values.envVarFrom) ? values.envVarFrom : [])
    .filter((entry) => at(entry, "name") === name)
    .at(-1);
  return later ? (at(later, "value") ?? "unknown") : at(values, "env", name);
}

/** How a plan reaches the cluster. */
function accessStatements(
  { name: subject, kubeconfig }: ClusterConfig,
  stack: SynthesizedStack,
): Statement[] {
  const provider = providerOf(stack, "kubernetes");
  if (kubeconfig.kind === "file") {
    return [
      {
        subject,
        what: "the context of the kubeconfig",
        stated: kubeconfig.context,
        found: provider.config_context,
      },
    ];
  }
  const exec = mapping((provider.exec as unknown[] | undefined)?.[0]);
  return [
    {
      subject,
      what: "the API server as Terraform reaches it",
      stated: kubeconfig.host,
      found: provider.host,
    },
    { subject, what: "the program that gives a credential", stated: kubeconfig.command, found: exec.command },
  ];
}

function revisionOf(release: Resource): string {
  const { revision } = helmValues(release);
  return typeof revision === "string" && revision !== "" ? revision : DEFAULT_REVISION;
}

function text(value: unknown): string {
  if (value === undefined) return "not said";
  return Array.isArray(value)
    ? `[${value.map((item) => shown(`${item}`)).join(", ")}]`
    : `"${shown(`${value}`)}"`;
}
