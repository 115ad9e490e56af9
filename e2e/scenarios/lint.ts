import { difference } from "./lint/difference";
import { lint } from "./lint/index";

lint({}, difference);
