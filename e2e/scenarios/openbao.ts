import { FIRST_CLUSTERS } from "../meshes";
import { scenario } from "../scenario";
import { firstIssue } from "./external/first-issue";
import { issuerRights } from "./external/issuer-rights";
import { namespaces } from "./external/namespaces";
import { repeatedIssue } from "./external/repeated-issue";

/** All of the mesh in a namespace, which Vault's free edition has not. */
scenario({ clusters: FIRST_CLUSTERS, variant: { vaultServer: "bao", namespace: "mesh" } }, () => {
  firstIssue();
  issuerRights();
  repeatedIssue();
  namespaces();
});
