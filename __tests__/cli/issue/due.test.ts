import { type DueFacts, isDue, parseMargin } from "../../../cli/issue/due";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = new Date("2026-01-01T00:00:00Z");

function facts(usedDays: number, change: Partial<DueFacts> = {}): DueFacts {
  return {
    record: {
      serial: "0a",
      fingerprint: "ff",
      root: "a",
      notBefore: START,
      notAfter: new Date(START.getTime() + 90 * DAY),
      version: 4,
    },
    currentVersion: 4,
    signingRoot: "a",
    needsList: false,
    margin: parseMargin("66%"),
    now: new Date(START.getTime() + usedDays * DAY),
    ...change,
  };
}

test.each([
  [12, "66%", false, "12 of 90 days used"],
  [59, "66%", false, "59 of 90 days used"],
  [60, "66%", true, "60 of 90 days used"],
  [60, "720h", true, "60 of 90 days used"],
  [59, "720h", false, "59 of 90 days used"],
  [1, "90d", true, "1 of 90 days used"],
  [95, "1%", true, "95 of 90 days used"],
])("after %d of 90 days, with %s: due %s", (used, margin, due, reason) => {
  expect(isDue(facts(used, { margin: parseMargin(margin) }))).toEqual({ due, reason });
});

test("short lifetimes are told in shorter units", () => {
  const record = { ...facts(0).record!, notAfter: new Date(START.getTime() + 3 * HOUR) };
  expect(isDue(facts(1 / 24, { record })).reason).toBe("1 of 3 hours used");
});

test("what was never issued is due", () => {
  expect(isDue(facts(0, { record: undefined, currentVersion: 0 }))).toEqual({
    due: true,
    reason: "none issued yet",
  });
});

test.each([
  ["written by hand", facts(0, { record: undefined })],
  ["written, and its issuer ended before it described it", facts(0, { currentVersion: 5 })],
])("what is %s is due", (_how, given) => {
  expect(isDue(given)).toEqual({
    due: true,
    reason: `version ${given.currentVersion} was written without an issuer's record`,
  });
});

test("what another root signed is due", () => {
  expect(isDue(facts(0, { signingRoot: "b" }))).toEqual({
    due: true,
    reason: "signed by root a, but mesh.yaml says b",
  });
});

test.each(["", "0%", "100%", "6.5%", "soon", "-1h"])("fails for a margin of %j", (text) => {
  expect(() => parseMargin(text)).toThrow(
    `--expires-in is "${text}"; write a share of the lifetime, such as "66%", or the time left, such as "720h"`,
  );
});
