import { Construct, type IConstruct } from "constructs";
import type { Duration } from "./duration";
import { ValidationError } from "./errors";
import { clusterVaultNames, JWT_AUDIENCE } from "./names";
import { TOKEN_MAX_TTL, TOKEN_TTL } from "./private/defaults";
import { requireName } from "./private/names";
import { requireVaultPaths } from "./private/vault-paths";
import { rules } from "./rules";
import type { BoundAuthMethod, VaultAuthMethod, VaultAuthType } from "./vault-auth-method";

/** A cluster's auth mount as a pod needs it to log in. */
export interface IVaultK8sAuth extends IConstruct {
  /** Mount path, without `auth/`. */
  readonly mountPath: string;
  readonly type: VaultAuthType;
  /** Audience a pod's token needs; undefined for the API server's own. */
  readonly audience: string | undefined;
  /** Whether a pod's own token is its token reviewer, so that its ServiceAccount must be allowed to review. */
  readonly podTokenReviews: boolean;
}

/** Properties of {@link VaultK8sAuth}. */
export interface VaultK8sAuthProps {
  /** Name of the cluster: lower-case letters, digits and dashes, at most 40. */
  readonly clusterName: string;
  /** How Vault tells that a token is a pod's. */
  readonly method: VaultAuthMethod;
  /**
   * Mount path, without `auth/`. Changing it moves the mount: every login fails until the pods know.
   * @default - `kubernetes-<clusterName>` or `jwt-<clusterName>`, by method
   */
  readonly mountPath?: string;
}

/** Options of {@link VaultK8sAuth.addRole}. */
export interface VaultRoleOptions {
  /** Names of the ServiceAccounts that may log in; no `*`. */
  readonly serviceAccounts: readonly string[];
  /** Their namespaces; no `*`. */
  readonly namespaces: readonly string[];
  /** Names of the policies a login gets. */
  readonly policies: readonly string[];
  /**
   * Lifetime of a login; the agent renews it.
   * @default Duration.minutes(20)
   */
  readonly tokenTtl?: Duration;
  /**
   * Longest a login can be renewed for; then the agent logs in anew.
   * @default Duration.hours(24)
   */
  readonly tokenMaxTtl?: Duration;
}

/** Attributes of an auth mount that another stack made. */
export interface VaultK8sAuthAttributes {
  /** Mount path, without `auth/`. */
  readonly mountPath: string;
  /**
   * The method mounted there.
   * @default "kubernetes"
   */
  readonly type?: VaultAuthType;
  /**
   * Audience its roles demand.
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
 * Replacing the mount locks every pod of the cluster out until it exists again; running istiods keep
 * the files they have.
 */
export class VaultK8sAuth extends Construct implements IVaultK8sAuth {
  /** An auth mount under a name of one's own. Roles cannot be added to it from here. */
  public static fromVaultK8sAuthAttributes(
    scope: Construct,
    id: string,
    attributes: VaultK8sAuthAttributes,
  ): IVaultK8sAuth {
    return new ImportedVaultK8sAuth(scope, id, attributes);
  }

  /**
   * The mount of Vault's Kubernetes method that was made with this construct's default name, and only
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
  private readonly bound: BoundAuthMethod;
  private readonly roles: Construct;

  /**
   * @throws ValidationError IV0110 if `clusterName` has another form
   * @throws ValidationError IV0803 if `mountPath` is no exact path
   */
  constructor(scope: Construct, id: string, props: VaultK8sAuthProps) {
    super(scope, id);
    const { clusterName, method } = props;
    requireName("clusterName", clusterName, this);
    requireVaultPaths({ mountPath: props.mountPath }, this);
    const names = clusterVaultNames(clusterName);
    const defaultPath = method.type === "jwt" ? names.jwtAuthMount : names.kubernetesAuthMount;
    this.type = method.type;
    this.audience = method.audience;
    this.podTokenReviews = method.podTokenReviews;
    this.bound = method.bind(this, {
      path: props.mountPath ?? defaultPath,
      description: `Pods of ${clusterName}`,
    });
    this.mountPath = this.bound.mountPath;
    this.roles = new Construct(this, "Roles");
  }

  /**
   * Lets ServiceAccounts log in as `roleName`.
   *
   * @throws ValidationError IV0305 if a list is empty or holds `*`
   * @throws ValidationError IV0307 if the role was added before
   * @throws ValidationError IV0308 if `tokenTtl` is longer than `tokenMaxTtl`
   */
  public addRole(roleName: string, options: VaultRoleOptions): void {
    const { serviceAccounts, namespaces, policies } = options;
    for (const [key, list] of Object.entries({ serviceAccounts, namespaces, policies })) {
      if (list.length === 0 || list.includes("*"))
        throw new ValidationError(rules.roleBindingEmpty(key, list), this);
    }
    const { tokenTtl = TOKEN_TTL, tokenMaxTtl = TOKEN_MAX_TTL } = options;
    if (tokenTtl.isLongerThan(tokenMaxTtl)) {
      throw new ValidationError(rules.ttlOrder(`${tokenTtl}`, `${tokenMaxTtl}`), this);
    }
    if (this.roles.node.tryFindChild(roleName)) throw new ValidationError(rules.roleTwice(roleName), this);
    this.bound.addRole(this.roles, roleName, {
      serviceAccounts,
      namespaces,
      policies,
      tokenTtl,
      tokenMaxTtl,
    });
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
}
