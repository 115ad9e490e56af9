import { exchange } from "../../../cli/rotate/exchange";
import type { RunningCluster } from "../../../cli/rotate/running";
import { takeBack } from "../../../cli/rotate/take-back";
import type { Mesh } from "../../../config/mesh";
import { meshWith } from "../../support/mesh-file";

const SECONDS = { load: 50, trust: 170, renew: 81 };
const STOLEN = { cluster: "cluster1", serial: "0a1b" };

function meshOf(
  lists: "served" | "issued" | undefined,
  intermediates: object = { issuance: "deploy" },
  revoked: readonly object[] = [],
): Mesh {
  return meshWith((mesh) => {
    mesh.intermediates = intermediates;
    delete mesh.issuer;
    if (lists) mesh.revocation = { lists, revoked };
  });
}

const MESH = meshOf("served");

/** Two clusters, whose first signs with the stolen intermediate. */
function running(first: Partial<RunningCluster> = {}, both: Partial<RunningCluster> = {}): RunningCluster[] {
  return ["cluster1", "cluster2"].map((name, index) => ({
    ...{ name, signing: ["a"], bundle: ["a"], leafGeneration: 1, renewed: true, dropped: [], revoked: [] },
    ...{ serials: [["0a1b"], ["2c"]][index], inVault: ["0a1b", "2c"][index], generation: 1 },
    ...both,
    ...(index === 0 ? first : {}),
  }));
}

const EXCHANGED = { serials: ["3d"], inVault: "3d", generation: 2, renewed: false };
const RENEWED = { ...EXCHANGED, leafGeneration: 2, renewed: true };
const REVOKED = { revoked: ["0a1b"] };

/** The text of the step to take, and what mesh.yaml is to say of the first cluster. */
function next(mesh: Mesh, live: readonly RunningCluster[], way = exchange) {
  const { steps, at, wanted, instead } = way(mesh, live, STOLEN, SECONDS);
  const { intermediates, leafGeneration } = wanted.clusters[0];
  return {
    text: steps[at]?.text,
    clusters: steps[at]?.clusters,
    says: [
      ...("generation" in intermediates ? [intermediates.generation] : []),
      leafGeneration,
      ...(wanted.revocation?.revoked ?? []).map(({ cluster, serial }) => `${cluster}/${serial}`),
    ],
    instead,
  };
}

/** What mesh.yaml is to say next. */
const wanted = (mesh: Mesh, live: readonly RunningCluster[]) => exchange(mesh, live, STOLEN, SECONDS).wanted;

describe("an intermediate is issued anew, what it signed is renewed, and then it is revoked", () => {
  const issued = wanted(MESH, running());
  const renewed = wanted(issued, running(EXCHANGED));
  const revoked = wanted(renewed, running(RENEWED));

  test("each step changes one thing", () => {
    const courses = [
      next(MESH, running()),
      next(issued, running(EXCHANGED)),
      next(renewed, running(RENEWED)),
      next(revoked, running({ ...RENEWED, ...REVOKED }, REVOKED)),
    ];
    expect(courses).toEqual([
      { text: "issue another intermediate", clusters: ["cluster1"], says: [2, 1], instead: undefined },
      { text: "renew every certificate", clusters: ["cluster1"], says: [2, 2], instead: undefined },
      {
        ...{ text: "revoke the stolen one", clusters: ["cluster1", "cluster2"] },
        ...{ says: [2, 2, "cluster1/0a1b"], instead: undefined },
      },
      { text: undefined, clusters: undefined, says: [2, 2, "cluster1/0a1b"], instead: undefined },
    ]);
  });

  test.each<[string, Mesh, RunningCluster[], string]>([
    ["the issue is written", issued, running(), "issue another intermediate"],
    ["it is in Vault", issued, running({ inVault: "3d", generation: 2 }), "issue another intermediate"],
    [
      "one istiod has it",
      issued,
      running({ ...EXCHANGED, serials: ["0a1b", "3d"] }),
      "issue another intermediate",
    ],
    ["the renewal is written", renewed, running(EXCHANGED), "renew every certificate"],
    [
      "the renewal is deployed",
      renewed,
      running({ ...EXCHANGED, leafGeneration: 2 }),
      "renew every certificate",
    ],
    ["the revocation is written", revoked, running(RENEWED), "revoke the stolen one"],
    ["one cluster refuses it", revoked, running({ ...RENEWED, ...REVOKED }), "revoke the stolen one"],
  ])("killed when %s, the same step is found again", (_, mesh, live, text) => {
    const course = exchange(mesh, live, STOLEN, SECONDS);
    expect(course.steps[course.at].text).toBe(text);
    // Leaves that were renewed a moment too early are renewed once more.
    if (text !== "renew every certificate") expect(course.wanted).toEqual(mesh);
  });

  test("a revocation that was written too early is taken out until then", () => {
    expect(next(revoked, running()).says).toEqual([2, 2]);
    expect(next(revoked, running(EXCHANGED)).says).toEqual([2, 2]);
  });

  test("one that is in effect already stays, and the rest is made good", () => {
    expect(next(revoked, running(REVOKED, REVOKED)).says).toEqual([2, 2, "cluster1/0a1b"]);
  });

  test("one that somebody took out of mesh.yaml goes in again", () => {
    expect(next(renewed, running({ ...RENEWED, ...REVOKED }, REVOKED))).toMatchObject({
      text: "revoke the stolen one",
      says: [2, 2, "cluster1/0a1b"],
    });
  });

  test("another that is revoked stays so", () => {
    const mesh = meshOf("served", { issuance: "deploy" }, [{ cluster: "gone", serial: "FF:00" }]);
    expect(next(mesh, running(RENEWED)).says).toEqual([1, 1, "gone/FF:00", "cluster1/0a1b"]);
  });
});

describe("what a person has to do", () => {
  test("an external issuer issues; what it issued is waited for", () => {
    const mesh = meshOf("served", { issuance: "external" });
    expect(next(mesh, running({ generation: undefined })).instead).toBe(
      "istio-vault issue --cluster cluster1",
    );
    expect(next(mesh, running({ generation: undefined, inVault: "3d" }))).toMatchObject({
      text: "issue another intermediate",
      instead: undefined,
    });
  });

  test("a generation that no record tells is raised", () => {
    const mesh = meshOf(undefined, { issuance: "terraform", acceptKeysInState: true });
    expect(next(mesh, running({ generation: undefined, inVault: undefined })).instead).toBe(
      "raise intermediates.generation of cluster1 by one, and deploy vault-cluster1",
    );
  });

  test.each([undefined, "issued" as const])(
    "lists that are not served are, before anything is refused: %s",
    (lists) => {
      expect(next(meshOf(lists), running(RENEWED))).toMatchObject({
        text: "revoke the stolen one",
        says: [1, 1],
        instead:
          "no revocation lists are served, and until they are nothing refuses the stolen one: docs/revocation.md#turn-it-on, and then this again; or replace its root: istio-vault rotate --stolen --to <root>",
      });
    },
  );
});

describe("the way back", () => {
  const revoked = meshOf("served", { issuance: "deploy", generation: 2 }, [
    { cluster: "cluster1", serial: "0A:1B" },
  ]);

  test("it is accepted again, and what was issued stays", () => {
    expect(next(revoked, running({ ...RENEWED, leafGeneration: 1, ...REVOKED }, REVOKED), takeBack)).toEqual({
      ...{ text: "accept it again", clusters: ["cluster1", "cluster2"], says: [2, 1], instead: undefined },
    });
    const accepted = meshOf("served", { issuance: "deploy", generation: 2 });
    expect(next(accepted, running({ generation: 2 }), takeBack).text).toBeUndefined();
    expect(next(accepted, running({ generation: 2, ...REVOKED }), takeBack)).toMatchObject({
      ...{ text: "accept it again", clusters: ["cluster1"] },
    });
  });

  test("what is written and not deployed goes", () => {
    const mesh = meshOf("served", { issuance: "deploy", generation: 2 });
    expect(next(mesh, running(), takeBack)).toMatchObject({
      text: "take back what mesh.yaml says besides",
      clusters: ["cluster1"],
      says: [1, 1],
    });
  });
});
