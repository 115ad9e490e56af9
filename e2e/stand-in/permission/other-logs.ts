import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { delimiter, dirname } from "node:path";
import type { Check } from "../checks";
import { run } from "../../command";
import { ISTIO_NAMESPACE } from "../istiod";
import type { KubernetesObject } from "../kubernetes-objects";
import { delay } from "../../wait";
import type { World } from "../world";
import { ACCEPTED } from "./case";
import type { LoginLog } from "./login-log";
import {
  ISTIOD_FOR_VAULT,
  JWT_CLUSTER,
  jwtLogin,
  KUBERNETES_CLUSTER,
  KUBERNETES_MOUNT,
  login,
  tokenOf,
} from "./logins";
import { pageCommand } from "./page";
import { administer, tokenWith } from "./vault-objects";

const REFUSED = login({ token: tokenOf(JWT_CLUSTER) });
const SECRET = `kubernetes-${KUBERNETES_CLUSTER}-secrets/data/istiod-service/certs`;

/** What docs/permission-denied.md says of its commands and of Vault's other logs. */
export function otherLogs(log: LoginLog): readonly Check[] {
  return [
    {
      name: "a login from a terminal prints the policies it gives, or why not",
      run: async (world) => {
        const command = pageCommand("-field=token_policies");
        assert.equal(await typed(world, command), `[default istiod-certs-${KUBERNETES_CLUSTER}]`);
        const refused = await typed(world, command.replace("role=istiod", "role=istoid"));
        assert.match(refused, /Code: 400. Errors:\s+\* invalid role name "istoid"/);
      },
    },
    {
      name: "what a login may do at a path is printed, and what it may not",
      run: async (world) => {
        const command = pageCommand("token capabilities");
        assert.equal(await typed(world, command), "read");
        assert.equal(await typed(world, command.replace("istiod-service/certs", "elsewhere")), "deny");
      },
    },
    {
      name: "the server's own log tells the reason while its level is debug, and no longer",
      run: async (world) => {
        const reasons = () =>
          readFileSync(world.rig.vault.serverLog, "utf8").split("login unauthorized").length - 1;
        const refusedAdds = async (count: number) => {
          const before = reasons();
          assert.notEqual(await REFUSED(world), ACCEPTED);
          await delay(1);
          assert.equal(reasons() - before, count);
        };
        await refusedAdds(0);
        assert.match(await typed(world, pageCommand("loggers level=debug")), /^Success!/);
        await refusedAdds(1);
        assert.match(await typed(world, pageCommand("delete sys/loggers")), /^Success!/);
        await refusedAdds(0);
      },
    },
    {
      name: "who may review tokens is answered as the page says",
      run: async (world) => {
        const may = (account: string) =>
          typed(world, `kubectl auth can-i create tokenreviews --as=system:serviceaccount:${account}`);
        assert.match(await may("istio-system:istiod"), /^yes$/m);
        assert.match(await may("istio-system:default"), /^no( -.*)?$/m);
      },
    },
    {
      name: "the JWT method takes the token of a deleted pod until it expires",
      run: async (world) => {
        const { api } = world.rig.cluster(JWT_CLUSTER);
        const pods = `/api/v1/namespaces/${ISTIO_NAMESPACE}/pods`;
        const spec = { serviceAccountName: "istiod", containers: [{ name: "none", image: "none" }] };
        const pod = await api.create<KubernetesObject>(pods, { metadata: { name: "deleted" }, spec });
        const token = await api.token({ ...ISTIOD_FOR_VAULT, pod: pod.metadata });
        await api.delete(`${pods}/deleted?gracePeriodSeconds=0`);
        await delay(11); // what the API server itself would believe it for
        assert.equal(await jwtLogin({ token: () => Promise.resolve(token) })(world), ACCEPTED);
      },
    },
    {
      name: "a Vault without namespaces ignores the header that names one",
      run: async (world) => {
        const token = await tokenWith(world, [`istiod-certs-${KUBERNETES_CLUSTER}`]);
        const { status } = await world.rig.vault.client.send("GET", SECRET, { token, namespace: "team" });
        assert.equal(status, 200);
      },
    },
    {
      name: "the audit log has the policies of a refused request, and a refused login's role as a hash",
      run: async (world) => {
        const token = await tokenWith(world, ["default"]);
        await world.rig.vault.client.send("GET", SECRET, { token });
        const [read] = audited(
          world,
          (entry) => entry.request.path === SECRET && entry.type === "response",
        ).slice(-1);
        assert.deepEqual(read!.auth.policies, ["default"]);
        assert.deepEqual(read!.auth.policy_results, { allowed: false });

        await login({ role: "istoid" })(world);
        const { data } = await administer(world, "POST", "sys/audit-hash/file", { input: "istoid" });
        const logins = audited(world, ({ request }) => request.path === `auth/${KUBERNETES_MOUNT}/login`);
        assert.equal(logins.at(-1)!.request.data!.role, data.hash);
      },
    },
    {
      name: "sealing waits for the end of vault monitor",
      run: async ({ rig }) => {
        let sealed = false;
        const sealing = rig.vault.seal().then(() => (sealed = true));
        await delay(3);
        assert.equal(sealed, false);
        await log.stop();
        await sealing;
        await rig.vault.unseal();
      },
    },
  ];
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
  const { address, caFile, rootToken } = rig.vault;
  const directories = (["vault", "kubectl"] as const).map((name) => dirname(rig.programs.path(name)));
  const { stdout, stderr } = await run("bash", ["-c", command], {
    env: {
      PATH: [...directories, process.env.PATH].join(delimiter),
      HOME: rig.directory,
      KUBECONFIG: rig.cluster(KUBERNETES_CLUSTER).controlPlane.kubeconfig,
      VAULT_ADDR: address,
      VAULT_CACERT: caFile,
      VAULT_TOKEN: rootToken,
    },
  });
  return (stdout + stderr).trim();
}
