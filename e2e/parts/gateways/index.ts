import type { Part } from "../../checks";
import { gatewaysAccess } from "./access";
import { gatewaysAdmission } from "./admission";
import { gatewaysDeploy } from "./deploy";
import { gatewaysGuards } from "./guards";
import { gatewayRemoved } from "./removal";
import { gatewaysResources } from "./resources";
import { secondInjector } from "./second-injector";
import { gatewaysServing } from "./serving";

/** Ingress and egress gateways of two clusters: each part builds on those before it. */
export const gatewayParts: readonly Part[] = [
  gatewaysDeploy,
  gatewaysServing,
  gatewaysResources,
  gatewaysAccess,
  gatewayRemoved,
  gatewaysGuards,
  gatewaysAdmission,
  secondInjector,
];
