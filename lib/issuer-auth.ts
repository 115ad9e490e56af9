import type { TerraformProvider } from "cdktf";
import { Construct } from "constructs";
import { requireOneCore } from "./private/one-core";
import type { IssuerLogin } from "./issuer-login";
import { ISSUER_MOUNT, ISSUER_ROLE } from "./names";
import { RolePolicies } from "./private/role-policies";
import { requireVaultPaths } from "./private/vault-paths";
import type { IVaultRole } from "./vault-role";

/** Properties of {@link IssuerAuth}. */
export interface IssuerAuthProps {
  /** How an issuer logs in. */
  readonly login: IssuerLogin;
  /**
   * Names of existing issuer policies, in addition to those that `ClusterTrust.grantIssue` adds.
   * @default - none: at least one must be granted
   */
  readonly policies?: readonly string[];
  /**
   * Path of the auth mount to create, without `auth/`.
   * @default "istio-issuer"
   */
  readonly mountPath?: string;
  /**
   * Name of the role on it.
   * @default "istio-issuer"
   */
  readonly roleName?: string;
  /**
   * The Vault provider that creates it.
   * @default - the stack's own
   */
  readonly provider?: TerraformProvider;
}

/**
 * How the external issuer logs in to Vault.
 *
 * Creates a separate auth mount and one role on it, whose logins last 15 minutes. Whoever logs in here can
 * issue a CA for every cluster whose policy the role has: run the issuer outside the mesh's clusters, and
 * protect it like the root. Replacing it interrupts renewal, and nothing that is running.
 * There is no import: other constructs need nothing from it.
 */
export class IssuerAuth extends Construct implements IVaultRole {
  /** Path of the mount, without `auth/`. */
  public readonly mountPath: string;
  public readonly roleName: string;
  /** For `dependsOn` of what needs it. */
  public readonly fqn: string;
  private readonly policies: RolePolicies;

  /**
   * @throws ValidationError IV0305 if `policies` is empty or contains `*`; at synth, if it has no policy
   * @throws ValidationError IV0803 if `mountPath` is not an exact path
   * @throws ValidationError IV1101 if the stack uses another core than this package
   */
  constructor(scope: Construct, id: string, props: IssuerAuthProps) {
    super(scope, id);
    requireOneCore(this);
    const { login, provider } = props;
    this.policies = new RolePolicies(this, props.policies);
    requireVaultPaths({ mountPath: props.mountPath }, this);
    this.mountPath = props.mountPath ?? ISSUER_MOUNT;
    this.roleName = props.roleName ?? ISSUER_ROLE;
    const { mountPath, roleName } = this;
    const { fqn } = login.bind(this, { mountPath, roleName, policies: this.policies.list, provider });
    this.fqn = fqn;
  }

  public addPolicy(policyName: string): void {
    this.policies.add(policyName);
  }
}
