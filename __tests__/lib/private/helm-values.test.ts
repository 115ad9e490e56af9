import { Lazy, TerraformOutput, Testing, Token } from "cdktf";
import {
  type HelmValues,
  helmValuesText,
  type HelmValueSources,
  mergeHelmValues,
  overlay,
} from "../../../lib/private/helm-values";
import { testStack } from "../../support/synth";

const merge = (sources: HelmValueSources) => mergeHelmValues(sources, testStack());

describe("merging", () => {
  test("lays the user's values upon the defaults, and the owned ones upon both", () => {
    const owned = { a: { mine: 1 } };
    const defaults = { a: { suggested: 1, kept: 1 }, b: 1 };
    const user = { a: { suggested: 2, own: 2 }, c: 2 };
    expect(merge({ owned, defaults, user })).toEqual({
      a: { mine: 1, suggested: 2, kept: 1, own: 2 },
      b: 1,
      c: 2,
    });
  });

  test("lays the owned values upon the defaults too", () => {
    expect(merge({ owned: { a: 1 }, defaults: { a: 2, b: 2 } })).toEqual({ a: 1, b: 2 });
  });

  test("is the owned values where there are no others", () => {
    expect(merge({ owned: { a: [1] } })).toEqual({ a: [1] });
  });

  test("leaves every source as it was", () => {
    const sources = {
      owned: { a: { b: 1 }, l: [1] },
      defaults: { a: { c: 1 } },
      user: { a: { d: 1 }, l: [2] },
    };
    const before = structuredClone(sources);
    merge({ ...sources, extensible: ["l"] });
    expect(sources).toEqual(before);
  });

  test("replaces lists of the defaults", () => {
    expect(merge({ owned: {}, defaults: { l: [1, 2] }, user: { l: [3] } })).toEqual({ l: [3] });
  });

  test("adds to extensible lists, owned or not", () => {
    const user = { l: [2], m: [3] };
    expect(merge({ owned: { l: [1] }, user, extensible: ["l", "m", "n"] })).toEqual({ l: [1, 2], m: [3] });
  });

  test("takes a user's value that is the owned one", () => {
    const owned = () => ({ l: [{ a: 1 }], t: "x" });
    expect(merge({ owned: owned(), user: owned() })).toEqual(owned());
  });

  test.each([
    ["a", { a: 2 }],
    ["a", { a: undefined }],
    ["a", { a: { x: 1 } }],
    ["m.b", { m: { b: [1] } }],
    ["m.b", { m: { ok: 1, b: [1, 2, 3] } }],
    ["m", { m: "text" }],
    ["m", { m: null }],
    ["m", { m: [] }],
  ])("fails to overwrite %s with %j", (path, user) => {
    expect(() => merge({ owned: { a: 1, m: { b: [1, 2] } }, user })).toThrow(
      `Helm value "${path}" would override a value that makes the pod use its files from Vault; remove it, and use the property or mesh.yaml key with the same meaning if there is one (IV0401 at test; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0401)`,
    );
  });
});

describe("laying over", () => {
  test("merges maps and replaces everything else", () => {
    const base = { map: { a: 1, b: 1 }, list: [1], text: "x", gone: { a: 1 } };
    expect(overlay(base, { map: { b: 2 }, list: { a: 1 }, text: null, gone: null, added: {} })).toEqual({
      map: { a: 1, b: 2 },
      list: { a: 1 },
      text: null,
      gone: null,
      added: {},
    });
  });
});

describe("text", () => {
  const reference = (text: string) => Lazy.stringValue({ produce: () => text });

  function text(values: HelmValues): string {
    const stack = testStack();
    new TerraformOutput(stack, "values", { value: helmValuesText(values) });
    return JSON.parse(Testing.synth(stack)).output.values.value;
  }

  test("is JSON", () => {
    expect(text({ a: [1, "x\n", { b: null, c: undefined }] })).toBe('{"a":[1,"x\\n",{"b":null}]}');
  });

  test("keeps Terraform from evaluating what the user wrote", () => {
    expect(text({ "${k}": "${v} %{if} $ % {x} $x" })).toBe('{"$${k}":"$${v} %%{if} $ % {x} $x"}');
  });

  test("lets Terraform encode what it fills in, within a string without the quotes", () => {
    expect(text({ a: `x ${reference("${var.name}")}`, b: "${v}" })).toBe(
      '{"a":"x ${substr(jsonencode(tostring(var.name)), 1, length(jsonencode(tostring(var.name))) - 2)}","b":"$${v}"}',
    );
  });

  test("lets Terraform encode numbers, lists and maps as such", () => {
    const number = Token.asNumber("${var.n}");
    const list = Token.asList("${var.l}");
    const map = Token.asStringMap("${var.m}");
    expect(text({ number, list, map })).toBe(
      '{"number":${jsonencode(var.n)},"list":${jsonencode(var.l)},"map":${jsonencode(var.m)}}',
    );
  });

  test("keeps a function's own quotes within an expression", () => {
    expect(text({ a: Token.asNumber('${max("1", var.n)}') })).toBe(
      '{"a":${jsonencode("${max("1", var.n)}")}}',
    );
  });

  test("encodes what a program has computed late", () => {
    expect(text({ a: reference('"late"'), b: Token.asList(Lazy.listValue({ produce: () => ["x"] })) })).toBe(
      '{"a":"\\"late\\"","b":["x"]}',
    );
  });
});
