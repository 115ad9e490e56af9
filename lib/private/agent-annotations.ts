import type { Construct } from "constructs";
import type { Duration } from "../duration";
import type { IClusterTrust } from "../cluster-trust";
import type { IVaultK8sAuth } from "../vault-k8s-auth";
import { ValidationError } from "../errors";
import { INTERMEDIATE_LISTS_PATH, ROOT_LISTS_PATH } from "../names";
import type { IRevocationLists } from "../revocation-lists";
import { rules } from "../rules";
import { type HelmValues, isMap } from "./helm-values";
import { kvData } from "./kv";
import { type AgentUser, ISTIO_UID, restrictedContext } from "./pod-security";

/** Where the agent writes, and istiod reads, the plug-in CA files. */
export const SECRETS_DIRECTORY = "/vault/secrets";

/** Name of the volume with the token for Vault, where the API server's own token is not the one. */
const TOKEN_VOLUME = "vault-token";

/** Where the injector mounts that volume into the agent, and the token's file name. */
const TOKEN_DIRECTORY = "/var/run/secrets/vault.hashicorp.com/serviceaccount";
const TOKEN_FILE = "token";

/** Istio's name of the file with the revocation lists, which istiod reads beside the plug-in CA files. */
export const REVOCATION_LISTS_FILE = "ca-crl.pem";

const PREFIX = "vault.hashicorp.com";

/** Settings of a pod's agent. */
export interface AgentSettings {
  /** The agent's template for each file. */
  readonly templates: Readonly<Record<string, string>>;
  readonly auth: IVaultK8sAuth;
  readonly roleName: string;
  readonly image: string;
  readonly user: AgentUser;
  readonly renderInterval: Duration;
  /** Undefined where the injector says which Vault. */
  readonly vault?: PinnedVault;
}

/** The Vault a pod's agent asks, whatever the injector that happens to inject it says. */
export interface PinnedVault {
  readonly address: string;
  readonly namespace?: string;
  /** Name of the Secret with the CA certificate, beside the pod. */
  readonly caSecret?: string;
}

/** Key of the CA certificate in its Secret, which the injector mounts at /vault/tls. */
export const CA_KEY = "ca.crt";

/** The agent's settings a user may add: none says what is in a file, where it comes from or what is run. */
const USERS_SETTINGS =
  /^(agent-(limits|requests)-(cpu|mem|ephemeral)|log-(level|format)|go-max-procs|client-(max-retries|timeout)|auth-(min|max)-backoff|agent-revoke-(on-shutdown|grace)|agent-disable-(idle-connections|keep-alives)|template-max-connections-per-host)$/;

/** A patch of the agent's container may say how it is confined, and no more. */
const PATCHES = /^agent-(init-)?json-patch$/;

/** What users of these annotations want has a property. */
const PROPERTIES = [
  {
    settings: /^agent-(run-as-|set-security-context$)/,
    property: '"agent.user" in mesh.yaml, or the property "agentUser"',
  },
];

/**
 * Fails for an annotation of the agent in the user's values that is not theirs to set.
 *
 * @throws ValidationError IV0401 for the first
 */
export function refuseForeignSettings(
  values: HelmValues | undefined,
  owned: HelmValues,
  scope: Construct,
): void {
  const setting = foreignSetting(values?.podAnnotations, owned.podAnnotations as Record<string, string>);
  if (setting === undefined) return;
  const known = PROPERTIES.find(({ settings }) => settings.test(setting.slice(PREFIX.length + 1)));
  throw new ValidationError(rules.helmValueOwned(`podAnnotations.${setting}`, known?.property), scope);
}

function foreignSetting(annotations: unknown, owned: Readonly<Record<string, string>>): string | undefined {
  if (!isMap(annotations)) return undefined;
  return Object.keys(annotations).find((name) => {
    const setting = name.startsWith(`${PREFIX}/`) ? name.slice(PREFIX.length + 1) : undefined;
    if (setting === undefined || owned[name] === annotations[name] || USERS_SETTINGS.test(setting))
      return false;
    return !PATCHES.test(setting) || !isConfining(annotations[name]);
  });
}

function isConfining(patch: unknown): boolean {
  try {
    const operations: unknown = JSON.parse(`${patch as string}`);
    return (
      Array.isArray(operations) &&
      operations.every(
        (operation) =>
          isMap(operation) &&
          ["add", "replace"].includes(`${operation.op as string}`) &&
          /^\/(securityContext\/seccompProfile|resources)(\/|$)/.test(`${operation.path as string}`),
      )
    );
  } catch {
    return false;
  }
}

/** One key of a KV v2 secret, as a file. */
export function secretTemplate(mountPath: string, path: string, key: string): string {
  return `{{- with secret "${kvData(mountPath, path)}" -}}\n{{ .Data.data.${key} }}\n{{ end -}}`;
}

/** The plug-in CA files, by name: the agent's template for each. */
export function pluginCaTemplates(trust: IClusterTrust): Readonly<Record<string, string>> {
  const { secretsMountPath, certificatesPath, trustBundlePath } = trust;
  const template = (path: string, key: string) => secretTemplate(secretsMountPath, path, key);
  return {
    "ca-key.pem": template(certificatesPath, "ca_key"),
    "ca-cert.pem": template(certificatesPath, "ca_cert"),
    "cert-chain.pem": template(certificatesPath, "cert_chain"),
    "root-cert.pem": template(trustBundlePath, "root_cert"),
  };
}

/**
 * The revocation lists of every CA. The cluster's own is that beside its intermediate, so that both are taken over
 * together.
 */
export function revocationTemplates(
  { secretsMountPath, certificatesPath }: Pick<IClusterTrust, "secretsMountPath" | "certificatesPath">,
  { mountPath }: Pick<IRevocationLists, "mountPath">,
): Readonly<Record<string, string>> {
  const all = (path: string) =>
    `{{- with secret "${kvData(mountPath, path)}" -}}\n{{ range .Data.data }}{{ . }}\n{{ end }}{{ end -}}`;
  return {
    [REVOCATION_LISTS_FILE]: [
      secretTemplate(secretsMountPath, certificatesPath, "ca_crl"),
      all(ROOT_LISTS_PATH),
      all(INTERMEDIATE_LISTS_PATH),
    ].join("\n"),
  };
}

/** The injector's annotations for a pod of Istio's images. */
export function agentAnnotations(settings: AgentSettings): Record<string, string> {
  const { templates, auth } = settings;
  const annotations: Record<string, string> = {
    "agent-inject": "true",
    // Before the pod's own init containers, so that the guard among them sees the files.
    "agent-init-first": "true",
    "agent-image": settings.image,
    ...userAnnotations(settings.user),
    role: settings.roleName,
    "auth-path": `auth/${auth.mountPath}`,
    "template-static-secret-render-interval": settings.renderInterval.toGoString(),
    // By default the sidecar exits after six minutes without Vault and takes the pod out of service.
    "template-config-exit-on-retry-failure": "false",
    ...tokenSettings(auth),
    ...(settings.vault && pins(settings.vault)),
  };
  for (const [file, template] of Object.entries(templates)) {
    annotations[`agent-inject-template-${file}`] = template;
    annotations[`agent-inject-perms-${file}`] = "0400";
    annotations[`error-on-missing-key-${file}`] = "true";
  }
  return prefixed(annotations);
}

/** What lets the agents through a platform's admission: the injector itself leaves out the seccomp profile. */
export function securityAnnotations(user: AgentUser): Record<string, string> {
  const patch = JSON.stringify([{ op: "add", path: "/securityContext", value: restrictedContext(user) }]);
  return prefixed({ "agent-json-patch": patch, "agent-init-json-patch": patch });
}

/**
 * What the agent asks for, which the guard asks for too: the pod's annotations are the one place to meet a
 * platform's quotas and ranges.
 */
export function agentResources(annotations: unknown) {
  const written = isMap(annotations) ? annotations : {};
  const of = (kind: "requests" | "limits") =>
    Object.fromEntries(
      Object.entries(AGENT_RESOURCES[kind])
        .map(([resource, { annotation, value }]) => [resource, written[`${PREFIX}/${annotation}`] ?? value])
        .filter(([, value]) => value !== ""),
    );
  return { requests: of("requests"), limits: of("limits") };
}

/** The annotations of the agent's resources, with the values the injector's chart has where there is none. */
const AGENT_RESOURCES = {
  requests: {
    cpu: { annotation: "agent-requests-cpu", value: "250m" },
    memory: { annotation: "agent-requests-mem", value: "64Mi" },
    "ephemeral-storage": { annotation: "agent-requests-ephemeral", value: "" },
  },
  limits: {
    cpu: { annotation: "agent-limits-cpu", value: "500m" },
    memory: { annotation: "agent-limits-mem", value: "128Mi" },
    "ephemeral-storage": { annotation: "agent-limits-ephemeral", value: "" },
  },
};

function prefixed(annotations: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(annotations).map(([name, value]) => [`${PREFIX}/${name}`, value]));
}

function userAnnotations(user: AgentUser): Record<string, string> {
  return user === "platform"
    ? { "agent-set-security-context": "false" }
    : { "agent-run-as-user": `${ISTIO_UID}`, "agent-run-as-group": `${ISTIO_UID}` };
}

/** Without them, of two injectors in a cluster whichever comes first would say which Vault gives the pod its files. */
function pins({ address, namespace, caSecret }: PinnedVault): Record<string, string> {
  return {
    service: address,
    // An injector's own namespace would count where nothing is said.
    namespace: namespace ?? "",
    ...(caSecret !== undefined && { "tls-secret": caSecret, "ca-cert": `/vault/tls/${CA_KEY}` }),
  };
}

/** The volume with the token for Vault, where the API server's own token is not the one. */
export function tokenVolumes({ audience }: IVaultK8sAuth) {
  if (audience === undefined) return undefined;
  const serviceAccountToken = { path: TOKEN_FILE, audience, expirationSeconds: 3600 };
  return [{ name: TOKEN_VOLUME, projected: { sources: [{ serviceAccountToken }] } }];
}

/** The agent's settings that say with which token it logs in. */
export function tokenSettings({
  type,
  audience,
}: Pick<IVaultK8sAuth, "type" | "audience">): Record<string, string> {
  const volume: Record<string, string> =
    audience === undefined ? {} : { "agent-service-account-token-volume-name": TOKEN_VOLUME };
  if (type === "kubernetes") return volume;
  return {
    ...volume,
    "auth-type": "jwt",
    "auth-config-path": `${TOKEN_DIRECTORY}/${TOKEN_FILE}`,
    // The volume is read-only, and the agent logs in more than once.
    "auth-config-remove-jwt-after-reading": "false",
  };
}
