import { VAULT_STACKS } from "../deployment";
import { ISTIO_NAMESPACE } from "../istiod";
import { FIRST_CLUSTERS } from "../meshes";
import { TOKEN_ISSUER } from "../nodes/node";
import { part, scenario, step } from "../scenario";
import { ELSEWHERE, JWT_CLUSTER, KUBERNETES_CLUSTER } from "./permission-denied/attempts";
import { causes } from "./permission-denied/causes";
import { checkCause } from "./permission-denied/check-cause";
import { LoginLog } from "./permission-denied/login-log";
import { otherLogs } from "./permission-denied/other-logs";

const log = new LoginLog();
const { "what only looks like it": lookAlikes, ...refusals } = causes;

/** Each cause in docs/permission-denied.md, with the texts its row gives. */
scenario({ clusters: FIRST_CLUSTERS, needs: ["jq"] }, () => {
  part("a mesh of both login methods, and both kinds of issuance", () => {
    step("it deploys", async ({ rig, deployment }) => {
      const publicKeysFile = rig.cluster(JWT_CLUSTER).tokenKeyFile;
      deployment.configure({
        clusters: FIRST_CLUSTERS,
        overrides: {
          [JWT_CLUSTER]: {
            vaultAuth: { method: "jwt", issuer: TOKEN_ISSUER, publicKeysFile },
            intermediates: { issuance: "external" },
          },
        },
      });
      await deployment.deploy(VAULT_STACKS);
      await deployment.deploy(KUBERNETES_CLUSTER);
      for (const [name, namespace] of [
        [JWT_CLUSTER, ISTIO_NAMESPACE],
        [KUBERNETES_CLUSTER, ELSEWHERE],
      ] as const) {
        await rig.cluster(name).kubectl(`create namespace ${namespace}`);
        await rig.cluster(name).kubectl(`create serviceaccount istiod -n ${namespace}`);
      }
    });
    step("vault monitor shows Vault's debug log", (world) => log.start(world));
  });
  for (const [name, tested] of Object.entries(refusals))
    part(name, () => tested.forEach((cause) => checkCause(cause, log)));
  part("what else tells why", () => otherLogs(log));
  part("what only looks like it", () => lookAlikes!.forEach((cause) => checkCause(cause, log)));
});
