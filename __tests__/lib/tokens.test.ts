import { KubernetesProvider } from "@cdktf/provider-kubernetes/lib/provider";
import { Fn, type TerraformStack, TerraformVariable, Testing, Token } from "cdktf";
import { ValidationError } from "../../lib";
import { testStack } from "../support/synth";
import {
  lists,
  type ListCase,
  moreLists,
  numbers,
  podIssuer,
  strings,
  type TokenCase,
  values,
} from "../support/token-table";

/** A stack of all providers with a variable; references to it are what a program passes on. */
function withVariable(): { stack: TerraformStack; variable: TerraformVariable } {
  const stack = testStack();
  new KubernetesProvider(stack, "Kubernetes");
  return { stack, variable: new TerraformVariable(stack, "given", {}) };
}

function check<T>(row: TokenCase<T>, reference: (variable: TerraformVariable) => T): void {
  const { stack, variable } = withVariable();
  if (row.known !== undefined) {
    expect(() => row.make(stack, reference(variable))).toThrow(ValidationError);
    expect(() => row.make(withVariable().stack, reference(variable))).toThrow(
      `"${row.known}" is a reference that Terraform resolves later, and its value must be known at synth, since it decides what is synthesized; write the value itself (IV0130`,
    );
    return;
  }
  row.make(stack, reference(variable));
  const text = Testing.synth(stack, true);
  expect(text).not.toMatch(/TfToken|e\+\d{3}/);
  if (row.at === undefined) return;
  const [type, attribute] = row.at.split(".");
  const resources: Record<string, unknown>[] = Object.values(JSON.parse(text).resource?.[type] ?? {});
  const found = resources.filter((resource) =>
    JSON.stringify(resource[attribute] ?? "").includes("var.given"),
  );
  expect(`${row.at} with the reference: ${found.length > 0}`).toBe(`${row.at} with the reference: true`);
}

describe("a string", () => {
  describe.each(Object.entries(strings))("%s", (_name, row) => {
    test.each<[string, (variable: TerraformVariable) => string]>([
      ["a variable", (variable) => variable.stringValue],
      ["a function", (variable) => Fn.join("-", [variable.stringValue, "x"])],
      ["any value as a string", (variable) => Token.asString(variable.value)],
    ])("may be %s, or must be known", (_kind, reference) => check(row, reference));
  });
});

describe("a list", () => {
  const rows: [string, ListCase][] = [...Object.entries(lists), ...Object.entries(moreLists)];
  describe.each(rows)("%s", (_name, row) => {
    test("as a whole", () => check(row.whole, (variable) => variable.listValue));
    test("as any value", () => check(row.whole, (variable) => Token.asList(variable.value)));
    test("in an entry", () => check(row.entries, (variable) => [variable.stringValue]));
  });
});

describe("a number", () => {
  test.each(Object.entries(numbers))("%s", (_name, row) => {
    check(row, (variable) => variable.numberValue);
    check(row, (variable) => Token.asNumber(variable.value));
  });
});

describe("Helm values", () => {
  test.each(Object.entries(values))("%s", (_name, row) => {
    check(row, (variable) => Token.asStringMap(variable.value));
    check(row, (variable) => Token.asAny(variable.value) as unknown as Record<string, unknown>);
  });

  const anyValue: [string, (variable: TerraformVariable) => unknown][] = [
    ["a string", (variable) => variable.stringValue],
    ["a number", (variable) => variable.numberValue],
    ["a list", (variable) => variable.listValue],
    ["a map", (variable) => Token.asStringMap(variable.value)],
    ["any value", (variable) => variable.value],
  ];
  test.each(anyValue)("may hold %s", (_kind, reference) => {
    for (const row of Object.values(values)) {
      const make: TokenCase<unknown>["make"] = (stack, value) => row.make(stack, { deep: { own: [value] } });
      check({ at: "helm_release.values", make }, reference);
    }
  });

  test.each([
    ["values.volumes", { volumes: Token.asList("${var.given}") }],
    ["values.envVarFrom", { envVarFrom: Token.asList("${var.given}") }],
  ])("must be known at %s, beside the construct's own", (known, own) => {
    check({ ...values["IstiodWithVaultProps.values"], known }, () => own);
  });
});

test("a reference in the registry of an image is passed on, as is one in its tag", () => {
  const { make } = strings["VaultAgentInjectorProps.image"];
  for (const image of ["${var.given}/vault-k8s:1.7.6", "registry/vault-k8s:${var.given}"]) {
    check({ at: "helm_release.values", make }, () =>
      image.replace("${var.given}", Token.asString("${var.given}")),
    );
  }
});

test("the name of a role that pods issue by becomes an id", () => {
  check(podIssuer, (variable) => variable.stringValue);
});
