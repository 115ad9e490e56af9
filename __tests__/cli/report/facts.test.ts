import { alike, reportedClusters } from "../../../cli/report/clusters";
import { declaredLifelines, type Lifeline, lifelines } from "../../../cli/report/lifelines";
import { rotationOf } from "../../../cli/report/rotation";
import { versionsOf } from "../../../cli/report/versions";
import { declaredFacts, liveFacts, meshOf } from "../../support/report-facts";

const live = liveFacts(12);
const declared = declaredFacts(12);
const steps = (facts: typeof live) =>
  rotationOf(facts.mesh, reportedClusters(facts))?.steps.map(
    ({ text, done, total }) => `${text}: ${done}/${total}`,
  );

describe("a cluster", () => {
  test("is as bad as the worst that is found of it", () => {
    expect(reportedClusters(live).map(({ name, state }) => `${name} ${state}`)).toEqual([
      ...["eu-1 well", "us-1 warning", "ap-1 well", "sa-1 unknown", "eu-2 error", "us-2 error", "ap-2 error"],
      ...["sa-2 well", "eu-3 well", "us-3 well", "ap-3 well", "sa-3 well"],
    ]);
  });

  test("is declared where nobody looked", () => {
    expect(new Set(reportedClusters(declared).map(({ state }) => state))).toEqual(new Set(["declared"]));
  });

  test("stands alone among a few, and with those like it among many", () => {
    const [first, second] = reportedClusters(declared);
    const like = { ...first, name: "other" };
    expect(alike([first, like, second], 3)).toEqual([[first], [like], [second]]);
    expect(alike([first, like, second], 100)).toEqual([[first, like], [second]]);
  });
});

describe("a rotation", () => {
  test("is counted as declared, and as it runs: what is unknown is not done", () => {
    expect(steps(declared)).toEqual([
      "trust 2026: 12/12",
      "sign with 2026: 6/12",
      "renew leaves: undefined/12",
      "drop 2024: 0/12",
    ]);
    expect(steps(live)).toEqual([
      "trust 2026: 9/12",
      "sign with 2026: 3/12",
      "renew leaves: 1/12",
      "drop 2024: 0/12",
    ]);
  });

  test("is none where every cluster trusts one root", () => {
    const mesh = meshOf(2, { signing: 0, trusted: 0 });
    expect(steps(declaredFacts(2, mesh))).toBeUndefined();
  });
});

describe("the lives of certificates", () => {
  const text = ({ kind, name, notBefore, due, late, notAfter }: Lifeline) =>
    [kind, name, ...[notBefore, due, late, notAfter].map((date) => date.toISOString().slice(0, 10))].join(
      " ",
    );

  test("as they run: roots once, then what is due first", () => {
    const lines = lifelines(live).map(text);
    expect(lines.slice(0, 4)).toEqual([
      "root 2024 2024-11-01 2034-08-01 2034-08-01 2034-10-30",
      "root 2026 2026-11-01 2036-08-01 2036-08-01 2036-10-30",
      "intermediate us-1 2026-09-09 2026-11-08 2026-11-20 2026-12-08",
      "intermediate us-3 2026-10-07 2026-12-06 2026-12-18 2027-01-05",
    ]);
    // One cluster cannot be reached.
    expect(lines).toHaveLength(2 + 11);
  });

  test("as declared, those that are alike as one", () => {
    expect(declaredLifelines(declared).map(text)).toEqual([
      "root 2024 2026-11-29 2036-08-28 2036-08-28 2036-11-26",
      "root 2026 2026-11-29 2036-08-28 2036-08-28 2036-11-26",
      "intermediate every cluster 2026-11-29 2027-01-28 2027-02-09 2027-02-27",
      "gateway ingress of eu-1, sa-1 and 2 more 2026-11-29 2026-12-26 2026-12-26 2026-12-29",
    ]);
  });
});

test("versions are listed once, with the clusters that use them and the end of their support", () => {
  const { mesh } = declaredFacts(2);
  expect(versionsOf(mesh)).toEqual([
    {
      what: "Istio",
      version: "1.31.1",
      clusters: ["eu-1"],
      support: { line: "1.31", lastDay: "2027-02-28", expected: true },
    },
    {
      what: "Istio",
      version: "1.30.4",
      clusters: ["us-1"],
      support: { line: "1.30", lastDay: "2027-01-31", expected: true },
    },
    {
      what: "Vault Agent",
      version: "hashicorp/vault:2.1.2",
      clusters: ["eu-1", "us-1"],
      support: { line: "2.1", lastDay: undefined, expected: false },
    },
  ]);
});
