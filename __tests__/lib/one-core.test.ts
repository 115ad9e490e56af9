import { TerraformStack, Testing } from "cdktf";
import { Construct } from "constructs";
import * as library from "../../lib";
import { testStack } from "../support/synth";

const RUNTIME_TYPE = Symbol.for("jsii.rtti");

type RuntimeType = { readonly fqn: string; readonly version: string };
type ConstructClass = new (scope: Construct, id: string, props: object) => Construct;

/** A stack as a core of this name and version makes it. */
function stackOf(name: string, version: string): TerraformStack {
  class Core extends TerraformStack {}
  Object.defineProperty(Core, RUNTIME_TYPE, { value: { fqn: `${name}.TerraformStack`, version } });
  class Stack extends Core {}
  return new Stack(Testing.app(), "stack");
}

const constructs = Object.entries(library as Record<string, unknown>).filter(
  (entry): entry is [string, ConstructClass] =>
    typeof entry[1] === "function" && entry[1].prototype instanceof Construct,
);

const { fqn, version } = (TerraformStack as unknown as Record<symbol, RuntimeType>)[RUNTIME_TYPE]!;
const [ours] = fqn.split(".");

/** The core that these tests do not run on, and what names it in package.json. */
const other =
  ours === "cdktf"
    ? { name: "cdktn", version: "0.24.0", written: "npm:cdktn@0.24.0" }
    : { name: "cdktf", version: "0.21.0", written: "0.21.0" };

test.each(constructs)("%s refuses a stack of the other core", (_, Class) => {
  expect(() => new Class(stackOf(other.name, other.version), "Construct", {})).toThrow(
    `the stack uses ${other.name} ${other.version} and this construct ${ours} ${version}, and a program with both crashes; write "cdktf": "${other.written}" in "dependencies" of package.json and "cdktf": "$cdktf" in its "overrides", so that every package uses the stack's (IV1101 at stack/Construct; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv1101)`,
  );
});

test("a second copy of the same core is taken, and so is a core that says nothing of itself", () => {
  for (const stack of [stackOf(ours!, "0.99.0"), stackOf("another", "1.0.0"), testStack()]) {
    expect(() => new library.GatewayCa(stack, "Ca")).not.toThrow();
  }
});
