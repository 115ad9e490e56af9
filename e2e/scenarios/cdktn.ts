import { CDKTF } from "../core";
import { Deployment, VAULT_STACKS } from "../deployment";
import { FIRST_CLUSTERS } from "../meshes";
import { check, part, scenario } from "../scenario";
import { destroy } from "./article/destroy";
import { firstDeploy } from "./article/first-deploy";
import { renewal } from "./article/renewal";
import { thirdCluster } from "./article/third-cluster";

scenario({ clusters: FIRST_CLUSTERS, variant: { core: "cdktn" } }, () => {
  firstDeploy();
  part("cdktf on the states that cdktn made", () => {
    check("plans nothing in any stack", ({ rig, deployment }) =>
      plansNothing(new Deployment(rig, deployment.directory, CDKTF)),
    );
    check("deploys, and cdktn after it plans nothing", async ({ rig, deployment }) => {
      const byCdktf = new Deployment(rig, deployment.directory, CDKTF);
      await byCdktf.deploy(VAULT_STACKS);
      await byCdktf.deploy(...FIRST_CLUSTERS);
      await plansNothing(deployment);
    });
  });
  thirdCluster();
  renewal();
  destroy();
});

async function plansNothing(deployment: Deployment): Promise<void> {
  await deployment.synth();
  await deployment.requireEmptyPlan(VAULT_STACKS, ...FIRST_CLUSTERS);
}
