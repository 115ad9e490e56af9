import assert from "node:assert/strict";
import { resolve } from "node:path";
import { pluginCaBundles } from "../../../__tests__/support/plugin-ca-bundles";
import { ExitCode } from "../../../cli/command-line/exit-code";
import type { PluginCaFiles } from "../../../cli/lint/plugin-ca-files";
import type { Check, Part } from "../checks";
import { type CommandResult, run } from "../../command";
import { RIG_NEEDS } from "../rig";
import type { World } from "../world";
import { LINT_CLUSTER } from "./lint-agreement";

const PROJECT = resolve(__dirname, "..", "..", "..");
const MOUNT = `kubernetes-${LINT_CLUSTER}-secrets`;
const PATHS = { intermediate: "istiod-service/certs", bundle: "istiod-service/trust-bundle" };
const READER = "lint-reader";

/** Reading what lint checks, where it rests. */
export const lintOnVault: Part = {
  name: "istio-vault lint --cluster on a real Vault",
  needs: [...RIG_NEEDS, "Istio", "vault chart"],
  checks: [
    {
      name: "says that sound secrets are fine, by a token that may read those two alone",
      prerequisite: true,
      run: async (world) => {
        world.deployment.configure({ clusters: [LINT_CLUSTER] });
        await prepare(world);
        await put(world, (await pluginCaBundles()).sound!);
        const { code, stdout, stderr } = await lint(world, READER);
        assert.deepEqual(
          [code, stdout, stderr],
          [ExitCode.FINE, `${LINT_CLUSTER}  fine\n`, "\n0 errors, 0 warnings.\n"],
        );
      },
    },
    finds("chain empty", "IV0503"),
    finds("root B joins with pathlen 0, and signs", "IV0519"),
    {
      name: "says what Vault answered to a token that may not read them",
      run: async (world) => {
        const { code, stdout, stderr } = await lint(world, "default");
        assert.deepEqual([code, stdout], [ExitCode.UNKNOWN, ""]);
        assert.match(
          stderr,
          new RegExp(`^lint: not checked: Vault answered 403 on ${MOUNT}/data/istiod-service/`),
        );
      },
    },
  ],
};

function finds(bundle: string, rule: string): Check {
  return {
    name: `refuses a secret with ${rule}: ${bundle}`,
    run: async (world) => {
      await put(world, (await pluginCaBundles())[bundle]!);
      const { code, stdout } = await lint(world, READER);
      assert.equal(code, ExitCode.REFUSED);
      assert.match(stdout, new RegExp(`error .*${rule}`));
    },
  };
}

async function prepare(world: World): Promise<void> {
  await write(world, `sys/mounts/${MOUNT}`, { type: "kv", options: { version: "2" } });
  const policy = Object.values(PATHS).map(
    (path) => `path "${MOUNT}/data/${path}" { capabilities = ["read"] }`,
  );
  await write(world, `sys/policies/acl/${READER}`, { policy: policy.join("\n") });
}

async function put(world: World, { caKey, caCert, certChain, rootCert }: PluginCaFiles): Promise<void> {
  const intermediate = { ca_key: caKey, ca_cert: caCert, cert_chain: certChain };
  await write(world, `${MOUNT}/data/${PATHS.intermediate}`, { data: intermediate });
  await write(world, `${MOUNT}/data/${PATHS.bundle}`, { data: { root_cert: rootCert } });
}

function write({ rig }: World, path: string, content: unknown) {
  return rig.vault.client.require("POST", path, { token: rig.vault.rootToken, content });
}

/** Runs the command with a token of one policy. */
async function lint(world: World, policy: string): Promise<CommandResult> {
  const { rig, deployment } = world;
  const { auth } = await write(world, "auth/token/create", { policies: [policy], no_default_policy: true });
  return run(process.execPath, ["--import", "tsx", "cli/main.ts", "lint", "--cluster", LINT_CLUSTER], {
    cwd: PROJECT,
    env: {
      PATH: process.env.PATH,
      HOME: rig.directory,
      MESH_FILE: deployment.meshFile,
      VAULT_TOKEN: auth!.client_token,
    },
  });
}
