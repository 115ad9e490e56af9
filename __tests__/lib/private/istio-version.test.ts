import {
  imageHub,
  isSupportedIstio,
  isVendorsBuild,
  newestVersion,
  takesBundle,
  takesBundlesInAnyOrder,
} from "../../../lib/private/istio-version";

test.each([
  ...["1.27.0", "1.29.6", "1.100.0", "2.0.0"],
  ...["1.29.6-solo", "1.30.3-tetratefips0", "1.31.0-rc.0", "1.31.0-alpha.abc"],
])("%s is supported", (version) => {
  expect(isSupportedIstio(version)).toBe(true);
});

test.each([
  ...["1.26.9", "1.26.9-solo", "0.30.0", "1.29", "v1.29.6", "=1.29.6", "1.29.x", "1.29.6-", " 1.29.6", ""],
  // No tag of an image may hold a plus.
  ...["1.29.6+build", "1.29.6-distroless", "1.29.6-solo-distroless", "1.29.6-debug"],
])('"%s" is not', (version) => {
  expect(isSupportedIstio(version)).toBe(false);
});

test("the order of a bundle is free from 1.30 on", () => {
  expect(["1.29.99", "1.30.0", "2.0.0"].map(takesBundlesInAnyOrder)).toEqual([false, true, true]);
});

test("a build behaves as the version it is built from", () => {
  expect(["1.29.6-solo", "1.30.0-rc.0"].map(takesBundlesInAnyOrder)).toEqual([false, true]);
});

test.each(["1.29.6", "1.31.0-rc.0", "1.31.0-beta.2", "1.31.0-alpha.abc"])("Istio publishes %s", (version) => {
  expect([isVendorsBuild(version), imageHub(version)]).toEqual([false, "docker.io/istio"]);
});

test.each(["1.29.6-solo", "1.30.3-tetratefips0", "1.29.6-rc", "1.29.6-am1"])(
  "a vendor publishes %s",
  (version) => {
    expect([isVendorsBuild(version), imageHub(version)]).toEqual([true, undefined]);
  },
);

test.each([
  [["1.29.6"], "1.29.6"],
  [["1.9.9", "1.29.6"], "1.29.6"],
  [["1.30.1", "1.30.0", "1.29.99"], "1.30.1"],
  [["1.99.0", "2.0.0"], "2.0.0"],
  [["1.31.0-rc.0", "1.31.0-rc.10", "1.30.4", "1.31.0-alpha.0"], "1.31.0-rc.10"],
  [["1.31.0-rc.0", "1.31.0"], "1.31.0"],
  [["1.29.6-solo", "1.30.3-solo"], "1.30.3-solo"],
  [["no version", "1.29.6"], "1.29.6"],
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
