import { scaleOf } from "../../../cli/report/scale";

const labels = (start: string, end: string) =>
  scaleOf(new Date(start), new Date(end)).ticks.map(({ label }) => label);

test.each([
  [
    "2026-11-29T10:10:00Z",
    "2026-11-29T14:40:00Z",
    ["11-29 11:00", "11-29 12:00", "11-29 13:00", "11-29 14:00"],
  ],
  ["2026-11-29T10:00:00Z", "2026-12-03T10:00:00Z", ["2026-11-30", "2026-12-01", "2026-12-02", "2026-12-03"]],
  ["2026-11-05T00:00:00Z", "2027-02-10T00:00:00Z", ["2026-12", "2027-01", "2027-02"]],
  ["2026-11-05T00:00:00Z", "2028-11-10T00:00:00Z", ["2027-01", "2027-07", "2028-01", "2028-07"]],
  ["2020-03-01T00:00:00Z", "2036-11-10T00:00:00Z", ["2025", "2030", "2035"]],
])("from %s to %s", (start, end, expected) => {
  expect(labels(start, end)).toEqual(expected);
});

test("places a time by its share of the line, also beyond it", () => {
  const { place } = scaleOf(new Date(1000), new Date(3000));
  expect([1000, 2000, 3000, 5000].map((time) => place(new Date(time)))).toEqual([0, 50, 100, 200]);
});
