import { isSupportedIstio } from "../../../lib/private/istio-version";

test.each(["1.27.0", "1.29.6", "1.100.0", "2.0.0"])("%s is supported", (version) => {
  expect(isSupportedIstio(version)).toBe(true);
});

test.each(["1.26.9", "0.30.0", "1.29", "v1.29.6", "1.29.6-rc.1", "1.29.x", ""])('"%s" is not', (version) => {
  expect(isSupportedIstio(version)).toBe(false);
});
