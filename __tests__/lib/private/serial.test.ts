import { serialPairs } from "../../../lib/private/serial";

test.each([
  ["74247CD7", ["74", "24", "7c", "d7"]],
  ["00:f3:1b", ["f3", "1b"]],
  ["0a-1b", ["0a", "1b"]],
  ["00", ["00"]],
])("the bytes of %s", (serial, pairs) => {
  expect(serialPairs(serial)).toEqual(pairs);
});

test.each(["", "f", "0x1b", "12:3", "ab".repeat(21)])("%p is no serial number", (text) => {
  expect(serialPairs(text)).toBeUndefined();
});
