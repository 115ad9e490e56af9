import {
  isSupportedIstio,
  newestVersion,
  takesBundle,
  takesBundlesInAnyOrder,
} from "../../../lib/private/istio-version";

test.each(["1.27.0", "1.29.6", "1.100.0", "2.0.0"])("%s is supported", (version) => {
  expect(isSupportedIstio(version)).toBe(true);
});

test.each(["1.26.9", "0.30.0", "1.29", "v1.29.6", "1.29.6-rc.1", "1.29.x", ""])('"%s" is not', (version) => {
  expect(isSupportedIstio(version)).toBe(false);
});

test("the order of a bundle is free from 1.30 on", () => {
  expect(["1.29.99", "1.30.0", "2.0.0"].map(takesBundlesInAnyOrder)).toEqual([false, true, true]);
});

test.each([
  [["1.29.6"], "1.29.6"],
  [["1.9.9", "1.29.6"], "1.29.6"],
  [["1.30.1", "1.30.0", "1.29.99"], "1.30.1"],
  [["1.99.0", "2.0.0"], "2.0.0"],
])("the newest of %j is %s", (versions, newest) => {
  expect(newestVersion(versions)).toBe(newest);
});

describe("a running istiod", () => {
  const takes = (version: string, from: string, to: string) => takesBundle(version, [...from], [...to]);

  test.each([
    ["a", "a", true, true],
    ["a", "ab", true, true],
    ["a", "ba", true, true],
    ["ab", "b", true, true],
    ["b", "abc", true, true],
    ["ab", "ba", false, true],
    ["ac", "abc", false, true],
    ["abc", "ac", false, true],
    ["a", "b", false, false],
    ["ab", "bc", false, false],
  ])("given %s -> %s takes it, by bytes: %s, by certificate: %s", (from, to, byBytes, byCertificate) => {
    expect([takes("1.29.6", from, to), takes("1.30.0", from, to)]).toEqual([byBytes, byCertificate]);
  });
});
