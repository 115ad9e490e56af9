import { rules as lint } from "../../cli/lint/rules";
import { rules as review } from "../../cli/review/rules";
import { rules as status } from "../../cli/status/rules";
import { rules as config } from "../../config/rules";
import { rules as lib } from "../../lib/rules";

/** Every rule of the program by its name; each part declares its own. */
export const allRules = { ...lib, ...config, ...lint, ...review, ...status };
