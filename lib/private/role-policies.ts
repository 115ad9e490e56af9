import { Lazy } from "cdktf";
import type { Construct } from "constructs";
import { ValidationError } from "../errors";
import { rules } from "../rules";
import { joined } from "./tokens";

/** The policies of a role, which grants add to until synth. */
export class RolePolicies {
  private readonly granted: string[] = [];

  /** @throws ValidationError IV0305 if `given` is empty or contains `*`; at synth, if there is none at all */
  constructor(
    private readonly role: Construct,
    private readonly given: readonly string[] | undefined,
  ) {
    if (given) requireNamed("policies", given, role);
    else role.node.addValidation({ validate: () => this.problems() });
  }

  /** As a role's resource takes them. */
  public get list(): string[] {
    return Lazy.listValue({ produce: () => joined(this.given ?? [], this.granted) });
  }

  /** @throws ValidationError IV0305 for `*` */
  public add(name: string): void {
    requireNamed("policies", [name], this.role);
    if (!this.granted.includes(name) && !this.given?.includes(name)) this.granted.push(name);
  }

  private problems(): string[] {
    if (this.granted.length > 0) return [];
    return [new ValidationError(rules.roleBindingEmpty("policies", []), this.role).message];
  }
}

/** @throws ValidationError IV0305 if a list of who may log in, or what for, is empty or contains `*` */
export function requireNamed(key: string, list: readonly string[], scope: Construct): void {
  if (list.length === 0 || list.includes("*")) {
    throw new ValidationError(rules.roleBindingEmpty(key, list), scope);
  }
}
