import { TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import { ValidationError } from "../errors";
import { rules } from "../rules";

/** A package that stacks and resources are classes of: cdktf, or cdktn in its place. */
interface Core {
  readonly name: string;
  readonly version: string;
}

/** Under which jsii keeps a class's own name; both cores' classes have it. */
const RUNTIME_TYPE = Symbol.for("jsii.rtti");

/**
 * Refuses a stack of the other core: both know each other's classes by the same symbols, so that a
 * mixture would get as far as the synth, and crash there without a word of why.
 *
 * @throws ValidationError IV1101 if the construct's stack uses another core than this package
 */
export function requireOneCore(construct: Construct): void {
  const ours = coreOf(TerraformStack);
  const theirs = coreOf(TerraformStack.of(construct).constructor);
  if (!ours || !theirs || ours.name === theirs.name) return;
  const written = theirs.name === "cdktf" ? theirs.version : `npm:${theirs.name}@${theirs.version}`;
  throw new ValidationError(rules.twoCores(label(theirs), label(ours), written), construct);
}

function label({ name, version }: Core): string {
  return `${name} ${version}`;
}

/** The core that declares the class or the one it extends; none in a core that says nothing of itself. */
function coreOf(stackClass: object | null): Core | undefined {
  if (stackClass === null) return undefined;
  const { value } = Object.getOwnPropertyDescriptor(stackClass, RUNTIME_TYPE) ?? {};
  const { fqn, version } = (value ?? {}) as { fqn?: string; version: string };
  const name = /^(cdkt[fn])\.TerraformStack$/.exec(fqn ?? "")?.[1];
  return name === undefined ? coreOf(Object.getPrototypeOf(stackClass)) : { name, version };
}
