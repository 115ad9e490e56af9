import type { Cause } from "./cause";
import { jwtLogins, kubernetesLogins, reviewedLogins } from "./login-causes";
import { issuings, lookAlikes, readings, terraforms } from "./request-causes";

/** Every cause, by what its part shows, in the order of docs/permission-denied.md. */
export const causes: Readonly<Record<string, readonly Cause[]>> = {
  "logins refused, the pod's own token being the reviewer": kubernetesLogins,
  "logins refused, with a reviewer of Vault's own": reviewedLogins,
  "logins refused by the JWT method": jwtLogins,
  "reads refused": readings,
  "an issuer refused": issuings,
  "Terraform refused": terraforms,
  "what only looks like it": lookAlikes,
};
