import type { ITerraformDependable } from "cdktf";
import type { IConstruct } from "constructs";

/** Something that policies can be added to: a role that is created here. */
export interface IVaultGrantee {
  /**
   * Adds a policy to every login.
   *
   * @throws ValidationError IV0305 for `*`
   */
  addPolicy(policyName: string): void;
}

/** A role of an auth mount: a login with it receives its policies. */
export interface IVaultRole extends IConstruct, ITerraformDependable, IVaultGrantee {
  /** Name of the role within its mount. */
  readonly roleName: string;
}
