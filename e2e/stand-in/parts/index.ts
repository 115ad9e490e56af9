import type { Part } from "../checks";
import { access } from "./access";
import { destroy } from "./destroy";
import { firstDeploy } from "./first-deploy";
import { injectorDown } from "./injector-down";
import { interruptedDeploy } from "./interrupted-deploy";
import { istiodOnVault } from "./istiod-on-vault";
import { keys } from "./keys";
import { loginMethods } from "./login-methods";
import { otherVariants } from "./other-variants";
import { renewal } from "./renewal";
import { thirdCluster } from "./third-cluster";
import { vaultOutOfReach } from "./vault-out-of-reach";
import { wrongContext } from "./wrong-context";

/** The article's mesh: each part builds on those before it. */
export const articleParts: readonly Part[] = [
  firstDeploy,
  istiodOnVault,
  thirdCluster,
  access,
  renewal,
  keys,
  vaultOutOfReach,
  injectorDown,
  loginMethods,
  wrongContext,
  destroy,
  interruptedDeploy,
  otherVariants,
];
