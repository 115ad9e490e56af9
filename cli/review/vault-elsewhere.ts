import type { Mesh } from "../../config/mesh";
import type { Finding } from "../../lib/rules";
import { rules } from "./rules";
import { shown } from "./shown";

/** Where the Vault that Terraform reaches may be another than before. */
export function vaultElsewhereFindings(base: Mesh | undefined, head: Mesh): Finding[] {
  const changes = (["address", "namespace"] as const).flatMap((key) => {
    const [was = "none", is = "none"] = [base?.vault[key], head.vault[key]];
    return base && was !== is ? [`Vault's ${key} would change from ${shown(was)} to ${shown(is)}`] : [];
  });
  return changes.length === 0 ? [] : [rules.vaultElsewhere(changes.join(", "))];
}
