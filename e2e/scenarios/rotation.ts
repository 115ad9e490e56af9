import { rotation } from "./rotation/index";

rotation();
