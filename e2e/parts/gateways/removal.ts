import assert from "node:assert/strict";
import type { Part } from "../../checks";
import { VAULT_STACK } from "../../deployment";
import { callGateway } from "../../gateway";
import { GATEWAY_NEEDS } from "../needs";
import { EGRESS, INGRESS, ingressCall, withoutEgress } from "./settings";

const CLUSTER = "cluster1";

export const gatewayRemoved: Part = {
  name: "a gateway taken out of mesh.yaml",
  needs: GATEWAY_NEEDS,
  checks: [
    {
      name: "takes along what is its own; of the rest, the injector no longer watches its namespace",
      prerequisite: true,
      run: async ({ rig, deployment }) => {
        deployment.configure(withoutEgress(rig));
        await deployment.synth();
        const changes = async (stack: string) =>
          (await deployment.plannedChanges(stack)).map(
            ({ address, actions }) => `${actions.join()} ${address}`,
          );
        const inVault = await changes(VAULT_STACK);
        assert.equal(inVault.length, 2, inVault.join());
        assert.ok(
          inVault.every((change) => /^delete \S+_istio-egress_/.test(change)),
          inVault.join(),
        );
        const inCluster = await changes(CLUSTER);
        const others = inCluster.filter((change) => !/^delete \S+_istio-egress_/.test(change));
        assert.match(others.join(), /^update helm_release\.Injector_[^,]+$/);
        assert.equal(inCluster.length, 6, inCluster.join());
      },
    },
    {
      name: "is gone from cluster and Vault, while the ingress gateway serves on",
      run: async ({ rig, deployment }) => {
        const cluster = rig.cluster(CLUSTER);
        const account = { namespace: EGRESS, serviceAccount: EGRESS };
        const jwt = await cluster.api.token(account);
        const login = () => rig.vault.client.login(`kubernetes-${CLUSTER}`, EGRESS, jwt);
        assert.equal((await login()).status, 200);
        await deployment.deploy(CLUSTER);
        await deployment.deploy(VAULT_STACK);
        assert.equal((await login()).status, 400);
        const roles = "/apis/rbac.authorization.k8s.io/v1/clusterroles/vault-token-reviewer";
        assert.equal(await cluster.api.find(`${roles}:${EGRESS}:${EGRESS}`), undefined);
        assert.ok(await cluster.api.find(`${roles}:${INGRESS}:${INGRESS}`));
        await callGateway(cluster, await ingressCall(rig, CLUSTER));
      },
    },
  ],
};
