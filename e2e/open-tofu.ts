import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { LOCAL_MIRROR } from "./plugin-cache";

/** What plans and applies, and the variables it needs besides. */
export interface TerraformProgram {
  readonly path: string;
  readonly env: NodeJS.ProcessEnv;
}

const TERRAFORMS = "registry.terraform.io";
const OPENTOFUS = "registry.opentofu.org";

/**
 * OpenTofu, with the providers of Terraform's local mirror where there is one: it looks for them under
 * the name of its own registry.
 */
export function openTofu(path: string, directory: string): TerraformProgram {
  const local = join(LOCAL_MIRROR, TERRAFORMS);
  if (!existsSync(local)) return { path, env: {} };
  const mirror = join(directory, "opentofu-providers");
  const configuration = join(directory, "opentofu.tfrc");
  if (!existsSync(configuration)) {
    for (const provider of providers(local)) {
      const link = join(mirror, OPENTOFUS, provider);
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(join(local, provider), link);
    }
    writeFileSync(
      configuration,
      `provider_installation {\n  filesystem_mirror {\n    path = "${mirror}"\n  }\n}\n`,
    );
  }
  return { path, env: { TF_CLI_CONFIG_FILE: configuration } };
}

/** `namespace/type/version/platform` of each. */
function providers(mirror: string): string[] {
  const below = (paths: string[]) =>
    paths.flatMap((path) => readdirSync(join(mirror, path)).map((name) => join(path, name)));
  return below(below(below(below([""]))));
}
