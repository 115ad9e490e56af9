import { markdown, marker, MOST_CHARACTERS } from "../../../cli/review/markdown";
import type { Checkout } from "../../../cli/review/checkout";
import { reviewOf } from "../../../cli/review/review";
import { SynthesizedStack } from "../../../cli/review/synthesized";
import { short, table } from "../../../cli/review/text";
import { checkoutOf, multiplied } from "../../support/checkout";
import { clusterLike, type MeshData } from "../../support/mesh-file";

const COMMITS = {
  ref: "main",
  base: "4f2c9d1".padEnd(40, "0"),
  head: "8a01b3c".padEnd(40, "0"),
  uncommitted: false,
};

function clusters(count: number, change: (cluster: MeshData, index: number) => void = () => {}): Checkout {
  return checkoutOf((mesh) => {
    mesh.roots.push({ name: "b", source: "vault-pki" });
    mesh.trust.bundle = ["a", "b"];
    mesh.clusters = Array.from({ length: count }, (_, index) => {
      const cluster = clusterLike(mesh.clusters[0], `cluster${index}`);
      change(cluster, index);
      return cluster;
    });
  });
}

const signsWithB = (cluster: MeshData) => (cluster.trust = { signing: "b" });
const two = clusters(2);
const oneSigns = clusters(2, (cluster, index) => index === 0 && signsWithB(cluster));

describe("the comment", () => {
  test("says what changes, why it is fine, and what to see to", () => {
    expect(markdown(reviewOf(two, oneSigns, COMMITS, "error"))).toBe(
      [
        "<!-- istio-vault review mesh1 -->",
        "### Trust changes: cluster0 starts to sign with root b",
        "",
        "| | before | after | |",
        "|---|---|---|---|",
        "| cluster0 signs with | a | **b** | every cluster has b in its bundle at 4f2c9d1 |",
        "| cluster1 signs with | a | a |  |",
        "| every cluster trusts | a, b | a, b |  |",
        "| every cluster has its CA made by | terraform | terraform |  |",
        "| the CA key of cluster0, cluster1 is read by | its own istiod | its own istiod |  |",
        "",
        "```mermaid",
        "flowchart LR",
        "  subgraph before",
        "    direction TB",
        '    before_root0(["root a"])',
        '    before_root1(["root b"])',
        '    before_0["cluster0"]',
        "    before_root0 --> before_0",
        "    before_root1 -.-> before_0",
        "  end",
        "  subgraph after",
        "    direction TB",
        '    after_root0(["root a"])',
        '    after_root1(["root b"])',
        '    after_0["cluster0"]',
        "    after_root0 -.-> after_0",
        "    after_root1 --> after_0",
        "  end",
        '  rest["1 other cluster, unchanged"]',
        "  before ~~~ after ~~~ rest",
        "  linkStyle 0,3 stroke-width:4px",
        "```",
        "",
        "**Affected stacks:** `vault-cluster0`. **Destroyed or replaced:** nothing that lasts.\\",
        'Before the deploy: "istio-vault status --gate" must say that root b is live in every cluster.\\',
        "After the deploy: leaves under root a stay in use for up to 24h; do not drop it before.",
        "",
        "2 differences accounted for: 2 who signs, as mesh.yaml says it.",
        "",
        "<details><summary>Why these stacks</summary>",
        "",
        "- `vault-cluster0`, changed: changed Trust/Intermediate",
        "",
        "</details>",
        "",
        "<sub>istio-vault review: 8a01b3c against 4f2c9d1, its merge-base with main</sub>",
      ].join("\n"),
    );
  });

  test("begins with the verdict and the safe way where it refuses", () => {
    const dropped = clusters(2, (cluster) => (cluster.trust = { signing: "b", bundle: ["b"] }));
    const text = markdown(reviewOf(two, dropped, COMMITS, "error"));
    expect(text.split("\n").slice(0, 6)).toEqual([
      "<!-- istio-vault review mesh1 -->",
      "### Trust changes: refused",
      "",
      "It says: every cluster no longer trusts root a, every cluster starts to sign with root b.",
      "",
      '- **Refused**: **Root a signed in cluster0, cluster1, and would be missing from the bundle of cluster0, cluster1.** Workloads there would refuse every connection from cluster0, cluster1 until the last certificate under a has expired. First let every cluster sign with another root, deploy that, and wait until "istio-vault status --gate" lets a go. (IV0602, docs/rules.md#iv0602)',
    ]);
  });

  test("names issue where the signing root changes and an external issuer signs", () => {
    const external = (signing: string) =>
      checkoutOf((mesh) => {
        mesh.roots.push({ name: "b", source: "vault-pki" });
        mesh.trust = { signing: "a", bundle: ["a", "b"] };
        mesh.intermediates = { issuance: "external" };
        mesh.clusters[0].trust = { signing };
      });
    expect(reviewOf(external("a"), external("b"), COMMITS, "error").steps).toEqual([
      'Before the deploy: "istio-vault status --gate" must say that root b is live in every cluster',
      `After the deploy of 'vault-*': "istio-vault issue --due" issues the intermediates of cluster1 under their new root`,
      "After the deploy: leaves under root a stay in use for up to 24h; do not drop it before",
    ]);
  });

  test("speaks of several clusters as several", () => {
    const three = (signing: string) =>
      clusters(3, (cluster, index) => index < 2 && (cluster.trust = { signing }));
    const { trust } = reviewOf(three("a"), three("b"), COMMITS, "error");
    expect(trust.map(({ subject }) => subject)).toEqual(
      expect.arrayContaining(["cluster0, cluster1 sign with", "cluster2 signs with", "every cluster trusts"]),
    );
  });

  test("says so where nothing changes, for a comment that is there already", () => {
    expect(markdown(reviewOf(two, two, COMMITS, "error"))).toBe(
      [
        "<!-- istio-vault review mesh1 -->",
        "### Nothing changes",
        "",
        "**Affected stacks:** none.",
        "",
        "<sub>istio-vault review: 8a01b3c against 4f2c9d1, its merge-base with main</sub>",
      ].join("\n"),
    );
  });

  test("says so where stacks change, and trust does not", () => {
    const replicas = checkoutOf((mesh) => (mesh.istio.replicas = 3));
    const text = markdown(reviewOf(checkoutOf(), replicas, COMMITS, "error"));
    expect(text).toContain("### Trust stays as it is\n\n**Affected stacks:** `cluster1`, `cluster2`.");
    expect(text).not.toContain("mermaid");
  });

  test("cannot be broken out of, and calls nobody", () => {
    const head = checkoutOf((mesh) => {
      mesh.mesh.id = "m --> <b>";
      mesh.trust.emergency = "</details> | `x` @security <script> #12";
      mesh.trust.bundle = ["a"];
    });
    const text = markdown(reviewOf(two, head, { ...COMMITS, ref: "a|b`c" }, "error"));
    expect(text.split("\n")[0]).toBe("<!-- istio-vault review m%20--%3E%20%3Cb%3E -->");
    expect(marker("mesh1")).toBe("<!-- istio-vault review mesh1 -->");
    const withB = (mesh: MeshData) => mesh.roots.push({ name: "b", source: "vault-pki" });
    const atOnce = checkoutOf((mesh) => {
      withB(mesh);
      const emergency = "</details> | `x` @security <script> #12";
      mesh.trust = { signing: "b", bundle: ["b"], emergency };
    });
    const emergency = markdown(reviewOf(checkoutOf(withB), atOnce, COMMITS, "error"));
    expect(emergency).toContain("### Trust changes: EMERGENCY, connections break\n\nIt says: ");
    expect(emergency).toContain("&lt;/details&gt; \\| \\`x\\` &#64;security &lt;script&gt; \\#12");
  });
});

describe("at any size", () => {
  const [one, signs] = [clusters(1), clusters(1, signsWithB)];

  test.each([1, 10, 1000])("%i clusters that all change fit, the picture too", (count) => {
    const text = markdown(reviewOf(multiplied(one, count), multiplied(signs, count), COMMITS, "error"));
    expect(text.length).toBeLessThan(8000);
    expect(text).toContain(count === 1 ? '["cluster0"]' : '["cluster0, cluster1, cluster2 and');
  });

  test("1,000 clusters that change in many ways and break many rules fit, whatever must go", () => {
    const many = multiplied(signs, 1000);
    // Each its own bundle, its own policy, its own address.
    const clusterConfigs = many.mesh!.clusters.map((cluster, index) => {
      const bundle = index % 3 === 0 ? ["b", "a"] : index % 3 === 1 ? ["b"] : ["a", "b"];
      return { ...cluster, trust: { signing: "b", bundle } };
    });
    const stacks = new Map(
      [...many.stacks].map(([name, stack]) => {
        const json = stack.files
          .get("cdk.tf.json")!
          .replace(/"kubernetes_host":"https:\/\/[^"]+","/g, () => `"kubernetes_host":"https://${host++}","`)
          .replaceAll('"config_context":"', `"config_context":"${name}`);
        return [name, new SynthesizedStack(name, new Map([["cdk.tf.json", json]]))];
      }),
    );
    const head = { ...many, mesh: { ...many.mesh!, clusters: clusterConfigs }, stacks };
    const result = reviewOf(multiplied(one, 1000), head, COMMITS, "error");
    const text = markdown(result);
    expect(text.length).toBeLessThan(MOST_CHARACTERS);
    expect(text).toMatch(/- and \d+ more findings/);
    expect(text.split("\n").at(-1)).toContain("<sub>");
    const longer = {
      ...result,
      stacks: result.stacks.map((stack, index) => ({ ...stack, reason: `${index}`.padEnd(400, "x") })),
    };
    const cut = markdown(longer);
    expect(cut.length).toBeLessThan(MOST_CHARACTERS);
    expect(cut).not.toContain("<details>");
  });
  let host = 0;
});

describe("for a terminal", () => {
  test("a table", () => {
    expect(table(reviewOf(two, oneSigns, COMMITS, "error")).split("\n")).toEqual([
      "mesh1 · allowed · cluster0 starts to sign with root b",
      "",
      "                     before  after",
      "cluster0 signs with  a       b      every cluster has b in its bundle at 4f2c9d1",
      "",
      "affected stack           why",
      "vault-cluster0  changed  changed Trust/Intermediate",
      "",
      'Before the deploy: "istio-vault status --gate" must say that root b is live in every cluster',
      "After the deploy: leaves under root a stay in use for up to 24h; do not drop it before",
      "",
      "2 differences accounted for: 2 who signs, as mesh.yaml says it",
    ]);
  });

  test("a row for all stacks of a fleet that change alike", () => {
    const [one, signs] = [clusters(1), clusters(1, signsWithB)];
    const lines = table(reviewOf(multiplied(one, 60), multiplied(signs, 60), COMMITS, "error")).split("\n");
    const first = lines.findIndex((line) => line.startsWith("affected stack"));
    expect(lines.slice(first, lines.indexOf("", first)).map((line) => line.replace(/ +/g, " "))).toEqual([
      "affected stack why",
      "vault-cluster0, vault-cluster1 and 58 more changed changed Trust/Intermediate",
    ]);
  });

  test("one line", () => {
    expect(short(reviewOf(two, oneSigns, COMMITS, "error"))).toBe(
      "mesh1: allowed; cluster0 starts to sign with root b; 0 refused, 0 warnings, 1 stack affected",
    );
  });
});
