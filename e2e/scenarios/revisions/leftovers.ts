import assert from "node:assert/strict";
import { runCommands, shellBlock } from "../../page-commands";
import type { Rig } from "../../rig";
import { waitFor } from "../../wait";
import { CANARY, CLUSTER } from "./mesh";

const PAGE = "docs/upgrade-istio.md";
const NAMESPACE = "shop";

/** A workload of the default revision. */
export async function addWorkload(rig: Rig): Promise<void> {
  const cluster = rig.cluster(CLUSTER);
  await cluster.kubectl([
    ...`create deployment web -n ${NAMESPACE} --image=docker.io/library/busybox:1`.split(" "),
    ...["--", "sleep", "infinity"],
  ]);
  await cluster.readyPods(NAMESPACE, "app=web");
  assert.equal((await users(rig, "default")).filter(isOfShop).length, 1);
}

/** Moves the namespace as the page says: who uses the one that is to go is found before, and nobody after. */
export async function moveWorkload(rig: Rig): Promise<void> {
  assert.ok((await users(rig, "default")).some(isOfShop));
  assert.ok(!(await users(rig, CANARY)).some(isOfShop));
  await asOnPage(rig, "rollout restart", (text) => text.replaceAll("1-31-1", CANARY));
  await waitFor("nobody in shop with the default revision", 120, async () => {
    const [left, moved] = [await users(rig, "default"), await users(rig, CANARY)];
    return !left.some(isOfShop) && moved.filter(isOfShop).length === 1;
  });
  const namespaces = (await asOnPage(rig, "get namespaces", (text) => text.split("\n")[0]!)).split("\n");
  assert.ok(namespaces.some((line) => new RegExp(`^shop .* ${CANARY}$`).test(line.trimEnd())));
}

function isOfShop(pod: string): boolean {
  return pod.startsWith(`${NAMESPACE}/web-`);
}

/** Pods that a revision injected, by the page's command. */
export async function users(rig: Rig, revision: string): Promise<string[]> {
  const said = await asOnPage(rig, "get namespaces", (text) =>
    text.split("\n").slice(1).join("\n").replace('"default"', `"${revision}"`),
  );
  return said.trim() === "" ? [] : said.trim().split("\n");
}

function asOnPage(rig: Rig, text: string, change: (block: string) => string): Promise<string> {
  return runCommands(rig, rig.cluster(CLUSTER), change(shellBlock(PAGE, text)), rig.directory);
}
