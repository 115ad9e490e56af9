import type { MeshStatus } from "../../../cli/status/mesh-status";
import { counted, report } from "../../../cli/status/report";
import { rules } from "../../../cli/status/rules";
import { findingsAt } from "../../../cli/status/status-finding";
import type { ClusterView } from "../../../cli/status/view";

const AT = new Date("2026-11-22T10:00:00Z");

function view(cluster: string, change: Partial<ClusterView> = {}): ClusterView {
  return {
    cluster,
    unreachable: undefined,
    istiods: [istiod("istiod-1", "32d94a0000000c", "b", "2027-02-20T10:00:00Z")],
    published: ["a", "b"],
    leafLines: { published: undefined, declared: undefined },
    proxies: { total: 12, current: 12 },
    renewed: undefined,
    apart: false,
    declared: { signing: "b", bundle: ["a", "b"] },
    vault: { version: 4, writtenAt: new Date("2026-11-22T09:00:00Z"), serial: "32d94a0000000c" },
    ...change,
  };
}

function istiod(pod: string, serial: string, root: string, until: string): ClusterView["istiods"][number] {
  const [notBefore, notAfter] = [new Date("2026-11-22T09:00:00Z"), new Date(until)];
  const intermediate = { serial, sha256: serial, root, notBefore, notAfter };
  return { pod, intermediate, step: "in step", silence: undefined };
}

function status(change: Partial<MeshStatus> = {}): MeshStatus {
  return {
    mesh: "mesh1",
    at: AT,
    clusters: [view("cluster1")],
    lifetimes: [],
    findings: [],
    next: undefined,
    ...change,
  };
}

const late = view("cluster2", {
  istiods: [{ ...istiod("istiod-1", "6adc000000000c", "a", "2026-12-01T10:00:00Z"), step: "not yet served" }],
  vault: { version: 5, writtenAt: new Date("2026-11-22T09:59:46Z"), serial: undefined },
});

const { found, notFoundOut } = findingsAt("cluster", "cluster3");

test("a mesh that is well is its table alone", () => {
  expect(report(status(), "table")).toBe(
    [
      "cluster   istiod answers with  signed by  intermediate until  bundle  declared  proxies  Vault",
      "cluster1  serial 32:d9:…:0c    b          2027-02-20 (90d)    a, b    a, b  ok  12       in step",
    ].join("\n"),
  );
});

test("rows for what is on its way, differs, or cannot be reached; findings under their category", () => {
  const findings = [
    ...["cluster2", "cluster4"].map((name) => findingsAt("istiod", name).found(rules.istiodNotReady(1, 2))),
    notFoundOut(rules.clusterNotAsked("kubeconfig context cluster3", "no answer")),
  ];
  const clusters = [
    view("cluster1", { vault: undefined }),
    late,
    view("cluster3", { unreachable: "https://203.0.113.7:6443: no whole answer within 15 s", istiods: [] }),
    view("cluster4", { published: ["a"], istiods: [{ ...view("x").istiods[0], step: "unknown" }] }),
  ];
  expect(report(status({ clusters, findings }), "table")).toBe(
    [
      "cluster   istiod answers with  signed by  intermediate until  bundle  declared       proxies  Vault",
      "cluster1  serial 32:d9:…:0c    b          2027-02-20 (90d)    a, b    a, b  ok       12       not asked",
      "cluster2  serial 6a:dc:…:0c    a          2026-12-01 (9d)     a, b    a, b  ok       12       version 5 not yet served (written 14s ago)",
      "cluster3  unreachable: https://203.0.113.7:6443: no whole answer within 15 s",
      "cluster4  serial 32:d9:…:0c    b          2027-02-20 (90d)    a       a, b  differs  12       version 4",
      "",
      "cluster",
      "  error    cluster3: unreachable: no answer (kubeconfig context cluster3); the state of its istiod and its bundle is unknown (IV0702, docs/rules.md#iv0702)",
      "istiod",
      "  warning  cluster2, cluster4: 1 of 2 istiods are ready (IV0706, docs/rules.md#iv0706)",
    ].join("\n"),
  );
});

const unreachable = (count: number) => {
  const names = Array.from({ length: count }, (_, index) => `cluster${index + 1}`);
  const reason = (name: string) => `kubeconfig x has no context "${name}"`;
  return status({
    clusters: [
      ...names.map((name) => view(name, { unreachable: reason(name), istiods: [] })),
      view("last"),
      view("other", { unreachable: "no answer", istiods: [] }),
    ],
    findings: names.map((name) =>
      findingsAt("cluster", name).notFoundOut(
        rules.clusterNotAsked(`kubeconfig context ${name}`, reason(name)),
      ),
    ),
  });
};

test("clusters that cannot be reached for one reason are one finding, each by its own name", () => {
  const lines = report(unreachable(12), "table").split("\n");
  expect(lines.filter((line) => /^cluster\d+ +unreachable: .*"cluster\d+"$/.test(line))).toHaveLength(12);
  const said =
    'cluster1, cluster2, cluster3, cluster4, cluster5 and 7 more: unreachable: kubeconfig x has no context "<cluster>" (kubeconfig context <cluster>); the state of its istiod and its bundle is unknown';
  expect(lines.slice(-2)).toEqual(["cluster", `  error    ${said} (IV0702, docs/rules.md#iv0702)`]);
  expect(report(unreachable(12), "short").split("\n").slice(1)).toEqual([`IV0702 error ${said}`]);
});

test("they share a row in a fleet", () => {
  const lines = report(unreachable(60), "table").split("\n");
  expect(lines.slice(1, lines.indexOf(""))).toEqual([
    'cluster1, cluster2 and 58 more  unreachable: kubeconfig x has no context "<cluster>"',
    expect.stringMatching(/^last +serial/),
    expect.stringMatching(/^other +unreachable: no answer$/),
  ]);
});

test("istiods that answer differently have a row each, and one that signs nothing says so", () => {
  const [one, other] = [
    istiod("istiod-1", "aa", "a", "2027-02-20T10:00:00Z"),
    istiod("istiod-2", "bb", "b", "2027-02-20T10:00:00Z"),
  ];
  const silent = (pod: string, silence: "could not be asked" | "signs nothing") => ({
    ...{ pod, silence, intermediate: undefined, step: "unknown" as const },
  });
  const istiods = [one, other, silent("istiod-3", "signs nothing"), silent("istiod-4", "could not be asked")];
  const rows = report(status({ clusters: [view("cluster1", { istiods })] }), "table").split("\n");
  expect(rows.slice(1)).toEqual([
    "cluster1 istiod-1  serial aa            a          2027-02-20 (90d)    a, b    a, b  ok  12       in step",
    "cluster1 istiod-2  serial bb            b          2027-02-20 (90d)    a, b    a, b  ok  12       in step",
    "cluster1 istiod-3  ready, but signs nothing",
    "cluster1 istiod-4  ready, but could not be asked",
  ]);
  expect(report(status({ clusters: [view("cluster1", { istiods: [] })] }), "table")).toContain(
    "cluster1  no istiod is ready",
  );
});

test("a leaf generation with a line of its own stands beside the bundle", () => {
  const leafLines = { published: undefined, declared: "# leaf generation 2" };
  expect(report(status({ clusters: [view("cluster1", { leafLines })] }), "table")).toContain(
    "a, b    a, b (leaf generation 2)  differs",
  );
});

test("short is a line for the mesh, and one for each finding", () => {
  expect(report(status(), "short")).toBe("mesh1: 1 cluster, all well");
  const findings = [found(rules.noIstiodReady(0, "24h")), found(rules.istiodNotReady(1, 2))];
  expect(report(status({ findings }), "short")).toBe(
    [
      "mesh1: 1 cluster, 1 error, 1 warning",
      "IV0705 error cluster3: no istiod runs; new workloads get no certificate, and running ones keep theirs for at most 24h",
      "IV0706 warning cluster3: 1 of 2 istiods are ready",
    ].join("\n"),
  );
});

describe("the next step is the last line", () => {
  const lastLine = (next: Partial<NonNullable<MeshStatus["next"]>>) => {
    const whole = {
      verdict: "now" as const,
      changes: ["drop a in every cluster"],
      lacking: [],
      findings: [],
      until: undefined,
    };
    return report(status({ next: { ...whole, ...next } }), "table")
      .split("\n")
      .at(-1);
  };

  test.each<[Parameters<typeof lastLine>[0], string]>([
    [{ verdict: "nothing to do", changes: [] }, "next step: none, the mesh runs as mesh.yaml says"],
    [{}, "next step, drop a in every cluster: now"],
    [{ verdict: "not yet" }, "next step, drop a in every cluster: not yet"],
    [
      { verdict: "not yet", until: new Date("2026-11-23T08:00:40Z") },
      "next step, drop a in every cluster: not before 2026-11-23T08:00:40.000Z",
    ],
    [
      { verdict: "emergency" },
      "next step, drop a in every cluster: now, since mesh.yaml declares an emergency; what is listed above will break",
    ],
    [
      { verdict: "unknown", lacking: ["cluster1", "root b"], changes: [] },
      "next step: unknown without cluster1, root b",
    ],
  ])("%#", (next, line) => {
    expect(lastLine(next)).toBe(line);
  });
});

test("json is whole, and has a version", () => {
  const findings = [found(rules.istiodNotReady(1, 2))];
  const data = JSON.parse(report(status({ clusters: [late], findings }), "json"));
  expect(data).toEqual({
    schemaVersion: 1,
    mesh: "mesh1",
    at: "2026-11-22T10:00:00.000Z",
    clusters: [
      {
        cluster: "cluster2",
        istiods: [
          {
            pod: "istiod-1",
            intermediate: {
              ...{ serial: "6adc000000000c", sha256: "6adc000000000c", root: "a" },
              ...{ notBefore: "2026-11-22T09:00:00.000Z", notAfter: "2026-12-01T10:00:00.000Z" },
            },
            step: "not yet served",
          },
        ],
        published: ["a", "b"],
        leafLines: {},
        proxies: { total: 12, current: 12 },
        apart: false,
        declared: { signing: "b", bundle: ["a", "b"] },
        vault: { version: 5, writtenAt: "2026-11-22T09:59:46.000Z" },
      },
    ],
    findings: [
      {
        ...{
          rule: "IV0706",
          level: "warning",
          message: "1 of 2 istiods are ready",
          page: "docs/rules.md#iv0706",
        },
        ...{ category: "cluster", cluster: "cluster3", unknown: false },
      },
    ],
  });
});

test("counts what was found", () => {
  expect(counted([])).toBe("all well");
  expect(counted([found(rules.istiodNotReady(1, 2))])).toBe("1 warning");
});
