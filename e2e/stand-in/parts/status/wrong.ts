import assert from "node:assert/strict";
import { clusterVaultNames } from "../../../../lib";
import type { Check } from "../../checks";
import type { Cluster } from "../../cluster";
import { ISTIO_NAMESPACE, ISTIOD_DEPLOYMENT, readyIstiod } from "../../istiod";
import { waitFor } from "../../../wait";
import type { World } from "../../world";
import { issueExternal, Looks, SETTLED } from "./status-mesh";

const { secretsMount, certificatesPath, trustBundlePath, readPolicy } = clusterVaultNames("cluster2");

/** Each fault is brought about, found, and taken away again. */
export const whatIsWrong: readonly Check[] = [
  {
    name: "an API server out of reach is a row beside the others, and ends with 1",
    run: async (world) => {
      const it = await Looks.at(world);
      const file = it.kubeconfigElsewhere("cluster2");
      const { code, stdout } = await it.run({
        ...SETTLED,
        overrides: {
          ...SETTLED.overrides,
          cluster2: { ...SETTLED.overrides!.cluster2, kubeconfig: { file, context: "cluster2" } },
        },
      });
      assert.equal(code, 1, stdout);
      assert.match(stdout, /^cluster1 {2}serial .* ok/m);
      assert.match(stdout, /^cluster2 {2}unreachable: https:\S+: .*ECONNREFUSED/m);
      assert.match(stdout, /\(kubeconfig context cluster2\).*\(IV0702, /);
    },
  },
  {
    name: "a cluster without istiod ends with 3",
    run: async (world) => {
      const cluster = world.rig.cluster("cluster1");
      await cluster.scale(ISTIO_NAMESPACE, "istiod", "app=istiod", 0);
      await finds(world, 3, ["cluster1 IV0705"]);
      await cluster.scale(ISTIO_NAMESPACE, "istiod", "app=istiod", 1);
      await readyIstiod(cluster);
      await wellAgain(world);
    },
  },
  {
    name: "files with which istiod is ready and serves nobody are found, and the next intermediate heals it",
    run: async (world) => {
      const cluster = world.rig.cluster("cluster2");
      const before = await readyIstiod(cluster);
      await chainWithoutIntermediate(world);
      await waitFor("istiod that serves nobody", 90, async () => {
        const { code, findings } = await (await Looks.at(world)).findings(SETTLED);
        return code === 3 && findings.join() === "cluster2 IV0717,cluster2 IV0707";
      });
      assert.equal(
        (await readyIstiod(cluster)).metadata.uid,
        before.metadata.uid,
        "istiod is ready throughout",
      );
      await issueExternal(world);
      await wellAgain(world);
    },
  },
  {
    name: "an intermediate that the agent may not read is not yet served: --wait ends with 124, or once it is",
    run: async (world) => {
      await deny(world);
      await issueExternal(world);
      await finds(world, 3, ["cluster2 IV0715"], "--fail-on", "warning");
      await finds(world, 0, ["cluster2 IV0715"]);
      await finds(world, 124, ["cluster2 IV0715"], "--fail-on", "warning", "--wait", "6s");
      await allow(world);
      await wellAgain(world);
    },
  },
  {
    name: "an istiod that signs for itself is found, and the key it leaves behind",
    run: async (world) => {
      const cluster = world.rig.cluster("cluster1");
      const restore = await withoutVault(cluster);
      const found = await waitFor("a self-signed istiod", 60, async () => {
        const { findings } = await (await Looks.at(world)).findings(SETTLED);
        return findings.includes("cluster1 IV0709") && findings;
      });
      assert.deepEqual(found, ["cluster1 IV0720", "cluster1 IV0709"]);
      await restore();
      await waitFor("the key that was left", 120, async () => {
        const { findings } = await (await Looks.at(world)).findings(SETTLED);
        return findings.join() === "cluster1 IV0720";
      });
      await cluster.api.delete(`/api/v1/namespaces/${ISTIO_NAMESPACE}/secrets/istio-ca-secret`);
      await wellAgain(world);
    },
  },
];

async function finds(world: World, code: number, findings: readonly string[], ...options: string[]) {
  const seen = await (await Looks.at(world)).findings(SETTLED, {}, ...options);
  assert.deepEqual([seen.code, seen.findings], [code, findings], seen.stdout);
}

export async function wellAgain(world: World): Promise<void> {
  const { code, stdout } = await (await Looks.at(world)).run(SETTLED, "--fail-on", "warning", "--wait", "3m");
  assert.equal(code, 0, stdout);
}

/** Writes cluster2's secret anew, with the root in the intermediate's place: istiod logs success. */
async function chainWithoutIntermediate({ rig: { vault } }: World): Promise<void> {
  const token = vault.rootToken;
  const read = async (path: string) =>
    (await vault.client.require("GET", `${secretsMount}/data/${path}`, { token })).data;
  const [secret, bundle] = [await read(certificatesPath), await read(trustBundlePath)];
  const data = { ...secret.data, cert_chain: bundle.data.root_cert };
  await vault.client.require("POST", `${secretsMount}/data/${certificatesPath}`, {
    token,
    content: { data, options: { cas: secret.metadata.version } },
  });
}

let allowed = "";

/** Takes from cluster2's istiod the right to read its CA. */
export async function deny({ rig: { vault } }: World): Promise<void> {
  const path = `sys/policies/acl/${readPolicy}`;
  allowed = (await vault.client.require("GET", path, { token: vault.rootToken })).data.policy as string;
  const policy = `path "${secretsMount}/*" { capabilities = ["deny"] }`;
  await vault.client.require("PUT", path, { token: vault.rootToken, content: { policy } });
}

export async function allow({ rig: { vault } }: World): Promise<void> {
  const content = { policy: allowed };
  await vault.client.require("PUT", `sys/policies/acl/${readPolicy}`, { token: vault.rootToken, content });
}

/** Lets istiod start without injection and guard, as an edited Deployment does; the answer undoes it. */
async function withoutVault(cluster: Cluster): Promise<() => Promise<void>> {
  const { spec } = await cluster.api.get<{
    spec: { template: { metadata: { annotations: object }; spec: { initContainers: object[] } } };
  }>(ISTIOD_DEPLOYMENT);
  const patch = (annotations: object, initContainers: object[] | null) =>
    cluster.api.patch(ISTIOD_DEPLOYMENT, {
      spec: { template: { metadata: { annotations }, spec: { initContainers } } },
    });
  await patch({ "vault.hashicorp.com/agent-inject": "false" }, null);
  return () => patch(spec.template.metadata.annotations, spec.template.spec.initContainers);
}
