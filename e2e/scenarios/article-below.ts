import { article } from "./article/index";

article({ istio: "Istio, the minor below" }, true);
