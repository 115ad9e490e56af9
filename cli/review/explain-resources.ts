import { isDeepStrictEqual } from "node:util";
import type { Mesh } from "../../config/mesh";
import { list } from "../../config/mesh-text";
import { clusterVaultNames, istiodAccount, ISTIO_NAMESPACE, rootMount } from "../../lib";
import { clustersOf, type Difference } from "./differences";
import {
  changeText,
  type Explainer,
  type Explanation,
  harmless,
  placeText,
  type Sides,
  told,
  toRead,
} from "./explanation";
import { isDeclaredIssue } from "./deploy-issues";
import { CA_KEY } from "../../lib/private/agent-annotations";
import { LASTING, releases } from "./destroyed";
import { explainValue } from "./explain-values";
import { bundleOf, isOwnBundle, leafLinesOf, readRoot, signerOf } from "./trust-facts";
import { at, chartOf, entryOf, mapping, type Resource, type SynthesizedStack } from "./synthesized";
import { rules } from "./rules";
import { shown } from "./shown";
import { grantsBeyond, holdsBack, policies } from "./vault-access";

/** What is made of the attributes of resources, type by type. What no table knows is not explained. */

type Table = Readonly<Record<string, Explainer>>;

const say =
  (rule: string): Explainer =>
  () =>
    harmless(rule);
const tell =
  (rule: string): Explainer =>
  () =>
    told(rule);
const show =
  (why: string): Explainer =>
  (difference) =>
    toRead(`${placeText(difference)} ${changeText(difference)}`, why);

const DESCRIPTION = say("what Vault shows beside a mount");
const LIFETIME = show("it decides how long what Vault issues lives");
/** The rules of both compare what was there before; how a new one differs from others they do not see. */
const LOGIN: Explainer = (difference, sides) =>
  difference.isNew ? show("it decides who becomes what in Vault")(difference, sides) : told("IV0611");
const VOUCHER: Explainer = (difference, sides) =>
  difference.isNew ? show("it decides whom Vault believes")(difference, sides) : told("IV0612");
/** What a new cluster says of its own API server; that the stacks say the same is looked at apart. */
const OWN_VOUCHER: Explainer = ({ isNew }) =>
  isNew ? harmless("what mesh.yaml says of a new cluster") : told("IV0612");
const ISSUED_NAMES = show("it decides for which names Vault certifies a gateway");

const CA_OF_VAULT = "its CA certificate says which server the agent takes for Vault";

/** A Secret of a public certificate, and of nothing else. */
function isCaSecret(data: unknown): boolean {
  const [[key, pem] = [], ...others] = Object.entries(mapping(data));
  return key === CA_KEY && others.length === 0 && /^-----BEGIN CERTIFICATE-----/.test(`${pem}`.trim());
}

/** What every resource may have. */
const COMMON: Table = {
  depends_on: say("the order in which resources are made"),
  lifecycle: (difference) =>
    isDeepStrictEqual(difference.path.slice(3), ["lifecycle", "prevent_destroy"])
      ? difference.after === true
        ? harmless("Terraform refuses to destroy it")
        : toRead(
            `${placeText(difference)} ${changeText(difference)}`,
            "Terraform would no longer refuse to destroy what cannot be had back",
          )
      : undefined,
};

const login = (names: readonly string[]): Table => Object.fromEntries(names.map((name) => [name, LOGIN]));
const TOKEN = [
  "token_policies",
  "token_ttl",
  "token_max_ttl",
  "token_bound_cidrs",
  "token_no_default_policy",
];

const ATTRIBUTES: Readonly<Record<string, Table>> = {
  vault_mount: { description: DESCRIPTION, max_lease_ttl_seconds: LIFETIME },
  vault_auth_backend: { description: DESCRIPTION },
  vault_jwt_auth_backend: {
    description: DESCRIPTION,
    oidc_discovery_url: (difference, sides) =>
      difference.isNew && difference.after !== difference.resource!.attributes.bound_issuer
        ? VOUCHER(difference, sides)
        : OWN_VOUCHER(difference, sides),
    jwks_url: VOUCHER,
    bound_issuer: OWN_VOUCHER,
    jwt_validation_pubkeys: VOUCHER,
    oidc_discovery_ca_pem: VOUCHER,
  },
  vault_kubernetes_auth_backend_config: {
    kubernetes_host: OWN_VOUCHER,
    kubernetes_ca_cert: OWN_VOUCHER,
    token_reviewer_jwt: VOUCHER,
    disable_local_ca_jwt: VOUCHER,
  },
  vault_kubernetes_auth_backend_role: login([
    "bound_service_account_names",
    "bound_service_account_namespaces",
    "audience",
    ...TOKEN,
  ]),
  vault_jwt_auth_backend_role: login([
    "bound_audiences",
    "bound_subject",
    "bound_claims",
    "bound_claims_type",
    ...TOKEN,
  ]),
  vault_approle_auth_backend_role: login(["secret_id_bound_cidrs", "secret_id_ttl", ...TOKEN]),
  vault_policy: { policy: explainPolicy },
  vault_pki_secret_backend_role: {
    allowed_domains: (difference, sides) =>
      isWithin(difference.after, difference.before)
        ? harmless("fewer names for a gateway")
        : ISSUED_NAMES(difference, sides),
    allow_wildcard_certificates: ISSUED_NAMES,
    issuer_ref: show("it decides which CA certifies a gateway"),
    backend: show("it decides which CA certifies a gateway"),
    ttl: LIFETIME,
    max_ttl: LIFETIME,
    key_type: say("the key of a gateway"),
    key_bits: say("the key of a gateway"),
  },
  vault_pki_secret_backend_root_sign_intermediate: {
    backend: signs,
    issuer_ref: signs,
    ttl: LIFETIME,
  },
  vault_kv_secret_v2: { data_json: explainSecret, delete_all_versions: say("what goes with a secret") },
  terraform_data: {
    input: (difference, sides) =>
      difference.path.at(-1) === "generation"
        ? harmless("a renewed intermediate")
        : LIFETIME(difference, sides),
    triggers_replace: explainDeclared,
    provisioner: ({ resource }, { mesh }) =>
      isDeclaredIssue(resource!, mesh)
        ? harmless("the issuer that the deploy runs, as mesh.yaml declares it")
        : told("IV0607"),
  },
  kubernetes_namespace_v1: {
    metadata: (difference, sides) =>
      isNewNetwork(difference, sides)
        ? harmless("what mesh.yaml says of a new cluster")
        : difference.path[4] === "labels" && difference.path[5] === "topology.istio.io/network"
          ? toRead(
              `${placeText(difference)} ${changeText(difference)}`,
              "it is the network Istio takes the cluster for",
            )
          : undefined,
  },
  kubernetes_mutating_webhook_configuration_v1: { metadata: explainTag, webhook: explainTag },
  kubernetes_secret_v1: {
    data: (difference, sides) =>
      isCaSecret({ [difference.path[4]]: difference.after })
        ? show(CA_OF_VAULT)(difference, sides)
        : undefined,
  },
  helm_release: {
    // That mesh.yaml lists it is looked at apart.
    name: ({ isNew }) => (isNew ? harmless("a release that mesh.yaml lists") : undefined),
    version: (difference) =>
      difference.before !== undefined && difference.after !== undefined
        ? harmless("another version by the same publisher")
        : undefined,
    repository: show("it decides whose charts run in the cluster"),
    chart: explainChart,
    values: explainValue,
    atomic: show("it decides what is left of a release that fails"),
    wait: show("it decides whether a deploy waits for what it deploys"),
    timeout: say("how long a release is waited for"),
    ...Object.fromEntries(
      ["set", "set_list", "set_sensitive", "set_wo", "postrender"].map((key) => [key, tell("IV0613")]),
    ),
  },
};

function isNewNetwork({ isNew, stack, after, path }: Difference, { mesh }: Sides): boolean {
  const cluster = mesh.clusters.find(({ name }) => name === stack);
  return isNew && path.at(-1) === "topology.istio.io/network" && after === cluster?.network;
}

/** What is made of one attribute of a resource. */
export const explainAttribute: Explainer = (difference, sides) => {
  const { resource, path } = difference;
  const [, type, , attribute] = path;
  if (!resource || attribute === undefined) return undefined;
  const explain = entryOf(entryOf(ATTRIBUTES, type) ?? {}, attribute) ?? entryOf(COMMON, attribute);
  const explained = explain?.(difference, sides);
  if (explained) return explained;
  // What is new replaces nothing.
  const watched = difference.isNew ? undefined : entryOf(LASTING, type);
  return watched === "all" || watched?.includes(attribute) ? told("IV0618") : undefined;
};

/** What is made of a resource that is new, and like no other. */
export const explainNew: Explainer = ({ resource, path, before, after, isNew }, sides) => {
  if (!resource || path.length !== 3 || !isNew || before !== undefined) return undefined;
  const known = entryOf(NEW, resource.type);
  if (!known) return undefined;
  // Only what is known of its kind: an attribute more could be anything.
  const attributes = Object.keys(mapping(after));
  if (!attributes.every((name) => known.attributes.includes(name) || name === "depends_on")) return undefined;
  const { lifecycle } = mapping(after);
  if (lifecycle !== undefined && !isKnownLifecycle(lifecycle)) return undefined;
  return known.explain(resource, sides);
};

interface KnownNew {
  readonly attributes: readonly string[];
  readonly explain: (resource: Resource, sides: Sides) => Explanation | undefined;
}

const newTold = (rule: string) => () => told(rule);
const newHarmless = (rule: string) => () => harmless(rule);
const newShown = (why: string) => (resource: Resource) =>
  toRead(`${placeText({ path: [], resource })} is new`, why);

/** A role of a cluster that is new as well may be as its rule expects it, which then has not spoken of it. */
function explainNewRole(resource: Resource, { base, baseMesh, mesh }: Sides): Explanation {
  const { added } = clustersOf(baseMesh, mesh);
  return resource.path
    .split("/")
    .some((segment) => added.some(({ nameInVault }) => nameInVault === segment)) && base.size > 0
    ? newShown("it decides who becomes what in Vault")(resource)
    : told("IV0611");
}

/** An intermediate of a key that comes into the state with it, and is told; nobody else's request is signed. */
function explainSigned(stack: SynthesizedStack, request: unknown, { base }: Sides): Explanation | undefined {
  const resources = mapping(stack.json.resource);
  const requested = /^\$\{tls_cert_request\.([\w-]+)\.cert_request_pem\}$/.exec(`${request}`)?.[1];
  const { private_key_pem: key } = mapping(at(resources, "tls_cert_request", `${requested}`));
  const id = /^\$\{tls_private_key\.([\w-]+)\.private_key_pem\}$/.exec(`${key}`)?.[1];
  const isNewKey =
    id !== undefined &&
    stack.pathOf("tls_private_key", id) !== undefined &&
    base.get(stack.name)?.pathOf("tls_private_key", id) === undefined;
  return isNewKey ? told("IV0615") : undefined;
}

const ROLE = [
  "backend",
  "role_name",
  "token_policies",
  "token_ttl",
  "token_max_ttl",
  "token_no_default_policy",
  "token_bound_cidrs",
];

const NEW: Readonly<Record<string, KnownNew>> = {
  vault_mount: {
    attributes: ["path", "type", "options", "description", "max_lease_ttl_seconds", "lifecycle"],
    explain: ({ attributes }) =>
      ["kv", "pki"].includes(`${attributes.type}`) ? harmless("a new mount is empty") : undefined,
  },
  vault_kv_secret_backend_v2: {
    attributes: ["mount", "max_versions"],
    explain: newHarmless("a new mount is empty"),
  },
  vault_pki_secret_backend_root_cert: {
    attributes: [
      "backend",
      "type",
      "common_name",
      "organization",
      "exclude_cn_from_sans",
      "issuer_name",
      "key_type",
      "key_bits",
      "max_path_length",
      "ttl",
      "lifecycle",
    ],
    explain: ({ attributes, stack, id }) => {
      const mount = stack.resolve(attributes.backend);
      const isMade = /^\$\{vault_mount\.[\w-]+\.path\}$/.test(`${attributes.backend}`);
      const isAlone = stack
        .ofType("vault_pki_secret_backend_root_cert")
        .every((other) => other.id === id || stack.resolve(other.attributes.backend) !== mount);
      return attributes.type === "internal" && isMade && isAlone
        ? harmless("a new root, which nobody trusts yet")
        : undefined;
    },
  },
  tls_self_signed_cert: {
    attributes: [
      "allowed_uses",
      "is_ca_certificate",
      "lifecycle",
      "private_key_pem",
      "set_subject_key_id",
      "subject",
      "validity_period_hours",
    ],
    explain: newHarmless("a new root, which nobody trusts yet"),
  },
  tls_private_key: {
    attributes: ["algorithm", "rsa_bits", "ecdsa_curve", "lifecycle"],
    explain: newTold("IV0615"),
  },
  tls_cert_request: {
    attributes: ["dns_names", "private_key_pem", "subject"],
    explain: newHarmless("a request, which nobody has signed yet"),
  },
  terraform_data: {
    attributes: ["input", "triggers_replace", "provisioner"],
    explain: (resource, { mesh }) => {
      if (isDeclaredIssue(resource, mesh)) {
        return harmless("the issuer that the deploy runs, as mesh.yaml declares it");
      }
      const isNumber = Object.keys(resource.attributes).join() === "input";
      return isNumber ? harmless("a number that renews an intermediate") : told("IV0607");
    },
  },
  vault_pki_secret_backend_root_sign_intermediate: {
    attributes: [
      "alt_names",
      "backend",
      "common_name",
      "csr",
      "exclude_cn_from_sans",
      "issuer_ref",
      "locality",
      "max_path_length",
      "organization",
      "ttl",
    ],
    explain: ({ attributes, stack }, sides) => explainSigned(stack, attributes.csr, sides),
  },
  tls_locally_signed_cert: {
    attributes: [
      "allowed_uses",
      "ca_cert_pem",
      "ca_private_key_pem",
      "cert_request_pem",
      "is_ca_certificate",
      "set_subject_key_id",
      "validity_period_hours",
    ],
    explain: ({ attributes, stack }, sides) => explainSigned(stack, attributes.cert_request_pem, sides),
  },
  vault_kv_secret_v2: {
    attributes: ["mount", "name", "data_json", "delete_all_versions", "disable_read"],
    explain: (resource) => (resource.attributes.disable_read === true ? ownSecret(resource) : undefined),
  },
  vault_generic_endpoint: {
    attributes: ["path", "data_json", "disable_delete", "ignore_absent_fields"],
    explain: ({ attributes, stack }) =>
      attributes.data_json === '{"cas_required":true}' &&
      /\/metadata\/istiod-service\/certs$/.test(`${stack.resolve(attributes.path)}`)
        ? harmless("check-and-set of whoever issues")
        : undefined,
  },
  vault_auth_backend: {
    attributes: ["type", "path", "description"],
    explain: newShown("whoever its configuration trusts can log in to Vault by it, as its roles say"),
  },
  vault_jwt_auth_backend: {
    attributes: [
      "type",
      "path",
      "description",
      "bound_issuer",
      "oidc_discovery_url",
      "oidc_discovery_ca_pem",
      "jwt_validation_pubkeys",
    ],
    explain: newShown("whoever its configuration trusts can log in to Vault by it, as its roles say"),
  },
  vault_kubernetes_auth_backend_config: {
    attributes: [
      "backend",
      "kubernetes_host",
      "kubernetes_ca_cert",
      "disable_iss_validation",
      "disable_local_ca_jwt",
      "token_reviewer_jwt",
    ],
    explain: newShown("whoever runs that API server can log in as every ServiceAccount of the cluster"),
  },
  vault_kubernetes_auth_backend_role: {
    attributes: [...ROLE, "bound_service_account_names", "bound_service_account_namespaces", "audience"],
    explain: explainNewRole,
  },
  vault_jwt_auth_backend_role: {
    attributes: [...ROLE, "role_type", "user_claim", "bound_audiences", "bound_claims", "bound_claims_type"],
    explain: explainNewRole,
  },
  vault_approle_auth_backend_role: {
    attributes: [...ROLE, "secret_id_ttl"],
    explain: explainNewRole,
  },
  vault_policy: { attributes: ["name", "policy"], explain: newTold("IV0610") },
  vault_pki_secret_backend_role: {
    attributes: [
      "allow_any_name",
      "allow_bare_domains",
      "allow_glob_domains",
      "allow_ip_sans",
      "allow_localhost",
      "allow_subdomains",
      "allow_wildcard_certificates",
      "allowed_domains",
      "backend",
      "client_flag",
      "issuer_ref",
      "key_bits",
      "key_type",
      "max_ttl",
      "name",
      "server_flag",
      "ttl",
    ],
    explain: (resource) => {
      const { allowed_domains: domains } = resource.attributes;
      const names = Array.isArray(domains) ? domains.join(", ") : `${domains}`;
      return toRead(
        `${placeText({ path: [], resource })} is new, for ${names}`,
        "it decides for which names Vault certifies a gateway",
      );
    },
  },
  kubernetes_namespace_v1: {
    attributes: ["metadata"],
    explain: ({ type, id, stack, attributes }, { base }) => {
      const labels = Object.keys(mapping(at(attributes.metadata, "labels")));
      if (labels.some((label) => label !== "topology.istio.io/network")) return undefined;
      const address = `${type}.${id}`;
      const isThere = releases(base.get(stack.name)?.json.removed).includes(address);
      const name = shown(`${at(attributes.metadata, "name")}`);
      return isThere && !takenOver(stack).includes(address)
        ? toRead(
            `the namespace ${name} would be created, and is there already: the deploy fails`,
            `leave it to who made it, or import it first: terraform import ${shown(address)} ${name}`,
          )
        : harmless("a new namespace is empty");
    },
  },
  kubernetes_secret_v1: {
    attributes: ["metadata", "data"],
    explain: (resource) =>
      isCaSecret(resource.attributes.data) ? newShown(CA_OF_VAULT)(resource) : undefined,
  },
  kubernetes_cluster_role_v1: {
    attributes: ["metadata", "rule"],
    explain: ({ attributes }) =>
      isDeepStrictEqual(attributes.rule, [
        { api_groups: ["authentication.k8s.io"], resources: ["tokenreviews"], verbs: ["create"] },
      ])
        ? harmless("the right to ask whose a token is")
        : undefined,
  },
  kubernetes_cluster_role_binding_v1: {
    attributes: ["metadata", "role_ref", "subject"],
    explain: ({ attributes, stack }) => {
      const name = /^\$\{kubernetes_cluster_role_v1\.([\w-]+)\.metadata\[0\]\.name\}$/.exec(
        `${at(attributes.role_ref, "name")}`,
      )?.[1];
      const role = stack.ofType("kubernetes_cluster_role_v1").find(({ id }) => id === name);
      return role && NEW.kubernetes_cluster_role_v1.explain(role, undefined as never);
    },
  },
  kubernetes_mutating_webhook_configuration_v1: {
    attributes: ["metadata", "webhook", "lifecycle"],
    explain: ({ attributes }, { mesh }) => isOwnTag(attributes.webhook, mesh),
  },
  helm_release: {
    attributes: [
      "name",
      "namespace",
      "chart",
      "repository",
      "version",
      "values",
      "wait",
      "atomic",
      "timeout",
    ],
    explain: (resource) =>
      isOwnChart(resource.attributes.chart)
        ? newShown(
            `it runs the chart ${chartOf(resource)} with values that no other release stands for: read them`,
          )(resource)
        : undefined,
  },
};

/** Addresses for which Terraform takes what is there. */
function takenOver({ json }: SynthesizedStack): string[] {
  return list(json.import).map(({ to }) => `${to}`);
}

function isKnownLifecycle(lifecycle: unknown): boolean {
  const known = ["prevent_destroy", "replace_triggered_by", "create_before_destroy", "ignore_changes"];
  return (
    Object.keys(mapping(lifecycle)).every((key) => known.includes(key)) &&
    at(lifecycle, "ignore_changes") !== "all"
  );
}

/** What is no longer there. Of what lasts a rule of its own speaks. */
export const explainGone: Explainer = ({ resource, path, after }, { head }) => {
  if (!resource || path.length !== 3 || after !== undefined) return undefined;
  const released = releases(head.get(resource.stack.name)?.json.removed);
  if (released.includes(`${resource.type}.${resource.id}`)) return harmless("released, and left as it is");
  if (entryOf(LASTING, resource.type)) return told(["IV0617", "IV0618"]);
  if (resource.type === "helm_release" || resource.type === "kubernetes_namespace_v1")
    return told([rules.servingDestroyed.id, rules.valueToRead.id]);
  if (resource.type === "vault_policy") return policyNow(resource, resource.attributes.policy, "", head);
  return entryOf(NEW, resource.type) ? harmless("something less") : undefined;
};

function explainPolicy({ before, after, resource }: Difference, { head }: Sides): Explanation {
  return policyNow(resource!, before, after, head);
}

/** A policy that allows less is harmless; what it allows more has a rule of its own. */
function policyNow(resource: Resource, before: unknown, after: unknown, head: Sides["head"]): Explanation {
  const [was, is] = [before, after].map((policy) => `${resource.stack.resolve(policy)}`);
  const kept = policies(head);
  const [lost] = grantsBeyond(is, was).filter((grant) => holdsBack(grant, kept));
  if (lost) {
    return toRead(
      `${placeText({ path: [], resource })} no longer says ${shown(lost.capabilities.join(", "))} of ${shown(lost.path)}`,
      "what it kept back, a broader path may allow",
    );
  }
  return grantsBeyond(was, is).length === 0
    ? harmless("a policy that allows no more than before")
    : told("IV0610");
}

function isWithin(after: unknown, before: unknown): boolean {
  return Array.isArray(after) && Array.isArray(before) && after.every((item) => before.includes(item));
}

/** Another root that signs, or another bundle, is what mesh.yaml says: that both agree is looked at apart. */
function signs(difference: Difference, sides: Sides): Explanation {
  const { resource, stack } = difference;
  const cluster = resource!.path.split("/")[1];
  const [was, is] = signersOf(sides, stack, cluster);
  return was !== is && (difference.path[3] !== "issuer_ref" || isOfItsMount(resource!, sides.mesh))
    ? harmless("who signs, as mesh.yaml says it")
    : toRead(`${placeText(difference)} ${changeText(difference)}`, "it decides who signs");
}

/** Another intermediate that the deploy is to issue. Where it is none that mesh.yaml declares, that is said. */
function explainDeclared(difference: Difference, sides: Sides): Explanation | undefined {
  const { resource, path } = difference;
  if (!isDeclaredIssue(resource!, sides.mesh)) return told("IV0607");
  switch (path.at(-1)) {
    case "generation":
    case "key_algorithm":
    case "revocation_lists":
      return harmless("a renewed intermediate");
    case "valid_for":
      return LIFETIME(difference, sides);
    case "root":
    case "root_mount":
    case "root_issuer":
      return signs(difference, sides);
    default:
      return undefined;
  }
}

/** Whether what signs is the root of the mount it is asked in, and no other issuer there. */
function isOfItsMount({ stack, attributes }: Resource, { roots }: Mesh): boolean {
  const read = /^\$\{(data\.[\w.-]+)\.issuer_id\}$/.exec(`${attributes.issuer_ref}`)?.[1];
  if (read !== undefined) {
    const root = readRoot(stack, read, roots);
    return root !== undefined && rootMount(root.name) === stack.resolve(attributes.backend);
  }
  const id = /^\$\{vault_pki_secret_backend_root_cert\.([\w-]+)\.issuer_id\}$/.exec(
    `${attributes.issuer_ref}`,
  )?.[1];
  const root = stack.ofType("vault_pki_secret_backend_root_cert").find((one) => one.id === id);
  return root !== undefined && stack.resolve(root.attributes.backend) === stack.resolve(attributes.backend);
}

function explainSecret({ resource, stack }: Difference, sides: Sides): Explanation | undefined {
  const cluster = resource!.path.split("/")[1];
  const bundles = [sides.base, sides.head].map((side, index) => {
    const roots = (index === 0 ? sides.baseMesh : sides.mesh)?.roots ?? [];
    const vault = side.get(stack);
    return vault && [...bundleOf(vault, cluster, roots), ...leafLinesOf(vault, cluster)].join();
  });
  // The same names with another text: another certificate under an old name.
  if (isOwnBundle(resource!) && bundles[0] === bundles[1]) return undefined;
  return ownSecret(resource!);
}

function signersOf(sides: Sides, stack: string, cluster: string): (string | undefined)[] {
  return [sides.base, sides.head].map((side, index) => {
    const roots = (index === 0 ? sides.baseMesh : sides.mesh)?.roots ?? [];
    const vault = side.get(stack);
    return vault && signerOf(vault, cluster, roots);
  });
}

/** A cluster's trust bundle, which is read again apart, or its own intermediate: nothing else is written to Vault. */
function ownSecret(resource: Resource): Explanation | undefined {
  const { stack, attributes, path } = resource;
  const [, cluster] = path.split("/");
  const { secretsMount, certificatesPath, trustBundlePath } = clusterVaultNames(cluster);
  if (stack.resolve(attributes.mount) !== secretsMount) return undefined;
  if (attributes.name === trustBundlePath && isOwnBundle(resource))
    return harmless("who is trusted, as mesh.yaml says it");
  return attributes.name === certificatesPath && isOwnIntermediate(resource, `${stack.name}/${cluster}/`)
    ? harmless("an intermediate, as it is signed")
    : undefined;
}

const INTERMEDIATE =
  /^\$\{jsonencode\(\{"ca_key" = tls_private_key\.([\w-]+)\.private_key_pem, "ca_cert" = (vault_pki_secret_backend_root_sign_intermediate|tls_locally_signed_cert)\.([\w-]+)\.(?:certificate|cert_pem), "cert_chain" = (?:join\("\\n", \2\.\3\.ca_chain\)|join\("", \[\2\.\3\.cert_pem, tls_self_signed_cert\.[\w-]+\.cert_pem\]\))\}\)\}$/;

/** A key and its certificate from the cluster's part of the tree, and a chain of certificates. */
function isOwnIntermediate({ stack, attributes }: Resource, place: string): boolean {
  const [, key, type, signed] = INTERMEDIATE.exec(`${attributes.data_json}`) ?? [];
  return (
    key !== undefined &&
    [stack.pathOf("tls_private_key", key), stack.pathOf(type, signed)].every((path) =>
      path?.startsWith(place),
    )
  );
}

/** The webhook of the default revision names the istiod that injects; which one is, other rules judge. */
function explainTag(difference: Difference, { mesh }: Sides): Explanation | undefined {
  const { resource, path, before, after } = difference;
  const isOnlyRevision =
    path[3] === "metadata"
      ? path.slice(4).join(".") === "labels.istio.io/rev"
      : isDeepStrictEqual(withoutService(before), withoutService(after));
  return isOnlyRevision
    ? isOwnTag(resource!.attributes.webhook, mesh)
    : toRead(`${placeText(difference)} ${changeText(difference)}`, "it decides which pods get a sidecar");
}

/** Webhooks without the name of the istiod that they call. */
function withoutService(webhooks: unknown): unknown {
  if (!Array.isArray(webhooks)) return webhooks;
  return webhooks.map((webhook) => {
    const client = mapping(at(webhook, "client_config"));
    return {
      ...mapping(webhook),
      client_config: { ...client, service: { ...mapping(client.service), name: undefined } },
    };
  });
}

function isOwnTag(webhooks: unknown, mesh: Mesh): Explanation | undefined {
  const services = mesh.clusters.map(({ istio }) => istiodAccount(istio.defaultRevision));
  const isOwn = (webhook: unknown) => {
    const client = mapping(at(webhook, "client_config"));
    const { name, namespace, path } = mapping(client.service);
    return (
      Object.keys(client).join() === "service" &&
      namespace === ISTIO_NAMESPACE &&
      path === "/inject" &&
      services.includes(`${name}`)
    );
  };
  return Array.isArray(webhooks) && webhooks.every(isOwn)
    ? harmless("the revision that injects by default")
    : undefined;
}

/** A chart of the project's, from a repository by its name or from a copy beside the stack. */
function isOwnChart(chart: unknown): boolean {
  return /^(assets\/[\w-]+\/[0-9A-F]+\/?(istiod|base|gateway|vault)?|istiod|base|gateway|vault)$/.test(
    `${chart}`,
  );
}

function explainChart(difference: Difference): Explanation | undefined {
  return isOwnChart(difference.after)
    ? toRead(`${placeText(difference)} ${changeText(difference)}`, "it decides what runs in the cluster")
    : undefined;
}
