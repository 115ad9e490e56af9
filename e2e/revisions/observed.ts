import assert from "node:assert/strict";
import type { Cluster } from "../cluster";
import type { Deployment } from "../deployment";
import { handshake, type Peer } from "../handshake";
import { askedFor, injectedBy, InjectionWatch } from "../injection";
import { IstioVault } from "../istio-vault";
import { istiodPods } from "../istiod";
import type { Rig } from "../rig";
import { publishedRoots, signWorkload } from "../workload-certificate";
import { CANARY, CLUSTER } from "./meshes";

/** Its ServiceAccount, Service and Deployment. */
export const ACCOUNT = `istiod-${CANARY}`;

/** A namespace without a label, in which pods ask to be injected, as gateways do. */
const ASKING = { "sidecar.istio.io/inject": "true" };

export async function signedBy(cluster: Cluster, istiod: string): Promise<Peer> {
  const certificate = await signWorkload(cluster, "default", "default", 3600, istiod);
  return { certificate, roots: await publishedRoots(cluster, "default") };
}

export async function bothWays(one: Peer, other: Peer): Promise<void> {
  await handshake(one, other);
  await handshake(other, one);
}

/** What a stack's plan would do, resource by resource, without the hashes of their ids. */
export async function changes(deployment: Deployment, stack: string): Promise<string[]> {
  const planned = await deployment.plannedChanges(stack);
  return planned
    .map(
      ({ address, actions }) =>
        `${actions.join(" and ")} ${address.replace(/(_Resource)?_[0-9A-F]{8}$/, "")}`,
    )
    .sort();
}

/**
 * The revisions that injected pods of a labelled namespace during a deploy, one after the other. One that a
 * webhook without its CA refuses is tried again by whoever made it; one without a proxy nobody would notice.
 */
export async function watching(
  rig: Rig,
  deploy: () => Promise<void>,
  mostRefused = Infinity,
): Promise<string[]> {
  const watch = new InjectionWatch(rig.cluster(CLUSTER), "enabled");
  const deployed = await deploy().then(
    () => undefined,
    (error: Error) => error,
  );
  const { revisions: seen, asked, refused } = await watch.stop();
  console.log(`         ${asked} pods asked for, ${refused} refused`);
  if (deployed) throw deployed;
  assert.ok(refused <= mostRefused, `${refused} of ${asked} pods were refused`);
  return seen;
}

/** What status says, without what upstream supports: that depends on the day. */
export async function status(rig: Rig, deployment: Deployment) {
  const { address, caFile, rootToken } = rig.vault;
  const vault = { VAULT_ADDR: address, VAULT_CACERT: caFile, VAULT_TOKEN: rootToken };
  const options = ["status", "-o", "json", "--service-account", "default/default"];
  const { stdout } = await new IstioVault(rig, deployment, vault).run(options);
  const { clusters, findings } = JSON.parse(stdout) as {
    clusters: { istiods: unknown[] }[];
    findings: { category: string }[];
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
    `istio-sidecar-injector-${CANARY} rev.namespace.sidecar-injector.istio.io -> ${ACCOUNT}`,
  ]);
  assert.equal(await injectedBy(cluster, "moved"), CANARY);
}
