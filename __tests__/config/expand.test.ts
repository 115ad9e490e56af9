import { expand, valueAt, writtenAt } from "../../config/expand";
import { pathText } from "../../config/mesh-file-error";

const document = expand(
  {
    trust: { signing: "a", bundle: ["a", "b"], emergency: "root b is out" },
    istio: {
      version: "1.29.6",
      chartsDirectory: "charts",
      revisions: { default: {}, canary: { version: "1.30.0" } },
    },
    vaultAuth: { reviewer: "variable" },
    gateways: { edge: { replicas: 3, values: { caFile: "x", kind: "a" } } },
    groups: {
      env: { vaultAuth: { publicKeysFile: "keys.json" } },
      eu: { gateways: { edge: { values: { kind: "b" } } }, agent: { user: "platform" } },
    },
    clusters: [
      {
        name: "one",
        groups: ["eu", "none"],
        trust: { signing: "b" },
        istio: { chartRepository: "https://charts.example.com" },
        vaultAuth: { method: "jwt" },
        gateways: { edge: { replicas: 4 }, own: {} },
      },
    ],
  },
  "/meshes",
);

/** Each value of the one cluster, and where it is written. */
test.each([
  ["trust.signing", "b", "clusters[0].trust.signing"],
  ["trust.bundle.1", "b", "trust.bundle[1]"],
  ["trust.emergency", undefined, "trust.emergency"],
  ["istio.revisions.default.version", "1.29.6", "istio.version"],
  ["istio.revisions.canary.version", "1.30.0", "istio.revisions.canary.version"],
  ["istio.revisions.canary.chartsDirectory", undefined, "istio.chartsDirectory"],
  [
    "istio.revisions.canary.chartRepository",
    "https://charts.example.com",
    "clusters[0].istio.chartRepository",
  ],
  ["vaultAuth.reviewer", undefined, "clusters[0].vaultAuth.reviewer"],
  ["gateways.edge.replicas", 4, "clusters[0].gateways.edge.replicas"],
  ["gateways.edge.values.caFile", "x", "gateways.edge.values.caFile"],
  ["gateways.edge.values.kind", "b", "groups.eu.gateways.edge.values.kind"],
  ["gateways.edge", { replicas: 4, values: { caFile: "x", kind: "b" } }, "gateways.edge"],
  ["agent.user", "platform", "groups.eu.agent.user"],
  ["gateways.own", {}, "clusters[0].gateways.own"],
  ["kubernetesHost", undefined, "clusters[0].kubernetesHost"],
])("%s is %j, as %s says", (key, value, place) => {
  const keys = key.split(".").map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  const path = ["clusters", 0, ...keys];
  expect(valueAt(document, path)).toEqual(value);
  expect(pathText(writtenAt(document, path))).toBe(place);
});

test("a file's name is absolute", () => {
  expect(valueAt(document, ["istio", "chartsDirectory"])).toBe("/meshes/charts");
  // A group may have the name of a key whose contents are free.
  expect(valueAt(document, ["groups", "env", "vaultAuth", "publicKeysFile"])).toBe("/meshes/keys.json");
});
