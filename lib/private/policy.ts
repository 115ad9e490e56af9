/** A Vault policy that may read exactly these paths: no list, no glob. */
export function readPolicy(paths: readonly string[]): string {
  return [...new Set(paths)].map((path) => `path "${path}" {\n  capabilities = ["read"]\n}\n`).join("\n");
}
