import { causes } from "../e2e/scenarios/permission-denied/causes";
import { pageRows } from "../e2e/scenarios/permission-denied/page";

test("every row of docs/permission-denied.md is brought about in e2e, and every cause has its row", () => {
  const rows = pageRows().map(({ id }) => id);
  expect(new Set(rows).size).toBe(rows.length);
  const tested = Object.values(causes).flat();
  expect(tested.map(({ row }) => row)).toEqual(rows);
});

test("every row gives a text", () => {
  expect(pageRows().filter(({ answer }) => answer === "")).toEqual([]);
});
