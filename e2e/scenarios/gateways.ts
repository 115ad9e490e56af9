import { gateways } from "./gateways/index";

gateways();
