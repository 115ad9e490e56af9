import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { SOURCES } from "../cli/alerts/alert";
import { rulesFile } from "../cli/alerts/rules-file";
import { METRICS } from "../cli/status/metrics";
import { meshWith } from "./support/mesh-file";

const page = readFileSync(join(__dirname, "..", "docs", "alerts.md"), "utf8");
const rules = rulesFile(
  meshWith((mesh) => {
    mesh.intermediates = { issuance: "external" };
    mesh.revocation = { lists: "served" };
  }),
  { cluster: undefined, sources: SOURCES, pages: "" },
);
const sections = [...page.matchAll(/^### (\w+)\n([\s\S]*?)(?=^##|(?![\s\S]))/gm)];

test("each alert has its section, and each section its alert", () => {
  const { groups } = parse(rules) as { groups: { rules: { alert: string }[] }[] };
  const alerts = new Set(groups.flatMap((group) => group.rules.map(({ alert }) => alert)));
  expect(sections.map(([, name]) => name).sort()).toEqual([...alerts].sort());
});

test.each(sections.map(([, name, text]) => [name, text]))("%s says all that is to be known", (_, text) => {
  const parts = [...text.matchAll(/^\*\*(\w+)\.\*\* /gm)].map(([, part]) => part);
  expect(parts).toEqual(["Meaning", "Impact", "Diagnosis", "Mitigation"]);
});

test("each metric of istio-vault status is in the table", () => {
  const named = [...page.matchAll(/`(istio_vault_\w+)`(?:, `…(_\w+?)_…`)?/g)].flatMap(([, name, other]) =>
    other ? [name, name.replace("_not_before", other)] : [name],
  );
  expect(named.sort()).toEqual(Object.values(METRICS).sort());
});

test("the wrapper makes a PrometheusRule of the file, two spaces in", () => {
  const [, wrapper] = /```yaml\n([\s\S]*?)```/.exec(page)!;
  expect(parse(wrapper + rules.replace(/^/gm, "  "))).toEqual({
    apiVersion: "monitoring.coreos.com/v1",
    kind: "PrometheusRule",
    metadata: { name: "istio-vault", namespace: "monitoring" },
    spec: parse(rules),
  });
});
