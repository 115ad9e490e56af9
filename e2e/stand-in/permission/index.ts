import type { PermissionCase } from "./case";
import { issuings } from "./issuer";
import { jwtLogins } from "./jwt-login";
import { kubernetesLogins, reviewedLogins } from "./kubernetes-login";
import { lookAlikes } from "./look-alikes";
import { readings } from "./reading";
import { terraforms } from "./terraform";

/** Every cause, in the order of docs/permission-denied.md. */
export const permissionCases: readonly PermissionCase[] = [
  ...kubernetesLogins,
  ...reviewedLogins,
  ...jwtLogins,
  ...readings,
  ...issuings,
  ...terraforms,
  ...lookAlikes,
];
