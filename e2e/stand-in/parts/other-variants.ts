import assert from "node:assert/strict";
import { join } from "node:path";
import type { Part } from "../checks";
import { TOKEN_ISSUER } from "../control-plane";
import { Deployment, PlanOutcome, VAULT_STACK } from "../deployment";
import { handshake } from "../handshake";
import { ISTIO_NAMESPACE, readLog, readyIstiod } from "../istiod";
import type { TokenRequest } from "../../kube-client";
import type { MeshSettings } from "../mesh-file";
import type { Rig } from "../rig";
import { workload } from "./istiod-on-vault";
import { THIRD_CLUSTER } from "./mesh-settings";
import { MESH_NEEDS } from "./needs";

const AUTH_MOUNT = `jwt-${THIRD_CLUSTER}`;
const ISTIOD: TokenRequest = { namespace: ISTIO_NAMESPACE, serviceAccount: "istiod", audience: "vault" };

export const otherVariants: Part = {
  name: "a mesh of its own, with a root of Terraform's making and JWT login",
  needs: MESH_NEEDS,
  checks: [
    {
      name: "it deploys, and a second plan is empty",
      prerequisite: true,
      run: async ({ rig }) => {
        const deployment = new Deployment(rig, join(rig.directory, "other-variants"));
        deployment.configure(settings(rig));
        await deployment.deploy(VAULT_STACK);
        await deployment.deploy(THIRD_CLUSTER);
        for (const stack of [VAULT_STACK, THIRD_CLUSTER]) {
          const { outcome, text } = await deployment.plan(stack);
          assert.equal(outcome, PlanOutcome.EMPTY, text);
        }
      },
    },
    {
      name: "istiod signs with the intermediate it fetched, and workloads accept each other",
      run: async ({ rig }) => {
        const cluster = rig.cluster(THIRD_CLUSTER);
        const log = readLog(cluster, await readyIstiod(cluster), "discovery");
        assert.match(log, /Subject: "CN=Intermediate CA,O=Istio,L=istiod-cluster3"/);
        await handshake(await workload(cluster), await workload(cluster));
      },
    },
    {
      name: "another ServiceAccount, audience or cluster does not log in",
      run: async ({ rig }) => {
        const { api } = rig.cluster(THIRD_CLUSTER);
        const status = async (jwt: Promise<string>) =>
          (await rig.vault.client.login(AUTH_MOUNT, "istiod", await jwt)).status;
        assert.equal(await status(api.token(ISTIOD)), 200);
        const refused = [
          api.token({ ...ISTIOD, serviceAccount: "default" }),
          api.token({ ...ISTIOD, audience: undefined }),
          rig.cluster("cluster1").api.token(ISTIOD),
        ];
        for (const jwt of refused) assert.ok([400, 403].includes(await status(jwt)));
        assert.equal(await status(api.token(ISTIOD)), 200);
      },
    },
  ],
};

function settings(rig: Rig): MeshSettings {
  const publicKeysFile = rig.cluster(THIRD_CLUSTER).controlPlane.tokenKeyFile;
  return {
    clusters: [THIRD_CLUSTER],
    root: { name: "t", source: "tls-provider", acceptKeysInState: true, keyAlgorithm: "ecdsa-p256" },
    overrides: {
      [THIRD_CLUSTER]: { vaultAuth: { method: "jwt", issuer: TOKEN_ISSUER, publicKeysFile } },
    },
  };
}
