import { Testing } from "cdktf";
import type { Mesh } from "../../config/mesh";
import { composeMesh } from "../../stacks/compose-mesh";

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Blocks = Record<string, Record<string, any>>;

/** What Vault's stacks are synthesized to, as if they were one: no two have an object of the same address. */
export interface VaultSide {
  readonly resource: Blocks;
  readonly data: Blocks;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly variable: Record<string, any>;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly provider: Record<string, any>;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly import: any[];
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly removed: any[];
}

export function vaultSide(mesh: Mesh): VaultSide {
  const stacks = composeMesh(Testing.app(), mesh).vault.map((stack) =>
    JSON.parse(Testing.synth(stack, true)),
  );
  const blocks = (key: "resource" | "data") => {
    const all: Blocks = {};
    for (const stack of stacks) {
      for (const [type, byId] of Object.entries(stack[key] ?? {})) Object.assign((all[type] ??= {}), byId);
    }
    return all;
  };
  return {
    resource: blocks("resource"),
    data: blocks("data"),
    variable: Object.assign({}, ...stacks.map(({ variable }) => variable)),
    provider: stacks[0].provider,
    import: stacks.flatMap((stack) => stack.import ?? []),
    removed: stacks.flatMap((stack) => stack.removed ?? []),
  };
}
