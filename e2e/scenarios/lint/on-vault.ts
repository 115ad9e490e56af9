import assert from "node:assert/strict";
import { pluginCaBundles } from "../../../__tests__/support/plugin-ca-bundles";
import { ExitCode } from "../../../cli/command-line/exit-code";
import type { PluginCaFiles } from "../../../cli/lint/plugin-ca-files";
import type { CommandResult } from "../../command";
import { IntermediateSecret } from "../../intermediate-secret";
import { IstioVault } from "../../istio-vault";
import { check, part, step, type World } from "../../scenario";
import { LINT_CLUSTER } from "./agreement";

const MOUNT = `kubernetes-${LINT_CLUSTER}-secrets`;
const READER = "lint-reader";

/** Reading what lint checks, where it rests. */
export function onVault(): void {
  part("istio-vault lint --cluster on a real Vault", () => {
    step("says that sound secrets are fine, by a token that may read those two alone", async (world) => {
      world.deployment.configure({ clusters: [LINT_CLUSTER] });
      const { vault } = world.rig;
      await vault.ask("POST", `sys/mounts/${MOUNT}`, { type: "kv", options: { version: "2" } });
      const { dataPath, bundlePath } = new IntermediateSecret(world.rig, LINT_CLUSTER);
      const policy = [dataPath, bundlePath].map((path) => `path "${path}" { capabilities = ["read"] }`);
      await vault.ask("POST", `sys/policies/acl/${READER}`, { policy: policy.join("\n") });
      await put(world, (await pluginCaBundles()).sound!);
      const { code, stdout, stderr } = await lint(world, READER);
      assert.deepEqual(
        [code, stdout, stderr],
        [ExitCode.FINE, `${LINT_CLUSTER}  fine\n`, "\n0 errors, 0 warnings.\n"],
      );
    });
    for (const [bundle, rule] of [
      ["chain empty", "IV0503"],
      ["root B joins with pathlen 0, and signs", "IV0519"],
    ] as const) {
      check(`refuses a secret with ${rule}: ${bundle}`, async (world) => {
        await put(world, (await pluginCaBundles())[bundle]!);
        const { code, stdout } = await lint(world, READER);
        assert.equal(code, ExitCode.REFUSED);
        assert.match(stdout, new RegExp(`error .*${rule}`));
      });
    }
    check("says what Vault answered to a token that may not read them", async (world) => {
      const { code, stdout, stderr } = await lint(world, "default");
      assert.deepEqual([code, stdout], [ExitCode.UNKNOWN, ""]);
      const answer = `^lint: not checked: Vault answered 403 on ${MOUNT}/data/istiod-service/`;
      assert.match(stderr, new RegExp(answer));
    });
  });
}

async function put({ rig }: World, { caKey, caCert, certChain, rootCert }: PluginCaFiles): Promise<void> {
  const { dataPath, bundlePath } = new IntermediateSecret(rig, LINT_CLUSTER);
  const data = { ca_key: caKey, ca_cert: caCert, cert_chain: certChain };
  await rig.vault.ask("POST", dataPath, { data });
  await rig.vault.ask("POST", bundlePath, { data: { root_cert: rootCert } });
}

/** Runs the command with a token of one policy. */
async function lint({ rig, deployment }: World, policy: string): Promise<CommandResult> {
  const alone = { policies: [policy], no_default_policy: true };
  const { auth } = await rig.vault.ask("POST", "auth/token/create", alone);
  const credential = { VAULT_TOKEN: auth!.client_token };
  return new IstioVault(rig, deployment, credential).run(["lint", "--cluster", LINT_CLUSTER]);
}
