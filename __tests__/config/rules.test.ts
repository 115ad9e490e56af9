import { rules } from "../../config/rules";

test("a list of clusters agrees with its verb", () => {
  const message = (without: string[]) => rules.signingRootNotTrustedByAll("one", "b", without).message;
  expect(message(["two"])).toMatch(/^one signs with root b, which two does not trust, /);
  expect(message(["two", "three"])).toMatch(/^one signs with root b, which two, three do not trust, /);
});

test("an unknown key names the nearest one, where there is one", () => {
  expect(rules.unknownKey("roots").message).toBe('unknown key; did you mean "roots"?');
  expect(rules.unknownKey(undefined).message).toBe("unknown key");
});
