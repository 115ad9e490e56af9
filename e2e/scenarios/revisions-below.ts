import { revisions } from "./revisions/index";

revisions("Istio, two minors below");
