import type { Duration } from "../duration";
import type { IClusterTrust } from "../cluster-trust";
import type { IVaultK8sAuth } from "../vault-k8s-auth";

/** Where the agent writes, and istiod reads, the plug-in CA files. */
export const SECRETS_DIRECTORY = "/vault/secrets";

/** User and group of Istio's images; the files belong to them alone. */
export const ISTIO_UID = 1337;

/** Name of the volume with the token for Vault, where the API server's own token is not the one. */
const TOKEN_VOLUME = "vault-token";

/** Where the injector mounts that volume into the agent, and the token's file name. */
const TOKEN_DIRECTORY = "/var/run/secrets/vault.hashicorp.com/serviceaccount";
const TOKEN_FILE = "token";

const PREFIX = "vault.hashicorp.com";

/** Settings of a pod's agent. */
export interface AgentSettings {
  /** The agent's template for each file. */
  readonly templates: Readonly<Record<string, string>>;
  readonly auth: IVaultK8sAuth;
  readonly roleName: string;
  readonly image: string;
  readonly renderInterval: Duration;
}

/** One key of a KV v2 secret, as a file. */
export function secretTemplate(mountPath: string, path: string, key: string): string {
  return `{{- with secret "${mountPath}/data/${path}" -}}\n{{ .Data.data.${key} }}\n{{ end -}}`;
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

/** The injector's annotations for a pod of Istio's images. */
export function agentAnnotations(settings: AgentSettings): Record<string, string> {
  const { templates, auth } = settings;
  const annotations: Record<string, string> = {
    "agent-inject": "true",
    // Before the pod's own init containers, so that the guard among them sees the files.
    "agent-init-first": "true",
    "agent-image": settings.image,
    "agent-run-as-user": `${ISTIO_UID}`,
    "agent-run-as-group": `${ISTIO_UID}`,
    role: settings.roleName,
    "auth-path": `auth/${auth.mountPath}`,
    "template-static-secret-render-interval": settings.renderInterval.toGoString(),
    // By default the sidecar exits after six minutes without Vault and takes the pod out of service.
    "template-config-exit-on-retry-failure": "false",
    ...tokenAnnotations(auth),
  };
  for (const [file, template] of Object.entries(templates)) {
    annotations[`agent-inject-template-${file}`] = template;
    annotations[`agent-inject-perms-${file}`] = "0400";
    annotations[`error-on-missing-key-${file}`] = "true";
  }
  return Object.fromEntries(Object.entries(annotations).map(([name, value]) => [`${PREFIX}/${name}`, value]));
}

/** The volume with the token for Vault, where the API server's own token is not the one. */
export function tokenVolumes({ audience }: IVaultK8sAuth) {
  if (audience === undefined) return undefined;
  const serviceAccountToken = { path: TOKEN_FILE, audience, expirationSeconds: 3600 };
  return [{ name: TOKEN_VOLUME, projected: { sources: [{ serviceAccountToken }] } }];
}

function tokenAnnotations({ type, audience }: IVaultK8sAuth): Record<string, string> {
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
