import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { runCommands } from "../../page-commands";
import { check, type World } from "../../scenario";
import { delay, waitFor } from "../../wait";
import {
  JWT_CLUSTER,
  jwtLogin,
  KUBERNETES_CLUSTER,
  KUBERNETES_MOUNT,
  login,
  tokenOf,
  tokenWith,
} from "./attempts";
import { ACCEPTED } from "./cause";
import { deletePod, tokenOfPod } from "./login-causes";
import type { LoginLog } from "./login-log";
import { pageCommand } from "./page";
import { CERTIFICATES, READ_POLICY } from "./request-causes";

/** What docs/permission-denied.md says of its commands and of Vault's other logs. */
export function otherLogs(log: LoginLog): void {
  check("a login from a terminal prints the policies it gives, or why not", async (world) => {
    const command = pageCommand("-field=token_policies");
    assert.equal(await typed(world, command), `[default ${READ_POLICY}]`);
    const refused = await typed(world, command.replace("role=istiod", "role=istoid"));
    assert.match(refused, /Code: 400. Errors:\s+\* invalid role name "istoid"/);
  });
  check("what a login may do at a path is printed, and what it may not", async (world) => {
    const command = pageCommand("token capabilities");
    assert.equal(await typed(world, command), "read");
    assert.equal(await typed(world, command.replace("istiod-service/certs", "elsewhere")), "deny");
  });
  check("the server's own log tells the reason while its level is debug, and no longer", async (world) => {
    const { serverLog } = world.rig.vault;
    const refusedAdds = async (count: number) => {
      const reasons = () => readFileSync(serverLog, "utf8").split("login unauthorized").length - 1;
      const before = reasons();
      assert.notEqual(await login({ token: tokenOf({}, JWT_CLUSTER) })(world), ACCEPTED);
      await delay(1);
      assert.equal(reasons() - before, count);
    };
    await refusedAdds(0);
    assert.match(await typed(world, pageCommand("loggers level=debug")), /^Success!/);
    await refusedAdds(1);
    assert.match(await typed(world, pageCommand("delete sys/loggers")), /^Success!/);
    await refusedAdds(0);
  });
  check("who may review tokens is answered as the page says", async ({ rig }) => {
    const may = async (account: string) =>
      (
        await rig
          .cluster(KUBERNETES_CLUSTER)
          .tryKubectl(`auth can-i create tokenreviews --as=system:serviceaccount:${account}`)
      ).stdout;
    assert.match(await may("istio-system:istiod"), /^yes$/m);
    assert.match(await may("istio-system:default"), /^no( -.*)?$/m);
  });
  check("the JWT method takes the token of a deleted pod until it expires", async (world) => {
    const token = await tokenOfPod("deleted", JWT_CLUSTER, "--audience=vault")(world);
    await deletePod(world.rig, "deleted", JWT_CLUSTER);
    await delay(11); // what the API server itself would believe it for
    assert.equal(await jwtLogin({ token: () => Promise.resolve(token) })(world), ACCEPTED);
  });
  check("a Vault without namespaces ignores the header that names one", async (world) => {
    const token = await tokenWith(world, READ_POLICY);
    const { status } = await world.rig.vault.client.send("GET", CERTIFICATES, { token, namespace: "team" });
    assert.equal(status, 200);
  });
  check(
    "the audit log has the policies of a refused request, and a refused login's role as a hash",
    async (world) => {
      const token = await tokenWith(world, "default");
      await world.rig.vault.client.send("GET", CERTIFICATES, { token });
      const read = audited(world, ({ request }) => request.path === CERTIFICATES).at(-1)!;
      assert.deepEqual(read.auth.policies, ["default"]);
      assert.deepEqual(read.auth.policy_results, { allowed: false });

      await login({ role: "istoid" })(world);
      const { data } = await world.rig.vault.ask("POST", "sys/audit-hash/file", { input: "istoid" });
      const path = `auth/${KUBERNETES_MOUNT}/login`;
      const logins = audited(world, ({ request }) => request.path === path && request.data !== undefined);
      assert.ok(logins.some(({ request }) => request.data!.role === data.hash));
    },
  );
  check("sealing waits for the end of vault monitor", async ({ rig }) => {
    let sealed = false;
    const sealing = rig.vault.seal().then(() => (sealed = true));
    await delay(3);
    assert.equal(sealed, false);
    await log.stop();
    await sealing;
    await waitFor("Vault unsealed", 60, async () => {
      await rig.vault.unseal();
      return true;
    });
  });
}

interface AuditEntry {
  readonly type: string;
  readonly auth: { readonly policies?: readonly string[]; readonly policy_results?: object };
  readonly request: { readonly path: string; readonly data?: Readonly<Record<string, string>> };
}

function audited({ rig }: World, chosen: (entry: AuditEntry) => boolean): readonly AuditEntry[] {
  const lines = readFileSync(rig.vault.auditLog, "utf8").trim().split("\n");
  return lines.map((line) => JSON.parse(line) as AuditEntry).filter(chosen);
}

/** What a command of the page prints to somebody who is an administrator of Vault and of the cluster. */
async function typed({ rig }: World, command: string): Promise<string> {
  const { directory } = rig;
  const printed = runCommands(rig, rig.cluster(KUBERNETES_CLUSTER), command, directory);
  return (await printed.catch((error: Error) => error.message)).trim();
}
