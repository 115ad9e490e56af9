import type { Part } from "../../checks";
import { firstIssue } from "./first-issue";
import { issuerLogins } from "./issuer-logins";
import { issuerRights } from "./issuer-rights";
import { noKeyAnywhere } from "./no-key-anywhere";
import { otherRoots } from "./other-roots";
import { repeatedIssue } from "./repeated-issue";
import { seamlessRenewal } from "./seamless-renewal";

/** A mesh whose intermediates an external issuer makes. */
export const externalParts: readonly Part[] = [
  firstIssue,
  issuerRights,
  repeatedIssue,
  seamlessRenewal,
  issuerLogins,
  otherRoots,
  noKeyAnywhere,
];
