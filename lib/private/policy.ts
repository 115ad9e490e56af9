/** What one rule of a policy allows at exactly one path. */
export interface PolicyRule {
  readonly path: string;
  readonly capabilities: readonly string[];
  /** Values each parameter may have; an empty list for any. No other parameter may be sent. */
  readonly allowedParameters?: Readonly<Record<string, readonly string[]>>;
  /** Values each parameter may not have, allowed or not; `[]` among them is an empty list. */
  readonly deniedParameters?: Readonly<Record<string, readonly (string | readonly [])[]>>;
  /** Parameters that must be sent: a pinned one that may be left out pins nothing. */
  readonly requiredParameters?: readonly string[];
}

/** A Vault policy of these rules. */
export function policyText(rules: readonly PolicyRule[]): string {
  return rules.map(ruleText).join("\n");
}

/** A Vault policy that may read exactly these paths: no list, no glob. */
export function readPolicy(paths: readonly string[]): string {
  return policyText([...new Set(paths)].map((path) => ({ path, capabilities: ["read"] })));
}

function ruleText({ path, capabilities, ...parameters }: PolicyRule): string {
  const lines = [`path "${path}" {`, `  capabilities = ${list(capabilities)}`];
  const { requiredParameters, allowedParameters, deniedParameters } = parameters;
  if (requiredParameters) lines.push(`  required_parameters = ${list(requiredParameters)}`);
  if (allowedParameters) lines.push(...valuesOf("allowed_parameters", allowedParameters));
  if (deniedParameters) lines.push(...valuesOf("denied_parameters", deniedParameters));
  return [...lines, "}", ""].join("\n");
}

function valuesOf(key: string, parameters: NonNullable<PolicyRule["deniedParameters"]>): string[] {
  const lines = Object.entries(parameters).map(
    ([name, values]) => `    ${JSON.stringify(name)} = ${list(values)}`,
  );
  return [`  ${key} = {`, ...lines, "  }"];
}

function list(values: readonly (string | readonly [])[]): string {
  const text = `[${values.map((value) => JSON.stringify(value)).join(", ")}]`;
  // A blank that cannot be told from another is spelled out.
  return text.replace(/[\u0080-\uffff]/g, (it) => `\\u${it.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
