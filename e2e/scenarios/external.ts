import { FIRST_CLUSTERS } from "../meshes";
import { scenario } from "../scenario";
import { firstIssue } from "./external/first-issue";
import { issuerLogins } from "./external/issuer-logins";
import { issuerRights } from "./external/issuer-rights";
import { noKeyAnywhere } from "./external/no-key-anywhere";
import { otherRoots } from "./external/other-roots";
import { repeatedIssue } from "./external/repeated-issue";
import { seamlessRenewal } from "./external/seamless-renewal";

/** A mesh whose intermediates an external issuer makes. */
scenario({ clusters: FIRST_CLUSTERS }, () => {
  firstIssue();
  issuerRights();
  repeatedIssue();
  seamlessRenewal();
  issuerLogins();
  otherRoots();
  noKeyAnywhere();
});
