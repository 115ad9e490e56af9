import { rotation } from "./rotation/index";

rotation({ istio: "Istio, the minor below" });
