import { picture } from "../../../cli/review/picture";
import type { ClusterChange } from "../../../cli/review/trust-table";

const state = (text: string) => {
  const [signing, ...bundle] = text;
  return {
    signing,
    bundle,
    leafGeneration: 1,
    issuance: "terraform",
    revisions: ["default"],
    defaultRevision: "default",
  };
};
const cluster = (name: string, before?: string, after?: string): ClusterChange => ({
  name,
  before: before === undefined ? undefined : state(before),
  after: after === undefined ? undefined : state(after),
});

test("nothing is drawn where nothing changes", () => {
  expect(picture([cluster("one", "aa", "aa")])).toBeUndefined();
});

test("clusters that change alike are one, those that do not are counted, one that is new has no before", () => {
  const lines = picture([
    cluster("one", "aa", "aab"),
    cluster("two", "aa", "aab"),
    cluster("new", undefined, "aab"),
    cluster("four", "aa", "aa"),
    cluster("five", "aa", "aa"),
  ])!.split("\n");
  expect(lines).toEqual([
    "flowchart LR",
    "  subgraph before",
    "    direction TB",
    '    before_root0(["root a"])',
    '    before_0["one, two"]',
    "    before_root0 --> before_0",
    "  end",
    "  subgraph after",
    "    direction TB",
    '    after_root0(["root a"])',
    '    after_root1(["root b"])',
    '    after_0["one, two"]',
    '    after_1["new"]',
    "    after_root0 --> after_0",
    "    after_root1 -.-> after_0",
    "    after_root0 --> after_1",
    "    after_root1 -.-> after_1",
    "  end",
    '  rest["2 other clusters, unchanged"]',
    "  before ~~~ after ~~~ rest",
    "  linkStyle 2,3,4 stroke-width:4px",
  ]);
});

test("what would not be drawn by GitLab is left out", () => {
  const changes = Array.from({ length: 40 }, (_, index) => {
    const roots = [..."abcdefgh"].filter((_, bit) => ((index + 1) >> bit) & 1).join("");
    return cluster(`cluster${index}`, "aa", `a${roots.includes("a") ? "" : "a"}${roots}`);
  });
  expect(picture(changes)).toBeUndefined();
  expect(picture(changes.slice(0, 4))!.length).toBeLessThan(1900);
});
