import { join } from "node:path";
import { parse } from "yaml";
import { ExitCode } from "../../../cli/command-line/exit-code";
import { type MeshChange, meshDirectory } from "../../support/mesh-file";
import { runCommand } from "../../support/terminal";

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

const alerts = (args: readonly string[], change?: MeshChange) =>
  runCommand(["alerts", ...args], { MESH_FILE: join(meshDirectory(change), "mesh.yaml") });

async function groupsOf(args: readonly string[] = [], change?: MeshChange) {
  const { code, stdout, stderr } = await alerts(args, change);
  expect({ code, stderr }).toEqual({ code: ExitCode.FINE, stderr: "" });
  return (parse(stdout) as { groups: { name: string; rules: Rule[] }[] }).groups;
}

async function rulesOf(name: string, args: readonly string[] = [], change?: MeshChange) {
  const groups = await groupsOf(args, change);
  return groups.flatMap(({ rules }) => rules).filter(({ alert }) => alert === name);
}

test("prints a rules file of one group for each source, whole in each rule", async () => {
  const { stdout } = await alerts([]);
  expect(stdout.split("\n")[0]).toBe(
    "# Made by istio-vault alerts; made anew when mesh.yaml changes, not edited.",
  );
  const groups = await groupsOf();
  expect(groups.map(({ name }) => name)).toEqual([
    "istio-vault/mesh1/istiod",
    "istio-vault/mesh1/kubernetes",
    "istio-vault/mesh1/status",
    "istio-vault/mesh1/vault",
  ]);
  expect(groups[0].rules[0]).toEqual({
    alert: "IstioIntermediateEnds",
    expr: 'min by (cluster) (citadel_server_cert_chain_expiry_timestamp{cluster=~"cluster1|cluster2"}) - time() < 2592000',
    for: "1h",
    labels: { severity: "warning", mesh: "mesh1" },
    annotations: {
      summary: "The intermediate of {{ $labels.cluster }} ends in {{ $value | humanizeDuration }}",
      description:
        "When it ends, no workload of the cluster has a certificate any more. Renew it by a change: raise intermediates.generation, deploy vault-root.",
      runbook_url: "docs/alerts.md#istiointermediateends",
    },
  });
});

test("each rule has a severity, both texts and a runbook", async () => {
  for (const { alert, labels, annotations } of (await groupsOf()).flatMap(({ rules }) => rules)) {
    expect(["warning", "critical"]).toContain(labels.severity);
    expect(annotations.summary.length).toBeGreaterThan(10);
    expect(annotations.description.length).toBeGreaterThan(10);
    expect(annotations.runbook_url).toBe(`docs/alerts.md#${alert.toLowerCase()}`);
  }
});

test("for a cluster's own Prometheus, series do not name the cluster and alerts do", async () => {
  const [rule] = await rulesOf("IstioIntermediateEnds", ["--cluster", "cluster2"]);
  expect(rule.expr).toBe("min (citadel_server_cert_chain_expiry_timestamp) - time() < 2592000");
  expect(rule.labels).toEqual({ severity: "warning", mesh: "mesh1", cluster: "cluster2" });
  expect(rule.annotations.summary).toBe(
    "The intermediate of cluster2 ends in {{ $value | humanizeDuration }}",
  );
  const groups = await groupsOf(["--cluster", "cluster2"]);
  expect(groups[0].name).toBe("istio-vault/mesh1/cluster2/istiod");
});

test("only what chosen sources tell", async () => {
  const groups = await groupsOf(["--source", "vault", "istiod"]);
  expect(groups.map(({ name }) => name)).toEqual(["istio-vault/mesh1/istiod", "istio-vault/mesh1/vault"]);
});

test.each(["https://git.example.com/mesh/blob/main", "https://git.example.com/mesh/blob/main/"])(
  "links to pages at %s",
  async (pages) => {
    const [rule] = await rulesOf("VaultSealed", ["--pages", pages]);
    expect(rule.annotations.runbook_url).toBe(
      "https://git.example.com/mesh/blob/main/docs/alerts.md#vaultsealed",
    );
  },
);

describe("by what mesh.yaml says", () => {
  const exprs = async (name: string, change: MeshChange) =>
    (await rulesOf(name, [], change)).map(({ expr, for: time }) => [
      expr.replace(/^.* - time\(\)/, ""),
      time,
    ]);

  test("an intermediate's limits are shares of its lifetime, whose renewal a schedule does", async () => {
    const change: MeshChange = (mesh) => (mesh.intermediates = { issuance: "external", validFor: "60d" });
    expect(await exprs("IstioIntermediateEnds", change)).toEqual([
      [" < 1036800", "1h"],
      [" < 259200", "1h"],
    ]);
    const [{ annotations }] = await rulesOf("IstioIntermediateEnds", [], change);
    expect(annotations.description).toContain("Its issuer should have renewed it.");
  });

  test("of a short one they are short, and so is the patience", async () => {
    const change: MeshChange = (mesh) => (mesh.intermediates = { issuance: "external", validFor: "12h" });
    expect(await exprs("IstioIntermediateEnds", change)).toEqual([
      [" < 8640", "864s"],
      [" < 2160", "216s"],
    ]);
  });

  test("clusters of different lifetimes stand in one rule, each with its own", async () => {
    const [rule] = await rulesOf("IstioIntermediateEnds", [], (mesh) => {
      mesh.clusters[1].intermediates = { issuance: "external", validFor: "90d" };
    });
    expect(rule.expr).toBe(
      'min by (cluster) (citadel_server_cert_chain_expiry_timestamp{cluster="cluster1"}) - time() < 2592000 or min by (cluster) (citadel_server_cert_chain_expiry_timestamp{cluster="cluster2"}) - time() < 1555200',
    );
    expect(rule.annotations.description).toMatch(
      /\(issuance: terraform\) Renew .*\(issuance: external\) Its/,
    );
  });

  test("a root that signs must outlive the longest intermediate under it, in any cluster", async () => {
    const change: MeshChange = (mesh) => {
      mesh.roots.push({ ...mesh.roots[0], name: "b" });
      mesh.trust.bundle = ["a", "b"];
      mesh.intermediates.validFor = "1y";
      mesh.clusters[1].trust = { signing: "b" };
      mesh.clusters[1].intermediates = { issuance: "external", validFor: "60d" };
    };
    const limits = async (args: string[]) => {
      const [{ expr }] = await rulesOf("IstioRootEnds", args, change);
      return [...expr.matchAll(/root="(\w)"\}\) - time\(\) < (\d+)/g)].map(([, root, left]) => [root, left]);
    };
    const both = [
      ["a", `${395 * 86_400}`],
      ["b", `${90 * 86_400}`],
    ];
    expect(await limits([])).toEqual(both);
    expect(await limits(["--cluster", "cluster2"])).toEqual(both);
  });

  test("the issuer is overdue only where there is one", async () => {
    expect(await rulesOf("IstioIssuerOverdue")).toEqual([]);
    const [rule] = await rulesOf("IstioIssuerOverdue", [], (mesh) => {
      mesh.clusters[1].intermediates = { issuance: "external", validFor: "90d" };
    });
    expect(rule.expr).not.toContain("cluster1");
    expect(rule.expr).toMatch(/ < 0\.25$/);
  });

  test("what is in Vault may take three render intervals to arrive, and three looks", async () => {
    const patience = async (renderInterval: string) => {
      const [rule] = await rulesOf("IstiodBehindVault", [], (mesh) => (mesh.agent = { renderInterval }));
      return rule.for;
    };
    expect(await patience("10s")).toBe("15m");
    expect(await patience("1h")).toBe("182m");
  });

  test("another mesh of the same Prometheus is left alone", async () => {
    const [rule] = await rulesOf("IstioStatusStale", [], (mesh) => (mesh.mesh.id = "other"));
    expect(rule.expr).toBe(
      'time() - max(istio_vault_status_timestamp_seconds{mesh="other"}) > 1800 or absent(istio_vault_status_timestamp_seconds{mesh="other"})',
    );
  });
});

test.each([
  [["--cluster", "cluster9"], 'no cluster "cluster9"; there are: cluster1, cluster2'],
  [["--source", "envoy"], "Allowed choices are istiod, kubernetes, status, vault."],
  [
    ["--pages", "docs"],
    'Write the URL of the folder that holds docs, such as "https://git.example.com/mesh/blob/main".',
  ],
])("fails on %j", async (args, message) => {
  const { code, stdout, stderr } = await alerts(args);
  expect({ code, stdout }).toEqual({ code: ExitCode.USAGE, stdout: "" });
  expect(stderr).toContain(message);
});

test("fails on a mesh with a mistake", async () => {
  const { code, stdout, stderr } = await alerts([], (mesh) => (mesh.clusters[0].name = "Cluster_1"));
  expect({ code, stdout }).toEqual({ code: ExitCode.USAGE, stdout: "" });
  expect(stderr).toContain("has 1 problem:");
});
