import { revocation } from "./revocation/index";

revocation();
