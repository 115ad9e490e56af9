import { FIRST_CLUSTERS } from "../../meshes";
import type { RigVariant } from "../../rig";
import { scenario } from "../../scenario";
import { access } from "./access";
import { destroy } from "./destroy";
import { firstDeploy } from "./first-deploy";
import { guards } from "./guards";
import { interruptedDeploy } from "./interrupted-deploy";
import { istiodOnVault } from "./istiod-on-vault";
import { keys } from "./keys";
import { loginMethods } from "./login-methods";
import { otherVariants } from "./other-variants";
import { renewal } from "./renewal";
import { thirdCluster } from "./third-cluster";
import { vaultOutOfReach } from "./vault-out-of-reach";

/**
 * The article's mesh: each part builds on those before it.
 *
 * @param otherLogins whether istiod then logs in by each other way, too
 */
export function article(variant: RigVariant = {}, otherLogins = false): void {
  scenario({ clusters: FIRST_CLUSTERS, variant }, () => {
    firstDeploy();
    istiodOnVault();
    thirdCluster();
    access();
    renewal();
    keys();
    vaultOutOfReach();
    if (otherLogins) loginMethods();
    guards();
    destroy();
    interruptedDeploy();
    otherVariants();
  });
}
