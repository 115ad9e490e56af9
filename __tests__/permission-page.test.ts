import { permissionCases } from "../e2e/permission";
import { pageRows } from "../e2e/permission/page";

test("every row of docs/permission-denied.md is brought about in e2e, and every case has its row", () => {
  const rows = pageRows().map(({ id }) => id);
  expect(new Set(rows).size).toBe(rows.length);
  expect(permissionCases.map(({ row }) => row)).toEqual(rows);
});

test("every row gives a text", () => {
  expect(pageRows().filter(({ answer }) => answer === "")).toEqual([]);
});
