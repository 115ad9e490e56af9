import { lint } from "./lint/index";

lint({ istio: "Istio, two minors below" });
