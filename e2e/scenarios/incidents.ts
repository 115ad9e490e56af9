import { FIRST_CLUSTERS } from "../meshes";
import { part, scenario, step } from "../scenario";
import { AttackedMesh } from "./incidents/attacked-mesh";
import { stolenRoot } from "./incidents/root";
import { stolenPod, stolenState } from "./incidents/files";
import { stolenTokens } from "./incidents/tokens";

/** docs/incidents.md: what is stolen, what the page has one do, what fails meanwhile, and what the thief can still do. */
scenario({ clusters: FIRST_CLUSTERS }, () => {
  part("a mesh under root a", () => {
    step("is deployed: Terraform issues for cluster1, the deploy for cluster2", AttackedMesh.deploy);
  });
  stolenState();
  stolenPod();
  stolenTokens();
  stolenRoot();
});
