import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HelmCharts, VaultAgentInjector } from "../../lib";
import { Synthesized, testStack } from "../support/synth";

const directory = mkdtempSync(join(tmpdir(), "charts-"));
mkdirSync(join(directory, "vault"));
writeFileSync(join(directory, "vault", "Chart.yaml"), "name: vault\n");
mkdirSync(join(directory, "istiod"));

afterAll(() => rmSync(directory, { recursive: true }));

describe("a repository", () => {
  test.each([
    ["Istio's", HelmCharts.istio(), "https://blob.istio.io/istio-release/charts"],
    ["HashiCorp's", HelmCharts.hashicorp(), "https://helm.releases.hashicorp.com"],
    ["another", HelmCharts.repository("oci://registry.example.com/x"), "oci://registry.example.com/x"],
  ])("%s gives a chart by name and version", (_whose, charts, repository) => {
    expect(charts.find(testStack(), "istiod", "1.29.6")).toEqual({
      chart: "istiod",
      repository,
      version: "1.29.6",
    });
  });
});

describe("a directory", () => {
  test("gives a copy beside the stack, of its own version", () => {
    const stack = testStack();
    new VaultAgentInjector(stack, "Injector", {
      vaultAddress: "https://vault.example.com:8200",
      charts: HelmCharts.directory(directory),
    });
    const release = new Synthesized(stack).only("helm_release");
    expect(release.chart).toMatch(/^assets\/.*Chart.*\/[0-9A-F]{32}$/);
    expect(release).not.toHaveProperty("repository");
    expect(release).not.toHaveProperty("version");
  });

  test.each(["base", "istiod"])("fails for %s, which has no Chart.yaml", (chart) => {
    expect(() => HelmCharts.directory(directory).find(testStack(), chart, "1.29.6")).toThrow(
      `no chart at ${directory}/${chart}: it has no Chart.yaml; give the directory that "helm pull --untar" filled (IV0404 at test; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0404)`,
    );
  });
});
