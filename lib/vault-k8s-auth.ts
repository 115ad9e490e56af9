import type { ITerraformDependable, TerraformProvider } from "cdktf";
import { Construct, type IConstruct } from "constructs";
import type { Duration } from "./duration";
import { ValidationError } from "./errors";
import { clusterVaultNames, JWT_AUDIENCE } from "./names";
import { TOKEN_MAX_TTL, TOKEN_TTL } from "./private/defaults";
import { requireName } from "./private/names";
import { requireNamed, RolePolicies } from "./private/role-policies";
import { requireKnown } from "./private/tokens";
import { requireOneCore } from "./private/one-core";
import { requireVaultPaths } from "./private/vault-paths";
import { rules } from "./rules";
import type { BoundAuthMethod, VaultAuthMethod, VaultAuthType } from "./vault-auth-method";
import type { IVaultRole } from "./vault-role";

/** A cluster's auth mount as a pod needs it to log in. */
export interface IVaultK8sAuth extends IConstruct {
  /** Mount path, without `auth/`. */
  readonly mountPath: string;
  /** The method mounted there. */
  readonly type: VaultAuthType;
  /** Audience a pod's token needs; undefined for the API server's own. */
  readonly audience: string | undefined;
  /** Whether a pod's own token is its token reviewer, so that its ServiceAccount must be allowed to review. */
  readonly podTokenReviews: boolean;

  /** The role of that name, if this program adds it; imported instances have none. */
  findRole(roleName: string): IVaultRole | undefined;
}

/** Properties of {@link VaultK8sAuth}. */
export interface VaultK8sAuthProps {
  /** Name of the cluster: lower-case letters, digits and dashes, at most 40. */
  readonly clusterName: string;
  /** How Vault verifies that a token is a pod's. */
  readonly method: VaultAuthMethod;
  /**
   * Mount path, without `auth/`. Changing it moves the mount: every login fails until the pods use the new path.
   * @default - `kubernetes-<clusterName>` or `jwt-<clusterName>`, by method
   */
  readonly mountPath?: string;
  /**
   * The Vault provider that creates it.
   * @default - the stack's own
   */
  readonly provider?: TerraformProvider;
}

/** Options of {@link VaultK8sAuth.addRole}. */
export interface VaultRoleOptions {
  /** Names of the ServiceAccounts that may log in; no `*`. */
  readonly serviceAccounts: readonly string[];
  /** Their namespaces; no `*`. */
  readonly namespaces: readonly string[];
  /**
   * Names of existing policies that a login receives, in addition to those that `grantRead` adds to the role.
   * @default - none: at least one must be granted
   */
  readonly policies?: readonly string[];
  /**
   * Lifetime of a login; the agent renews it.
   * @default Duration.minutes(20)
   */
  readonly tokenTtl?: Duration;
  /**
   * Maximum lifetime of a login, renewals included; then the agent logs in again.
   * @default Duration.hours(24)
   */
  readonly tokenMaxTtl?: Duration;
}

/** Attributes of an auth mount that another stack creates. */
export interface VaultK8sAuthAttributes {
  /** Mount path, without `auth/`. */
  readonly mountPath: string;
  /**
   * The method mounted there.
   * @default "kubernetes"
   */
  readonly type?: VaultAuthType;
  /**
   * Audience that its roles require.
   * @default - "vault" for the JWT method, the API server's own for the Kubernetes method
   */
  readonly audience?: string;
  /**
   * Whether a pod's own token is its token reviewer.
   * @default - true for the Kubernetes method without an audience
   */
  readonly podTokenReviews?: boolean;
}

/**
 * The auth mount through which one cluster's pods log in to Vault.
 *
 * Creates the mount with its configuration, and a role for each `addRole()`.
 * While the mount is replaced, no pod of the cluster can log in; running istiods keep the files they
 * have.
 */
export class VaultK8sAuth extends Construct implements IVaultK8sAuth, ITerraformDependable {
  /** An auth mount that is created elsewhere, under a custom name. Imported instances cannot add roles. */
  public static fromVaultK8sAuthAttributes(
    scope: Construct,
    id: string,
    attributes: VaultK8sAuthAttributes,
  ): IVaultK8sAuth {
    return new ImportedVaultK8sAuth(scope, id, attributes);
  }

  /**
   * The mount of Vault's Kubernetes method that was created with this construct's default name, and only
   * that.
   *
   * @throws ValidationError IV0110 if `clusterName` has another form
   */
  public static fromClusterName(scope: Construct, id: string, clusterName: string): IVaultK8sAuth {
    requireName("clusterName", clusterName, scope);
    return new ImportedVaultK8sAuth(scope, id, {
      mountPath: clusterVaultNames(clusterName).kubernetesAuthMount,
    });
  }

  public readonly mountPath: string;
  public readonly type: VaultAuthType;
  public readonly audience: string | undefined;
  public readonly podTokenReviews: boolean;
  /** For `dependsOn` of what needs the mount; what needs a role depends on the role. */
  public readonly fqn: string;
  private readonly bound: BoundAuthMethod;
  private readonly roles: Construct;

  /**
   * @throws ValidationError IV0110 if `clusterName` has another form
   * @throws ValidationError IV0803 if `mountPath` is not an exact path
   * @throws ValidationError IV1101 if the stack uses another core than this package
   */
  constructor(scope: Construct, id: string, props: VaultK8sAuthProps) {
    super(scope, id);
    requireOneCore(this);
    const { clusterName, method } = props;
    requireName("clusterName", clusterName, this);
    requireVaultPaths({ mountPath: props.mountPath }, this);
    const names = clusterVaultNames(clusterName);
    const defaultPath = method.type === "jwt" ? names.jwtAuthMount : names.kubernetesAuthMount;
    this.type = method.type;
    this.audience = method.audience;
    this.podTokenReviews = method.podTokenReviews;
    this.mountPath = props.mountPath ?? defaultPath;
    this.bound = method.bind(this, {
      path: this.mountPath,
      description: `Pods of ${clusterName}`,
      provider: props.provider,
    });
    this.fqn = this.bound.resource.fqn;
    this.roles = new Construct(this, "Roles");
  }

  /**
   * Allows ServiceAccounts to log in as `roleName`. Grant the returned role what they may do.
   *
   * @throws ValidationError IV0130 if `roleName` is known only to Terraform
   * @throws ValidationError IV0305 if a list is empty or contains `*`; at synth, if the role has no policy
   * @throws ValidationError IV0307 if the role is already added
   * @throws ValidationError IV0308 if `tokenTtl` is longer than `tokenMaxTtl`
   */
  public addRole(roleName: string, options: VaultRoleOptions): IVaultRole {
    requireKnown("roleName", roleName, this);
    const { serviceAccounts, namespaces } = options;
    requireNamed("serviceAccounts", serviceAccounts, this);
    requireNamed("namespaces", namespaces, this);
    if (options.policies) requireNamed("policies", options.policies, this);
    const { tokenTtl = TOKEN_TTL, tokenMaxTtl = TOKEN_MAX_TTL } = options;
    if (tokenTtl.isLongerThan(tokenMaxTtl)) {
      throw new ValidationError(rules.ttlOrder(`${tokenTtl}`, `${tokenMaxTtl}`), this);
    }
    if (this.findRole(roleName)) throw new ValidationError(rules.roleTwice(roleName), this);
    return new VaultRole(this.roles, roleName, this.bound, { ...options, tokenTtl, tokenMaxTtl });
  }

  public findRole(roleName: string): IVaultRole | undefined {
    return this.roles.node.tryFindChild(roleName) as VaultRole | undefined;
  }
}

class VaultRole extends Construct implements IVaultRole {
  public readonly fqn: string;
  private readonly policies: RolePolicies;

  constructor(
    scope: Construct,
    public readonly roleName: string,
    method: BoundAuthMethod,
    options: VaultRoleOptions & { readonly tokenTtl: Duration; readonly tokenMaxTtl: Duration },
  ) {
    super(scope, roleName);
    this.policies = new RolePolicies(this, options.policies);
    // An id that leaves no trace in the logical one: before there were grants, the resource was in this place.
    this.fqn = method.addRole(this, "Default", { ...options, roleName, policies: this.policies.list }).fqn;
  }

  public addPolicy(policyName: string): void {
    this.policies.add(policyName);
  }
}

class ImportedVaultK8sAuth extends Construct implements IVaultK8sAuth {
  public readonly mountPath: string;
  public readonly type: VaultAuthType;
  public readonly audience: string | undefined;
  public readonly podTokenReviews: boolean;

  constructor(scope: Construct, id: string, attributes: VaultK8sAuthAttributes) {
    super(scope, id);
    this.mountPath = attributes.mountPath;
    this.type = attributes.type ?? "kubernetes";
    this.audience = attributes.audience ?? (this.type === "jwt" ? JWT_AUDIENCE : undefined);
    this.podTokenReviews =
      attributes.podTokenReviews ?? (this.type === "kubernetes" && this.audience === undefined);
  }

  public findRole(): undefined {
    return undefined;
  }
}
