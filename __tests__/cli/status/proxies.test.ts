import type { ProxyPod } from "../../../cli/kubernetes/cluster-api";
import { type ClusterFacts, type ConnectedProxy, known, unknown } from "../../../cli/status/facts";
import { isProven, proxyState, requestLonger } from "../../../cli/status/proxies";
import { Duration, KeyAlgorithm } from "../../../lib";
import { ago, declaredMesh, HOUR, type Live, podOf, proxyOf, RunningMesh } from "../../support/running-mesh";
import { NOW } from "../../support/test-ca";

let running: RunningMesh;
beforeAll(async () => void (running = await RunningMesh.create()));

const LIVE: Live = { signing: "a", bundle: ["a"] };
const SECOND = 1000;

/** Two istiods that loaded their files so long ago, and what is connected to each. */
function facts(
  pods: readonly ProxyPod[],
  connected: readonly (readonly [loaded: number, proxies: readonly ConnectedProxy[]])[],
  change: Partial<ClusterFacts> = {},
): ClusterFacts {
  const istiods = connected.map(([loaded, proxies], index) =>
    running.istiod("a", ["a"], {
      pod: `istiod-${index + 1}`,
      reached: known({ ownCertificateFrom: ago(loaded + 120 * SECOND), refused: undefined }),
      connected: known(proxies),
    }),
  );
  const kubernetes = known(running.kubernetesFacts(LIVE, { proxies: known(pods) }));
  return running.facts(declaredMesh(LIVE), 0, LIVE, { istiods, kubernetes, ...change });
}

const stateOf = (fact: ClusterFacts) => proxyState(running.states([fact])[0], NOW);

test("each has the bundle that was sent it after its istiod loaded it, and that it acknowledged", () => {
  const names = ["one", "two", "three", "four"];
  const vault = known(running.vaultFacts(LIVE, { bundleWrittenAt: ago(65 * SECOND) }));
  const state = stateOf(
    facts(
      names.map((name) => podOf(name)),
      [
        [60 * SECOND, [proxyOf("one", ago(59 * SECOND)), proxyOf("two", ago(70 * SECOND))]],
        [40 * SECOND, [proxyOf("three", ago(39 * SECOND), false), proxyOf("four", ago(39 * SECOND))]],
      ],
      { vault },
    ),
  );
  expect(state).toMatchObject({ total: 4, behind: ["default/two", "default/three"], unseen: new Map() });
  expect(isProven(state)).toBe(false);
});

test("another intermediate sends nothing: what was sent since the bundle was written is it, once a push is over", () => {
  const vault = known(running.vaultFacts(LIVE, { bundleWrittenAt: ago(2 * HOUR) }));
  const after = (loaded: number, sent: number) =>
    isProven(stateOf(facts([podOf("one")], [[loaded, [proxyOf("one", ago(sent))]]], { vault })));
  expect(after(60 * SECOND, HOUR)).toBe(true);
  expect(after(20 * SECOND, HOUR)).toBe(false);
  expect(after(60 * SECOND, 3 * HOUR)).toBe(false);
});

test("without Vault, what was published counts, and what comes before it where istiods are apart", () => {
  const after = (sent: number) =>
    isProven(
      stateOf(
        facts([podOf("one")], [[HOUR, [proxyOf("one", ago(sent))]]], {
          vault: unknown("sealed"),
          kubernetes: known(
            running.kubernetesFacts(LIVE, { publishedAt: ago(2 * HOUR), proxies: known([podOf("one")]) }),
          ),
        }),
      ),
    );
  expect(after(2 * HOUR + 100 * SECOND)).toBe(true);
  expect(after(2 * HOUR + 200 * SECOND)).toBe(false);
});

test("tells who cannot be seen, and why", () => {
  const state = stateOf(
    facts(
      [
        podOf("here"),
        podOf("lost"),
        podOf("young", { startedAt: ago(30 * SECOND) }),
        podOf("pending", { runs: false }),
        podOf("old", { variables: {} }),
        podOf("off", {
          variables: { PROXY_CONFIG_XDS_AGENT: "false" },
          ownConfig: "proxyMetadata: { PROXY_CONFIG_XDS_AGENT: 'false' }",
        }),
      ],
      [[HOUR, [proxyOf("here", ago(10)), proxyOf("old", undefined), proxyOf("off", undefined)]]],
    ),
  );
  expect(state).toMatchObject({
    total: 5,
    behind: ["default/young"],
    unseen: new Map([
      ["not connected", ["default/lost"]],
      ["injected before", ["default/old"]],
      ["turned off", ["default/off"]],
    ]),
  });
});

test("a proxy that has just changed its istiod is what the later one says", () => {
  const state = stateOf(
    facts(
      [podOf("one")],
      [
        [HOUR, [proxyOf("one", ago(5 * SECOND))]],
        [HOUR, [proxyOf("one", ago(2 * HOUR), false)]],
      ],
    ),
  );
  expect(isProven(state)).toBe(true);
});

test("what is no pod, such as a VM, counts where it is connected", () => {
  expect(stateOf(facts([], [[HOUR, [proxyOf("vm", undefined)]]]))).toMatchObject({
    total: 1,
    behind: ["default/vm"],
  });
});

test("how long a renewal takes follows from the most proxies of an istiod, and from its key", () => {
  const proxies = (count: number) =>
    Array.from({ length: count }, (_, index) => proxyOf(`${index}`, ago(SECOND)));
  const connected = [[HOUR, proxies(400)] as const, [2 * HOUR, proxies(100)] as const];
  const rsa = facts([], connected);
  const { renewalSeconds, renewedAt } = stateOf(rsa)!;
  expect(renewalSeconds).toBe(8);
  expect(renewedAt).toEqual(new Date(NOW.getTime() - HOUR + 38 * SECOND));
  const intermediates = { ...rsa.cluster.intermediates, keyAlgorithm: KeyAlgorithm.ecdsa(256) };
  expect(stateOf({ ...rsa, cluster: { ...rsa.cluster, intermediates } })!.renewalSeconds).toBe(5);
});

test.each<[string, (fact: ClusterFacts) => ClusterFacts]>([
  [
    "pods",
    (fact) => ({
      ...fact,
      kubernetes: known(running.kubernetesFacts(LIVE, { proxies: unknown("403") })),
    }),
  ],
  [
    "an istiod's list",
    (fact) => ({ ...fact, istiods: [running.istiod("a", ["a"], { connected: unknown("404") })] }),
  ],
  ["any istiod", (fact) => ({ ...fact, istiods: [] })],
])("without %s nothing can be told", (_, change) => {
  expect(stateOf(change(facts([], [[HOUR, []]])))).toBeUndefined();
});

test("tells who requests certificates for longer than istiod signs", () => {
  const pods = [
    podOf("one", { variables: { SECRET_TTL: "1h0m0s" } }),
    podOf("two"),
    podOf("three", { variables: {} }),
    podOf("four", { variables: { SECRET_TTL: "soon" } }),
  ];
  const fact = facts(pods, [[HOUR, []]]);
  expect(requestLonger(fact)).toEqual(new Map());
  const shorter = { ...fact.cluster, maxLeafLifetime: Duration.hours(1) };
  expect(requestLonger({ ...fact, cluster: shorter })).toEqual(
    new Map([["24h", ["default/two", "default/three"]]]),
  );
});
