import { gateways } from "./gateways/index";

gateways({ istio: "Istio, the minor below" });
