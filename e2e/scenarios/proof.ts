import { proof } from "./proof/index";

proof();
