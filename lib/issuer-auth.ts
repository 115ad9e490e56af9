import { Construct } from "constructs";
import { ValidationError } from "./errors";
import { requireOneCore } from "./private/one-core";
import type { IssuerLogin } from "./issuer-login";
import { ISSUER_MOUNT, ISSUER_ROLE } from "./names";
import { requireVaultPaths } from "./private/vault-paths";
import { rules } from "./rules";

/** Properties of {@link IssuerAuth}. */
export interface IssuerAuthProps {
  /** How an issuer logs in. */
  readonly login: IssuerLogin;
  /** Names of the issuers' policies: `issuerPolicyName` of each `ClusterTrust` it issues for. */
  readonly policies: readonly string[];
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
}

/**
 * How the external issuer logs in to Vault.
 *
 * Creates an auth mount of its own and one role on it, whose logins last 15 minutes. Whoever logs in
 * here can make a CA of every cluster whose policy is named: it runs outside of the mesh's clusters and
 * is guarded like the root. Replacing it interrupts renewal, and nothing that runs.
 * There is no import: it holds nothing others need.
 */
export class IssuerAuth extends Construct {
  /** Path of the mount, without `auth/`. */
  public readonly mountPath: string;
  public readonly roleName: string;

  /**
   * @throws ValidationError IV0305 if `policies` is empty or holds `*`
   * @throws ValidationError IV0803 if `mountPath` is no exact path
   * @throws ValidationError IV1001 if the stack is of another core than this package
   */
  constructor(scope: Construct, id: string, props: IssuerAuthProps) {
    super(scope, id);
    requireOneCore(this);
    const { login, policies } = props;
    if (policies.length === 0 || policies.includes("*")) {
      throw new ValidationError(rules.roleBindingEmpty("policies", policies), this);
    }
    requireVaultPaths({ mountPath: props.mountPath }, this);
    this.mountPath = props.mountPath ?? ISSUER_MOUNT;
    this.roleName = props.roleName ?? ISSUER_ROLE;
    login.bind(this, { mountPath: this.mountPath, roleName: this.roleName, policies });
  }
}
