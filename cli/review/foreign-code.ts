import { isDeepStrictEqual } from "node:util";
import type { Mesh } from "../../config/mesh";
import { nameList } from "../../lib/private/text";
import type { Finding } from "../../lib/rules";
import { isDeclaredIssue } from "./deploy-issues";
import { rules } from "./rules";
import { ofEach, shown } from "./shown";
import type { SynthesizedOutput } from "./read-output";
import { mapping, type SynthesizedStack } from "./synthesized";

/**
 * A plan runs the code of every provider a stack names, and some configuration runs programs of its
 * own, all with the planner's credentials. So stacks are looked at before anything plans them.
 */

/** The providers this project is made from; terraform's own is part of Terraform. */
const PROVIDERS = ["vault", "tls", "kubernetes", "helm", "terraform"];

type Stacks = ReadonlyMap<string, SynthesizedStack>;

/** What stacks hold that must not be planned unread, or deployed. */
export function foreignCode(stacks: Stacks, mesh: Mesh): Finding[] {
  const facts = [...stacks.values()].flatMap((stack) =>
    [...new Set(foreignIn(stack, mesh))].map((what) => ({ subject: stack.name, what })),
  );
  return ofEach(facts, (subjects, { what }) => rules.foreignCode(nameList(subjects.map(shown)), what));
}

function foreignIn({ name: stack, json, resources }: SynthesizedStack, mesh: Mesh): string[] {
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
      .filter((resource) => !isDeclaredIssue(resource, mesh))
      .map(({ path }) => `a provisioner of ${shown(path.replace(`${stack}/`, ""))}`),
    ...shells(json).map((command) => `the shell "${shown(command)}", run for a credential`),
    ...Object.keys(mapping(json.module)).map((name) => `the module "${shown(name)}"`),
  ];
}

/** Programs that run whatever their arguments say. */
const SHELL =
  /(^|\/)(sh|ash|bash|csh|dash|fish|ksh|tcsh|zsh|busybox|env|sudo|cmd(\.exe)?|powershell(\.exe)?|pwsh)$/i;

/** Shells that a provider would start to get a credential. */
function shells(json: Readonly<Record<string, unknown>>): string[] {
  return ["kubernetes", "helm"].flatMap((provider) => {
    const { exec } = settings(json, provider);
    return (Array.isArray(exec) ? exec : [exec])
      .map((program) => mapping(program).command)
      .filter((command): command is string => typeof command === "string" && SHELL.test(command));
  });
}

/** Whether a provider is one this project is made from. */
export function isOurs(source: string): boolean {
  return PROVIDERS.includes(source.replace(/^(registry\.terraform\.io\/)?hashicorp\//, ""));
}

/** Where cdktf or Terraform would be led to read something else than what is read here, unless they were before. */
export function newFaults(base: SynthesizedOutput, head: SynthesizedOutput): Finding[] {
  const facts = (output: SynthesizedOutput) => [
    ...output.faults.map((what) => ({ subject: "what the program wrote", what: shown(what) })),
    ...[...output.stacks.values()].flatMap(({ name, faults }) =>
      faults.map((what) => ({ subject: shown(name), what: shown(what) })),
    ),
  ];
  const before = new Set(facts(base).map((fact) => JSON.stringify(fact)));
  return ofEach(
    facts(head).filter((fact) => !before.has(JSON.stringify(fact))),
    (subjects, { what }) => rules.unaccounted(nameList(subjects), what),
  );
}

/** Where a plan would carry credentials, and what it would run to get them, other than before. */
export function changedTargets(
  base: Stacks,
  head: Stacks,
  likes: ReadonlyMap<string, Readonly<Record<string, unknown>>>,
): Finding[] {
  const facts = [...head].flatMap(([subject, stack]) => {
    // What a new cluster's plan would reach and run is compared with another cluster's.
    const before = base.get(subject)?.json ?? likes.get(subject);
    return before ? targetChanges(before, stack).map((change) => ({ subject, ...change })) : [];
  });
  return ofEach(facts, (subjects, { provider, what }) =>
    rules.planTargetChanged(nameList(subjects), provider, what),
  );
}

/** Settings that say which server a provider talks to, as whom, and whom it believes to be that server. */
const SHOWN_TARGETS = [
  "address",
  "namespace",
  "host",
  "proxy_url",
  "config_path",
  "config_paths",
  "config_context",
  "config_context_cluster",
  "config_context_auth_info",
  "skip_tls_verify",
  "insecure",
  "tls_server_name",
  "ca_cert_file",
  "ca_cert_dir",
];
/** The same, of which the value may be anything, and is not shown. */
const HIDDEN_TARGETS = [
  "exec",
  "auth_login",
  "cluster_ca_certificate",
  "client_certificate",
  "client_key",
  "client_auth",
  "token",
  "username",
  "password",
  "headers",
  "add_address_to_env",
];
export const TARGETS: readonly string[] = [...SHOWN_TARGETS, ...HIDDEN_TARGETS];

function targetChanges(before: Readonly<Record<string, unknown>>, after: SynthesizedStack) {
  return PROVIDERS.flatMap((provider) => {
    const [was, is] = [settings(before, provider), settings(after.json, provider)];
    const targets = SHOWN_TARGETS.filter((key) => !isDeepStrictEqual(was[key], is[key])).map(
      (key) => `${key} changes from ${value(was[key])} to ${value(is[key])}`,
    );
    // Arguments and environment may hold anything, and are not shown.
    const programs = HIDDEN_TARGETS.filter((key) => !isDeepStrictEqual(was[key], is[key]));
    return [...targets, ...programs.map((key) => `${key} changes`)].map((what) => ({ provider, what }));
  });
}

/** A provider's settings; helm has the cluster's in a mapping of their own. */
function settings(json: Readonly<Record<string, unknown>>, provider: string) {
  const blocks = mapping(json.provider)[provider];
  const block = mapping(Array.isArray(blocks) ? blocks[0] : blocks);
  return { ...block, ...mapping(block.kubernetes) };
}

function value(setting: unknown): string {
  return setting === undefined ? "nothing" : `"${shown(`${setting}`)}"`;
}
