import assert from "node:assert/strict";
import type { Check } from "../checks";
import { waitFor } from "../../wait";
import type { World } from "../world";
import type { LoginLog } from "./login-log";
import { isText, pageRows } from "./page";

/** What an attempt that succeeds answers. */
export const ACCEPTED = "200";

/** Asks for something; returns {@link ACCEPTED} or what was said instead. */
export type Attempt = (world: World) => Promise<string>;

/** Ends what a case has broken. */
export type Mend = () => Promise<unknown>;

/** One cause of a refusal, brought about for real. */
export interface PermissionCase {
  /** Anchor of its row in docs/permission-denied.md. */
  readonly row: string;
  /** Brings the cause about where it lies in Vault or in a cluster. */
  readonly bring?: (world: World) => Promise<Mend>;
  /** What is refused with the cause. */
  readonly refused: Attempt;
  /** What is accepted without it, before and after. */
  readonly accepted: Attempt;
  /** What the page says tells this cause from others; throws where it does not. Runs with the cause. */
  readonly tell?: (world: World) => Promise<void>;
}

/** Shows that a cause gives the texts of its row, and that nothing else was wrong. */
export function permissionCheck(tested: PermissionCase, log?: LoginLog): Check {
  return {
    name: tested.row,
    run: async (world) => {
      const row = pageRows().find(({ id }) => id === tested.row);
      assert.ok(row, `docs/permission-denied.md has no row ${tested.row}`);
      await accepted(tested, world);
      const begin = log?.mark();
      const mend = await tested.bring?.(world);
      let said: string;
      try {
        // The API server believes for ten seconds more a token that it has just checked.
        said = await waitFor("a refusal", 30, async () => {
          const text = await tested.refused(world);
          return text !== ACCEPTED && text;
        });
        await tested.tell?.(world);
      } finally {
        await mend?.();
      }
      assert.ok(isText(row.answer, said), `the page says: ${row.answer}\nit was: ${said}`);
      if (row.log !== undefined) {
        assert.ok(log && begin !== undefined, "nothing reads Vault's log");
        const logged = await log.refusals(world, begin);
        assert.deepEqual(
          logged.map((text) => isText(row.log!, text)),
          row.log === "" ? [] : [true],
          [row.log, ...logged].join("\n"),
        );
      }
      await accepted(tested, world);
    },
  };
}

async function accepted(tested: PermissionCase, world: World): Promise<void> {
  await waitFor(`${tested.row}: accepted without the cause`, 20, async () => {
    const text = await tested.accepted(world);
    if (text !== ACCEPTED) throw new Error(text);
    return true;
  });
}
