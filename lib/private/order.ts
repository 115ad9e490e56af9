import {
  dependable,
  type ITerraformDependable,
  Lazy,
  type TerraformResource,
  TerraformStack,
  Token,
} from "cdktf";
import { Construct, type IConstruct } from "constructs";
import { ValidationError } from "../errors";
import { rules } from "../rules";

/** What a resource waits for. */
export interface Awaited {
  /** What the user named. */
  readonly dependsOn?: readonly ITerraformDependable[];
  /** The constructs it uses; one that was imported makes nothing to wait for. */
  readonly uses?: readonly IConstruct[];
  /** What may be added to those later. */
  readonly later?: () => ITerraformDependable | undefined;
}

/**
 * Lets a resource wait, as far as Terraform can: for resources of its own stack by `depends_on`, for
 * those of another stack by a dependency between the stacks. Another app is deployed by someone else.
 *
 * @throws ValidationError IV0410 if the user named something of another app
 */
export function waitFor(resource: TerraformResource, { dependsOn = [], uses = [], later }: Awaited): void {
  for (const dependency of dependsOn) requireSameApp(resource, dependency);
  const now = [...dependsOn, ...uses.filter(isDependable)].filter((one) => isOfStack(resource, one));
  if (!later && now.length === 0) return;
  resource.dependsOn = Lazy.listValue(
    {
      produce: () => {
        const added = later?.();
        const all = added && isOfStack(resource, added) ? [...now, added] : now;
        return all.map((one) => dependable(one));
      },
    },
    { omitEmpty: true },
  );
}

/** Whether both are of one stack; if not, and of one app, the stack of the first waits for the other's. */
export function isOfSameStack(waiting: IConstruct, other: IConstruct): boolean {
  const [here, there] = [TerraformStack.of(waiting), stackOf(other)];
  // What was imported outside of any stack depends on none.
  if (!there || here === there) return true;
  if (here.node.root === there.node.root) here.addDependency(there);
  return false;
}

/** Undefined for what is beside the stacks, in the app itself. */
export function stackOf(construct: IConstruct): TerraformStack | undefined {
  return construct.node.scopes.find((scope) => TerraformStack.isStack(scope)) as TerraformStack | undefined;
}

/**
 * Checks what a construct of another stack hands out: a reference there would read that stack's state.
 *
 * @throws ValidationError IV0131 for a reference
 */
export function requireNames(
  scope: IConstruct,
  maker: IConstruct,
  names: Readonly<Record<string, unknown>>,
): void {
  if (isOfSameStack(scope, maker)) return;
  const reference = Object.keys(names).find((key) => Token.isUnresolved(names[key]));
  if (reference === undefined) return;
  throw new ValidationError(
    rules.referenceOfOtherStack(reference, maker.node.path, stackOf(maker)!.node.id),
    scope,
  );
}

function isOfStack(resource: TerraformResource, one: ITerraformDependable): boolean {
  return !Construct.isConstruct(one) || isOfSameStack(resource, one);
}

function requireSameApp(resource: TerraformResource, one: ITerraformDependable): void {
  if (Construct.isConstruct(one) && one.node.root !== resource.node.root) {
    throw new ValidationError(rules.dependencyOfOtherApp(one.node.path), resource.node.scope);
  }
}

function isDependable(one: IConstruct): one is IConstruct & ITerraformDependable {
  return "fqn" in one;
}
