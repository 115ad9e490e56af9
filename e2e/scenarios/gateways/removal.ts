import assert from "node:assert/strict";
import { VAULT_STACKS } from "../../deployment";
import { check, part, step } from "../../scenario";
import { served } from "./serving";
import { EGRESS, INGRESS, withoutEgress } from "./settings";

const CLUSTER = "cluster1";

export function gatewayRemoved(): void {
  part("a gateway taken out of mesh.yaml", () => {
    step(
      "takes along what is its own; of the rest, the injector no longer watches its namespace",
      async (world) => {
        const { rig, deployment } = world;
        deployment.configure(withoutEgress(rig));
        await deployment.synth();
        const changes = async (stack: string) =>
          (await deployment.plannedChanges(stack)).map(
            ({ address, actions }) => `${actions.join()} ${address}`,
          );
        const inVault = await changes(VAULT_STACKS);
        assert.equal(inVault.length, 2, inVault.join());
        for (const change of inVault) assert.match(change, /^delete \S+_istio-egress_/);
        const inCluster = await changes(CLUSTER);
        const others = inCluster.filter((change) => !/^delete \S+_istio-egress_/.test(change));
        assert.match(others.join(), /^update helm_release\.Injector_[^,]+$/);
        assert.equal(inCluster.length, 6, inCluster.join());
      },
    );
    check(
      "is gone from cluster and Vault, while the ingress gateway serves on",
      async ({ rig, deployment, traffic }) => {
        const cluster = rig.cluster(CLUSTER);
        const jwt = await cluster.token({ namespace: EGRESS, serviceAccount: EGRESS });
        const login = async () => (await rig.vault.client.login(`kubernetes-${CLUSTER}`, EGRESS, jwt)).status;
        assert.equal(await login(), 200);
        await traffic.unbroken(() => deployment.deploy(CLUSTER));
        await deployment.deploy(VAULT_STACKS);
        assert.equal(await login(), 400);
        const role = "clusterrole vault-token-reviewer";
        assert.equal(await cluster.exists(`${role}:${EGRESS}:${EGRESS}`), false);
        assert.equal(await cluster.exists(`${role}:${INGRESS}:${INGRESS}`), true);
        await served(rig, cluster);
      },
    );
  });
}
