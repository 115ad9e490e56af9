import { type ClusterFacts, known, unknown, valueOf } from "../../../cli/status/facts";
import { gate } from "../../../cli/status/gate";
import { tookOver } from "../../../cli/status/gate-waits";
import { viewOf } from "../../../cli/status/view";
import { RootCertificates } from "../../../cli/status/root-certificates";
import { Duration } from "../../../lib";
import { ago, declaredMesh, HOUR, type Live, podOf, proxyOf, RunningMesh } from "../../support/running-mesh";
import { NOW } from "../../support/test-ca";

let running: RunningMesh;
beforeAll(async () => void (running = await RunningMesh.create()));

type Trust = { signing: string; bundle: readonly string[] };

interface Case {
  readonly live: Live;
  /** Where the second cluster is another way. */
  readonly second?: Live;
  readonly trust: Trust;
  readonly change?: Partial<ClusterFacts>;
  readonly emergency?: string;
  readonly roots?: RootCertificates;
}

function judged({ live, second = live, trust, change, emergency, roots = running.rootCertificates() }: Case) {
  const mesh = declaredMesh(trust, { emergency, version: "1.29.6" });
  const facts = [running.facts(mesh, 0, live, change), running.facts(mesh, 1, second)];
  const { verdict, changes, lacking, findings, until } = gate(mesh, running.states(facts, roots), roots, NOW);
  return {
    verdict,
    changes,
    lacking,
    until,
    findings: findings.map(({ message, rule }) => `${message} (${rule})`),
  };
}

const A: Live = { signing: "a", bundle: ["a"] };
const AB: Live = { signing: "a", bundle: ["a", "b"] };
const BsignsAB: Live = { signing: "b", bundle: ["a", "b"] };
const B: Live = { signing: "b", bundle: ["b"] };

const allowed = (changes: string[]) => ({
  ...{ verdict: "now", changes, lacking: [], findings: [], until: undefined },
});

describe("allows", () => {
  test("what changes nothing", () => {
    expect(judged({ live: A, trust: A })).toMatchObject({ verdict: "nothing to do", changes: [] });
  });

  test.each<[string, Live, Trust, string]>([
    ["a root to be added", A, AB, "add b in every cluster"],
    ["a trusted root to sign", AB, BsignsAB, "sign with b in every cluster"],
    ["a root to be dropped a day after", BsignsAB, B, "drop a in every cluster"],
    ["a root to be dropped that never signed", AB, A, "drop b in every cluster"],
  ])("%s", (_, live, trust, change) => {
    expect(judged({ live, trust })).toEqual(allowed([change]));
  });

  test("leaves to be renewed", () => {
    const mesh = declaredMesh(BsignsAB);
    const clusters = mesh.clusters.map((cluster) => ({ ...cluster, leafGeneration: 2 }));
    const facts = clusters.map((cluster, index) => running.facts(mesh, index, BsignsAB, { cluster }));
    const judge = (states: ClusterFacts[]) =>
      gate({ ...mesh, clusters }, running.states(states), running.rootCertificates(), NOW);
    expect(judge(facts)).toEqual(
      allowed(["renew every sidecar's certificate in every cluster, which takes about 1s"]),
    );
    const [first, second] = facts;
    const kubernetes = known(running.kubernetesFacts(BsignsAB, { leafLine: "# leaf generation 2" }));
    expect(judge([{ ...first, kubernetes }, second])).toMatchObject({
      changes: ["renew every sidecar's certificate in cluster2, which takes about 1s"],
      findings: [
        {
          message:
            "istiod-1 answers with the bundle a, b, but a, b (leaf generation 2) is published; wait until they are the same",
        },
      ],
    });
  });

  test("the second cluster to follow", () => {
    expect(judged({ live: BsignsAB, second: AB, trust: BsignsAB })).toEqual(
      allowed(["sign with b in cluster2"]),
    );
  });

  test("the second cluster to follow, however young its bundle: the root is trusted where it signs", () => {
    const second = known(running.kubernetesFacts(AB, { publishedAt: ago(HOUR) }));
    const mesh = declaredMesh(BsignsAB);
    const facts = [running.facts(mesh, 0, BsignsAB), running.facts(mesh, 1, AB, { kubernetes: second })];
    const { verdict } = gate(mesh, running.states(facts), running.rootCertificates(), NOW);
    expect(verdict).toBe("now");
  });

  test("a root to be added that was not made yet", () => {
    const roots = new RootCertificates(
      new Map([...running.rootCertificates().byName, ["b", known(undefined)]]),
    );
    expect(judged({ live: A, trust: AB, roots })).toEqual(allowed(["add b in every cluster"]));
  });

  test("a cluster in which nothing runs yet", () => {
    const change = {
      kubernetes: known(
        running.kubernetesFacts(A, { published: undefined, istiods: { ready: 0, total: 0 } }),
      ),
      istiods: [],
    };
    expect(judged({ live: A, trust: AB, change })).toEqual(allowed(["add b in cluster2"]));
  });

  test("what breaks, in an emergency, and says what that is", () => {
    const { verdict, findings } = judged({ live: AB, trust: B, emergency: "root a was stolen" });
    expect(verdict).toBe("emergency");
    expect(findings.join("\n")).toMatch(
      /^EMERGENCY "root a was stolen": .* workloads of cluster1, cluster2 refuse .*\(IV0605\)/,
    );
  });

  test("to drop a root at once, in an emergency, and says what that cuts short", () => {
    const istiods = [
      running.istiod("b", ["a", "b"], {
        reached: known({ ownCertificateFrom: ago(2 * HOUR), refused: undefined }),
      }),
    ];
    const change = {
      istiods,
      vault: known(running.vaultFacts(BsignsAB, { writtenAt: ago(2 * HOUR + 5000) })),
    };
    const { verdict, findings } = judged({
      live: BsignsAB,
      trust: B,
      change,
      emergency: "root a was stolen",
    });
    expect(verdict).toBe("emergency");
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatch(/^root a may not be dropped before .*\(IV0721\)$/);
  });

  test("what breaks nothing, in an emergency as well", () => {
    expect(judged({ live: A, trust: AB, emergency: "root a was stolen" })).toEqual(
      allowed(["add b in every cluster"]),
    );
  });
});

describe("refuses", () => {
  test("a root that signs before it is trusted everywhere", () => {
    expect(judged({ live: AB, second: A, trust: BsignsAB })).toMatchObject({
      verdict: "not yet",
      changes: ["sign with b in every cluster", "add b in cluster2"],
      until: undefined,
      findings: [
        'root b would sign in cluster1, cluster2, and is not yet in the bundle of cluster2; workloads there would refuse every connection from cluster1, cluster2 as soon as its sidecars renew; first a change that only adds b to the bundle of every cluster, deployed and confirmed by "istio-vault status --gate", then this one (IV0601)',
      ],
    });
  });

  test("to drop a root that signs", () => {
    const { verdict, findings } = judged({ live: BsignsAB, second: AB, trust: B });
    expect(verdict).toBe("not yet");
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatch(/^root a signed in cluster2, .*\(IV0602\)$/);
  });

  test("to drop a root that signs, without telling a time: its wait has not begun", () => {
    const reached = known({ ownCertificateFrom: ago(HOUR), refused: undefined });
    const istiods = [running.istiod("b", ["a", "b"], { reached })];
    const vault = known(running.vaultFacts(BsignsAB, { writtenAt: ago(HOUR) }));
    const { findings, until } = judged({ live: BsignsAB, second: AB, trust: B, change: { istiods, vault } });
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatch(/\(IV0602\)$/);
    expect(until).toBeUndefined();
  });

  test("a bundle that running istiods do not take", () => {
    const { findings, changes } = judged({ live: AB, trust: { signing: "a", bundle: ["b", "a"] } });
    expect(changes).toEqual(["reorder the bundle in every cluster"]);
    expect(findings[0]).toMatch(/from \[a, b\] to \[b, a\].*\(IV0603\)$/);
  });

  test("to drop a root while the last certificates under it may live, and says until when", () => {
    const istiods = [
      running.istiod("b", ["a", "b"], {
        reached: known({ ownCertificateFrom: ago(2 * HOUR), refused: undefined }),
      }),
    ];
    const vault = known(running.vaultFacts(BsignsAB, { writtenAt: ago(2 * HOUR + 5000) }));
    const until = new Date(NOW.getTime() + 22 * HOUR + 160_000);
    const { cluster } = running.facts(declaredMesh(B), 0, BsignsAB);
    const longer = { ...cluster, maxLeafLifetime: Duration.hours(48) };
    // The certificates of one cluster are verified in all others.
    expect(judged({ live: BsignsAB, trust: B, change: { cluster: longer, istiods, vault } }).until).toEqual(
      new Date(until.getTime() + 24 * HOUR),
    );
    expect(judged({ live: BsignsAB, trust: B, change: { istiods, vault } })).toEqual({
      ...{ verdict: "not yet", changes: ["drop a in every cluster"], lacking: [], until },
      findings: [
        `root a may not be dropped before ${until.toISOString()}: certificates under it are valid for up to 24h after the last istiod loaded another intermediate, and the proxies of cluster1, cluster2 were not seen to renew since; raise "leafGeneration" by one to renew them now (IV0721)`,
      ],
    });
  });

  test("a root that signs before every proxy can hold it, and says until when", () => {
    const proxies = known([podOf("app"), podOf("lost")]);
    const kubernetes = known(running.kubernetesFacts(AB, { publishedAt: ago(2 * HOUR), proxies }));
    // A proxy's certificate, and the 30s at most 2 minutes late in which other istiods' agents render.
    const until = new Date(NOW.getTime() + 22 * HOUR + 150_000);
    expect(judged({ live: AB, trust: BsignsAB, change: { kubernetes } })).toEqual({
      ...{ verdict: "not yet", changes: ["sign with b in every cluster"], lacking: [], until },
      findings: [
        `root b may not sign before ${until.toISOString()}: a proxy may have the previous bundle until its certificate expires, and these were not seen to have the new one: default/lost in cluster1 (IV0724)`,
      ],
    });
  });

  test("a root that signs where nothing tells since when it is published", () => {
    const proxies = unknown("403");
    const kubernetes = known(running.kubernetesFacts(AB, { publishedAt: undefined, proxies }));
    const { verdict, until } = judged({ live: AB, trust: BsignsAB, change: { kubernetes } });
    expect(verdict).toBe("not yet");
    expect(until).toEqual(new Date(NOW.getTime() + 24 * HOUR + 150_000));
  });

  test("two steps at once until the later of their waits has passed", () => {
    const live: Live = { signing: "a", bundle: ["stranger", "a", "b"] };
    const reached = known({ ownCertificateFrom: ago(2 * HOUR), refused: undefined });
    const change = {
      kubernetes: known(running.kubernetesFacts(live, { publishedAt: ago(2 * HOUR) })),
      istiods: [running.istiod("a", live.bundle, { reached })],
      vault: known(running.vaultFacts(live, { writtenAt: ago(2 * HOUR) })),
    };
    const { findings, until } = judged({ live, trust: BsignsAB, change });
    expect(findings.map((finding) => finding.slice(-8))).toEqual(["(IV0724)", "(IV0721)"]);
    expect(until).toEqual(new Date(NOW.getTime() + 22 * HOUR + 160_000));
  });

  test("any step while istiod answers with another bundle than it published", () => {
    const istiods = [running.istiod("a", ["a"])];
    expect(judged({ live: AB, trust: BsignsAB, change: { istiods } })).toMatchObject({
      verdict: "not yet",
      findings: [
        "istiod-1 answers with the bundle a, but a, b is published; wait until they are the same (IV0722)",
      ],
    });
  });

  test("a bundle without a root that mesh.yaml does not know and that signs", () => {
    const live: Live = { signing: "stranger", bundle: ["stranger", "a"] };
    const { verdict, findings } = judged({ live, trust: A });
    expect(verdict).toBe("not yet");
    expect(findings[0]).toMatch(/^root \?[0-9a-f]{8} signed in cluster1, cluster2, .*\(IV0602\)$/);
  });
});

describe("by what proxies are seen to have", () => {
  const SECOND = 1000;
  /** Loaded, published and written in Vault so many seconds ago, with a proxy that has it since then. */
  const since = (live: Live, seconds: number, change: Partial<ClusterFacts> = {}): Partial<ClusterFacts> => {
    const at = ago(seconds * SECOND);
    const reached = known({ ownCertificateFrom: ago((seconds + 120) * SECOND), refused: undefined });
    const connected = known([proxyOf("app", at)]);
    return {
      kubernetes: known(running.kubernetesFacts(live, { publishedAt: at })),
      istiods: [running.istiod(live.signing, live.bundle, { reached, connected })],
      vault: known(running.vaultFacts(live, { bundleWrittenAt: ago((seconds + 10) * SECOND) })),
      ...change,
    };
  };

  test("a root signs minutes after it was published, once pods have it to verify istiod with", () => {
    expect(judged({ live: AB, trust: BsignsAB, change: since(AB, 121) })).toMatchObject({ verdict: "now" });
    const until = new Date(NOW.getTime() + 60 * SECOND);
    expect(judged({ live: AB, trust: BsignsAB, change: since(AB, 60) })).toMatchObject({
      verdict: "not yet",
      until,
      findings: [
        `root b may not sign before ${until.toISOString()}: kubelets bring the ConfigMap with it into pods up to two minutes after it was published, and an agent without it could not return to its istiod (IV0730)`,
      ],
    });
  });

  const RENEWED: Live = BsignsAB;
  /** The bundle was written after the intermediate, by so many seconds. */
  const renewed = (seconds: number, later = 100) => {
    const change = since(RENEWED, seconds);
    const written = { bundleWrittenAt: ago((seconds + 10) * SECOND) };
    const writtenAt = ago((seconds + 10 + later) * SECOND);
    return { ...change, vault: known(running.vaultFacts(RENEWED, { ...written, writtenAt })) };
  };
  const dropped = (change: Partial<ClusterFacts>) => {
    const mesh = declaredMesh(B);
    const facts = [0, 1].map((index) => running.facts(mesh, index, RENEWED, change));
    const { verdict, findings, until } = gate(mesh, running.states(facts), running.rootCertificates(), NOW);
    return {
      verdict,
      until,
      rules: findings.map(({ rule }) => rule),
      texts: findings.map((it) => it.message),
    };
  };

  test("a root is dropped once every proxy has renewed after the last istiod signed with another", () => {
    expect(dropped(renewed(60))).toMatchObject({ verdict: "now" });
    const until = new Date(NOW.getTime() + 21 * SECOND);
    expect(dropped(renewed(10))).toMatchObject({
      verdict: "not yet",
      until,
      texts: [
        `root a may not be dropped before ${until.toISOString()}: proxies are renewing the last certificates under it`,
        `the bundle of cluster1, cluster2 may not change before ${until.toISOString()}: its proxies are still renewing their certificates, and another change would queue behind that, and new pods behind both`,
      ],
    });
  });

  test("the view says whether all have renewed, and nothing where that cannot be seen", () => {
    const seen = (change: Partial<ClusterFacts>) => {
      const [state] = running.states([running.facts(declaredMesh(RENEWED), 0, RENEWED, change)]);
      return viewOf(state!, running.rootCertificates(), NOW).renewed;
    };
    expect([seen(renewed(60)), seen(renewed(10)), seen(renewed(60, 49))]).toEqual([true, false, false]);
    const kubernetes = known(running.kubernetesFacts(RENEWED, { proxies: unknown("403") }));
    expect(seen({ ...renewed(60), kubernetes })).toBeUndefined();
  });

  test("a renewal that an istiod may have been late for does not count", () => {
    expect(dropped(renewed(60, 49))).toMatchObject({ verdict: "not yet", rules: ["IV0721"] });
    expect(dropped(renewed(60, 51))).toMatchObject({ verdict: "now" });
  });

  test("a renewal that is not published yet does not count", () => {
    const change = renewed(60);
    const vault = { ...valueOf(change.vault)!, leafLine: "# leaf generation 2" };
    expect(dropped({ ...change, vault: known(vault) })).toMatchObject({ rules: ["IV0721"] });
  });

  test("leaves are renewed once every istiod has loaded what they are renewed for", () => {
    const mesh = declaredMesh(BsignsAB);
    const clusters = mesh.clusters.map((cluster) => ({ ...cluster, leafGeneration: 2 }));
    const judge = (writtenAt: Date) => {
      const change = since(BsignsAB, HOUR / SECOND);
      const vault = known(running.vaultFacts(BsignsAB, { writtenAt, bundleWrittenAt: ago(HOUR) }));
      const facts = clusters.map((cluster, index) =>
        running.facts(mesh, index, BsignsAB, { ...change, vault, cluster }),
      );
      return gate({ ...mesh, clusters }, running.states(facts), running.rootCertificates(), NOW);
    };
    expect(judge(ago(51 * SECOND)).verdict).toBe("now");
    const until = new Date(NOW.getTime() + 10 * SECOND);
    expect(judge(ago(40 * SECOND))).toMatchObject({
      until,
      findings: [
        {
          message: `leaves of cluster1, cluster2 may not be renewed before ${until.toISOString()}: by then every istiod has loaded the last change in Vault`,
        },
      ],
    });
  });

  test("istiod signs for less only once no proxy requests more", () => {
    const mesh = declaredMesh(A);
    const cluster = { ...mesh.clusters[0], maxLeafLifetime: Duration.hours(1) };
    const facts = [running.facts(mesh, 0, A, { cluster }), running.facts(mesh, 1, A)];
    const { verdict, changes, findings } = gate(mesh, running.states(facts), running.rootCertificates(), NOW);
    expect({ verdict, changes, findings: findings.map(({ message }) => message) }).toEqual({
      verdict: "not yet",
      changes: ["sign for no longer than mesh.yaml says"],
      findings: [
        'a proxy requests certificates of 24h, and istiod would sign for at most 1h and refuse: default/app; replace these pods, or raise "maxLeafLifetime"',
      ],
    });
  });
});

describe("cannot tell", () => {
  test.each<[string, Partial<ClusterFacts>]>([
    ["a cluster that is not reached", { kubernetes: unknown("no route"), istiods: [] }],
    ["an istiod that does not sign", { istiods: [] }],
  ])("without %s", (_, change) => {
    expect(judged({ live: A, trust: AB, change })).toMatchObject({
      verdict: "unknown",
      lacking: ["cluster1"],
    });
  });

  test("with one of two istiods silent", () => {
    const kubernetes = known(running.kubernetesFacts(A, { istiods: { ready: 2, total: 2 } }));
    expect(judged({ live: A, trust: AB, change: { kubernetes } }).lacking).toEqual(["cluster1"]);
  });

  test("without the certificate of a root", () => {
    const roots = new RootCertificates(
      new Map([...running.rootCertificates().byName, ["b", unknown("sealed")]]),
    );
    expect(judged({ live: A, trust: AB, roots })).toMatchObject({
      verdict: "unknown",
      lacking: ["root b"],
    });
  });
});

describe("when istiods took over", () => {
  const facts = (istiods: ClusterFacts["istiods"], writtenAt: Date | undefined = ago(10 * HOUR)) =>
    running.facts(declaredMesh(A), 0, A, { istiods, vault: known(running.vaultFacts(A, { writtenAt })) });
  const istiod = (startedAt: number, own: number) =>
    running.istiod("a", ["a"], {
      startedAt: ago(startedAt * HOUR),
      reached: known({ ownCertificateFrom: ago(own * HOUR), refused: undefined }),
    });
  const hoursAgo = (date: Date) => (NOW.getTime() - date.getTime() + 120_000) / HOUR;

  test("is when the last of those before the version made its own certificate", () => {
    expect(hoursAgo(tookOver(facts([istiod(50, 9.9), istiod(60, 9.5)])))).toBeCloseTo(9.5);
  });

  test("is not touched by one that came later", () => {
    expect(hoursAgo(tookOver(facts([istiod(50, 9.9), istiod(1, 1)])))).toBeCloseTo(9.9);
  });

  test("is when the first began, where all came later", () => {
    expect(hoursAgo(tookOver(facts([istiod(3, 3), istiod(1, 1)])))).toBeCloseTo(3);
  });

  test("is told by the certificates alone without Vault", () => {
    const withoutVault = { ...facts([istiod(3, 3), istiod(1, 1)]), vault: unknown("sealed") };
    expect(hoursAgo(tookOver(withoutVault))).toBeCloseTo(1);
  });
});
