import { Duration } from "../../lib";

test.each([
  [Duration.seconds(45), 45, "45s", "45s"],
  [Duration.minutes(20), 1200, "20m", "20m"],
  [Duration.hours(24), 86_400, "24h", "24h"],
  [Duration.days(90), 7_776_000, "2160h", "90d"],
  [Duration.years(10), 315_360_000, "87600h", "10y"],
])("%s", (duration, seconds, goText, text) => {
  expect(duration.toSeconds()).toBe(seconds);
  expect(duration.toGoString()).toBe(goText);
  expect(duration.toString()).toBe(text);
  expect(Duration.parse(text).toSeconds()).toBe(seconds);
});

test("a Go duration is in the largest unit that is exact", () => {
  expect(Duration.seconds(7200).toGoString()).toBe("2h");
  expect(Duration.seconds(90).toGoString()).toBe("90s");
});

test("hours are rounded up", () => {
  expect(Duration.minutes(61).toHours()).toBe(2);
});

test("is compared by length", () => {
  expect(Duration.days(1).isLongerThan(Duration.hours(23))).toBe(true);
  expect(Duration.days(1).isLongerThan(Duration.hours(24))).toBe(false);
});

test.each(["", "2", "2 y", "1.5h", "0d", "-1d", "2w", "1h30m", "2Y"])('fails to parse "%s"', (text) => {
  expect(() => Duration.parse(text)).toThrow(
    `"${text}" is not a duration; write a whole number and s, m, h, d or y, such as "90d" (IV0111; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0111)`,
  );
});

test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])("fails for %s hours", (amount) => {
  expect(() => Duration.hours(amount)).toThrow(
    `"${amount}h" is not a duration; write a whole number and s, m, h, d or y, such as "90d" (IV0111; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0111)`,
  );
});
