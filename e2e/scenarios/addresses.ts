import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { PlanOutcome, VAULT_STACKS } from "../deployment";
import { IstioVault } from "../istio-vault";
import { deletePod, readyIstiod } from "../istiod";
import type { Rig } from "../rig";
import { check, part, scenario, step, type World } from "../scenario";
import { readerToken } from "../status-reader";
import { waitFor } from "../wait";
import { ExecPlugin } from "./addresses/exec-plugin";

const CLUSTER = "cluster1";
const LOGIN = `auth/kubernetes-${CLUSTER}/login`;
const ROOT_MOUNT = "sys/mounts/istio-root-a";
const SIGN = "istio-root-a/issuer/a/sign-intermediate";

/** One cluster and one Vault, each with a private CA, and reached at other addresses by whom asks. */
scenario({ clusters: [CLUSTER], needs: ["IPv6"], variant: { ipv6: true } }, () => {
  part("a private CA, IPv6, an address for each, and a program that gives the credential", () => {
    step(
      "by IPv6 from Terraform, from istio-vault issue and from Vault, by IPv4 from pods, it deploys",
      async (world) => {
        const { rig, deployment } = world;
        const plugin = await ExecPlugin.install(rig.cluster(CLUSTER));
        reach(world, {
          vault: { address: rig.vault.ipv6Address, podAddress: rig.vault.address },
          cluster: { kubernetesHost: apiServerByIpv6(rig), kubeconfig: { exec: plugin.exec("v1") } },
        });
        await deployment.deploy(VAULT_STACKS);
        await administrator(world).output(["issue", "--all"]);
        await deployment.deploy(CLUSTER);
        await readyIstiod(rig.cluster(CLUSTER));
        await deployment.requireEmptyPlan(VAULT_STACKS, CLUSTER);
        assert.deepEqual([...new Set(plugin.calls())], ["v1"]);
      },
    );
    check(
      "Vault was asked by each at its own address: Terraform by IPv6, istiod's agent by IPv4",
      ({ rig }) => {
        for (const path of [ROOT_MOUNT, SIGN])
          assert.deepEqual([...new Set(askedFrom(rig, path))], [rig.network.machineByIpv6], path);
        const agents = askedFrom(rig, LOGIN);
        assert.notEqual(agents.length, 0);
        for (const agent of agents) assert.match(agent, /^10\./);
      },
    );
    check("istio-vault status looks at it by IPv6 and with the program's token", async (world) => {
      await readerToken(world.rig.cluster(CLUSTER));
      assert.match(await administrator(world).output(["status"]), /^cluster1 .* ok +0 +in step$/m);
    });
    check(
      "a program that answers in another version than mesh.yaml says is refused by name",
      async (world) => {
        const cluster = world.rig.cluster(CLUSTER);
        const exec = { ...ExecPlugin.of(cluster).exec("v1beta1"), host: cluster.address };
        reach(world, { vault: {}, cluster: { kubeconfig: { exec } } });
        await world.deployment.synth();
        const { outcome, text } = await world.deployment.plan(CLUSTER);
        assert.equal(outcome, PlanOutcome.ERROR, text);
        const [said, got] = ["v1", "v1beta1"].map((version) => `client.authentication.k8s.io/${version}`);
        assert.ok(text.includes(`use API version ${said}, plugin returned version ${got}`), text);
      },
    );
    step(
      "the other way round, by IPv6 from pods, Terraform with a host of its own and v1beta1, it deploys",
      async (world) => {
        const { rig, deployment } = world;
        const cluster = rig.cluster(CLUSTER);
        const plugin = ExecPlugin.of(cluster).exec("v1beta1");
        const exec = { ...plugin, apiVersion: "v1beta1", host: cluster.address };
        reach(world, {
          vault: { podAddress: rig.vault.ipv6Address },
          cluster: { kubernetesHost: apiServerByIpv6(rig), kubeconfig: { exec } },
        });
        await deployment.deploy(VAULT_STACKS);
        await deployment.deploy(CLUSTER);
        await deployment.requireEmptyPlan(VAULT_STACKS, CLUSTER);
        await deletePod(cluster, await readyIstiod(cluster));
        await waitFor("a login by IPv6", 120, async () =>
          askedFrom(rig, LOGIN).some((address) => address.includes(":")),
        );
        await readyIstiod(cluster);
      },
    );
    check("a client is answered by a server, with certificates of its istiod", ({ rig, traffic }) =>
      traffic.start(rig.clusters),
    );
  });
});

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

function apiServerByIpv6({ network }: Rig): string {
  return `https://[${network.node(1).nodeByIpv6}]:6443`;
}

/** Its token is all it is given: where Vault and the cluster are, mesh.yaml says. */
function administrator({ rig, deployment }: World): IstioVault {
  return new IstioVault(rig, deployment, { VAULT_TOKEN: rig.vault.rootToken });
}

/** Who asked Vault for this path, by its audit log; each time, in order. */
function askedFrom({ vault }: Rig, path: string): string[] {
  return readFileSync(vault.auditLog, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { type: string; request: { path: string; remote_address: string } })
    .filter(({ type, request }) => type === "request" && request.path === path)
    .map(({ request }) => request.remote_address);
}
