import { z } from "zod";
import { type ProviderName, PROVIDERS } from "../lib/private/upstream";
import { rules } from "./rules";
import { checked, text } from "./schema-values";

/** The schema of `providers` in mesh.yaml. */

const provider = (name: ProviderName) => {
  const { constraint, major } = PROVIDERS[name];
  return checked(text, (value) =>
    isConstraintWithin(value, major) ? undefined : rules.providerVersion(name, value, major, constraint),
  )
    .default(constraint)
    .describe(`Version constraint of the provider ${name}, within major version ${major}.`);
};

export const providers = z.strictObject({
  vault: provider("vault"),
  kubernetes: provider("kubernetes"),
  helm: provider("helm"),
  tls: provider("tls"),
});

/** Whether a string is a Terraform version constraint within one major version; an upper bound may name the next. */
function isConstraintWithin(text: string, major: number): boolean {
  const conditions = text
    .split(",")
    .map((condition) => /^\s*(=|!=|>=?|<=?|~>)?\s*(\d+)(?:\.\d+){0,2}(?:-[\w.-]+)?\s*$/.exec(condition));
  return conditions.every(
    (condition) => condition !== null && (/[<!]/.test(condition[1] ?? "") || Number(condition[2]) === major),
  );
}
