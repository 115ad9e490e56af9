import { FIRST_CLUSTERS } from "../../meshes";
import type { RigVariant } from "../../rig";
import { scenario } from "../../scenario";
import { gatewaysAccess } from "./access";
import { gatewaysAdmission } from "./admission";
import { gatewaysDeploy } from "./deploy";
import { gatewaysGuards } from "./guards";
import { gatewayRemoved } from "./removal";
import { secondInjector } from "./second-injector";
import { gatewaysServing } from "./serving";

/** Ingress and egress gateways of two clusters: each part builds on those before it. */
export function gateways(variant: RigVariant = {}): void {
  scenario({ clusters: FIRST_CLUSTERS, variant }, () => {
    gatewaysDeploy();
    gatewaysServing();
    gatewaysAccess();
    gatewayRemoved();
    gatewaysGuards();
    gatewaysAdmission();
    secondInjector();
  });
}
