import { recordOf } from "../../../cli/vault/intermediate-record";
import { type ClusterFacts, known, unknown, valueOf } from "../../../cli/status/facts";
import { judge } from "../../../cli/status/judge";
import { RootCertificates } from "../../../cli/status/root-certificates";
import type { StatusFinding } from "../../../cli/status/status-finding";
import {
  ago,
  certificateOf,
  declaredMesh,
  HOUR,
  type Live,
  podOf,
  proxyOf,
  RunningMesh,
} from "../../support/running-mesh";
import { inDays, NOW, TestCa } from "../../support/test-ca";

let running: RunningMesh;
beforeAll(async () => void (running = await RunningMesh.create()));

const declared = { signing: "a", bundle: ["a"] };
const settled: Live = { signing: "a", bundle: ["a"] };

/** Findings where cluster1 is as told, and cluster2 well. */
function found(
  change: Partial<ClusterFacts>,
  { live = settled, trust = declared, roots = running.rootCertificates() } = {},
): StatusFinding[] {
  const mesh = declaredMesh(trust);
  const facts = [running.facts(mesh, 0, live, change), running.facts(mesh, 1, live)];
  return judge(mesh, running.states(facts, roots), roots, NOW).filter(
    ({ cluster }) => cluster !== "cluster2",
  );
}

const texts = (findings: readonly StatusFinding[]) =>
  findings.map(({ message, rule, level }) => `${level}: ${message} (${rule})`);

test("finds nothing in a mesh that runs as declared", () => {
  expect(found({})).toEqual([]);
  const trust = { signing: "b", bundle: ["a", "b"] };
  expect(found({}, { live: { signing: "b", bundle: ["a", "b"] }, trust })).toEqual([]);
});

describe("of Vault", () => {
  test("finds that it was not asked", () => {
    const findings = found({ vault: unknown("Vault answered 403 on x") });
    expect(texts(findings)).toEqual(["error: Vault could not be read: Vault answered 403 on x (IV0701)"]);
    expect(findings[0]).toMatchObject({ category: "Vault", cluster: "cluster1", unknown: true });
  });

  test("finds another bundle, once", () => {
    expect(texts(found({}, { trust: { signing: "a", bundle: ["a", "b"] } }))).toEqual([
      "error: Vault holds the bundle a, but mesh.yaml says a, b; deploy its Vault stack (IV0714)",
    ]);
  });

  test("finds an intermediate without a record", () => {
    const vault = known(running.vaultFacts(settled, { currentVersion: 6 }));
    expect(texts(found({ vault }))).toEqual([
      "warning: version 6 was written without an issuer's record; whether it is served, and when it is due, is unknown (IV0717)",
    ]);
  });

  test("asks no record of an intermediate that Terraform issued", () => {
    const mesh = declaredMesh(declared);
    const { cluster } = running.facts(mesh, 0, settled);
    const intermediates = { ...cluster.intermediates, issuance: "terraform" as const, generation: 1 };
    const vault = known(running.vaultFacts(settled, { record: undefined }));
    expect(found({ cluster: { ...cluster, intermediates }, vault })).toEqual([]);
  });
});

describe("of roots", () => {
  const rootsWith = (b: ReturnType<typeof unknown> | ReturnType<typeof known<undefined>>) =>
    new RootCertificates(new Map([...running.rootCertificates().byName, ["b", b]]));

  test("finds one whose certificate could not be learnt, if a bundle is to hold it", () => {
    const roots = rootsWith(unknown("Vault at https://x cannot be reached: connection refused"));
    expect(texts(found({}, { roots, trust: { signing: "a", bundle: ["a", "b"] } }))).toEqual([
      "error: the certificate of root b could not be retrieved: Vault at https://x cannot be reached: connection refused; bundles that contain it cannot be compared (IV0703)",
    ]);
    expect(found({}, { roots })).toEqual([]);
  });

  test("finds one that was not made yet", () => {
    expect(
      texts(found({}, { roots: rootsWith(known(undefined)), trust: { signing: "a", bundle: ["a", "b"] } })),
    ).toEqual([
      "error: root b is not in Vault yet; deploy 'vault-*' (IV0723)",
      "error: Vault holds the bundle a, but mesh.yaml says a, b; deploy its Vault stack (IV0714)",
    ]);
  });
});

describe("of a cluster", () => {
  const cluster = (change: object) => ({ kubernetes: known(running.kubernetesFacts(settled, change)) });

  test("finds that it was not asked", () => {
    const findings = found({
      kubernetes: unknown("https://x:6443: no whole answer within 15 s"),
      istiods: [],
    });
    expect(texts(findings)).toEqual([
      "error: unreachable: https://x:6443: no whole answer within 15 s (kubeconfig context cluster1); the state of its istiod and its bundle is unknown (IV0702)",
    ]);
    expect(findings[0].unknown).toBe(true);
  });

  test("finds no istiod", () => {
    const facts = (total: number) => ({ ...cluster({ istiods: { ready: 0, total } }), istiods: [] });
    expect(texts(found(facts(0)))).toEqual([
      "error: no istiod runs; new workloads get no certificate, and running ones keep theirs for at most 24h (IV0705)",
    ]);
    expect(texts(found(facts(2)))).toEqual([
      "error: none of 2 istiods is ready; new workloads get no certificate, and running ones keep theirs for at most 24h (IV0705)",
    ]);
  });

  test("finds that one of several is not ready", () => {
    expect(texts(found(cluster({ istiods: { ready: 1, total: 2 } })))).toEqual([
      "warning: 1 of 2 istiods are ready (IV0706)",
    ]);
  });

  describe("with revisions", () => {
    const one = { ready: 1, total: 1 };
    const judged = (listed: readonly string[], running_: Record<string, typeof one>) => {
      const revisions = new Map(Object.entries(running_));
      const kubernetes = known(running.kubernetesFacts(settled, { revisions }));
      const { cluster } = running.facts(declaredMesh(declared), 0, settled);
      const [revision] = cluster.istio.revisions;
      const istio = { ...cluster.istio, revisions: listed.map((name) => ({ ...revision, name })) };
      return found({ cluster: { ...cluster, istio }, kubernetes });
    };

    test("says nothing where each that is listed runs", () => {
      expect(judged(["default", "x"], { default: one, x: { ready: 1, total: 2 } })).toEqual([]);
    });

    test("finds that none of a listed one is ready", () => {
      const findings = judged(["default", "x"], { default: one, x: { ready: 0, total: 2 } });
      expect(texts(findings)).toEqual([
        "error: revision x is listed, but none of its 2 istiods is ready; pods in namespaces that name it are rejected, and its proxies keep their certificates for at most 24h (IV0725)",
      ]);
      expect(findings[0].category).toBe("cluster");
    });

    test("finds a listed one that does not run, which may wait for its deploy", () => {
      const findings = judged(["default", "x"], { default: one });
      expect(texts(findings)).toEqual([
        "error: revision x is listed, but no istiod of it runs; pods in namespaces that name it are rejected, and its proxies keep their certificates for at most 24h (IV0725)",
      ]);
      expect(findings[0].category).toBe("differs from mesh.yaml");
    });

    test("finds one that runs and is not listed", () => {
      const findings = judged(["x"], { default: one, x: one });
      expect(texts(findings)).toEqual([
        "warning: the istiod without a revision runs but is not listed; Vault will reject its login at the next start once its Vault stack is deployed; list it, or deploy the cluster when no proxy uses it any more (IV0726)",
      ]);
      expect(findings[0].category).toBe("differs from mesh.yaml");
    });
  });

  test("finds a CA key that was left", () => {
    expect(texts(found(cluster({ selfSignedCaKey: known(true) })))).toEqual([
      "warning: the Secret istio-ca-secret holds the key of a CA that istiod once created itself, and nothing removes it; delete it once no bundle contains its certificate (IV0720)",
    ]);
  });

  test("says nothing where it may not look for one", () => {
    expect(found(cluster({ selfSignedCaKey: unknown("the API server answered 403") }))).toEqual([]);
  });
});

describe("of istiods", () => {
  const istiod = (change: Parameters<RunningMesh["istiod"]>[2]) => ({
    istiods: [running.istiod("a", ["a"], change)],
  });

  test("finds one that could not be asked", () => {
    const findings = found(istiod({ reached: unknown("no route"), signed: unknown("no route") }));
    expect(texts(findings)).toEqual(["error: istiod-1 could not be reached: no route (IV0704)"]);
    expect(findings[0]).toMatchObject({ category: "istiod", unknown: true });
  });

  test("finds one whose certificate sidecars refuse", () => {
    const reached = known({ ownCertificateFrom: NOW, refused: "a certificate of its chain has expired" });
    expect(texts(found(istiod({ reached, signed: unknown("not accepted") })))).toEqual([
      'error: istiod-1 is ready but serves no workload: sidecars reject its certificate, since a certificate of its chain has expired; check its files with "istio-vault lint", and reissue its intermediate (IV0707)',
    ]);
  });

  test("finds one that does not sign", () => {
    expect(texts(found(istiod({ signed: unknown("request authenticate failure") })))).toEqual([
      "error: istiod-1 did not sign a certificate: request authenticate failure (IV0708)",
    ]);
  });

  test("finds one with a CA of its own, and says nothing else of it", async () => {
    const own = await TestCa.issue({ name: "self" });
    const leaf = await TestCa.issue({ name: "workload", issuer: own, ca: false });
    const signed = known({
      chain: [certificateOf(leaf), certificateOf(own)] as const,
      bundle: [certificateOf(own)],
    });
    const kubernetes = known(running.kubernetesFacts(settled, { published: [certificateOf(own)] }));
    expect(texts(found({ ...istiod({ signed }), kubernetes }))).toEqual([
      "error: istiod-1 created a self-signed CA (CN=self) instead of loading the one in Vault; other clusters reject its workloads, and its key is in the Secret istio-ca-secret; restart it with the injector running (IV0709)",
    ]);
    // Beside one that serves, too.
    const istiods = [running.istiod("a", ["a"]), running.istiod("a", ["a"], { pod: "istiod-2", signed })];
    expect(texts(found({ istiods, kubernetes }))).toEqual([
      expect.stringMatching(/^error: istiod-2 created a self-signed CA .*\(IV0709\)$/),
    ]);
  });

  /** Findings of an intermediate valid from and until so many days from now. */
  async function foundOf(from: number, until: number) {
    const intermediate = await TestCa.issue({
      ...{ name: "Intermediate CA", issuer: running.roots.a, pathLength: 0 },
      ...{ notBefore: inDays(from), notAfter: inDays(until) },
    });
    const leaf = await TestCa.issue({ name: "workload", issuer: intermediate, ca: false });
    const signed = known({
      chain: [certificateOf(leaf), certificateOf(intermediate)] as const,
      bundle: running.certificates("a"),
    });
    const vault = known(running.vaultFacts(settled, { record: recordOf(intermediate.pem, "a", 5) }));
    return texts(found({ ...istiod({ signed }), vault }));
  }

  test("finds an intermediate with less than a fifth of its lifetime left, and none with a fifth", async () => {
    expect(await foundOf(-80, 20)).toEqual([]);
    expect(await foundOf(-81, 20)).toEqual([
      `warning: the intermediate expires at ${inDays(20).toISOString()}, in 20d, with less than a fifth of its lifetime left; after that istiod serves no workload; renew it (IV0718)`,
    ]);
  });

  test("finds what is in Vault and not yet served, and what should be by now", () => {
    const another = recordOf(running.signers.b.intermediate.pem, "a", 6);
    const vault = (writtenAt: Date) =>
      known(running.vaultFacts(settled, { record: another, currentVersion: 6, writtenAt }));
    const young = found({ vault: vault(ago(14_000)) });
    expect(young[0].category).toBe("istiod");
    expect(texts(young)).toEqual([
      "warning: istiod-1 does not yet serve version 6, written 14s ago (IV0715)",
    ]);
    expect(texts(found({ vault: vault(ago(2 * HOUR)) }))).toEqual([
      "error: istiod-1 does not serve version 6, written 2h ago, although that takes at most 2m 30s; its log says why, or that of its vault-agent if Vault could not be read (IV0716)",
    ]);
  });
});

describe("of trust", () => {
  test("finds that another root signs", () => {
    const trust = { signing: "b", bundle: ["a", "b"] };
    expect(texts(found({}, { live: { signing: "a", bundle: ["a", "b"] }, trust }))).toEqual([
      "error: signs with root a, but mesh.yaml says b; deploy its Vault stack, and issue the intermediate under b, or revert mesh.yaml (IV0710)",
    ]);
  });

  test("says who issues the intermediate under it", () => {
    const trust = { signing: "b", bundle: ["a", "b"] };
    const { cluster } = running.facts(declaredMesh(trust), 0, settled);
    const intermediates = { ...cluster.intermediates, issuance: "terraform" as const, generation: 1 };
    const findings = found(
      { cluster: { ...cluster, trust, intermediates } },
      { live: { signing: "a", bundle: ["a", "b"] } },
    );
    expect(texts(findings)).toEqual([
      "error: signs with root a, but mesh.yaml says b; deploy its Vault stack, which issues the intermediate under b, or revert mesh.yaml (IV0710)",
    ]);
  });

  test("finds a root that mesh.yaml does not know by what it is", () => {
    const live: Live = { signing: "stranger", bundle: ["a", "stranger"] };
    const [first] = texts(found({}, { live, trust: { signing: "a", bundle: ["a"] } }));
    expect(first).toMatch(/^error: Vault holds the bundle a, \?[0-9a-f]{8}, but mesh\.yaml says a; /);
  });

  test("finds that what a cluster signs is refused by its own bundle", () => {
    const kubernetes = known(running.kubernetesFacts({ signing: "a", bundle: ["b"] }));
    const vault = known(running.vaultFacts({ signing: "a", bundle: ["b"] }));
    const istiods = [running.istiod("a", ["b"])];
    expect(texts(found({ kubernetes, vault, istiods }, { trust: { signing: "b", bundle: ["b"] } }))).toEqual([
      "error: signs with root a, but mesh.yaml says b; deploy its Vault stack, and issue the intermediate under b, or revert mesh.yaml (IV0710)",
      "error: what istiod-1 signs does not chain to its own cluster's bundle (b); publish a bundle that contains its root (IV0711)",
    ]);
  });

  test("finds that leaves are not renewed yet", () => {
    const leafLine = "# leaf generation 2";
    const live: Live = { signing: "a", bundle: ["a"] };
    const vault = known(running.vaultFacts(live, { leafLine }));
    const declared = (change: Partial<ClusterFacts>, leafGeneration: number) => {
      const mesh = declaredMesh({ signing: "a", bundle: ["a"] });
      const cluster = { ...mesh.clusters[0], leafGeneration };
      return texts(
        judge(
          mesh,
          running.states([running.facts(mesh, 0, live, { cluster, ...change })]),
          running.rootCertificates(),
          NOW,
        ),
      );
    };
    expect(declared({}, 2)).toEqual([
      "error: Vault holds the bundle a, but mesh.yaml says a (leaf generation 2); deploy its Vault stack (IV0714)",
    ]);
    expect(declared({ vault }, 2)).toEqual([
      "error: publishes the bundle a, but mesh.yaml says a (leaf generation 2); Vault holds a (leaf generation 2), which reaches istiod within 2m 30s or was rejected by istiod, whose log says why (IV0712)",
    ]);
    const kubernetes = known(running.kubernetesFacts(live, { leafLine }));
    expect(declared({ vault, kubernetes }, 2)).toEqual([
      "warning: istiod-1 answers with the bundle a, while a (leaf generation 2) is published; within a minute of a restart this is the leader's lease; later, the leading istiod did not load the new bundle (IV0713)",
    ]);
    const signed = { ...valueOf(running.istiod("a", ["a"]).signed)!, leafLine };
    const istiods = [running.istiod("a", ["a"], { signed: known(signed) })];
    expect(declared({ vault, kubernetes, istiods }, 2)).toEqual([]);
  });

  test("finds that the bundle in Vault is not published", () => {
    const vault = known(running.vaultFacts({ signing: "a", bundle: ["a", "b"] }));
    const trust = { signing: "a", bundle: ["a", "b"] };
    expect(texts(found({ vault }, { trust }))).toEqual([
      "error: publishes the bundle a, but mesh.yaml says a, b; Vault holds a, b, which reaches istiod within 2m 30s or was rejected by istiod, whose log says why (IV0712)",
    ]);
    expect(texts(found({ vault: unknown("sealed") }, { trust }))).toEqual([
      "error: Vault could not be read: sealed (IV0701)",
      "error: publishes the bundle a, but mesh.yaml says a, b; whether its Vault stack was deployed is unknown without Vault (IV0712)",
    ]);
  });

  test("finds that istiod answers with another bundle than it published", () => {
    const trust = { signing: "a", bundle: ["a", "b"] };
    const live: Live = { signing: "a", bundle: ["a", "b"] };
    const findings = found({ istiods: [running.istiod("a", ["a"])] }, { live, trust });
    expect(findings[0].category).toBe("trust");
    expect(texts(findings)).toEqual([
      "warning: istiod-1 answers with the bundle a, while a, b is published; within a minute of a restart this is the leader's lease; later, the leading istiod did not load the new bundle (IV0713)",
    ]);
  });

  test("finds a root that ends before what it would sign", async () => {
    const old = await TestCa.issue({ name: "Root A", notAfter: inDays(30) });
    const roots = new RootCertificates(new Map([["a", known(certificateOf(old))]]));
    const intermediate = await TestCa.issue({ name: "Intermediate CA", issuer: old, notAfter: inDays(30) });
    const leaf = await TestCa.issue({ name: "workload", issuer: intermediate, ca: false });
    const bundle = [certificateOf(old)];
    const facts = {
      vault: known(running.vaultFacts(settled, { bundle, record: recordOf(intermediate.pem, "a", 5) })),
      kubernetes: known(running.kubernetesFacts(settled, { published: bundle })),
      istiods: [
        running.istiod("a", ["a"], {
          signed: known({ chain: [certificateOf(leaf), certificateOf(intermediate)], bundle }),
        }),
      ],
    };
    const mesh = declaredMesh(declared);
    const states = running.states([running.facts(mesh, 0, settled, facts)], roots);
    expect(texts(judge({ ...mesh, roots: mesh.roots.slice(0, 1) }, states, roots, NOW))).toEqual([
      `warning: root a expires at ${inDays(30).toISOString()}, before an intermediate issued now would; rotate to a new root (IV0719)`,
    ]);
  });
});

describe("of proxies", () => {
  const change = (pods: readonly string[], connected: readonly string[]) => ({
    kubernetes: known(running.kubernetesFacts(settled, { proxies: known(pods.map((name) => podOf(name))) })),
    istiods: [
      running.istiod("a", ["a"], { connected: known(connected.map((name) => proxyOf(name, ago(HOUR)))) }),
    ],
  });

  test("finds who has not the bundle, and whom nobody can see, with what to do", () => {
    const names = Array.from({ length: 12 }, (_, index) => `p${index}`);
    expect(texts(found(change(["app", ...names], ["app"])))).toEqual([
      "warning: of 12 proxies nobody can see which bundle it has: default/p0, default/p1, default/p2, default/p3, default/p4, default/p5, default/p6, default/p7, default/p8, default/p9 and 2 more; connected to no istiod: the log of its container istio-proxy says why; it gets the bundle when it is connected again (IV0728)",
    ]);
    const pods = [
      podOf("old", { variables: {} }),
      podOf("off", { variables: {}, ownConfig: "PROXY_CONFIG_XDS_AGENT: no" }),
    ];
    const kubernetes = known(running.kubernetesFacts(settled, { proxies: known(pods) }));
    const istiods = [running.istiod("a", ["a"], { connected: known([proxyOf("new", ago(HOUR), false)]) })];
    expect(texts(found({ kubernetes, istiods }))).toEqual([
      "warning: 1 of 3 proxies have not acknowledged the bundle that their istiod answers with: default/new; that takes seconds; restart those that stay (IV0727)",
      "warning: of a proxy nobody can see which bundle it has: default/old; injected before its istiod pushed bundles (PROXY_CONFIG_XDS_AGENT): replace the pods (IV0728)",
      "warning: of a proxy nobody can see which bundle it has: default/off; the annotation proxy.istio.io/config sets PROXY_CONFIG_XDS_AGENT: remove it there, and replace the pods (IV0728)",
    ]);
  });

  test("finds that they could not be seen", () => {
    const kubernetes = known(running.kubernetesFacts(settled, { proxies: unknown("pods is forbidden") }));
    expect(texts(found({ kubernetes }))).toEqual([
      "warning: what proxies have of the bundle could not be seen: pods is forbidden; a rotation waits for certificates to expire instead (IV0729)",
    ]);
  });

  test("finds a root that was dropped while several istiods ran, until leaves were renewed or have expired", () => {
    const dropped = (bundleWrittenAt: Date, bundleBefore: ("a" | "b")[], count = 2) => {
      const before = running.certificates(...bundleBefore);
      const vault = known(running.vaultFacts(settled, { bundleWrittenAt, bundleBefore: before }));
      const istiods = Array.from({ length: count }, (_, index) =>
        running.istiod("a", ["a"], { pod: `istiod-${index + 1}` }),
      );
      return texts(found({ vault, istiods }));
    };
    const until = new Date(ago(HOUR).getTime() + 24 * HOUR + 150_000).toISOString();
    expect(dropped(ago(HOUR), ["b", "a"])).toEqual([
      `warning: root b was dropped while several istiods run: a proxy that was told so by one and got its certificate from another may trust it until ${until}; raise "leafGeneration" by one, and deploy 'vault-*' (IV0734)`,
    ]);
    expect(dropped(ago(HOUR), ["a"])).toEqual([]);
    expect(dropped(ago(25 * HOUR), ["b", "a"])).toEqual([]);
    expect(dropped(ago(HOUR), ["b", "a"], 1)).toEqual([]);
  });
});
