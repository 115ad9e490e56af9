import assert from "node:assert/strict";
import type { Cluster } from "../../cluster";
import { IstioVault } from "../../istio-vault";
import { istiodPods } from "../../istiod";
import { meetEnvoy } from "../../meet-envoy";
import { note, type World } from "../../scenario";
import { TRAFFIC_NAMESPACE } from "../../traffic/objects";
import { publishedRoots, signWorkload } from "../../workload-certificate";
import { certificates } from "../../x509";
import { askedFor, injectedBy, InjectionWatch } from "./injection";
import { CANARY, CANARY_ISTIOD, CLUSTER } from "./mesh";

/** A namespace without a label, in which pods ask to be injected, as gateways do. */
const ASKING = { "sidecar.istio.io/inject": "true" };

/** These istiods sign with one intermediate, and the server's Envoy answers who has a certificate of theirs. */
export async function signAlike(cluster: Cluster, ...istiods: string[]): Promise<void> {
  const [server] = await cluster.readyPods(TRAFFIC_NAMESPACE, "app=server");
  const ca = await publishedRoots(cluster);
  const intermediates = new Set<string>();
  for (const istiod of istiods) {
    const { chain: cert, key } = await signWorkload(cluster, { istiod });
    await meetEnvoy(server!, 8080, { ca, cert, key });
    intermediates.add(certificates(cert)[1]!.serialNumber);
  }
  assert.equal(intermediates.size, 1);
}

/**
 * Deploys the cluster while requests go on; the revisions that injected pods of a labelled namespace meanwhile, one after the
 * other. A pod that a webhook without its CA refuses is tried again by whoever made it; one without a proxy nobody would
 * notice.
 */
export async function deployWatched(
  { rig, deployment, traffic }: World,
  mostRefused = Infinity,
): Promise<string[]> {
  const watch = new InjectionWatch(rig.cluster(CLUSTER), "enabled");
  try {
    await traffic.unbroken(() => deployment.deploy(CLUSTER));
  } finally {
    await watch.stop();
  }
  const { revisions, asked, refused } = await watch.stop();
  note(`${asked} pods asked for, ${refused} refused`);
  assert.ok(refused <= mostRefused, `${refused} of ${asked} pods were refused`);
  return revisions;
}

/** What status says, without what upstream supports: that depends on the day. */
export async function status({ rig, deployment }: World) {
  const { address, caFile, rootToken } = rig.vault;
  const vault = { VAULT_ADDR: address, VAULT_CACERT: caFile, VAULT_TOKEN: rootToken };
  const options = ["status", "-o", "json", "--service-account", "default/default"];
  const { stdout } = await new IstioVault(rig, deployment, vault).run(options);
  const { clusters, findings } = JSON.parse(stdout) as {
    clusters: { istiods: unknown[] }[];
    findings: { category: string; rule: string; message: string }[];
  };
  return { clusters, findings: findings.filter(({ category }) => category !== "versions") };
}

/** What names no revision is injected by `revision` alone, what names one by that one. */
export async function injects(cluster: Cluster, configuration: string, revision: string): Promise<void> {
  const service = revision === "default" ? "istiod" : `istiod-${revision}`;
  const asked = (webhook: string) => [`${configuration} ${webhook}.sidecar-injector.istio.io -> ${service}`];
  assert.deepEqual(await askedFor(cluster, "enabled"), asked("namespace"));
  assert.deepEqual(await askedFor(cluster, "tagged"), asked("rev.namespace"));
  assert.deepEqual(await askedFor(cluster, "default", ASKING), asked("object"));
  assert.deepEqual(await askedFor(cluster, "default"), []);
  for (const namespace of ["enabled", "tagged"])
    assert.equal(await injectedBy(cluster, namespace), revision, namespace);
  assert.equal(await injectedBy(cluster, "default", ASKING), revision);
  const listed = (await istiodPods(cluster)).some(
    ({ metadata }) => metadata.labels?.["istio.io/rev"] === CANARY,
  );
  if (!listed) return;
  assert.deepEqual(await askedFor(cluster, "moved"), [
    `istio-sidecar-injector-${CANARY} rev.namespace.sidecar-injector.istio.io -> ${CANARY_ISTIOD}`,
  ]);
  assert.equal(await injectedBy(cluster, "moved"), CANARY);
}
