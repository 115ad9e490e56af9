import { isDeepStrictEqual } from "node:util";
import { nameList } from "../../lib/private/text";
import type { Finding } from "../../lib/rules";
import { rules } from "./rules";
import { ofEach, shown } from "./shown";
import { mapping, type SynthesizedStack } from "./synthesized";

/**
 * A plan runs the code of every provider a stack names, and some configuration runs programs of its
 * own, all with the planner's credentials. So stacks are looked at before anything plans them.
 */

/** The providers this project is made from; terraform's own is part of Terraform. */
const PROVIDERS = ["vault", "tls", "kubernetes", "helm", "terraform"];

type Stacks = ReadonlyMap<string, SynthesizedStack>;

/** What stacks hold that must not be planned unread. */
export function foreignCode(stacks: Stacks): Finding[] {
  const facts = [...stacks.values()].flatMap((stack) =>
    [...new Set(foreignIn(stack))].map((what) => ({ subject: stack.name, what })),
  );
  return ofEach(facts, (subjects, { what }) => rules.foreignCode(nameList(subjects.map(shown)), what));
}

function foreignIn({ name: stack, json, resources }: SynthesizedStack): string[] {
  const required = Object.entries(mapping(mapping(json.terraform).required_providers));
  const types = [...resources.map(({ type }) => type), ...Object.keys(mapping(json.data))];
  const providers = [
    ...required
      .filter(([name, provider]) => !isOurs(`${mapping(provider).source ?? name}`))
      .map(([name]) => name),
    ...Object.keys(mapping(json.provider)).filter((name) => !isOurs(name)),
    // A type belongs to the provider its name begins with, whether or not the stack names that one.
    ...types.map((type) => type.split("_")[0]).filter((name) => !isOurs(name)),
  ];
  return [
    ...(/^[\w.-]+$/.test(stack) ? [] : ["a name that a shell would not take for one word"]),
    ...providers.map((name) => `the provider "${shown(name)}"`),
    ...resources
      .filter(({ attributes }) => "provisioner" in attributes || "connection" in attributes)
      .map(({ path }) => `a provisioner of ${shown(path.replace(`${stack}/`, ""))}`),
    ...Object.keys(mapping(json.module)).map((name) => `the module "${shown(name)}"`),
  ];
}

function isOurs(source: string): boolean {
  return PROVIDERS.includes(source.replace(/^(registry\.terraform\.io\/)?hashicorp\//, ""));
}

/** Where a plan would carry credentials, and what it would run to get them, other than before. */
export function changedTargets(base: Stacks, head: Stacks): Finding[] {
  const facts = [...head].flatMap(([subject, stack]) => {
    const before = base.get(subject);
    return before ? targetChanges(before, stack).map((change) => ({ subject, ...change })) : [];
  });
  return ofEach(facts, (subjects, { provider, what }) =>
    rules.planTargetChanged(nameList(subjects), provider, what),
  );
}

const TARGETS = [
  "address",
  "host",
  "proxy_url",
  "config_path",
  "config_context",
  "skip_tls_verify",
  "insecure",
];

function targetChanges(before: SynthesizedStack, after: SynthesizedStack) {
  return PROVIDERS.flatMap((provider) => {
    const [was, is] = [settings(before, provider), settings(after, provider)];
    const targets = TARGETS.filter((key) => !isDeepStrictEqual(was[key], is[key])).map(
      (key) => `${key} changes from ${value(was[key])} to ${value(is[key])}`,
    );
    // Arguments and environment may hold anything, and are not shown.
    const programs = ["exec", "auth_login"].filter((key) => !isDeepStrictEqual(was[key], is[key]));
    return [...targets, ...programs.map((key) => `${key} changes`)].map((what) => ({ provider, what }));
  });
}

/** A provider's settings; helm has the cluster's in a mapping of their own. */
function settings(stack: SynthesizedStack, provider: string) {
  const blocks = mapping(stack.json.provider)[provider];
  const block = mapping(Array.isArray(blocks) ? blocks[0] : blocks);
  return { ...block, ...mapping(block.kubernetes) };
}

function value(setting: unknown): string {
  return setting === undefined ? "nothing" : `"${shown(`${setting}`)}"`;
}
