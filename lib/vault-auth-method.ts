import { AuthBackend } from "@cdktf/provider-vault/lib/auth-backend";
import { JwtAuthBackend } from "@cdktf/provider-vault/lib/jwt-auth-backend";
import { JwtAuthBackendRole } from "@cdktf/provider-vault/lib/jwt-auth-backend-role";
import { KubernetesAuthBackendConfig } from "@cdktf/provider-vault/lib/kubernetes-auth-backend-config";
import { KubernetesAuthBackendRole } from "@cdktf/provider-vault/lib/kubernetes-auth-backend-role";
import { type TerraformProvider, type TerraformResource, type TerraformVariable, Token } from "cdktf";
import type { Construct } from "constructs";
import type { Duration } from "./duration";
import { ValidationError } from "./errors";
import { JWT_AUDIENCE } from "./names";
import { parseCertificates } from "./private/pem";
import { requireKnownList } from "./private/tokens";
import { isHttpsUrl } from "./private/urls";
import { rules } from "./rules";

/** Options of {@link VaultAuthMethod.kubernetes}. */
export interface KubernetesMethodOptions {
  /** URL of the API server as Vault reaches it: `https://host:port`, with a path where a proxy has one. */
  readonly kubernetesHost: string;
  /**
   * PEM of the CA that signed the API server's certificate. Public.
   * @default - the CAs of Vault's machine, as for a public certificate
   */
  readonly kubernetesCaCertificate?: string;
  /**
   * A long-lived token with which Vault reviews others, as a sensitive variable. **It is kept in the state**
   * and does not expire by itself.
   * @default - a pod's own token is its reviewer: no long-lived token anywhere
   */
  readonly tokenReviewerJwt?: TerraformVariable;
  /**
   * Audience that the pods' tokens must be issued for. Requires `tokenReviewerJwt`, since the API server
   * does not accept a token for another audience as a credential.
   * @default - the API server's own
   */
  readonly audience?: string;
}

/** Options of {@link VaultAuthMethod.jwt}. */
export interface JwtMethodOptions {
  /** The cluster's service-account issuer, the `iss` of its tokens: an https URL, or any string beside `publicKeys`. */
  readonly issuer: string;
  /**
   * Audience that the pods' tokens must be issued for.
   * @default "vault"
   */
  readonly audience?: string;
  /**
   * PEM public keys that signed the tokens, for API servers whose issuer URL Vault cannot reach.
   * Replace them here before the API server's keys change.
   * @default - Vault fetches them from the issuer's discovery URL
   */
  readonly publicKeys?: readonly string[];
  /**
   * PEM of the private CA of the discovery URL.
   * @default - the system's CAs
   */
  readonly issuerCaCertificate?: string;
}

/** A role, who may log in with it, and its policies. */
export interface RoleBinding {
  /** Name of the role within its mount. */
  readonly roleName: string;
  /** Names of the ServiceAccounts; no `*`. */
  readonly serviceAccounts: readonly string[];
  /** Their namespaces; no `*`. */
  readonly namespaces: readonly string[];
  /** Names of the policies that a login receives. */
  readonly policies: readonly string[];
  /** Lifetime of a login. */
  readonly tokenTtl: Duration;
  /** Maximum lifetime of a login, renewals included. */
  readonly tokenMaxTtl: Duration;
}

/** The auth mount of a method. */
export interface AuthMount {
  /** Mount path, without `auth/`. */
  readonly path: string;
  /** Its description in Vault. */
  readonly description: string;
  /**
   * The Vault provider that creates mount and roles.
   * @default - the stack's own
   */
  readonly provider?: TerraformProvider;
}

/** A method once it has a mount. */
export interface BoundAuthMethod {
  /** The resource of the mount that is created last: its configuration. */
  readonly resource: TerraformResource;
  /** Creates a role, and returns its resource. */
  addRole(scope: Construct, id: string, binding: RoleBinding): TerraformResource;
}

/** Auth method for pods: how Vault verifies that a token is a pod's. */
export abstract class VaultAuthMethod {
  /**
   * Vault's Kubernetes method: the API server reviews each token, so that the token of a deleted pod is valid
   * for ten seconds at most. Vault must reach the API server.
   *
   * @throws ValidationError IV0301 for an audience without a reviewer's token
   * @throws ValidationError IV0302 if `kubernetesHost` is not an https URL
   * @throws ValidationError IV0303 if `kubernetesCaCertificate` is not a PEM certificate
   * @throws ValidationError IV0306 if the variable is not marked sensitive
   */
  public static kubernetes(options: KubernetesMethodOptions): VaultAuthMethod {
    const { kubernetesHost, kubernetesCaCertificate, tokenReviewerJwt, audience } = options;
    if (audience !== undefined && !tokenReviewerJwt) {
      throw new ValidationError(rules.customAudienceNeedsReviewer(audience));
    }
    if (!Token.isUnresolved(kubernetesHost) && !isHttpsUrl(kubernetesHost)) {
      throw new ValidationError(rules.kubernetesHostForm(kubernetesHost));
    }
    if (kubernetesCaCertificate !== undefined) {
      requireCertificate("kubernetesCaCertificate", kubernetesCaCertificate);
    }
    if (tokenReviewerJwt && !tokenReviewerJwt.sensitive)
      throw new ValidationError(rules.reviewerNotSensitive());
    return new KubernetesMethod(options);
  }

  /**
   * Vault's JWT method: Vault verifies signature, issuer and audience itself and need not reach the API
   * server. A token cannot be revoked: it is valid until it expires.
   *
   * @throws ValidationError IV0116 if `publicKeys` and `issuerCaCertificate` are both given
   * @throws ValidationError IV0303 if `issuerCaCertificate` is not a PEM certificate
   * @throws ValidationError IV0304 if `issuer` is not an https URL, and there are no `publicKeys`
   * @throws ValidationError IV0309 if `publicKeys` is empty
   */
  public static jwt(options: JwtMethodOptions): VaultAuthMethod {
    const { issuer, issuerCaCertificate, publicKeys } = options;
    // Where keys are static nobody asks it: it is compared with the tokens' "iss" alone.
    if (!publicKeys && !Token.isUnresolved(issuer) && !isHttpsUrl(issuer))
      throw new ValidationError(rules.jwtIssuerForm(issuer));
    if (issuerCaCertificate !== undefined) requireCertificate("issuerCaCertificate", issuerCaCertificate);
    if (publicKeys?.length === 0) throw new ValidationError(rules.publicKeysEmpty());
    if (publicKeys && issuerCaCertificate !== undefined) {
      throw new ValidationError(rules.exclusiveKeys("publicKeys", "issuerCaCertificate"));
    }
    return new JwtMethod(options);
  }

  /** Vault's name of the method, as the agent's `auth-type`. */
  public abstract readonly type: VaultAuthType;
  /** Audience a pod's token needs; undefined for the API server's own. */
  public abstract readonly audience: string | undefined;
  /** Whether a pod's own token is its token reviewer. */
  public abstract readonly podTokenReviews: boolean;

  /** Creates the mount below `scope`. Called by `VaultK8sAuth`. */
  public abstract bind(scope: Construct, mount: AuthMount): BoundAuthMethod;
}

/** The auth methods of Vault that a pod can log in with. */
export type VaultAuthType = "kubernetes" | "jwt";

class KubernetesMethod extends VaultAuthMethod {
  public readonly type = "kubernetes";
  public readonly audience: string | undefined;
  public readonly podTokenReviews: boolean;

  constructor(private readonly options: KubernetesMethodOptions) {
    super();
    this.audience = options.audience;
    this.podTokenReviews = !options.tokenReviewerJwt;
  }

  public bind(scope: Construct, mount: AuthMount): BoundAuthMethod {
    const backend = new AuthBackend(scope, "Resource", { type: "kubernetes", ...mount });
    const config = new KubernetesAuthBackendConfig(scope, "Config", {
      provider: mount.provider,
      backend: backend.path,
      kubernetesHost: this.options.kubernetesHost,
      kubernetesCaCert: this.options.kubernetesCaCertificate,
      tokenReviewerJwt: this.options.tokenReviewerJwt?.stringValue,
      // Vault runs outside the cluster: it must not take its own pod's CA and token for the cluster's.
      disableLocalCaJwt: true,
      // Left out, the provider sends false, which Vault has not recommended since 1.9.
      disableIssValidation: true,
    });
    return {
      resource: config,
      addRole: (owner, id, binding) =>
        new KubernetesAuthBackendRole(owner, id, {
          provider: mount.provider,
          backend: backend.path,
          roleName: binding.roleName,
          boundServiceAccountNames: [...binding.serviceAccounts],
          boundServiceAccountNamespaces: [...binding.namespaces],
          audience: this.audience,
          tokenPolicies: [...binding.policies],
          tokenTtl: binding.tokenTtl.toSeconds(),
          tokenMaxTtl: binding.tokenMaxTtl.toSeconds(),
          dependsOn: [config],
        }),
    };
  }
}

class JwtMethod extends VaultAuthMethod {
  public readonly type = "jwt";
  public readonly audience: string;
  public readonly podTokenReviews = false;

  constructor(private readonly options: JwtMethodOptions) {
    super();
    this.audience = options.audience ?? JWT_AUDIENCE;
  }

  public bind(scope: Construct, mount: AuthMount): BoundAuthMethod {
    const { issuer, publicKeys, issuerCaCertificate } = this.options;
    const backend = new JwtAuthBackend(scope, "Resource", {
      type: "jwt",
      ...mount,
      boundIssuer: issuer,
      ...(publicKeys
        ? { jwtValidationPubkeys: [...publicKeys] }
        : { oidcDiscoveryUrl: issuer, oidcDiscoveryCaPem: issuerCaCertificate }),
    });
    return {
      resource: backend,
      addRole: (owner, id, binding) =>
        new JwtAuthBackendRole(owner, id, {
          provider: mount.provider,
          backend: backend.path,
          roleName: binding.roleName,
          roleType: "jwt",
          userClaim: "sub",
          boundAudiences: [this.audience],
          boundClaimsType: "string",
          boundClaims: { sub: subjects(binding, owner).join(",") },
          tokenPolicies: [...binding.policies],
          tokenTtl: binding.tokenTtl.toSeconds(),
          tokenMaxTtl: binding.tokenMaxTtl.toSeconds(),
        }),
    };
  }
}

/** The `sub` claims Kubernetes gives these ServiceAccounts. */
function subjects({ serviceAccounts, namespaces }: RoleBinding, scope: Construct): string[] {
  requireKnownList("serviceAccounts", serviceAccounts, scope);
  requireKnownList("namespaces", namespaces, scope);
  return namespaces.flatMap((namespace) =>
    serviceAccounts.map((account) => `system:serviceaccount:${namespace}:${account}`),
  );
}

function requireCertificate(key: string, pem: string): void {
  if (!Token.isUnresolved(pem) && !parseCertificates(pem))
    throw new ValidationError(rules.caCertificateForm(key));
}
