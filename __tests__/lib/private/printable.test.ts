import { printable } from "../../../lib/private/printable";

test.each([
  ["what a terminal obeys", "\u001b[2J\u009b\u007f", "\\u001b[2J\\u009b\\u007f"],
  ["what ends a line", "a\nb\tc\r\u2028", "a\\nb\\tc\\r\\u2028"],
  ["what turns the text around", "\u202eabc\u2066", "\\u202eabc\\u2066"],
  ["and leaves alone what people write", 'é 日本語 👩‍👩‍👧 "\\', 'é 日本語 👩‍👩‍👧 "\\'],
])("spells out %s", (_name, text, shown) => {
  expect(printable(text)).toBe(shown);
});
