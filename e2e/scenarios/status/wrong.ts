import assert from "node:assert/strict";
import type { V1Deployment } from "@kubernetes/client-node";
import { clusterVaultNames } from "../../../lib";
import type { Cluster } from "../../cluster";
import { IntermediateSecret } from "../../intermediate-secret";
import { ISTIO_NAMESPACE, readyIstiod } from "../../istiod";
import { check, part, type World } from "../../scenario";
import { waitFor } from "../../wait";
import { issueExternal, reachedBy, Reader, settled } from "./reader";

/** Each fault is brought about, found, and taken away again. */
export function whatIsFound(): void {
  part("what istio-vault status finds", () => {
    check("an API server out of reach is a row beside the others, and ends with 1", async (world) => {
      const reader = await Reader.of(world);
      const elsewhere = { cluster2: reader.kubeconfigElsewhere("cluster2") };
      const { code, stdout } = await reader.status(reachedBy(settled(), elsewhere));
      assert.equal(code, 1, stdout);
      assert.match(stdout, /^cluster1 {2}serial .* ok/m);
      assert.match(stdout, /^cluster2 {2}unreachable: https:\S+: .*ECONNREFUSED/m);
      assert.match(stdout, /\(kubeconfig context cluster2\).*\(IV0702, /);
    });
    check("a cluster without istiod ends with 3", async (world) => {
      const cluster = world.rig.cluster("cluster1");
      const scale = (replicas: number) =>
        cluster.kubectl(`scale deployment istiod -n ${ISTIO_NAMESPACE} --replicas=${replicas}`);
      await scale(0);
      await cluster.kubectl(`wait -n ${ISTIO_NAMESPACE} --for=delete pod -l app=istiod --timeout=120s`);
      await finds(world, 3, ["cluster1 IV0705"]);
      await scale(1);
      await readyIstiod(cluster);
      await wellAgain(world);
    });
    check(
      "files with which istiod is ready and serves nobody are found, and the next intermediate heals it",
      async (world) => {
        const cluster = world.rig.cluster("cluster2");
        const before = await readyIstiod(cluster);
        const secret = new IntermediateSecret(world.rig, "cluster2");
        // The root in the intermediate's place: istiod logs success.
        const { root_cert, ...files } = await secret.files();
        await secret.overwrite({ ...files, cert_chain: root_cert });
        await comesToFind(world, 3, ["cluster2 IV0717", "cluster2 IV0707"]);
        const after = await readyIstiod(cluster);
        assert.equal(after.metadata.uid, before.metadata.uid, "istiod is ready throughout");
        await issueExternal(world);
        await wellAgain(world);
      },
    );
    check(
      "an intermediate that the agent may not read is not yet served: --wait ends with 124, or once it is",
      async (world) => {
        const allow = await denyReading(world);
        await issueExternal(world);
        const behind = ["cluster2 IV0715"];
        await finds(world, 3, behind, "--fail-on", "warning");
        await finds(world, 0, behind);
        await finds(world, 124, behind, "--fail-on", "warning", "--wait", "6s");
        await allow();
        await wellAgain(world);
      },
    );
    check("an istiod that signs for itself is found, and the key it leaves behind", async (world) => {
      const cluster = world.rig.cluster("cluster1");
      const restore = await withoutVault(cluster);
      await comesToFind(world, 3, ["cluster1 IV0720", "cluster1 IV0709"]);
      await restore();
      await comesToFind(world, 0, ["cluster1 IV0720"]);
      await cluster.kubectl(`delete secret istio-ca-secret -n ${ISTIO_NAMESPACE}`);
      await wellAgain(world);
    });
  });
}

async function finds(world: World, code: number, findings: readonly string[], ...options: string[]) {
  const seen = await (await Reader.of(world)).findings(settled(), options);
  assert.deepEqual([seen.code, seen.findings], [code, findings], seen.stdout);
}

function comesToFind(world: World, code: number, findings: readonly string[]): Promise<true> {
  return waitFor(`${findings.join(", ")} found`, 240, async () => {
    await finds(world, code, findings);
    return true;
  });
}

export async function wellAgain(world: World): Promise<void> {
  const options = ["--fail-on", "warning", "--wait", "4m"];
  const { code, stdout } = await (await Reader.of(world)).status(settled(), options);
  assert.equal(code, 0, stdout);
}

/** Takes from cluster2's istiod the right to read its CA, until what it returns is called. */
export async function denyReading({ rig: { vault } }: World): Promise<() => Promise<unknown>> {
  const { secretsMount, readPolicy } = clusterVaultNames("cluster2");
  const path = `sys/policies/acl/${readPolicy}`;
  const { policy } = (await vault.ask("GET", path)).data as { policy: string };
  await vault.ask("PUT", path, { policy: `path "${secretsMount}/*" { capabilities = ["deny"] }` });
  return () => vault.ask("PUT", path, { policy });
}

/** Lets istiod start without injection and guard, as an edited Deployment does; what it returns undoes it. */
async function withoutVault(cluster: Cluster): Promise<() => Promise<void>> {
  const istiod = `deployment istiod -n ${ISTIO_NAMESPACE}`;
  const { spec } = await cluster.get<V1Deployment>(istiod);
  const patch = async (annotations: object | undefined, initContainers: object | null | undefined) => {
    const template = { metadata: { annotations }, spec: { initContainers } };
    const json = JSON.stringify({ spec: { template } });
    await cluster.kubectl([..."patch --type=merge".split(" "), ...istiod.split(" "), "-p", json]);
    await cluster.kubectl(`rollout status ${istiod} --timeout=180s`);
    await readyIstiod(cluster);
  };
  await patch({ "vault.hashicorp.com/agent-inject": "false" }, null);
  return () => patch(spec!.template.metadata!.annotations, spec!.template.spec!.initContainers);
}
