import { PkiSecretBackendRole } from "@cdktf/provider-vault/lib/pki-secret-backend-role";
import type { ITerraformDependable, TerraformProvider, TerraformResource } from "cdktf";
import type { Construct } from "constructs";
import type { Duration } from "./duration";
import { ValidationError } from "./errors";
import type { KeyAlgorithm } from "./key-algorithm";
import { clusterVaultNames, GATEWAY_CA_MOUNT, gatewayVaultNames } from "./names";
import { SECRETS_DIRECTORY, secretTemplate } from "./private/agent-annotations";
import { GATEWAY_CERTIFICATE_LIFETIME, GATEWAY_KEY_ALGORITHM } from "./private/defaults";
import { wrongDomain } from "./private/gateway-values";
import { vaultKeyAlgorithm } from "./private/key-arguments";
import { kvData } from "./private/kv";
import { waitFor } from "./private/order";
import { policyText, readPolicy } from "./private/policy";
import { requireKnown } from "./private/tokens";
import { requireVaultPaths } from "./private/vault-paths";
import { rules } from "./rules";

/** Options of {@link GatewayCertificateSource.vaultPki}. */
export interface VaultPkiCertificateOptions {
  /**
   * The DNS names of the certificate; the first is also its common name. Vault issues for these and no
   * others: list each subdomain, and note that `*.example.com` covers one label.
   */
  readonly domains: readonly string[];
  /**
   * Path of the PKI mount whose CA issues the certificate.
   * @default "istio-gateways" - the mount of a GatewayCa
   */
  readonly mountPath?: string;
  /**
   * Id or name of the issuer within the mount.
   * @default "default" - the mount's default issuer
   */
  readonly issuer?: string;
  /**
   * Name of the role within the mount.
   * @default - `<clusterName>.<gatewayName>`
   */
  readonly roleName?: string;
  /**
   * Lifetime of a certificate. The agent renews it after nine tenths of it; Vault limits it to what the
   * mount and its CA allow.
   * @default Duration.days(30)
   */
  readonly validFor?: Duration;
  /**
   * Kind and size of the gateway's key.
   * @default KeyAlgorithm.ecdsa(256)
   */
  readonly keyAlgorithm?: KeyAlgorithm;
}

/** Options of {@link GatewayCertificateSource.vaultKv}. */
export interface VaultKvCertificateOptions {
  /**
   * Mount path of the KV v2 secrets.
   * @default - the cluster's own, `kubernetes-<clusterName>-secrets`
   */
  readonly mountPath?: string;
  /**
   * Path, within the mount, of the secret with `tls_crt`, `tls_key` and `ca_crt`.
   * @default - `gateways/<gatewayName>`
   */
  readonly path?: string;
}

/** Which gateway of which cluster. */
export interface GatewayIdentity {
  /** Name of the cluster. */
  readonly clusterName: string;
  /** Name of the gateway. */
  readonly gatewayName: string;
}

/** How a source creates its resources. */
export interface GatewaySourceBinding {
  /**
   * Resources this depends on.
   * @default - nothing
   */
  readonly dependsOn?: readonly ITerraformDependable[];
  /**
   * The Vault provider that creates it.
   * @default - the stack's own
   */
  readonly provider?: TerraformProvider;
}

/** What a gateway's pod requests from Vault. */
export interface GatewayCertificateRequest {
  /** The agent's template for each file: `tls.crt`, `tls.key` and `ca.crt`. */
  readonly templates: Readonly<Record<string, string>>;
  /** The policy that allows exactly that. */
  readonly policy: string;
}

/** Where a gateway's certificate, its key and its CA come from. */
export abstract class GatewayCertificateSource {
  /**
   * A role of a Vault PKI mount. Each pod's agent requests a separate key and certificate and renews them
   * in time; Vault stores the certificate, and the key is stored nowhere.
   *
   * @throws ValidationError IV0130 if a domain is known only to Terraform
   * @throws ValidationError IV0802 unless `domains` are DNS names, at least one
   * @throws ValidationError IV0803 if `mountPath` is not an exact path
   */
  public static vaultPki(options: VaultPkiCertificateOptions): GatewayCertificateSource {
    requireKnown("domains", options.domains);
    const wrong = wrongDomain(options.domains);
    if (wrong !== undefined) throw new ValidationError(rules.gatewayDomains(wrong));
    requireVaultPaths({ mountPath: options.mountPath });
    return new VaultPkiCertificate(options);
  }

  /**
   * A KV v2 secret that another system writes, for certificates of a public CA. A new version
   * reaches the gateway within the agent's render interval.
   *
   * @throws ValidationError IV0803 if `mountPath` or `path` is not an exact path
   */
  public static vaultKv(options: VaultKvCertificateOptions = {}): GatewayCertificateSource {
    requireVaultPaths({ mountPath: options.mountPath, path: options.path });
    return new VaultKvCertificate(options);
  }

  /** What the gateway's pod requests. Called by `GatewayCertificate`. */
  public abstract request(gateway: GatewayIdentity): GatewayCertificateRequest;

  /** Creates what Vault needs to answer that request, below `scope`, and returns it. Called by `GatewayCertificate`. */
  public abstract bind(
    scope: Construct,
    gateway: GatewayIdentity,
    binding: GatewaySourceBinding,
  ): readonly TerraformResource[];
}

/** What a role cannot forbid: an end of one's own choice beyond its lifetime, and names that are no host's. */
const DENIED = {
  not_after: [],
  uri_sans: [],
  other_sans: [],
  user_ids: [],
  common_name: ["*@*"],
  alt_names: ["*@*"],
};

class VaultPkiCertificate extends GatewayCertificateSource {
  constructor(private readonly options: VaultPkiCertificateOptions) {
    super();
  }

  private names({ clusterName, gatewayName }: GatewayIdentity) {
    const { mountPath = GATEWAY_CA_MOUNT, roleName } = this.options;
    return { mountPath, roleName: roleName ?? gatewayVaultNames(clusterName, gatewayName).pkiRole };
  }

  public request(gateway: GatewayIdentity): GatewayCertificateRequest {
    const { mountPath, roleName } = this.names(gateway);
    const path = `${mountPath}/issue/${roleName}`;
    return {
      templates: { "tls.key": pkiTemplate(path, this.options.domains) },
      policy: policyText([{ path, capabilities: ["update"], deniedParameters: DENIED }]),
    };
  }

  public bind(
    scope: Construct,
    gateway: GatewayIdentity,
    { dependsOn, provider }: GatewaySourceBinding,
  ): readonly TerraformResource[] {
    const { domains, issuer, validFor = GATEWAY_CERTIFICATE_LIFETIME, keyAlgorithm } = this.options;
    const { mountPath, roleName } = this.names(gateway);
    const role = new PkiSecretBackendRole(scope, "PkiRole", {
      provider,
      backend: mountPath,
      name: roleName,
      issuerRef: issuer,
      allowedDomains: [...domains],
      allowBareDomains: true,
      allowSubdomains: false,
      allowGlobDomains: false,
      allowAnyName: false,
      // Vault allows these three by default.
      allowLocalhost: false,
      allowIpSans: false,
      allowWildcardCertificates: domains.some((domain) => domain.startsWith("*.")),
      serverFlag: true,
      // An egress gateway shows it to the services outside.
      clientFlag: true,
      ...vaultKeyAlgorithm(keyAlgorithm ?? GATEWAY_KEY_ALGORITHM),
      ttl: `${validFor.toSeconds()}`,
      maxTtl: `${validFor.toSeconds()}`,
    });
    waitFor(role, { dependsOn });
    return [role];
  }
}

class VaultKvCertificate extends GatewayCertificateSource {
  constructor(private readonly options: VaultKvCertificateOptions) {
    super();
  }

  public request({ clusterName, gatewayName }: GatewayIdentity): GatewayCertificateRequest {
    const mountPath = this.options.mountPath ?? clusterVaultNames(clusterName).secretsMount;
    const path = this.options.path ?? gatewayVaultNames(clusterName, gatewayName).secretPath;
    const template = (key: string) => secretTemplate(mountPath, path, key);
    return {
      templates: {
        "tls.crt": template("tls_crt"),
        "tls.key": template("tls_key"),
        "ca.crt": template("ca_crt"),
      },
      policy: readPolicy([kvData(mountPath, path)]),
    };
  }

  /** The secret is its writer's. */
  public bind(): readonly TerraformResource[] {
    return [];
  }
}

/**
 * The template of `tls.key`. Before it has anything issued, `pkiCert` looks for a certificate that is
 * still good in the file itself: hence certificate and CA follow the key there. Two templates would
 * get two certificates, so this one also writes the other two files.
 */
function pkiTemplate(path: string, [commonName, ...others]: readonly string[]): string {
  const names = [
    `common_name=${commonName}`,
    ...(others.length > 0 ? [`alt_names=${others.join(",")}`] : []),
  ];
  // Written over in place at every renewal, which 0400 would forbid their owner.
  const write = (file: string) => `writeToFile "${SECRETS_DIRECTORY}/${file}" "" "" "0600"`;
  return [
    `{{- with pkiCert "${path}" ${names.map((name) => `"${name}"`).join(" ")} -}}`,
    `{{- $ca := .CAChain | join "" -}}`,
    `{{ .Key }}{{ .Cert }}{{ $ca }}`,
    `{{- print .Cert $ca | ${write("tls.crt")} -}}`,
    `{{- $ca | ${write("ca.crt")} -}}`,
    `{{- end -}}`,
  ].join("\n");
}
