import assert from "node:assert/strict";
import { check } from "../../scenario";
import { waitFor } from "../../wait";
import { ACCEPTED, type Cause } from "./cause";
import type { LoginLog } from "./login-log";
import { isText, pageRows } from "./page";

/** Shows that a cause gives the texts of its row, and that nothing else was wrong. */
export function checkCause({ row: id, bring, refused, accepted, tell }: Cause, log: LoginLog): void {
  check(id, async (world) => {
    const row = pageRows().find((each) => each.id === id)!;
    const begin = log.mark();
    const mend = await bring?.(world);
    let said: string;
    try {
      // The API server believes for ten seconds more a token that it has just checked.
      said = await waitFor("a refusal", 60, async () => {
        const text = await refused(world);
        return text !== ACCEPTED && text;
      });
      await tell?.(world);
    } finally {
      await mend?.();
    }
    assert.ok(isText(row.answer, said), `the page says: ${row.answer}\nit was: ${said}`);
    if (row.log !== undefined) {
      const logged = await log.refusals(world, begin);
      assert.deepEqual(
        logged.map((text) => isText(row.log!, text)),
        row.log === "" ? [] : [true],
        [row.log, ...logged].join("\n"),
      );
    }
    await waitFor("the same, accepted without the cause", 60, async () => {
      const text = await accepted(world);
      if (text !== ACCEPTED) throw new Error(text);
      return true;
    });
  });
}
