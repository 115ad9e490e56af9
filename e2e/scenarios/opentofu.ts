import { FIRST_CLUSTERS } from "../meshes";
import { scenario } from "../scenario";
import { destroy } from "./article/destroy";
import { firstDeploy } from "./article/first-deploy";
import { keys } from "./article/keys";
import { renewal } from "./article/renewal";
import { thirdCluster } from "./article/third-cluster";

scenario({ clusters: FIRST_CLUSTERS, variant: { terraform: "tofu" } }, () => {
  firstDeploy();
  thirdCluster();
  renewal();
  keys();
  destroy();
});
