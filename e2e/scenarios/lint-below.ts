import { lint } from "./lint/index";

lint({ istio: "Istio, the minor below" });
