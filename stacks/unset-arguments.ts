import { TerraformElement, type TerraformStack } from "cdktf";

/**
 * Leaves out of what a stack's elements say whatever is not set. cdktf does so too, but resolves the name of each
 * such argument first, and most arguments are of that kind.
 */
export function leaveOutUnset({ node }: TerraformStack): void {
  for (const element of node.findAll()) {
    if (!TerraformElement.isTerraformElement(element)) continue;
    for (const method of ["toTerraform", "toMetadata"] as const) {
      const all = element[method].bind(element);
      element[method] = () => withoutUnset(all());
    }
  }
}

function withoutUnset(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUnset);
  // Tokens have a prototype of their own.
  if (Object.getPrototypeOf(value ?? 0) !== Object.prototype) return value;
  const set = Object.entries(value as object).filter(([, argument]) => argument !== undefined);
  return Object.fromEntries(set.map(([name, argument]) => [name, withoutUnset(argument)]));
}
