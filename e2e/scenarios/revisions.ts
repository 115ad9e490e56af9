import { revisions } from "./revisions/index";

revisions("Istio, the minor below");
