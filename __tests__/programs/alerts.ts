import { parse } from "yaml";
import { SOURCES } from "../../cli/alerts/alert";
import { rulesFile } from "../../cli/alerts/rules-file";
import type { ClusterConfig, Mesh } from "../../config/mesh";
import { ALERT_CASES } from "../support/alert-cases";
import { meshWith } from "../support/mesh-file";
import { ownWell, well } from "../support/mesh-series";
import { checkRules, constant, promtool, testRules } from "../support/prometheus";

/**
 * Terraform issues for cluster1 for 2 years, an external issuer for cluster2 for 90 days, under a root of 10 years; and
 * there are revocation lists, which Terraform could not sign.
 */
const MESH: Mesh = {
  ...meshWith((mesh) => {
    mesh.clusters[1].intermediates = { issuance: "external", validFor: "90d" };
  }),
  revocation: { lists: "served", revoked: [] },
};
const rulesFor = (cluster?: ClusterConfig) => rulesFile(MESH, { cluster, sources: SOURCES, pages: "" });
const RULES = rulesFor();
const OWN = rulesFor(MESH.clusters[1]);

test("each alert fires in one of the cases, at each severity it has", () => {
  const { groups } = parse(RULES) as {
    groups: { rules: { alert: string; labels: { severity: string } }[] }[];
  };
  const declared = groups.flatMap(({ rules }) =>
    rules.map(({ alert, labels }) => `${alert} ${labels.severity}`),
  );
  const fired = ALERT_CASES.flatMap(([, , fires]) =>
    fires.map(({ alert, severity }) => `${alert} ${severity}`),
  );
  expect([...new Set(fired)].sort()).toEqual([...new Set(declared)].sort());
});

const tested = promtool === undefined ? test.skip : test;

describe("by promtool (skipped where it is neither in E2E_BIN nor in PATH)", () => {
  tested("the rules are sound", () => {
    expect(checkRules(RULES)).toBe("");
    expect(checkRules(OWN)).toBe("");
  });

  for (const [name, change, fires, afterHours = 3] of ALERT_CASES) {
    tested(`${name}: ${fires.map(({ alert }) => alert).join(", ") || "nothing"}`, () => {
      expect(testRules(RULES, { name, series: well(change), afterHours, fires })).toBe("");
    });
  }

  tested("a cluster's own Prometheus, whose series do not name it: nothing while it is well", () => {
    expect(testRules(OWN, { name: "own", series: ownWell(), afterHours: 3, fires: [] })).toBe("");
  });

  tested("and what is wrong there, and not in another cluster, under its name", () => {
    const series = {
      ...ownWell(),
      citadel_server_cert_chain_expiry_timestamp: constant(60),
      'istio_vault_stored_bundle_published{mesh="mesh1",cluster="cluster1"}': constant(0),
      'istio_vault_stored_bundle_published{mesh="mesh1",cluster="cluster2"}': constant(0),
    };
    const fires = [
      { alert: "IstioIntermediateEnds", severity: "warning", cluster: "cluster2" },
      { alert: "IstioIntermediateEnds", severity: "critical", cluster: "cluster2" },
      { alert: "IstiodBehindVault", severity: "warning", cluster: "cluster2" },
    ];
    expect(testRules(OWN, { name: "own", series, afterHours: 3, fires })).toBe("");
  });
});
