/** A KV v2 secret has two paths in Vault's API: its values are at one, what is known of them at the other. */

export function kvData(mountPath: string, path: string): string {
  return `${mountPath}/data/${path}`;
}

export function kvMetadata(mountPath: string, path: string): string {
  return `${mountPath}/metadata/${path}`;
}
