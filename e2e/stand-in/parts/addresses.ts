import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { Part } from "../checks";
import { PlanOutcome, VAULT_STACK } from "../deployment";
import { ExecPlugin } from "../exec-plugin";
import { handshake } from "../handshake";
import { IstioVault } from "../istio-vault";
import { deletePod, readyIstiod } from "../istiod";
import type { Rig } from "../rig";
import { waitFor } from "../../wait";
import type { World } from "../world";
import { workload } from "./istiod-on-vault";
import { MESH_NEEDS } from "./needs";
import { readerToken } from "./status/status-mesh";

const CLUSTER = "cluster1";
const LOGIN = `auth/kubernetes-${CLUSTER}/login`;
const ROOT_MOUNT = "sys/mounts/istio-root-a";
const SIGN = "istio-root-a/issuer/a/sign-intermediate";

/** One cluster and one Vault, each with a private CA, and reached at other addresses by whom asks. */
export const addresses: Part = {
  name: "a private CA, IPv6, an address for each, and a program that gives the credential",
  needs: [...MESH_NEEDS, "IPv6"],
  checks: [
    {
      name: "by IPv6 from Terraform, from istio-vault issue and from Vault, by IPv4 from pods, it deploys",
      prerequisite: true,
      run: async (world) => {
        const { rig, deployment } = world;
        const cluster = await rig.addCluster(CLUSTER);
        await cluster.serveKubelet();
        const kubernetesHost = await rig.forwardIpv6(cluster.controlPlane.address);
        const plugin = await ExecPlugin.install(cluster);
        reach(world, {
          vault: { address: rig.vault.ipv6Address, podAddress: rig.vault.address },
          cluster: { kubernetesHost, kubeconfig: { exec: plugin.exec("v1") } },
        });
        await deployment.deploy(VAULT_STACK);
        await administrator(world).output(["issue", "--all"]);
        await deployment.deploy(CLUSTER);
        await readyIstiod(cluster, 120);
        await emptyPlans(world);
        assert.deepEqual([...new Set(plugin.calls())], ["v1"]);
      },
    },
    {
      name: "Vault was asked by each at its own address: Terraform at ::1, istiod's agent at 127.x",
      run: async ({ rig }) => {
        for (const path of [ROOT_MOUNT, SIGN])
          assert.deepEqual([...new Set(remotes(rig, path))], ["::1"], path);
        const agents = remotes(rig, LOGIN);
        assert.notEqual(agents.length, 0);
        for (const agent of agents) assert.match(agent, /^127\./);
      },
    },
    {
      name: "istio-vault status looks at it by IPv6 and with the program's token",
      run: async (world) => {
        await readerToken(world.rig.cluster(CLUSTER));
        assert.match(await administrator(world).output(["status"]), /^cluster1 .* ok +in step$/m);
      },
    },
    {
      name: "a program that answers in another version than mesh.yaml says is refused by name",
      run: async (world) => {
        const cluster = world.rig.cluster(CLUSTER);
        const plugin = ExecPlugin.of(cluster);
        const { address } = cluster.controlPlane;
        const kubeconfig = { exec: { ...plugin.exec("v1beta1"), host: address } };
        reach(world, { vault: {}, cluster: { kubeconfig } });
        await world.deployment.synth();
        const { outcome, text } = await world.deployment.plan(CLUSTER);
        assert.equal(outcome, PlanOutcome.ERROR, text);
        const versions = ["v1", "v1beta1"].map((version) => `client.authentication.k8s.io/${version}`);
        assert.ok(
          text.includes(`use API version ${versions[0]}, plugin returned version ${versions[1]}`),
          text,
        );
      },
    },
    {
      name: "the other way round, by IPv6 from pods, Terraform with a host of its own and v1beta1, it deploys",
      prerequisite: true,
      run: async (world) => {
        const { rig, deployment } = world;
        const cluster = rig.cluster(CLUSTER);
        const { address } = cluster.controlPlane;
        const exec = { ...ExecPlugin.of(cluster).exec("v1beta1"), apiVersion: "v1beta1", host: address };
        reach(world, {
          vault: { podAddress: rig.vault.ipv6Address },
          cluster: { kubernetesHost: await rig.forwardIpv6(address), kubeconfig: { exec } },
        });
        await deployment.deploy(VAULT_STACK);
        await deployment.deploy(CLUSTER);
        await emptyPlans(world);
        await deletePod(cluster, await readyIstiod(cluster));
        await waitFor("a login by IPv6", 120, async () => remotes(rig, LOGIN).includes("::1"));
        await readyIstiod(cluster, 120);
      },
    },
    {
      name: "workloads have certificates of its istiod, and accept each other",
      run: async ({ rig }) => {
        const cluster = rig.cluster(CLUSTER);
        await handshake(await workload(cluster), await workload(cluster));
      },
    },
  ],
};

function reach({ rig, deployment }: World, { vault, cluster }: { vault: object; cluster: object }): void {
  const { address, caFile } = rig.vault;
  deployment.configure({
    clusters: [CLUSTER],
    overrides: { [CLUSTER]: cluster },
    sections: {
      vault: { address, caCertificateFile: caFile, ...vault },
      intermediates: { issuance: "external", keyAlgorithm: "ecdsa-p256" },
    },
  });
}

/** Its token is all it is given: where Vault and the cluster are, mesh.yaml says. */
function administrator({ rig, deployment }: World): IstioVault {
  return new IstioVault(rig, deployment, { VAULT_TOKEN: rig.vault.rootToken });
}

async function emptyPlans({ deployment }: World): Promise<void> {
  for (const stack of [VAULT_STACK, CLUSTER]) {
    const { outcome, text } = await deployment.plan(stack);
    assert.equal(outcome, PlanOutcome.EMPTY, text);
  }
}

/** Who asked Vault for this path, by its audit log; each time, in order. */
function remotes({ vault }: Rig, path: string): string[] {
  return readFileSync(vault.auditLog, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { type: string; request: { path: string; remote_address: string } })
    .filter(({ type, request }) => type === "request" && request.path === path)
    .map(({ request }) => request.remote_address);
}
