import { Duration } from "../../../lib";
import { isLeafLifetime, refuseLeafLifetimes } from "../../../lib/private/leaf-lifetime";
import { testStack } from "../../support/synth";

test.each([
  ["119s", false],
  ["2m", true],
  ["90d", true],
  ["2161h", false],
])("a leaf may live %s: %p", (text, may) => {
  expect(isLeafLifetime(Duration.parse(text))).toBe(may);
});

test.each([
  ["env.MAX_WORKLOAD_CERT_TTL", { env: { MAX_WORKLOAD_CERT_TTL: "48h" } }],
  ["pilot.env.DEFAULT_WORKLOAD_CERT_TTL", { pilot: { env: { DEFAULT_WORKLOAD_CERT_TTL: "24h" } } }],
  ["envVarFrom.0.name", { envVarFrom: [{ name: "MAX_WORKLOAD_CERT_TTL", value: "8760h" }] }],
  [
    "meshConfig.defaultConfig.proxyMetadata.SECRET_TTL",
    { meshConfig: { defaultConfig: { proxyMetadata: { SECRET_TTL: "1h" } } } },
  ],
  [
    "podAnnotations.proxy.istio.io/config",
    { podAnnotations: { "proxy.istio.io/config": "proxyMetadata: { SECRET_TTL: 1h }" } },
  ],
  [
    "sidecarInjectorWebhook.templates.own",
    { sidecarInjectorWebhook: { templates: { own: "env:\n- name: SECRET_TTL" } } },
  ],
])("values name no lifetime of leaves: %s", (path, values) => {
  expect(() => refuseLeafLifetimes(values, testStack())).toThrow(
    `Helm value "${path}" names a lifetime of leaves, which istiod and its proxies have to agree on; remove it, and write "leafLifetime" in mesh.yaml, or the property leafLifetime of IstiodWithVault (IV0408`,
  );
});

test("values may name anything else", () => {
  expect(() =>
    refuseLeafLifetimes({ env: { PILOT_TRACE_SAMPLING: "1", A: null }, list: [1, true, "x"] }, testStack()),
  ).not.toThrow();
  expect(() => refuseLeafLifetimes(undefined, testStack())).not.toThrow();
});
