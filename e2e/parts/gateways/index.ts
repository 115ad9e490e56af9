import type { Part } from "../../checks";
import { gatewaysAccess } from "./access";
import { gatewaysDeploy } from "./deploy";
import { gatewaysServing } from "./serving";

/** Ingress and egress gateways of two clusters: each part builds on those before it. */
export const gatewayParts: readonly Part[] = [gatewaysDeploy, gatewaysServing, gatewaysAccess];
