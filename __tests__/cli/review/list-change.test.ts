import { changeText } from "../../../cli/review/explanation";
import { listChange } from "../../../cli/review/list-change";

const many = Array.from({ length: 60 }, (_, index) => `policy-${index}`);

test.each([
  ["a list that is longer than a line", many, [...many, "admin"], "added [admin]"],
  ["what is gone as well", ["a", "b"], ["b", "c"], "added [c], removed [a]"],
  [
    "claims, by their names",
    { sub: "system:serviceaccount:istio-system:istiod" },
    { sub: "system:serviceaccount:istio-system:istiod,system:serviceaccount:default:x" },
    "added [sub: system:serviceaccount:default:x]",
  ],
  ["a list in another order", ["a", "b"], ["b", "a"], "the same entries in another order or number"],
  ["a text", "a", "b", undefined],
  ["a list that is new", undefined, ["a"], undefined],
])("of %s, says entry by entry what changes", (_what, before, after, expected) => {
  expect(listChange(before, after)).toBe(expected);
});

test("of twenty entries ten are shown, and the others counted", () => {
  expect(listChange([], many.slice(0, 20))).toMatch(/^added \[policy-0, .*policy-9 and 10 more\]$/);
});

test("a value's list is shown in the same way", () => {
  expect(changeText({ path: ["values"], resource: undefined, before: many, after: [...many, "x"] })).toBe(
    "changes (added [x])",
  );
});
