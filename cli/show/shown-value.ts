import { redact } from "../../lib/private/shown";

const HIDDEN = "(not shown)";

/** Names under which people keep secrets. */
const SECRET =
  /pass(word|wd|phrase)|([_.-]|\b)(pass|pwd)$|secret|token|credential|(api|access|account|private)[-_]?key|connection[-_]?string/i;

/** Keys of mesh.yaml that name secrets and hold none. */
const NAMES = new Set(["imagePullSecrets", "tokenTtl", "tokenMaxTtl"]);

/**
 * A value as it may be printed: without what is a secret by its look, or by its name. Of a program's variables
 * nothing is known but their names.
 */
export function shownValue(path: readonly PropertyKey[], value: unknown): unknown {
  const keys = path.map(String);
  const isVariable = keys[0] === "kubeconfig" && keys.at(-2) === "env";
  if (isVariable || keys.some((key) => isSecretName(key))) return HIDDEN;
  return safe(value);
}

function isSecretName(key: string): boolean {
  return SECRET.test(key) && !NAMES.has(key);
}

function safe(value: unknown): unknown {
  if (typeof value === "string") return redact(value);
  if (Array.isArray(value)) return isSecretOption(value) ? HIDDEN : value.map(safe);
  if (typeof value !== "object" || value === null) return value;
  // As in a container's env: the name of a value is a value itself.
  const { name } = value as { name?: unknown };
  const hidesValue = typeof name === "string" && isSecretName(name);
  return Object.fromEntries(
    Object.entries(value).map(([key, below]) => [
      key,
      isSecretName(key) || (hidesValue && key === "value") ? HIDDEN : safe(below),
    ]),
  );
}

/** Whether a list is a program's arguments with such an option among them. */
function isSecretOption(items: readonly unknown[]): boolean {
  return items.some((item) => typeof item === "string" && /^--?\w/.test(item) && SECRET.test(item));
}
