import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { VAULT_STACKS } from "../../deployment";
import { note, type World } from "../../scenario";
import { delay, waitFor } from "../../wait";

/** Longer than any step needs, and shorter than any certificate lives. */
export const AT_MOST = "5m";

/** Seconds in which cdktf ends after Terraform, and no mesh is seen to run as it should. */
const ENDS_WITHIN = 0.5;

/** When `istio-vault rotate` is killed, with all that it started. */
export type Kill = "waits" | "has written" | "deploys" | "watches";

/** What it says of itself. */
interface Standing {
  readonly finished: boolean;
  readonly steps: readonly { readonly text: string; readonly state: "done" | "next" | "open" }[];
}

/**
 * Takes one step by `istio-vault rotate --deploy` alone, as soon as it is allowed.
 *
 * @param kills moments in which it is killed before; mesh.yaml is written once
 * @returns what is next; undefined once nothing is
 */
export async function takeStep(
  world: World,
  options: readonly string[],
  kills: readonly Kill[] = [],
): Promise<string | undefined> {
  for (const kill of kills) await killed(world, options, kill);
  const started = Date.now();
  const { code, stdout, stderr } = await world.deployment.rotate([
    ...options,
    ...["--deploy", "--json", "--wait", AT_MOST],
  ]);
  assert.equal(code, 0, stdout + stderr);
  const { steps, finished } = JSON.parse(stdout) as Standing;
  const done = steps.filter(({ state }) => state === "done").at(-1);
  note(`${done?.text}: ${((Date.now() - started) / 1000).toFixed(0)} s`);
  const next = steps.find(({ state }) => state === "next")?.text;
  assert.equal(finished, next === undefined);
  return next;
}

/** Begins a step, and kills it in this moment. */
async function killed({ deployment }: World, options: readonly string[], kill: Kill): Promise<void> {
  const kills = new AbortController();
  const text = readFileSync(deployment.meshFile, "utf8");
  const before = deployment.state(VAULT_STACKS);
  const locks = deployment
    .stacksOf(VAULT_STACKS)
    .map((stack) => join(deployment.directory, `.terraform.${stack}.tfstate.lock.info`));
  const isLocked = () => locks.some((lock) => existsSync(lock));
  const isDeployed = async () => !isLocked() && deployment.state(VAULT_STACKS) !== before;
  const moments: Record<Kill, () => Promise<unknown>> = {
    waits: () => delay(5),
    "has written": () =>
      waitFor("mesh.yaml to be written", 300, async () => readFileSync(deployment.meshFile, "utf8") !== text),
    deploys: () => waitFor("Terraform to be at work", 300, async () => isLocked()),
    // With the first stack that is changed: the mesh may be seen to run so within a second.
    watches: async () => {
      await waitFor("Terraform to be done", 300, isDeployed);
      await delay(ENDS_WITHIN);
    },
  };
  const run = deployment.rotate([...options, "--deploy", "--json", "--wait", AT_MOST], kills.signal);
  await moments[kill]();
  kills.abort();
  const { code, stdout, stderr } = await run;
  assert.equal(code, 137, stdout + stderr);
  for (const lock of locks) rmSync(lock, { force: true });
  note(`killed while it ${kill}`);
}
