import { proof } from "./proof/index";

// It takes a bundle only if one text contains the other.
proof({ istio: "Istio, two minors below" }, true);
