import type { Finding } from "../../lib/rules";
import { rules } from "./rules";
import { groupBy } from "../../lib/private/group-by";
import { shown } from "./shown";
import { entryOf, type Resource, type SynthesizedStack } from "./synthesized";

type Stacks = ReadonlyMap<string, SynthesizedStack>;

/** By which attributes Vault knows a resource; one of a list stands for the other. */
const IDENTITY: Readonly<Record<string, readonly (readonly string[])[]>> = {
  vault_kv_secret_v2: [["mount"], ["name"]],
  vault_kv_secret_backend_v2: [["mount"]],
  vault_policy: [["name"]],
  vault_kubernetes_auth_backend_config: [["backend"]],
  vault_kubernetes_auth_backend_role: [["backend"], ["role_name"]],
  vault_jwt_auth_backend_role: [["backend", "path"], ["role_name"]],
  vault_approle_auth_backend_role: [["backend"], ["role_name"]],
  vault_pki_secret_backend_role: [["backend"], ["name"]],
  vault_generic_endpoint: [["path"]],
};

/**
 * Places of Vault that two resources would write, in whichever stacks: what the one says, the other undoes, and
 * who is read here need not be who comes last.
 */
export function sharedTargets(base: Stacks, head: Stacks): Finding[] {
  const before = new Set(shared(base));
  return shared(head)
    .filter((target) => !before.has(target))
    .map((target) => rules.unaccounted("the stacks", `two resources write ${shown(target)}`));
}

function shared(stacks: Stacks): string[] {
  const all = [...stacks.values()].flatMap(({ resources }) => resources);
  return [...groupBy(all.filter(isKnown), target)]
    .filter(([, resources]) => resources.length > 1)
    .map(([place]) => place);
}

function isKnown({ type }: Resource): boolean {
  return entryOf(IDENTITY, type) !== undefined;
}

/** Vault knows no capitals in a policy's name, and no slashes around a path. */
function target({ stack, type, attributes }: Resource): string {
  const parts = IDENTITY[type].map((keys) => {
    const key = keys.find((name) => attributes[name] !== undefined);
    const value = `${key === undefined ? "" : stack.resolve(attributes[key])}`;
    return value.replace(/\/{2,}/g, "/").replace(/^\/|\/$/g, "");
  });
  const place = parts.join("/");
  return `${type} ${type === "vault_policy" ? place.toLowerCase() : place}`;
}
