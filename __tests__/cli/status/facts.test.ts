import { unknown } from "../../../cli/status/facts";

test.each([
  ["with ends of lines", "exec: exit status 1\n  login expired\n", "exec: exit status 1 login expired"],
  ["with ends of lines that are written out", '{"message":"no\\nway"}\\n', '{"message":"no way"}'],
])("a reason %s is one line", (_what, reason, expected) => {
  expect(unknown(reason).reason).toBe(expected);
});
