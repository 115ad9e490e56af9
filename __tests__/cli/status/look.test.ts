import "reflect-metadata";
import { VaultClient } from "../../../cli/vault/vault-client";
import { CommandError } from "../../../cli/command-line/command-error";
import { recordOf, toCustomMetadata } from "../../../cli/vault/intermediate-record";
import type { ClusterApi } from "../../../cli/kubernetes/cluster-api";
import { known, unknown, valueOf } from "../../../cli/status/facts";
import { gather } from "../../../cli/status/gather";
import { inspect, type Inspection } from "../../../cli/status/look";
import type { Mesh } from "../../../config/mesh";
import { Agent } from "undici";
import { FakeIstiod } from "../../support/fake-istiod";
import { FakeVault } from "../../support/fake-vault";
import { ago, declaredMesh, HOUR, RunningMesh } from "../../support/running-mesh";
import { inDays } from "../../support/test-ca";

let running: RunningMesh;
let istiod: FakeIstiod;
let vault: FakeVault;

beforeAll(async () => {
  running = await RunningMesh.create();
  const { intermediate } = running.signers.a;
  const [chain, bundle] = [intermediate.pem, running.roots.a.pem];
  istiod = await FakeIstiod.start({ intermediate, chain, bundle, token: "for istio-ca" });
  const custom_metadata = toCustomMetadata(recordOf(intermediate.pem, "a", 5));
  const versions = { 5: { created_time: inDays(-1).toISOString() } };
  vault = await FakeVault.start(({ path }) => {
    if (path.endsWith("/metadata/istiod-service/certs")) {
      return { data: { current_version: 5, custom_metadata, versions } };
    }
    if (path.endsWith("/data/istiod-service/trust-bundle")) return { data: { data: { root_cert: bundle } } };
    if (path === "istio-root-a/issuer/a/json") return { data: { certificate: bundle } };
    return { status: 403, body: { errors: ["permission denied"] } };
  });
});
afterAll(() => {
  istiod.stop();
  vault.stop();
});

const client = () =>
  new VaultClient({
    address: vault.address,
    namespace: undefined,
    dispatcher: new Agent(),
    timeoutSeconds: 30,
  });

/** A cluster whose API server knows one ready istiod. */
function api(change: Partial<ClusterApi> = {}): ClusterApi {
  return {
    configMap: async () => ({
      values: { "root-cert.pem": running.roots.a.pem },
      writtenAt: ago(98 * HOUR),
    }),
    hasSecret: async () => false,
    proxies: async () => [],
    pods: async () => [{ name: "istiod-1", labels: {}, ready: true, startedAt: inDays(-2) }],
    token: async ({ namespace, name }, audience) => (name === "status" ? `for ${audience}` : `${namespace}`),
    forward: async (_namespace, _pod, port) => ({
      address: istiod.at(port),
      trouble: () => undefined,
      close: () => {},
    }),
    ...change,
  };
}

function inspection(mesh: Mesh, change: Partial<Inspection> = {}): Inspection {
  return {
    mesh,
    vault: client(),
    login: known(client().withToken("t")),
    api: async () => api(),
    account: { namespace: "istio-vault", name: "status" },
    gate: false,
    ...change,
  };
}

const settled = { signing: "a", bundle: ["a"] };
const found = ({ findings }: Awaited<ReturnType<typeof inspect>>) =>
  findings.map(({ cluster, rule }) => `${cluster} ${rule}`);

test("tells of versions upstream does not support any more, of each cluster and with --gate too", async () => {
  const mesh = declaredMesh(settled, { version: "1.29.6" });
  for (const gate of [false, true]) {
    const { findings } = await inspect(inspection(mesh, { gate }), () => {});
    expect(findings).toMatchObject(
      ["cluster1", "cluster2"].map((cluster) => ({
        ...{ rule: "IV1001", level: "warning", category: "versions", cluster, unknown: false },
      })),
    );
  }
});

test("asks Vault, each cluster and each istiod, and finds a mesh that is well", async () => {
  let asked = 0;
  const status = await inspect(inspection(declaredMesh(settled)), () => asked++);
  expect(status).toMatchObject({ mesh: "mesh1", findings: [], next: undefined });
  expect(asked).toBe(2);
  expect(status.clusters[0]).toMatchObject({
    cluster: "cluster1",
    istiods: [{ pod: "istiod-1", step: "in step", intermediate: { root: "a" } }],
    published: ["a"],
    vault: { version: 5 },
  });
});

test("one cluster out of reach takes no other with it", async () => {
  const status = await inspect(
    inspection(declaredMesh(settled), {
      api: async ({ name }) => {
        if (name === "cluster1") throw new CommandError("https://x: no whole answer within 15 s");
        return api();
      },
    }),
    () => {},
  );
  expect(found(status)).toEqual(["cluster1 IV0702"]);
  expect(status.clusters[0].unreachable).toBe("https://x: no whole answer within 15 s");
  expect(status.clusters[1].istiods).toHaveLength(1);
});

test("asks no istiod that is not ready", async () => {
  const pod = { labels: {}, startedAt: inDays(-2) };
  const pods = async () => [
    { ...pod, name: "istiod-1", ready: true },
    { ...pod, name: "istiod-2", ready: false },
  ];
  const status = await inspect(
    inspection(declaredMesh(settled), { api: async () => api({ pods }) }),
    () => {},
  );
  expect(found(status)).toEqual(["cluster1 IV0706", "cluster2 IV0706"]);
  expect(status.clusters[0].istiods.map((istiod) => istiod.pod)).toEqual(["istiod-1"]);
});

test("tells revisions apart by their label", async () => {
  const pod = (name: string, revision: string, ready = true) => ({
    ...{ name, ready, startedAt: inDays(-2) },
    labels: { "istio.io/rev": revision },
  });
  const pods = async () => [pod("one", "default"), pod("two", "x", false), pod("three", "x")];
  const sources = { vault: async () => running.vaultFacts({ signing: "a", bundle: ["a"] }), csr: "csr" };
  const [cluster] = declaredMesh(settled).clusters;
  const account = { namespace: "istio-vault", name: "status" };
  const facts = await gather(cluster, {
    ...{ ...sources, api: async () => api({ pods }), account },
    withLists: false,
  });
  expect(valueOf(facts.kubernetes)?.revisions).toEqual(
    new Map([
      ["default", { ready: 1, total: 1 }],
      ["x", { ready: 1, total: 2 }],
    ]),
  );
});

test("shows the clusters without a login to Vault", async () => {
  const status = await inspect(
    inspection(declaredMesh(settled), { login: unknown("no credential") }),
    () => {},
  );
  expect(found(status)).toEqual(["cluster1 IV0701", "cluster2 IV0701"]);
  expect(status.clusters[0].istiods[0].intermediate?.root).toBe("a");
});

test.each<[string, Partial<ClusterApi>, string]>([
  ["no istiod", { pods: async () => [] }, "IV0705"],
  ["no roots published", { configMap: async () => undefined }, "IV0704"],
  ["a CA key left", { hasSecret: async () => true }, "IV0720"],
  ["another token", { token: async () => "another" }, "IV0708"],
])("in a cluster with %s finds %s", async (_, change, rule) => {
  const status = await inspect(
    inspection(declaredMesh(settled), { api: async ({ name }) => api(name === "cluster1" ? change : {}) }),
    () => {},
  );
  expect(found(status)).toEqual([`cluster1 ${rule}`]);
});

test("asked for the next step, it does not call that step a fault", async () => {
  const mesh = declaredMesh({ signing: "a", bundle: ["a", "b"] });
  const plain = await inspect(inspection(mesh), () => {});
  expect(found(plain)).toEqual(["undefined IV0723", "cluster1 IV0714", "cluster2 IV0714"]);
  const gated = await inspect(inspection(mesh, { gate: true }), () => {});
  expect(found(gated)).toEqual([]);
  expect(gated.next).toMatchObject({ verdict: "now", changes: ["add b in every cluster"] });
});

test("a hundred clusters are asked 64 at once", async () => {
  const [one] = declaredMesh(settled).clusters;
  const clusters = Array.from({ length: 100 }, (_, index) => ({ ...one, name: `cluster${index}` }));
  let [now, most] = [0, 0];
  // Without an istiod: a hundred handshakes are slow, and not what is looked at.
  const counted = async () => {
    most = Math.max(most, ++now);
    return api({
      pods: async () => {
        now--;
        return [];
      },
    });
  };
  const status = await inspect(
    inspection({ ...declaredMesh(settled), clusters }, { api: counted }),
    () => {},
  );
  expect(status.clusters).toHaveLength(100);
  expect(most).toBe(64);
});
