import { isDeepStrictEqual } from "node:util";
import type { Finding } from "../../lib/rules";
import type { Checkout } from "./checkout";
import { rules } from "./rules";

/** Keys of cdktf.json that decide neither what is run nor what is read. */
const HARMLESS = ["language", "projectId", "sendCrashReports"];

/** What changes in cdktf.json, by which cdktf finds the program and what it makes. */
export function projectFindings(base: Checkout, head: Checkout): Finding[] {
  if (!base.mesh) return [];
  const keys = new Set([...Object.keys(base.project), ...Object.keys(head.project)]);
  return [...keys]
    .filter((key) => !HARMLESS.includes(key) && !isDeepStrictEqual(base.project[key], head.project[key]))
    .map((key) =>
      key === "app"
        ? rules.valueToRead(
            "cdktf.json",
            "another command makes the stacks",
            "it is the program that is deployed",
          )
        : rules.unaccounted("cdktf.json", `the key ${key} changes`),
    );
}
