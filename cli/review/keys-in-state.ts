import { isDeepStrictEqual } from "node:util";
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
      .map(({ path }) => ({ subject: shown(keyName(path, stack.name)), stack: shown(stack.name) }));
  });
  return ofEach(facts, (subjects, { stack }) => rules.keyEntersState(stack, nameList(subjects)));
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

function backend(stack: SynthesizedStack | undefined): unknown {
  return (stack?.json.terraform as { backend?: unknown } | undefined)?.backend;
}

/** `cluster1/Trust/Intermediate/Key` of the stack, without what stands in every such path. */
function keyName(path: string, stack: string): string {
  return path.replace(`${stack}/`, "").replace(/\/(Trust\/Intermediate\/)?(Key|Resource)$/, "");
}
