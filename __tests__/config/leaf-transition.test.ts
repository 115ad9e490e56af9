import {
  type LeafCluster,
  leafFindings,
  type RenewedCluster,
  renewalFindings,
} from "../../config/leaf-transition";
import { Duration } from "../../lib";
import { meshWith, problemsOf } from "../support/mesh-file";

/** Clusters by what proxies request, and what istiod signs for where that is more: "1h 24h". */
function clusters(...texts: readonly string[]): LeafCluster[] {
  return texts.map((text, index) => {
    const [leafLifetime, maxLeafLifetime = leafLifetime] = text.split(" ").map(Duration.parse);
    return { name: `cluster${index + 1}`, leafLifetime, maxLeafLifetime };
  });
}

const said = (base: readonly string[], head: readonly string[]) =>
  leafFindings(clusters(...base), clusters(...head)).map(({ message, rule }) => `${message} (${rule})`);

test("nothing is said of each step down and up, nor of a new cluster", () => {
  const steps = ["24h", "1h 24h", "1h"];
  for (const path of [steps, steps.toReversed()]) {
    expect(path.slice(1).flatMap((step, index) => said([path[index]], [step]))).toEqual([]);
  }
  expect(said([], ["2m"])).toEqual([]);
});

test("istiod's maximum is not lowered with what proxies request", () => {
  expect(said(["24h", "24h", "1h"], ["1h", "1h", "1h"])).toEqual([
    'istiod of cluster1, cluster2 would sign for at most 1h, and the proxies that run there request 24h until their pods are replaced; it would refuse each of them at its next renewal; first write "maxLeafLifetime: 24h" beside the new "leafLifetime", deploy that, and replace every pod that has a proxy; then remove "maxLeafLifetime" (IV0627)',
  ]);
});

test("istiod's maximum is not raised with what proxies request", () => {
  expect(said(["24h"], ["72h"])).toEqual([
    'new pods of cluster1 would request 72h, and the istiods that run there sign for at most 24h; no pod would start until the last of these has been replaced; first write "maxLeafLifetime: 72h" and leave "leafLifetime" as it is, deploy that; then raise "leafLifetime" (IV0628)',
  ]);
});

describe("leafGeneration", () => {
  const cluster = (name: string, leafGeneration: number, signing = "a", generation = 1) =>
    ({
      name,
      leafGeneration,
      trust: { signing, bundle: ["a", "b"] },
      intermediates: { generation },
    }) as RenewedCluster;
  const found = (base: RenewedCluster[], head: RenewedCluster[]) =>
    renewalFindings(base, head).map(({ message, rule }) => `${message} (${rule})`);

  test("is raised by one, or reverted, and of a new cluster is what it is", () => {
    expect(found([cluster("x", 1)], [cluster("x", 2), cluster("y", 7)])).toEqual([]);
    expect(found([cluster("x", 2)], [cluster("x", 1)])).toEqual([]);
  });

  test("is not raised by more", () => {
    const names = ["x", "y"];
    expect(
      found(
        names.map((name) => cluster(name, 1)),
        names.map((name) => cluster(name, 3)),
      ),
    ).toEqual([
      '"leafGeneration" of x, y would go from 1 to 3; every other generation is a line in the bundle, so that this renews nothing, or is a bundle that istiod before 1.30 refuses; write 2 (IV0629)',
    ]);
  });

  test("is not raised with what signs", () => {
    const early =
      '"leafGeneration" of x would be raised in the same change as what signs there; where istiod loads the bundle first, proxies renew under the old intermediate; raise it in a change of its own, once "istio-vault status" shows the new one (IV0630)';
    expect(found([cluster("x", 1)], [cluster("x", 2, "b")])).toEqual([early]);
    expect(found([cluster("x", 1)], [cluster("x", 2, "a", 2)])).toEqual([early]);
  });

  test("is 1, in every cluster or in some another", () => {
    const generations = (...change: Parameters<typeof meshWith>) =>
      meshWith(...change).clusters.map(({ leafGeneration }) => leafGeneration);
    expect(generations()).toEqual([1, 1]);
    expect(
      generations((mesh) => {
        mesh.leafGeneration = 2;
        mesh.clusters[1].leafGeneration = 3;
      }),
    ).toEqual([2, 3]);
    expect(problemsOf((mesh) => (mesh.leafGeneration = 0))).toEqual([
      'leafGeneration: "leafGeneration" is 0; write a whole number of at least 1, and raise it by one to renew (IV0210)',
    ]);
  });
});

describe("mesh.yaml", () => {
  const lifetimes = (...change: Parameters<typeof meshWith>) =>
    meshWith(...change).clusters.map(
      ({ leafLifetime, maxLeafLifetime }) => `${leafLifetime} ${maxLeafLifetime}`,
    );

  test("gives leaves a day, in every cluster or in some", () => {
    expect(lifetimes()).toEqual(["24h 24h", "24h 24h"]);
    expect(
      lifetimes((mesh) => {
        mesh.leafLifetime = "12h";
        mesh.clusters[1].leafLifetime = "1h";
        mesh.clusters[1].maxLeafLifetime = "1d";
      }),
    ).toEqual(["12h 12h", "1h 1d"]);
  });

  test("refuses what is out of range, and a maximum that is less", () => {
    expect(
      problemsOf((mesh) => {
        mesh.leafLifetime = "91d";
        mesh.clusters[0].leafLifetime = "3h";
        mesh.clusters[0].maxLeafLifetime = "2h";
        mesh.clusters[1].leafLifetime = "1h";
        mesh.clusters[1].maxLeafLifetime = "1y";
      }),
    ).toEqual([
      'leafLifetime: "leafLifetime" is 91d; write at least 2m and at most 90d (IV0407)',
      'clusters[1].maxLeafLifetime: "maxLeafLifetime" is 1y; write at least 2m and at most 90d (IV0407)',
      'clusters[0].maxLeafLifetime: "maxLeafLifetime" is 2h, and proxies would request "leafLifetime" (3h), so istiod would refuse every one of them; write at least 3h, or remove "maxLeafLifetime" (IV0406)',
    ]);
  });
});
