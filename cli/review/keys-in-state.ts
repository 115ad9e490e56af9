import { isDeepStrictEqual } from "node:util";
import { clusterVaultStack } from "../../lib/names";
import { nameList } from "../../lib/private/text";
import type { Finding } from "../../lib/rules";
import { rules } from "./rules";
import { ofEach, shown } from "./shown";
import type { Resource, SynthesizedStack } from "./synthesized";

type Stacks = ReadonlyMap<string, SynthesizedStack>;

/** Resources whose state holds a private key. */
function holdsKey({ type, attributes }: Resource): boolean {
  return (
    type === "tls_private_key" ||
    type === "vault_pki_secret_backend_cert" ||
    (type.startsWith("vault_pki_secret_backend_") && attributes.type === "exported")
  );
}

/** Private keys that come into a state that did not hold them, and states with keys that move elsewhere. */
export function keysInStateFindings(base: Stacks, head: Stacks): Finding[] {
  const facts = [...head.values()].flatMap((stack) => {
    const before = new Set((base.get(stack.name)?.resources ?? []).filter(holdsKey).map(({ id }) => id));
    return stack.resources
      .filter((resource) => holdsKey(resource) && !before.has(resource.id))
      .map(({ path }) => keyFact(path, stack.name));
  });
  return ofEach(facts, (subjects, { what, stack }) =>
    what === undefined
      ? rules.keyEntersState(stack!, nameList(subjects))
      : rules.keyEntersState(nameList(subjects), what),
  );
}

/** States that would be kept somewhere else; Terraform asks before it moves one, and CI cannot answer. */
export function movedStateFindings(base: Stacks, head: Stacks): Finding[] {
  const facts = [...head.values()].flatMap((stack) => {
    const before = base.get(stack.name);
    const [was, is] = [backend(before), backend(stack)];
    return before && !isDeepStrictEqual(was, is)
      ? [{ subject: shown(stack.name), keys: stack.resources.some(holdsKey) }]
      : [];
  });
  return ofEach(facts, (subjects, { keys }) =>
    rules.stateMoves(nameList(subjects), keys ? ", with the private keys it holds" : ""),
  );
}

/** Objects that would be in another stack, whose state does not know them. */
export function movedObjectFindings(base: Stacks, head: Stacks): Finding[] {
  // Of a cluster's own stack every other has the like, under the same address.
  const addresses = ({ resources }: SynthesizedStack) =>
    resources.filter(({ type }) => type.startsWith("vault_")).map(({ type, id }) => `${type}.${id}`);
  const left = new Map(
    [...base.values()]
      .filter(({ name }) => !head.has(name))
      .flatMap((stack) => addresses(stack).map((address) => [address, stack.name] as const)),
  );
  const facts = [...head.values()]
    .filter(({ name }) => !base.has(name))
    .flatMap((stack) => {
      const from = addresses(stack).flatMap((address) => left.get(address) ?? []);
      return [...new Set(from)].map((name) => ({ subject: shown(stack.name), from: shown(name) }));
    });
  return ofEach(facts, (subjects, { from }) => rules.objectsMove(from, nameList(subjects)));
}

function backend(stack: SynthesizedStack | undefined): unknown {
  return (stack?.json.terraform as { backend?: unknown } | undefined)?.backend;
}

/** Of the stack of one cluster the stack, so that what comes into many is said once; else the key. */
function keyFact(path: string, stack: string): { subject: string; what?: string; stack?: string } {
  const key = keyName(path, stack);
  return stack === clusterVaultStack(key)
    ? { subject: shown(stack), what: "its cluster's intermediate" }
    : { subject: shown(key), stack: shown(stack) };
}

/** `cluster1/Trust/Intermediate/Key` of the stack, without what stands in every such path. */
function keyName(path: string, stack: string): string {
  return path.replace(`${stack}/`, "").replace(/\/(Trust\/Intermediate\/)?(Key|Resource)$/, "");
}
