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
   * Names of issuers' policies that exist already, beside those that `ClusterTrust.grantIssue` gives it.
   * @default - none: it must be granted one
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
   * The Vault provider that makes it.
   * @default - the stack's own
   */
  readonly provider?: TerraformProvider;
}

/**
 * How the external issuer logs in to Vault.
 *
 * Creates an auth mount of its own and one role on it, whose logins last 15 minutes. Whoever logs in
 * here can make a CA of every cluster whose policy it has: it runs outside of the mesh's clusters and
 * is guarded like the root. Replacing it interrupts renewal, and nothing that runs.
 * There is no import: it holds nothing others need.
 */
export class IssuerAuth extends Construct implements IVaultRole {
  /** Path of the mount, without `auth/`. */
  public readonly mountPath: string;
  public readonly roleName: string;
  /** What needs it names this in its `dependsOn`. */
  public readonly fqn: string;
  private readonly policies: RolePolicies;

  /**
   * @throws ValidationError IV0305 if `policies` is empty or holds `*`; at synth, if it has no policy
   * @throws ValidationError IV0803 if `mountPath` is no exact path
   * @throws ValidationError IV1101 if the stack is of another core than this package
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
