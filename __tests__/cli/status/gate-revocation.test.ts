import { type ClusterFacts, known, unknown } from "../../../cli/status/facts";
import { gate } from "../../../cli/status/gate";
import type { Mesh } from "../../../config/mesh";
import {
  ago,
  certificateOf,
  declaredMesh,
  HOUR,
  type Live,
  proxyOf,
  RunningMesh,
} from "../../support/running-mesh";
import { NOW } from "../../support/test-ca";

const A: Live = { signing: "a", bundle: ["a"] };
// In DER it has a zero before it, so that it is not negative.
const OLD = "f31b";
const SECOND = 1000;

let running: RunningMesh;
/** The intermediate that both clusters sign with. */
let inUse: string;
beforeAll(async () => {
  running = await RunningMesh.create();
  inUse = certificateOf(running.signers.a.intermediate).serialNumber.toLowerCase();
});

interface Case {
  /** What mesh.yaml revokes of cluster1. */
  readonly revoked: readonly string[];
  /** What the lists name that cluster1 and cluster2 hand out. */
  readonly named?: readonly [readonly string[], readonly string[]];
  readonly mesh?: Partial<Mesh>;
  readonly lists?: "issued" | "served";
  /** Of cluster1. */
  readonly change?: Partial<ClusterFacts>;
}

async function judged({ revoked, named = [[], []], mesh: also, lists = "served", change }: Case) {
  const mesh: Mesh = {
    ...declaredMesh(A),
    ...also,
    revocation: { lists, revoked: revoked.map((serial) => ({ cluster: "cluster1", serial })) },
  };
  const published = await Promise.all(
    named.map((serials) => running.roots.a.list({ revoked: [...serials] })),
  );
  const facts = published.map((list, index) => {
    const kubernetes = known(running.kubernetesFacts(A, { revocationLists: known(list) }));
    return running.facts(mesh, index, A, { kubernetes, ...(index === 0 && change) });
  });
  const roots = running.rootCertificates();
  const { verdict, changes, lacking, findings, until } = gate(mesh, running.states(facts), roots, NOW);
  return {
    ...{ verdict, changes, lacking, until },
    findings: findings.map(({ cluster, message, rule }) => `${cluster ?? "mesh"}: ${message} (${rule})`),
  };
}

/** Another intermediate was loaded an hour ago, and leaves were renewed so many seconds ago, if at all. */
function loaded(renewed?: number): Partial<ClusterFacts> {
  const seconds = renewed ?? HOUR / SECOND;
  const reached = known({ ownCertificateFrom: ago((seconds + 120) * SECOND), refused: undefined });
  const connected = known([proxyOf("app", ago(seconds * SECOND))]);
  const bundleWrittenAt = renewed === undefined ? ago(99 * HOUR) : ago((renewed + 10) * SECOND);
  return {
    istiods: [running.istiod("a", ["a"], { reached, connected })],
    vault: known(running.vaultFacts(A, { writtenAt: ago(HOUR), bundleWrittenAt })),
  };
}

const EVERYWHERE = `revoke intermediate ${OLD} of cluster1 in every cluster`;
const NOTHING = { verdict: "nothing to do", changes: [], lacking: [], findings: [], until: undefined };

test("an intermediate is revoked whose last leaf was renewed, or has expired", async () => {
  const allowed = { ...NOTHING, verdict: "now", changes: [EVERYWHERE] };
  expect(await judged({ revoked: [OLD] })).toEqual(allowed);
  expect(await judged({ revoked: ["00:F3:1B"], change: loaded(60) })).toEqual(allowed);
});

test("it is not while its proxies are renewing", async () => {
  const until = new Date(NOW.getTime() + 21 * SECOND);
  expect(await judged({ revoked: [OLD], change: loaded(10) })).toEqual({
    ...{ verdict: "not yet", changes: [EVERYWHERE], lacking: [], until },
    findings: [
      `mesh: intermediate ${OLD} may not be revoked before ${until.toISOString()}: proxies of cluster1 are renewing the last certificates under it, which would be refused (IV0750)`,
    ],
  });
});

test("nor where they were not seen to, until all have expired", async () => {
  const until = new Date(NOW.getTime() + 23 * HOUR + 40 * SECOND);
  expect(await judged({ revoked: [OLD], change: loaded() })).toMatchObject({
    until,
    findings: [
      `mesh: intermediate ${OLD} may not be revoked before ${until.toISOString()}: certificates under it are valid for up to 24h after the last istiod loaded another, the proxies of cluster1 were not seen to renew since, and would be refused; raise its "leafGeneration" by one to renew them now (IV0750)`,
    ],
  });
});

test("one that is in use is not, and no wait helps", async () => {
  const { verdict, until, findings } = await judged({ revoked: [inUse], change: loaded(10) });
  expect([verdict, until]).toEqual(["not yet", undefined]);
  expect(findings).toEqual(
    ["cluster1", "cluster2"].map(
      (name) =>
        `${name}: mesh.yaml revokes ${inUse}, with which the cluster signs, or which Vault holds for it; once that is deployed, all its workloads are refused; first issue another, and have every certificate renewed (IV0748)`,
    ),
  );
});

test("an emergency revokes it all the same, and says what that costs", async () => {
  const mesh = { emergency: "the key was stolen" };
  const { verdict, findings } = await judged({ revoked: [OLD], mesh, change: loaded(10) });
  expect([verdict, findings.length]).toEqual(["emergency", 1]);
});

test("what some clusters revoke is left to the others; what all do is nothing to do", async () => {
  const { changes } = await judged({ revoked: [OLD], named: [[OLD], []] });
  expect(changes).toEqual([`revoke intermediate ${OLD} of cluster1 in cluster2`]);
  expect(await judged({ revoked: [OLD], named: [[OLD], [OLD]] })).toEqual(NOTHING);
});

test("what is taken back is accepted again, at once", async () => {
  const { verdict, changes } = await judged({ revoked: [], named: [[OLD], [OLD]], change: loaded(10) });
  expect([verdict, changes]).toEqual(["now", [`accept intermediate ${OLD} again in every cluster`]]);
});

test("what is revoked where nobody reads lists is no step", async () => {
  expect(await judged({ revoked: [OLD], lists: "issued" })).toEqual(NOTHING);
});

test("lists that could not be asked for leave it unknown", async () => {
  const revocationLists = unknown("403");
  const change = { kubernetes: known(running.kubernetesFacts(A, { revocationLists })) };
  expect(await judged({ revoked: [], change })).toMatchObject({
    verdict: "unknown",
    lacking: ["revocation lists of cluster1"],
  });
});
