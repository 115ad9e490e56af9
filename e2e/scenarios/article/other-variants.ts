import assert from "node:assert/strict";
import { join } from "node:path";
import type { TokenRequest } from "../../cluster";
import { Deployment, VAULT_STACKS } from "../../deployment";
import { ISTIO_NAMESPACE, readyIstiod } from "../../istiod";
import type { MeshSettings } from "../../mesh-file";
import { keysInState, THIRD_CLUSTER } from "../../meshes";
import { TOKEN_ISSUER } from "../../nodes/node";
import type { Rig } from "../../rig";
import { check, part, step } from "../../scenario";

const AUTH_MOUNT = `jwt-${THIRD_CLUSTER}`;
const ISTIOD: TokenRequest = { namespace: ISTIO_NAMESPACE, serviceAccount: "istiod", audience: "vault" };

export function otherVariants(): void {
  part("a mesh of its own, with a root of Terraform's making and JWT login", () => {
    step("it deploys, and a second plan is empty", async ({ rig }) => {
      const deployment = new Deployment(rig, join(rig.directory, "other-variants"));
      deployment.configure(settings(rig));
      await deployment.deploy(VAULT_STACKS);
      await deployment.deploy(THIRD_CLUSTER);
      await deployment.requireEmptyPlan(VAULT_STACKS, THIRD_CLUSTER);
    });
    check(
      "istiod signs with the intermediate it fetched, and workloads accept each other",
      async ({ rig, traffic }) => {
        const cluster = rig.cluster(THIRD_CLUSTER);
        const log = await cluster.log(await readyIstiod(cluster), "discovery");
        assert.match(log, /Subject: "CN=Intermediate CA,O=Istio,L=istiod-cluster3"/);
        await traffic.start([cluster]);
      },
    );
    check("another ServiceAccount, audience or cluster does not log in", async ({ rig }) => {
      const cluster = rig.cluster(THIRD_CLUSTER);
      const status = async (jwt: Promise<string>) =>
        (await rig.vault.client.login(AUTH_MOUNT, "istiod", await jwt)).status;
      assert.equal(await status(cluster.token(ISTIOD)), 200);
      const refused = [
        cluster.token({ ...ISTIOD, serviceAccount: "default" }),
        cluster.token({ ...ISTIOD, audience: undefined }),
        rig.cluster("cluster1").token(ISTIOD),
      ];
      for (const jwt of refused) assert.ok([400, 403].includes(await status(jwt)));
      assert.equal(await status(cluster.token(ISTIOD)), 200);
    });
  });
}

function settings(rig: Rig): MeshSettings {
  const publicKeysFile = rig.cluster(THIRD_CLUSTER).tokenKeyFile;
  return {
    clusters: [THIRD_CLUSTER],
    root: { name: "t", source: "tls-provider", acceptKeysInState: true, keyAlgorithm: "ecdsa-p256" },
    sections: keysInState,
    overrides: {
      [THIRD_CLUSTER]: { vaultAuth: { method: "jwt", issuer: TOKEN_ISSUER, publicKeysFile } },
    },
  };
}
