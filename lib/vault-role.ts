import type { ITerraformDependable } from "cdktf";
import type { IConstruct } from "constructs";

/** Whoever can be given policies of Vault's: a role that is made here. */
export interface IVaultGrantee {
  /**
   * Gives every login a policy, beside those it has.
   *
   * @throws ValidationError IV0305 for `*`
   */
  addPolicy(policyName: string): void;
}

/** A role of an auth mount: who logs in by it gets its policies. */
export interface IVaultRole extends IConstruct, ITerraformDependable, IVaultGrantee {
  /** Name of the role within its mount. */
  readonly roleName: string;
}
