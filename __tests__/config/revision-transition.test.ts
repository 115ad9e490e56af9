import { type RevisionedCluster, revisionFindings } from "../../config/revision-transition";

/** Clusters by what they list, the default first: `c1` of "default x". */
function clusters(...texts: readonly string[]): RevisionedCluster[] {
  return texts.map((text, index) => {
    const [defaultRevision, ...others] = text.split(" ");
    return {
      name: `cluster${index + 1}`,
      istio: {
        defaultRevision,
        revisions: [defaultRevision, ...others].map((name) => ({ name })),
      },
    };
  });
}

const said = (base: readonly string[], head: readonly string[]) =>
  revisionFindings(clusters(...base), clusters(...head)).map(({ message, rule }) => `${message} (${rule})`);

test("nothing is said of each step on its own, nor of a new cluster", () => {
  const steps = ["default", "default x", "x default", "x"];
  for (let step = 1; step < steps.length; step++) {
    expect(said([steps[step - 1]], [steps[step]])).toEqual([]);
    expect(said([steps[step]], [steps[step - 1]])).toEqual(
      // Back from the last one is two steps.
      [],
    );
  }
  expect(said([], ["x"])).toEqual([]);
  expect(said(["default x y"], ["default"])).toEqual([]);
});

test("what is not listed yet is not promoted", () => {
  expect(said(["default", "default", "default x"], ["x default", "x default", "x default"])).toEqual([
    'revision x would become the default revision of cluster1, cluster2, where it is not listed yet; namespaces labelled istio-injection=enabled would be injected by an istiod that has never been seen running; first list revision x and leave "defaultRevision" as it is, deploy that, and check it with "istio-vault status"; then promote it (IV0619)',
  ]);
});

test("what was the default is not removed", () => {
  expect(said(["default x"], ["x"])).toEqual([
    'the istiod without a revision, the default revision of cluster1, would be removed; proxies that it injected lose their istiod, and get no new certificate once theirs have expired; first set "defaultRevision" to another listed revision, deploy that, and restart what the istiod without a revision injected; then remove it (IV0620)',
  ]);
});

test("promotion and removal of another are two changes", () => {
  expect(said(["default x y"], ["x default"])).toEqual([
    "revision x would become the default revision of cluster1 in the same change that removes revision y; where revision x fails, there is nothing to roll back to; promote first, deploy that, and restart what revision y injected; then remove revision y (IV0621)",
  ]);
});

test("a replacement breaks both rules", () => {
  expect(said(["default"], ["x"]).map((text) => text.slice(-8))).toEqual(["(IV0619)", "(IV0620)"]);
});
