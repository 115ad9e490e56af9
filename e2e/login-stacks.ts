import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { VaultProvider } from "@cdktf/provider-vault/lib/provider";
import { App, LocalBackend, type TerraformResource, TerraformStack } from "cdktf";
import { IssuerAuth, type IssuerLogin } from "../lib";
import { output } from "./command";
import type { Rig } from "./rig";

/** An `IssuerAuth` to deploy by itself. */
export interface LoginToDeploy {
  readonly mountPath: string;
  readonly login: IssuerLogin;
  readonly policies: readonly string[];
  /**
   * Key that signs the tokens, in place of the issuer's discovery URL, which is out of reach here. All
   * else is as the construct makes it.
   */
  readonly publicKey?: string;
}

/** Deploys it with the real provider. */
export async function deployLogin(rig: Rig, { publicKey, ...props }: LoginToDeploy): Promise<void> {
  const outdir = join(rig.directory, "login-stacks", props.mountPath);
  mkdirSync(outdir, { recursive: true });
  const { address, caFile, rootToken } = rig.vault;
  const app = new App({ outdir });
  const stack = new TerraformStack(app, "login");
  new VaultProvider(stack, "Vault", { address, skipChildToken: true });
  new LocalBackend(stack, { path: join(outdir, "terraform.tfstate") });
  const auth = new IssuerAuth(stack, "Issuer", props);
  if (publicKey !== undefined) {
    const mount = auth.node.findChild("Resource") as TerraformResource;
    mount.addOverride("oidc_discovery_url", undefined);
    mount.addOverride("jwt_validation_pubkeys", [publicKey]);
  }
  app.synth();
  const { path, env: more } = rig.terraform;
  const env = {
    ...more,
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    VAULT_CACERT: caFile,
    VAULT_TOKEN: rootToken,
  };
  const cwd = join(outdir, "stacks", "login");
  for (const command of [
    ["init", "-input=false"],
    ["apply", "-input=false", "-auto-approve"],
  ]) {
    await output(path, [...command, "-no-color"], { cwd, env });
  }
}
