import { permissionCases } from "../e2e/stand-in/permission";
import { isText, pageRows } from "../e2e/stand-in/permission/page";

test("every row of docs/permission-denied.md is brought about in e2e, and every case has its row", () => {
  const rows = pageRows().map(({ id }) => id);
  expect(new Set(rows).size).toBe(rows.length);
  expect(permissionCases.map(({ row }) => row)).toEqual(rows);
});

test("every row gives a text", () => {
  expect(pageRows().filter(({ answer }) => answer === "")).toEqual([]);
});

test("a page's text stands for itself, but for what it leaves open", () => {
  expect(isText('400: invalid role name "…"', '400: invalid role name "istoid"')).toBe(true);
  expect(isText("403: permission denied", "403: 1 error occurred: * permission denied")).toBe(false);
  expect(isText("403: permission denied", "403: permission denied for another reason")).toBe(false);
  expect(isText("lookup failed: [invalid bearer token, …]", "lookup failed: [invalid bearer token, x]")).toBe(
    true,
  );
});

test("a row is read by the titles of its table", () => {
  const page = [
    "| answer | cause |",
    "| --- | --- |",
    '| `403: no` | <a id="one"></a>a cause with `code` |',
    "",
    "| answer | Vault's log | cause |",
    "| --- | --- | --- |",
    '| `403: no` | nothing | <a id="two"></a>x |',
    '| `403: no` | `because` | <a id="three"></a>x |',
  ].join("\n");
  expect(pageRows(page)).toEqual([
    { id: "one", answer: "403: no", log: undefined },
    { id: "two", answer: "403: no", log: "" },
    { id: "three", answer: "403: no", log: "because" },
  ]);
});
