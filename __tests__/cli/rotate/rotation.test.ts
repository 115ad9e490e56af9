import type { Course } from "../../../cli/rotate/course";
import { rotation } from "../../../cli/rotate/rotation";
import type { RunningCluster } from "../../../cli/rotate/running";
import { rootsOf, withRoot } from "../../../cli/rotate/roots";
import type { Mesh } from "../../../config/mesh";
import { trustBreaks } from "../../../config/trust-transition";
import { clusterLike, meshWith } from "../../support/mesh-file";

const SECONDS = { load: 50, trust: 170, renew: 81 };

/** Three clusters that trust root a, and a root b. */
const MESH = withRoot(
  meshWith((mesh) => {
    mesh.clusters.push(clusterLike(mesh.clusters[0], "cluster3"));
  }),
  "b",
);
const NAMES = MESH.clusters.map(({ name }) => name);

/** Clusters that run as a mesh says, or as they did where it is not deployed. */
function deployed(mesh: Mesh, names: readonly string[], before: readonly RunningCluster[]): RunningCluster[] {
  return mesh.clusters.map(({ name, trust, leafGeneration }): RunningCluster => {
    const was = before.find((cluster) => cluster.name === name);
    if (was && !names.includes(name)) return was;
    const signs = was?.signing[0] ?? trust.signing;
    const isRenewed =
      was !== undefined &&
      (was.bundle.join() !== trust.bundle.join() || was.leafGeneration !== leafGeneration);
    return {
      name,
      signing: [trust.signing],
      bundle: trust.bundle,
      leafGeneration,
      renewed: signs === trust.signing && ((was?.renewed ?? true) || isRenewed),
      dropped: isRenewed ? was.bundle.filter((root) => !trust.bundle.includes(root)) : (was?.dropped ?? []),
      serials: [],
      inVault: undefined,
      generation: undefined,
      revoked: [],
    };
  });
}

const START = deployed(MESH, NAMES, []);

function next(mesh: Mesh, running: readonly RunningCluster[], to = "b", back = false): Course {
  return rotation(mesh, running, rootsOf(mesh, running, { to, back }), SECONDS);
}

/** All steps of a way, each deployed as a whole: what each does. */
function walk(mesh: Mesh, running: readonly RunningCluster[], to: string) {
  const taken: string[] = [];
  for (;;) {
    const course = next(mesh, running, to);
    if (course.at === course.steps.length) return { taken, mesh, running };
    const live: Mesh = {
      ...mesh,
      clusters: mesh.clusters.map((cluster, index) => ({
        ...cluster,
        trust: { signing: running[index].signing[0], bundle: [...running[index].bundle] },
      })),
    };
    expect(trustBreaks(live, course.wanted)).toEqual([]);
    taken.push(course.steps[course.at].text);
    expect(taken.length).toBeLessThan(20);
    mesh = course.wanted;
    running = deployed(mesh, NAMES, running);
  }
}

const trustOf = ({ clusters }: Mesh) =>
  clusters.map(({ trust, leafGeneration }) => `${trust.signing} [${trust.bundle.join()}] ${leafGeneration}`);

test("a root is replaced in six steps, each of which breaks nothing", () => {
  const { taken, mesh } = walk(MESH, START, "b");
  expect(taken).toEqual([
    "trust b",
    "sign with b in cluster1",
    "sign with b in the others",
    "renew every certificate",
    "drop a",
    "renew once more",
  ]);
  expect(trustOf(mesh)).toEqual(NAMES.map(() => "b [b] 3"));
});

test("in one cluster there is no first one", () => {
  const mesh = { ...MESH, clusters: MESH.clusters.slice(0, 1) };
  const course = next(mesh, deployed(mesh, NAMES, []));
  expect(course.steps.map(({ text }) => text)).toEqual([
    "trust b",
    "sign with b",
    "renew every certificate",
    "drop a",
    "renew once more",
  ]);
});

describe("from wherever a deploy was killed", () => {
  const states: { mesh: Mesh; running: readonly RunningCluster[]; course: Course }[] = [];
  for (let mesh = MESH, running = START; ;) {
    const course = next(mesh, running);
    if (course.at === course.steps.length) break;
    states.push({ mesh, running, course });
    mesh = course.wanted;
    running = deployed(mesh, NAMES, running);
  }
  const halves = states.flatMap(({ running, course }) =>
    [[], ["cluster1"], ["cluster1", "cluster3"], ["cluster2", "cluster3"]].map((names) => ({
      name: `${course.steps[course.at].text}, in effect in ${names.join(" and ") || "no cluster"}`,
      course,
      running: deployed(course.wanted, names, running),
    })),
  );

  test.each(halves)(
    "$name: the same step is found again, and mesh.yaml is right as it is",
    ({ course, running }) => {
      const again = next(course.wanted, running);
      // A cluster that is the only one to change has nothing left.
      if (again.at > course.at) return;
      expect(again.at).toBe(course.at);
      expect(trustOf(again.wanted)).toEqual(trustOf(course.wanted));
    },
  );

  test.each(halves)("$name: forth", ({ course, running }) => {
    expect(trustOf(walk(course.wanted, running, "b").mesh).map((text) => text.slice(0, 5))).toEqual(
      NAMES.map(() => "b [b]"),
    );
  });

  test.each(halves)("$name: back", ({ course, running }) => {
    const back = next(course.wanted, running, "b", true);
    expect(back.title).toBe("root b to a");
    const { mesh } = walk(course.wanted, running, "a");
    expect(trustOf(mesh).map((text) => text.slice(0, 5))).toEqual(NAMES.map(() => "a [a]"));
  });
});
