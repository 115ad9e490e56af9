import { z } from "zod";
import { DEFAULT_RENDER_INTERVAL, isRenderInterval } from "../lib/private/agent";
import {
  GENERATION,
  INTERMEDIATE_KEY_ALGORITHM,
  INTERMEDIATE_LIFETIME,
  LEAF_GENERATION,
  PKI_ISSUER,
  REPLICAS,
  ROOT_COMMON_NAME,
  ROOT_KEY_ALGORITHM,
  ROOT_LIFETIME,
  TRUST_DOMAIN,
} from "../lib/private/defaults";
import { isLeafLifetime, LEAF_LIFETIME } from "../lib/private/leaf-lifetime";
import { DEFAULT_AGENT_IMAGE, DEFAULT_INJECTOR_CHART_VERSION } from "../lib/private/upstream";
import { isHttpsOrigin, isHttpsUrl, isLoopbackUrl } from "../lib/private/urls";
import { certificateFile, rootCertificateFile } from "./file-values";
import { expandedGateways, gateways } from "./gateway-schema";
import { expandedIstio, istio } from "./istio-schema";
import { issuer, vaultAuth } from "./login-schema";
import { providers } from "./provider-schema";
import { revocation } from "./revocation-schema";
import { rules } from "./rules";
import {
  apiServer,
  checked,
  count,
  duration,
  helmValues,
  keyAlgorithm,
  name,
  pullSecrets,
  replicas,
  text,
  textLike,
  url,
  vaultPath,
} from "./schema-values";

/**
 * The schema of mesh.yaml: every key with its type, default and meaning, and every rule about a single
 * value. Rules that need two values are in rules-across-keys.ts.
 */

/** Lifetime of a root that is created here. */
const rootLifetime = duration.prefault(`${ROOT_LIFETIME}`).describe("Lifetime. A change needs a new root.");

/** Common name of a root we make; the longest X.509 allows. */
const rootCommonName = text
  .max(64)
  .default(ROOT_COMMON_NAME)
  .describe("Common name. A change needs a new root.");

/** Key of a root that is created here. */
const rootKeyAlgorithm = keyAlgorithm.prefault(`${ROOT_KEY_ALGORITHM}`);

const rootName = name("name").describe("Short name, such as a or 2026; a new root is a new name.");

const root = z.discriminatedUnion("source", [
  z.strictObject({
    name: rootName,
    source: z.literal("vault-pki").describe("The key is generated inside Vault and never leaves it."),
    keyAlgorithm: rootKeyAlgorithm,
    validFor: rootLifetime,
    commonName: rootCommonName,
  }),
  z.strictObject({
    name: rootName,
    source: z.literal("tls-provider").describe("Terraform generates the key, which is kept in its state."),
    acceptKeysInState: z.boolean().optional().describe("Must be true."),
    keyAlgorithm: rootKeyAlgorithm,
    validFor: rootLifetime,
    commonName: rootCommonName,
  }),
  z.strictObject({
    name: rootName,
    source: z.literal("existing").describe("An issuer in an existing PKI mount, which is not managed here."),
    mountPath: vaultPath("mountPath").describe("Path of the PKI mount."),
    issuer: vaultPath("issuer").default(PKI_ISSUER).describe("Id or name of the issuer in the mount."),
    certificateFile: rootCertificateFile.describe(
      "PEM file of the self-signed root at the top of the issuer's chain.",
    ),
  }),
  z.strictObject({
    name: rootName,
    source: z
      .literal("offline")
      .describe("Only the certificate is known: trusted, but not used to sign here."),
    certificateFile: rootCertificateFile.describe("PEM file of the self-signed root."),
  }),
]);

const trust = z.strictObject({
  signing: text.describe("Name of the root that signs the intermediates."),
  bundle: z
    .array(text)
    .min(1)
    .describe(
      "Names of the roots that workloads trust, in order: append at the end, drop from one end, never sort.",
    ),
  emergency: text
    .optional()
    .describe(
      "Reason why this change may break connections, such as a compromised root; remove it in the next change.",
    ),
});

/** Of one cluster: an emergency is the whole mesh's. */
const clusterTrust = trust.omit({ emergency: true });

const leafLifetime = (key: string) =>
  checked(duration, (value) => (isLeafLifetime(value) ? undefined : rules.leafLifetime(key, `${value}`)));

const leaves = {
  leafGeneration: count((received) => rules.generationForm(received, "leafGeneration")),
  leafLifetime: leafLifetime("leafLifetime"),
  maxLeafLifetime: leafLifetime("maxLeafLifetime"),
};

const intermediates = z.strictObject({
  issuance: z
    .enum(["deploy", "external", "terraform"])
    .describe(
      "Who creates intermediates and their keys. deploy: istio-vault issue, run by the deploy; keys are kept in Vault only. external: istio-vault issue by a schedule, or another issuer; keys are kept in Vault only. terraform: keys are kept in the state of vault-<cluster>.",
    ),
  acceptKeysInState: z.boolean().optional().describe("Must be true for issuance terraform."),
  keyAlgorithm: keyAlgorithm.prefault(`${INTERMEDIATE_KEY_ALGORITHM}`),
  validFor: duration
    .optional()
    .describe(
      `Lifetime. Default: ${INTERMEDIATE_LIFETIME.deploy} for deploy and terraform, where a change issues a new intermediate; ${INTERMEDIATE_LIFETIME.external} for external.`,
    ),
  generation: count(rules.generationForm)
    .default(GENERATION)
    .describe(
      "With issuance deploy and terraform: raise it by one to renew, with a new key and a new certificate.",
    ),
});

const injector = z.strictObject({
  install: z
    .boolean()
    .default(true)
    .describe(
      "Whether to install an injector; false where the cluster has one that watches these namespaces.",
    ),
  chartVersion: textLike("x.y.z, such as 0.34.1")
    .default(DEFAULT_INJECTOR_CHART_VERSION)
    .describe("Version of HashiCorp's vault chart."),
  chartRepository: text.optional().describe("URL of the chart repository. Default: HashiCorp's own."),
  chartsDirectory: text.optional().describe("Directory that contains the unpacked chart vault."),
  replicas: replicas.default(REPLICAS).describe("Number of injector pods."),
  image: text.optional().describe("Image of the injector, with its tag."),
  imagePullSecrets: pullSecrets.default([]),
  values: helmValues
    .default({})
    .describe("Additional Helm values for the vault chart; those of a cluster are merged over them."),
});

const agent = z.strictObject({
  image: text
    .default(DEFAULT_AGENT_IMAGE)
    .describe("Image of Vault Agent and of the init container that guards the pods' start."),
  user: z
    .enum(["istio", "platform"])
    .default("istio")
    .describe(
      "Who sets the user that agent and guard run as: istio, 1337; platform, which assigns one, as OpenShift does.",
    ),
  renderInterval: checked(duration, (value) =>
    isRenderInterval(value) ? undefined : rules.renderInterval(`${value}`),
  )
    .prefault(`${DEFAULT_RENDER_INTERVAL}`)
    .describe("How often the agent checks for new files: 10s to 1d."),
});

const keyPrefix = z
  .string()
  .default("")
  .describe("What each state's name begins with, such as mesh1/; the stack's name follows.");

const backend = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("local").describe("State in files beside cdktf.out.") }),
  z.strictObject({
    type: z.literal("s3").describe("A bucket of Amazon S3, which locks states too."),
    bucket: text.describe("Name of the bucket."),
    region: text.describe("Region of the bucket."),
    keyPrefix,
    kmsKeyId: text.optional().describe("ARN of the KMS key that encrypts states. Default: the bucket's own."),
    roleArn: text.optional().describe("ARN of the IAM role to assume for the state."),
  }),
  z.strictObject({
    type: z.literal("gcs").describe("A bucket of Google Cloud Storage."),
    bucket: text.describe("Name of the bucket."),
    prefix: keyPrefix,
    impersonateServiceAccount: text
      .optional()
      .describe("E-mail address of the service account to impersonate for the state."),
  }),
  z.strictObject({
    type: z.literal("azurerm").describe("A container of Azure's Blob Storage."),
    resourceGroupName: text.describe("Resource group of the storage account."),
    storageAccountName: text.describe("Name of the storage account."),
    containerName: text.describe("Name of the container."),
    keyPrefix,
    useAzureadAuth: z
      .boolean()
      .optional()
      .describe("Whether Microsoft Entra ID grants access to the blobs, instead of an account key."),
    useOidc: z
      .boolean()
      .optional()
      .describe(
        "Whether to log in by workload identity federation; ids come from ARM_CLIENT_ID and its like.",
      ),
  }),
  z.strictObject({
    type: z.literal("other").describe("Any other backend, as Terraform's own configuration."),
    name: checked(text, (value) => (value === "cloud" ? rules.cloudBackend() : undefined)).describe(
      "Terraform's name of the backend.",
    ),
    configuration: z
      .record(z.string(), z.unknown())
      .describe("Its arguments; {stack} is replaced by the stack's name."),
  }),
]);

const exec = z.strictObject({
  command: text.describe("Program that prints the credential, such as aws or gke-gcloud-auth-plugin."),
  args: z.array(z.string()).default([]).describe("Its arguments."),
  env: z.record(z.string(), z.string()).default({}).describe("Environment variables for it; no secrets."),
  apiVersion: z
    .enum(["v1", "v1beta1"])
    .default("v1")
    .describe(
      "Version of client.authentication.k8s.io that it answers in; GKE's plugin supports v1beta1 only.",
    ),
  host: url("host", isHttpsUrl)
    .optional()
    .describe("URL of the API server as Terraform reaches it. Default: kubernetesHost."),
});

const kubeconfig = z.strictObject({
  file: text
    .optional()
    .describe("Path of a kubeconfig; ~/ is the home directory. Default: KUBE_CONFIG_PATH."),
  context: text.optional().describe("Context in it. Default: the current context."),
  exec: exec.optional().describe("A program that prints a credential, instead of a kubeconfig."),
});

/** `vault-<cluster>` is the name of a cluster's Vault stack, and these would be others' too. */
const TAKEN_NAMES = /^(root|shared|vault-.*)$/;

const clusterName = (key: string) =>
  checked(name(key), (value) => (TAKEN_NAMES.test(value) ? rules.clusterNameTaken(value) : undefined));

/** Mesh-wide sections, which a cluster may override. */
const sections = {
  trust,
  intermediates,
  vaultAuth: vaultAuth.prefault({}).describe("How pods log in to Vault."),
  istio,
  injector: injector.prefault({}).describe("The Vault Agent injector."),
  agent: agent.prefault({}).describe("Vault Agent in the pods of istiod and of gateways."),
};

/** What a cluster, or a group of clusters, says in place of the mesh. */
const overrides = {
  trust: clusterTrust.partial().optional().describe("Overrides trust, key by key."),
  leafGeneration: leaves.leafGeneration.optional().describe("Overrides leafGeneration."),
  leafLifetime: leaves.leafLifetime.optional().describe("Overrides leafLifetime."),
  maxLeafLifetime: leaves.maxLeafLifetime.optional().describe("Overrides maxLeafLifetime."),
  intermediates: intermediates.partial().optional().describe("Overrides intermediates, key by key."),
  vaultAuth: z
    .record(z.string(), z.unknown())
    .optional()
    .describe("Overrides vaultAuth, key by key; another method replaces it whole."),
  istio: istio.partial().optional().describe("Overrides istio, key by key; values are merged as Helm does."),
  injector: injector
    .partial()
    .optional()
    .describe("Overrides injector, key by key; values are merged as Helm does."),
  agent: agent.partial().optional().describe("Overrides agent, key by key."),
  gateways: gateways
    .optional()
    .describe("Overrides gateways, gateway by gateway and key by key; values are merged as Helm does."),
  createNamespaces: z.boolean().optional().describe("Overrides createNamespaces."),
  helmTimeout: duration.optional().describe("Overrides helmTimeout."),
};

/** Keys that only a cluster has. */
const clusterKeys = {
  name: clusterName("name").describe("Name of the cluster, and of its stack."),
  nameInVault: clusterName("nameInVault")
    .optional()
    .describe(
      "Name of all that is the cluster's in Vault, and of its Vault stack. Default: name. Keeps what a renamed cluster has there: docs/clusters.md#rename.",
    ),
  groups: z
    .array(text)
    .default([])
    .describe("Names of the groups it belongs to; what a later one says overrides an earlier one."),
  clusterId: checked(text, (value) =>
    /^[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$/.test(value) ? undefined : rules.clusterIdForm(value),
  )
    .optional()
    .describe("Istio's id of the cluster, global.multiCluster.clusterName. Default: name."),
  network: text.optional().describe("Istio's network name, for a mesh of several networks."),
  kubernetesHost: apiServer.describe("URL of the API server as Vault reaches it: https://host:port."),
  kubernetesCaCertificateFile: certificateFile
    .optional()
    .describe(
      "PEM file of the CA that signed the API server's certificate. Default: the CAs of whoever asks it.",
    ),
  kubeconfig: checked(kubeconfig, ({ file, context, exec }) => {
    const other = file !== undefined ? "file" : context !== undefined ? "context" : undefined;
    if (exec && other) return rules.exclusiveKeys("exec", other);
    return exec || other ? undefined : rules.clusterUnreached();
  }).describe("How Terraform reaches the cluster; holds no credential."),
  adopt: z
    .boolean()
    .default(false)
    .describe("Whether this cluster was set up by hand as in the article, and is to be imported as it is."),
};

const meshKeys = {
  version: z.literal(1).describe("Version of this file's schema."),
  mesh: z
    .strictObject({
      id: text.describe("Mesh id, shared by all clusters."),
      trustDomain: text.default(TRUST_DOMAIN).describe("SPIFFE trust domain, shared by all clusters."),
      trustDomainAliases: z
        .array(text)
        .default([])
        .describe(
          "Other trust domains whose workloads are taken for the mesh's own, as while one is exchanged.",
        ),
    })
    .describe("What all clusters are one mesh by."),
  vault: z
    .strictObject({
      address: url("address", (value) => isHttpsOrigin(value) || isLoopbackUrl(value)).describe(
        "URL of Vault as Terraform reaches it.",
      ),
      podAddress: url("podAddress", isHttpsOrigin)
        .optional()
        .describe("URL of Vault as pods reach it. Default: address."),
      namespace: text.optional().describe("Vault namespace of everything this program creates."),
      caCertificateFile: certificateFile
        .optional()
        .describe("PEM file of the private CA that signed Vault's server certificate."),
    })
    .describe("Where Vault is, for Terraform and for pods."),
  roots: z.array(root).min(1).describe("The roots that exist. trust says which of them are trusted."),
  trust: trust.describe("Who signs, and whom workloads trust; of every cluster that says nothing else."),
  leafGeneration: leaves.leafGeneration
    .default(LEAF_GENERATION)
    .describe("Raise it by one to renew every workload's certificate at once, without a restart."),
  leafLifetime: leaves.leafLifetime
    .prefault(`${LEAF_LIFETIME}`)
    .describe(
      "How long a workload's certificate is valid: 2m to 90d. istiod signs for it, and the proxies it injects request it.",
    ),
  maxLeafLifetime: leaves.maxLeafLifetime
    .optional()
    .describe(
      "How long istiod signs for at most; it refuses longer requests. Default: leafLifetime. Needed while leafLifetime changes in a running mesh: docs/leaf-lifetime.md.",
    ),
  intermediates: intermediates.describe("The CA certificates that istiods sign with, one for each cluster."),
  issuer: issuer
    .optional()
    .describe(
      "How istio-vault issue logs in to Vault, for issuance external and for a schedule beside issuance deploy. Default: no role is created.",
    ),
  revocation: revocation
    .optional()
    .describe(
      "Revocation lists, by which all proxies refuse a stolen intermediate. Default: there are none.",
    ),
  vaultAuth: sections.vaultAuth,
  istio: istio.describe("Istio's version, charts and values."),
  injector: sections.injector,
  agent: sections.agent,
  gateways: gateways
    .optional()
    .describe(
      "Ingress and egress gateways of every cluster, by name. Gateways of one cluster are declared there.",
    ),
  groups: z
    .record(z.string(), z.strictObject(overrides))
    .optional()
    .describe("What clusters of a region, a stage or a team share, by a name that they list under groups."),
  providers: providers.prefault({}).describe("Version constraints of the Terraform providers."),
  createNamespaces: z
    .boolean()
    .default(true)
    .describe("Whether Terraform creates istio-system, vault and the gateways' namespaces."),
  helmTimeout: duration
    .optional()
    .describe(
      "How long Helm waits for a release, such as for a node that has to be provisioned. Default: 5m.",
    ),
  preventDestroy: z
    .boolean()
    .default(true)
    .describe("Whether Terraform refuses to destroy roots and the clusters' secrets."),
  backend: backend.describe("Where Terraform keeps its state; each stack has its own."),
};

/** A cluster as it is written. */
const writtenCluster = z.strictObject({ ...clusterKeys, ...overrides });

/** A cluster once the keys of the mesh and of its groups are laid under its own. */
const expandedCluster = z.strictObject({
  ...clusterKeys,
  createNamespaces: meshKeys.createNamespaces,
  helmTimeout: meshKeys.helmTimeout,
  leafGeneration: meshKeys.leafGeneration,
  leafLifetime: meshKeys.leafLifetime,
  maxLeafLifetime: meshKeys.maxLeafLifetime,
  ...sections,
  trust: clusterTrust,
  istio: expandedIstio,
  gateways: expandedGateways.default({}),
});

/** mesh.yaml as it is written: what editors complete. */
export const writtenMesh = z
  .strictObject({
    ...meshKeys,
    clusters: z.array(writtenCluster).min(1).describe("The clusters, each with a stack of its own."),
  })
  .describe("A mesh of clusters whose istiods take their CAs from Vault.");

/** The same as `expand` writes it out: what is checked. */
export const expandedMesh = z.strictObject({ ...meshKeys, clusters: z.array(expandedCluster).min(1) });
