import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** Where Terraform looks for providers before it asks a registry. */
export const LOCAL_MIRROR = join(homedir(), ".terraform.d", "plugins");

/**
 * cdktf gives Terraform a cache of providers. Each `terraform init` links what comes from a local mirror into it anew, and a plan
 * beside it may find the link gone. Without a mirror the cache saves downloads.
 */
export function withoutPluginCache(): NodeJS.ProcessEnv {
  return existsSync(LOCAL_MIRROR) ? { CDKTF_DISABLE_PLUGIN_CACHE_ENV: "1" } : {};
}
