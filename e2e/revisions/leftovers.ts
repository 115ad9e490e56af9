import assert from "node:assert/strict";
import { dirname } from "node:path";
import { output } from "../command";
import { shellBlock } from "../page-commands";
import type { Rig } from "../rig";
import { waitFor } from "../wait";
import { CANARY, CLUSTER } from "./meshes";

const PAGE = "docs/upgrade-istio.md";
const NAMESPACE = "shop";
const DEPLOYMENTS = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments`;

/** A workload of the default revision; nothing runs it, so that it stays as it was injected. */
export async function addWorkload(rig: Rig): Promise<void> {
  const labels = { app: "web" };
  await rig.cluster(CLUSTER).api.create(DEPLOYMENTS, {
    metadata: { name: "web" },
    spec: {
      selector: { matchLabels: labels },
      strategy: { type: "Recreate" },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: "web", image: "example.com/web" }] },
      },
    },
  });
  await waitFor("a pod of web", 60, async () => (await users(rig, "default")).length === 1);
}

/** Moves the namespace as the page says: who uses the one that is to go is found before, and nobody after. */
export async function moveWorkload(rig: Rig): Promise<void> {
  assert.match((await users(rig, "default")).join(), /^shop\/web-/);
  assert.deepEqual(await users(rig, CANARY), []);
  await asOnPage(rig, "rollout restart", (text) => text.replaceAll("1-31-1", CANARY));
  await waitFor("nobody with the default revision", 60, async () => {
    return (await users(rig, "default")).length === 0 && (await users(rig, CANARY)).length === 1;
  });
  const namespaces = (await asOnPage(rig, "get namespaces", (text) => text.split("\n")[0]!)).split("\n");
  assert.ok(namespaces.some((line) => new RegExp(`^shop .* ${CANARY}$`).test(line.trimEnd())));
}

/** Pods that a revision injected, by the page's command. */
async function users(rig: Rig, revision: string): Promise<string[]> {
  const said = await asOnPage(rig, "get namespaces", (text) =>
    text.split("\n").slice(1).join("\n").replace('"default"', `"${revision}"`),
  );
  return said.trim() === "" ? [] : said.trim().split("\n");
}

async function asOnPage(rig: Rig, text: string, change: (block: string) => string): Promise<string> {
  const programs = (["kubectl", "jq"] as const).map((name) => dirname(rig.programs.path(name)));
  return output("bash", ["-e", "-c", change(shellBlock(PAGE, text))], {
    env: {
      PATH: [...programs, process.env.PATH].join(":"),
      // kubectl keeps what it learns of the cluster there.
      HOME: rig.directory,
      KUBECONFIG: rig.cluster(CLUSTER).controlPlane.kubeconfig,
    },
  });
}
