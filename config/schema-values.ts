import { z } from "zod";
import { Duration, KeyAlgorithm, ValidationError } from "../lib";
import { isName } from "../lib/private/names";
import { isHttpsUrl } from "../lib/private/urls";
import { isVaultPath } from "../lib/private/vault-paths";
import type { Finding } from "../lib/rules";
import { issueOf } from "./found";
import { rules } from "./rules";

/** The single values of mesh.yaml. */

export const text = z.string().min(1);

/** A string, and what to write where YAML reads a number instead, as it does 90 and 1.30. */
export const textLike = (form: string) => z.string(form).min(1);

/** A value with a rule of its own. */
export function checked<T extends z.ZodType>(
  schema: T,
  check: (value: z.output<T>) => Finding | undefined,
): T {
  return schema.superRefine((value, context) => {
    const finding = check(value);
    if (finding) context.addIssue(issueOf({ path: [], finding }));
  });
}

/** A string that one of the library's value types parses. */
function parsed<V>(parse: (text: string) => V, schema = z.string()) {
  return schema.transform((value, context) => {
    try {
      return parse(value);
    } catch (error) {
      if (!(error instanceof ValidationError)) throw error;
      context.addIssue(issueOf({ path: [], finding: error.finding }));
      return z.NEVER;
    }
  });
}

export const duration = parsed(Duration.parse, z.string('a whole number and s, m, h, d or y, such as "90d"'));
export const keyAlgorithm = parsed(KeyAlgorithm.parse).describe(
  "Kind and size of keys: rsa-2048, rsa-3072, rsa-4096, ecdsa-p256 or ecdsa-p384.",
);
export const count = (rule: (received: number) => Finding) =>
  checked(z.int(), (value) => (value >= 1 ? undefined : rule(value))).meta({ minimum: 1 });
export const helmValues = z.record(z.string(), z.unknown());
export const pullSecrets = z.array(text).describe("Names of image pull secrets in the namespace.");
export const replicas = count(rules.replicas);

export const name = (key: string) =>
  checked(text, (value) => (isName(value) ? undefined : rules.nameForm(key, value)));
export const url = (key: string, isRight: (value: string) => boolean) =>
  checked(text, (value) => (isRight(value) ? undefined : rules.urlForm(key)));
export const vaultPath = (key: string) =>
  checked(text, (value) => (isVaultPath(value) ? undefined : rules.vaultPathForm(key, value)));

/** URL of an API server as Vault reaches it. */
export const apiServer = checked(text, (value) =>
  isHttpsUrl(value) ? undefined : rules.kubernetesHostForm(value),
);
