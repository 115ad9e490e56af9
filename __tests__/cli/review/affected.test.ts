import { affectedStacks, BATCH, matrices } from "../../../cli/review/affected";
import { stacksOutput } from "../../../cli/review/stacks-output";
import { altered, checkoutOf } from "../../support/checkout";

const plain = checkoutOf();
const affected = (head: ReturnType<typeof checkoutOf>) => affectedStacks(plain.stacks, head.stacks);

test("the same stacks made in another directory are not affected", () => {
  const charts = (mesh: { clusters: { kubeconfig: object }[] }) =>
    void (mesh.clusters[0].kubeconfig = { file: "kube/config", context: "cluster1" });
  expect(affectedStacks(checkoutOf(charts).stacks, checkoutOf(charts).stacks)).toEqual([]);
});

test("each affected stack says why", () => {
  const head = checkoutOf((mesh) => {
    mesh.roots.push({ name: "b", source: "vault-pki" });
    mesh.clusters[0].trust = { bundle: ["a", "b"] };
    mesh.clusters[1] = { ...mesh.clusters[1], name: "cluster3" };
  });
  expect(affected(head)).toEqual([
    { stack: "cluster3", change: "added", reason: "new, 5 resources" },
    { stack: "vault-cluster1", change: "changed", reason: "changed Trust/TrustBundle; changed data" },
    { stack: "vault-cluster3", change: "added", reason: "new, 12 resources" },
    { stack: "vault-shared", change: "changed", reason: "added Roots/b/Mount, Roots/b" },
    { stack: "cluster2", change: "removed", reason: "no longer synthesized" },
    { stack: "vault-cluster2", change: "removed", reason: "no longer synthesized" },
  ]);
});

test("what is no resource is named, and a file beside the configuration counts", () => {
  const provider = altered(
    plain,
    "cluster1",
    (json) => (json.provider.helm[0].kubernetes.config_context = "x"),
  );
  expect(affected(provider)).toEqual([{ stack: "cluster1", change: "changed", reason: "changed provider" }]);
  const asset = altered(plain, "cluster1", () => {});
  (asset.stacks.get("cluster1")!.files as Map<string, string>).set("assets/x", "y");
  expect(affected(asset)[0].reason).toBe("a file beside its configuration differs");
});

describe("for a matrix", () => {
  const stacks = (count: number) =>
    Array.from({ length: count }, (_, index) => ({
      stack: `c${index}`,
      change: "changed" as const,
      reason: "x",
    }));
  const removed = { stack: "old", change: "removed" as const, reason: "x" };

  test.each([
    [0, []],
    [1, [1]],
    [BATCH, [BATCH]],
    [BATCH + 1, [BATCH, 1]],
    [1000, [256, 256, 256, 232]],
  ])("%i stacks are batches of %j", (count, sizes) => {
    expect(matrices([...stacks(count), removed]).map(({ include }) => include.length)).toEqual(sizes);
  });

  test("nothing affected is said as such", () => {
    expect(stacksOutput([removed], "github")).toBe("any=false\nbatches=[]");
    expect(stacksOutput([], "matrix")).toBe("[]");
    expect(stacksOutput([], "table")).toBe("no stack is affected");
    expect(JSON.parse(stacksOutput([], "json"))).toEqual({
      schemaVersion: 1,
      any: false,
      stacks: [],
      batches: [],
    });
  });

  test("GitHub is given a matrix only where it holds every stack", () => {
    const one = '{"include":[{"stack":"c0","change":"changed","reason":"x"}]}';
    expect(stacksOutput(stacks(1), "github")).toBe(`any=true\nbatches=[${one}]\nmatrix=${one}`);
    expect(stacksOutput(stacks(257), "github")).not.toContain("matrix=");
  });

  test("a table is for people", () => {
    expect(stacksOutput([...stacks(1), removed], "table")).toBe("c0   changed  x\nold  removed  x");
  });
});
