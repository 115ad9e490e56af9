import { z } from "zod";
import { isHttpsOrigin, isHttpsUrl, isLoopbackUrl } from "../lib/private/urls";
import { MERGE_REQUEST_SOURCES, PULL_REQUEST_EVENTS } from "../lib/issuer-login";
import { rules } from "../lib/rules";
import { gateways } from "./gateway-schema";
import { istio } from "./istio-schema";
import {
  checked,
  count,
  duration,
  helmValues,
  keyAlgorithm,
  name,
  pullSecrets,
  replicas,
  text,
  url,
  vaultPath,
} from "./schema-values";

/**
 * The form of mesh.yaml: every key with its type, default and meaning, and every rule about a single
 * value. Rules that need two values are in rules-across-keys.ts.
 */

/** Lifetime of a root we make. */
export const rootLifetime = duration.prefault("10y");

/** Common name of a root we make; the longest X.509 allows. */
const rootCommonName = text.max(64).default("Root CA");

/** Lifetime of an intermediate where none is written. */
export const INTERMEDIATE_LIFETIME = { terraform: "2y", external: "90d" } as const;

const root = z.discriminatedUnion("source", [
  z.strictObject({
    name: name("name").describe("Short name, such as a or 2026; a new root is a new name."),
    source: z.literal("vault-pki").describe("The key is generated inside Vault and never leaves it."),
    keyAlgorithm: keyAlgorithm
      .prefault("rsa-4096")
      .describe("rsa-2048, rsa-3072, rsa-4096, ecdsa-p256, ecdsa-p384."),
    validFor: rootLifetime.describe("Lifetime; cannot be changed in place."),
    commonName: rootCommonName.describe(
      "Common name; cannot be changed in place, so give a new root its own.",
    ),
  }),
  z.strictObject({
    name: name("name"),
    source: z.literal("tls-provider").describe("Terraform makes the key, which rests in the state."),
    acceptKeysInState: z.boolean().optional().describe("Must be true."),
    keyAlgorithm: keyAlgorithm.prefault("rsa-4096"),
    validFor: rootLifetime,
    commonName: rootCommonName,
  }),
  z.strictObject({
    name: name("name"),
    source: z.literal("existing").describe("An issuer in someone else's PKI mount."),
    mountPath: vaultPath("mountPath").describe("Path of the PKI mount."),
    issuer: vaultPath("issuer").default("default").describe("Id or name of the issuer in the mount."),
    certificateFile: text.describe("PEM file of the self-signed root at the top of the issuer's chain."),
  }),
  z.strictObject({
    name: name("name"),
    source: z
      .literal("offline")
      .describe("Only the certificate is known: trusted, and signing nothing here."),
    certificateFile: text.describe("PEM file of the self-signed root."),
  }),
]);

const trust = z.strictObject({
  signing: text.describe("Name of the root that signs the intermediates."),
  bundle: z
    .array(text)
    .min(1)
    .describe("Names of the roots workloads trust, in order: append, drop from an end, never sort."),
  emergency: text
    .optional()
    .describe(
      "Why this one change may break connections, a compromised root above all; remove it in the next.",
    ),
});

const intermediates = z.strictObject({
  issuance: z
    .enum(["terraform", "external"])
    .describe(
      "Who makes intermediates and their keys. terraform: keys rest in the state of vault-root. external: istio-vault issue, or an issuer of your own; keys rest in Vault alone.",
    ),
  acceptKeysInState: z.boolean().optional().describe("Must be true for issuance terraform."),
  keyAlgorithm: keyAlgorithm.prefault("rsa-4096"),
  validFor: duration
    .optional()
    .describe("Lifetime. Default: 2y for terraform, where a change issues anew; 90d for external."),
  generation: count(rules.generationForm)
    .default(1)
    .describe("Issuance terraform: raise it by one to renew: a new key, a new certificate."),
});

const loginTtls = {
  tokenTtl: duration.prefault("20m").describe("Lifetime of a login to Vault; the agent renews it."),
  tokenMaxTtl: duration.prefault("24h").describe("Longest a login can be renewed for."),
};

const vaultAuth = z.discriminatedUnion("method", [
  z.strictObject({
    method: z
      .literal("kubernetes")
      .optional()
      .describe("Vault shows each token to the API server. The default."),
    reviewer: z
      .enum(["pod-token", "variable"])
      .default("pod-token")
      .describe(
        "pod-token: the pod's own. variable: a long-lived token in TF_VAR_<cluster>_token_reviewer_jwt.",
      ),
    audience: text.optional().describe("Audience of the pods' tokens; needs reviewer variable."),
    ...loginTtls,
  }),
  z.strictObject({
    method: z.literal("jwt").describe("Vault checks tokens itself, without the API server."),
    issuer: checked(text, (value) => (isHttpsUrl(value) ? undefined : rules.jwtIssuerForm(value))).describe(
      'The cluster\'s service-account issuer, the "iss" of its tokens.',
    ),
    audience: text.default("vault").describe("Audience of the pods' tokens."),
    publicKeysFile: text.optional().describe("PEM public keys, where Vault cannot reach the issuer's URL."),
    issuerCaCertificateFile: text.optional().describe("PEM file of the private CA of the issuer's URL."),
    ...loginTtls,
  }),
]);

const injector = z.strictObject({
  chartVersion: text.default("0.34.1").describe("Version of HashiCorp's vault chart."),
  chartRepository: text.optional().describe("URL of the chart repository. Default: HashiCorp's own."),
  chartsDirectory: text.optional().describe("Directory with the unpacked chart vault."),
  replicas: replicas.default(2).describe("Number of injector pods."),
  image: text.optional().describe("Image of the injector, with its tag."),
  imagePullSecrets: pullSecrets.default([]),
  values: helmValues.default({}).describe("Values of your own for the vault chart."),
});

const agent = z.strictObject({
  image: text.default("hashicorp/vault:1.21.4").describe("Image of Vault Agent and of the pods' guard."),
  renderInterval: duration.prefault("5m").describe("How often the agent looks for new files: 10s to 1d."),
});

/** A number that stays when a repository or project is renamed. */
const ciId = (key: string) =>
  z
    .union([z.int(), text])
    .transform(String)
    .superRefine((value, context) => {
      const finding = /^[1-9][0-9]*$/.test(value) ? undefined : rules.ciIdForm(key, value);
      if (finding) context.addIssue({ code: "custom", message: finding.message, params: { finding } });
    });

const starters = (key: string, forbidden: readonly string[]) =>
  checked(z.array(text), (value) =>
    value.length === 0 || value.some((starter) => forbidden.includes(starter))
      ? rules.issuerStarters(key, value)
      : undefined,
  );

const issuer = z.discriminatedUnion("method", [
  z.strictObject({
    method: z.literal("approle").describe("A role id and a secret id."),
    secretIdTtl: duration.prefault("90d").describe("How long a secret id can be used."),
  }),
  z.strictObject({
    method: z.literal("github-actions").describe("The token GitHub signs for a job."),
    repositoryId: ciId("repositoryId").describe("Number of the repository: gh api repos/OWNER/NAME --jq .id"),
    environment: text.describe("Environment the job must run in; protect it."),
    ref: text.default("refs/heads/main").describe("Ref the workflow must run on."),
    events: starters("events", PULL_REQUEST_EVENTS)
      .default(["schedule", "workflow_dispatch"])
      .describe("Events that may start it."),
  }),
  z.strictObject({
    method: z.literal("gitlab").describe("The token GitLab signs for a job."),
    url: checked(text, (value) => (isHttpsUrl(value) ? undefined : rules.gitlabUrlForm(value)))
      .default("https://gitlab.com")
      .describe("URL of the GitLab instance."),
    projectId: ciId("projectId").describe("Number of the project."),
    environment: text.describe("Protected environment the job must run in."),
    branch: text.default("main").describe("Protected branch the pipeline must run on."),
    sources: starters("sources", MERGE_REQUEST_SOURCES)
      .default(["schedule", "web"])
      .describe("What may start the pipeline."),
  }),
  z.strictObject({
    method: z.literal("kubernetes").describe("The token of a pod in a management cluster."),
    kubernetesHost: checked(text, (value) =>
      isHttpsOrigin(value) ? undefined : rules.kubernetesHostForm(value),
    ).describe("URL of its API server as Vault reaches it: https://host:port."),
    kubernetesCaCertificateFile: text.describe(
      "PEM file of the CA that signed its API server's certificate.",
    ),
    serviceAccount: text.describe("ServiceAccount of the issuer's job; may create tokenreviews."),
    namespace: text.describe("Its namespace."),
  }),
]);

const backend = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("local").describe("State in files beside cdktf.out.") }),
  z.strictObject({
    type: z.literal("s3"),
    bucket: text,
    region: text,
    keyPrefix: z.string().default(""),
    kmsKeyId: text.optional(),
  }),
  z.strictObject({ type: z.literal("gcs"), bucket: text, prefix: z.string().default("") }),
  z.strictObject({
    type: z.literal("azurerm"),
    resourceGroupName: text,
    storageAccountName: text,
    containerName: text,
    keyPrefix: z.string().default(""),
  }),
  z.strictObject({
    type: z.literal("other").describe("Any other backend, as Terraform's own configuration."),
    name: text.describe("Terraform's name of the backend."),
    configuration: z.record(z.string(), z.unknown()).describe("{stack} stands for the stack's name."),
  }),
]);

const exec = z.strictObject({
  command: text,
  args: z.array(z.string()).default([]),
  env: z.record(z.string(), z.string()).default({}),
  apiVersion: z
    .enum(["v1", "v1beta1"])
    .default("v1")
    .describe("Version of client.authentication.k8s.io it answers in; GKE's plugin knows v1beta1 alone."),
  host: url("host", isHttpsUrl)
    .optional()
    .describe("URL of the API server as Terraform reaches it. Default: kubernetesHost."),
});

const kubeconfig = z.strictObject({
  file: text.optional().describe("Path of a kubeconfig; ~/ is your home. Default: KUBE_CONFIG_PATH."),
  context: text.optional().describe("Context within it. Default: its current one."),
  exec: exec.optional().describe("A program that gives a credential, in place of a kubeconfig."),
});

const cluster = z.strictObject({
  name: name("name").describe("Name of the cluster and of its stack."),
  network: text.optional().describe("Istio's network name, for several networks."),
  kubernetesHost: checked(text, (value) =>
    isHttpsOrigin(value) ? undefined : rules.kubernetesHostForm(value),
  ).describe("URL of the API server as Vault reaches it: https://host:port."),
  kubernetesCaCertificateFile: text.describe("PEM file of the CA that signed the API server's certificate."),
  kubeconfig: checked(kubeconfig, ({ file, context, exec }) =>
    file === undefined && context === undefined && exec === undefined ? rules.clusterUnreached() : undefined,
  ).describe("How Terraform reaches the cluster; never a credential."),
  createNamespaces: z.boolean().optional().describe("Overrides createNamespaces."),
  adopt: z
    .boolean()
    .default(false)
    .describe("Whether this cluster was set up by hand as in the article, and is to be taken over as it is."),
  trust: trust.omit({ emergency: true }).partial().optional().describe("Overrides trust, key by key."),
  intermediates: intermediates.partial().optional().describe("Overrides intermediates, key by key."),
  vaultAuth: z
    .record(z.string(), z.unknown())
    .optional()
    .describe("Overrides vaultAuth, key by key; another method replaces it whole."),
  istio: istio.partial().optional().describe("Overrides istio, key by key."),
  injector: injector.partial().optional().describe("Overrides injector, key by key."),
  agent: agent.partial().optional().describe("Overrides agent, key by key."),
  gateways: gateways.optional().describe("Overrides gateways, gateway by gateway and key by key."),
});

/** The sections a cluster may override, by their key. */
export const overridableSections = { trust, intermediates, vaultAuth, istio, injector, agent };

export const meshSchema = z
  .strictObject({
    version: z.literal(1).describe("Version of this file's form."),
    mesh: z.strictObject({
      id: text.describe("Mesh id, shared by all clusters."),
      trustDomain: text.default("cluster.local").describe("SPIFFE trust domain, shared by all clusters."),
    }),
    vault: z.strictObject({
      address: url("address", (value) => isHttpsOrigin(value) || isLoopbackUrl(value)).describe(
        "URL of Vault as Terraform reaches it.",
      ),
      podAddress: url("podAddress", isHttpsOrigin)
        .optional()
        .describe("URL of Vault as pods reach it. Default: address."),
      namespace: text.optional().describe("Vault namespace of everything this program makes."),
      caCertificateFile: text
        .optional()
        .describe("PEM file of the private CA of Vault's server certificate."),
    }),
    roots: z.array(root).min(1).describe("The roots that exist. What is trusted is said under trust."),
    trust,
    intermediates,
    issuer: issuer
      .optional()
      .describe("How istio-vault issue logs in to Vault, for issuance external. Default: no role is made."),
    vaultAuth: vaultAuth.prefault({}).describe("How pods log in to Vault."),
    istio,
    injector: injector.prefault({}).describe("The Vault Agent injector."),
    agent: agent.prefault({}).describe("Vault Agent in the pods of istiod and of gateways."),
    gateways: gateways
      .optional()
      .describe(
        "Ingress and egress gateways of every cluster, by name; one of some clusters is theirs alone.",
      ),
    createNamespaces: z
      .boolean()
      .default(true)
      .describe("Whether Terraform makes istio-system, vault and the gateways' namespaces."),
    preventDestroy: z
      .boolean()
      .default(true)
      .describe("Whether Terraform refuses to destroy roots and the clusters' secrets."),
    backend: backend.describe("Where Terraform keeps state; each stack has its own."),
    clusters: z.array(cluster).min(1),
  })
  .describe("A mesh of clusters whose istiods take their CAs from Vault.");

/** mesh.yaml once its form is right. */
export type MeshFile = z.output<typeof meshSchema>;

/** A cluster's own sections, overrides merged over the mesh-wide ones. */
export type ClusterSections = {
  readonly [Key in keyof typeof overridableSections]: z.output<(typeof overridableSections)[Key]>;
};
