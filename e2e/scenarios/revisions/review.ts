import assert from "node:assert/strict";
import { WorkingCopy } from "../../ci/working-copy";
import type { Rig } from "../../rig";
import { CANARY, CLUSTER, type UpgradeState, upgradeMesh } from "./mesh";

/** One change as `istio-vault review` is shown it, with the rules that refuse it. */
const CHANGES: readonly [from: UpgradeState, to: UpgradeState, refusedBy: readonly string[]][] = [
  ["one", "listed", []],
  ["listed", "promoted", []],
  ["promoted", "removed", []],
  ["one", "promoted", ["IV0619"]],
  ["listed", "removed", ["IV0620"]],
];

/** Holds the real command against every step there is, and every one there must not be. */
export async function reviewed(rig: Rig): Promise<void> {
  const copy = new WorkingCopy(rig);
  await copy.git("init", "--quiet", "--initial-branch=main");
  for (const [index, [from, to, refusedBy]] of CHANGES.entries()) {
    copy.configure(upgradeMesh(rig, from));
    const base = await copy.commit(`base ${index}`);
    copy.configure(upgradeMesh(rig, to));
    const { code, stdout, stderr } = await copy.run(
      `npm run --silent istio-vault -- review --base ${base} -o json`,
    );
    const { findings } = JSON.parse(stdout) as { findings: { level: string; rule: string }[] };
    const errors = findings.filter(({ level }) => level === "error").map(({ rule }) => rule);
    assert.deepEqual(errors, refusedBy, `change ${index}: ${stdout}${stderr}`);
    assert.equal(code, refusedBy.length > 0 ? 3 : 0);
  }
  copy.configure({
    clusters: [CLUSTER],
    overrides: { [CLUSTER]: { istio: { revisions: { [CANARY]: {} } } } },
  });
  const { code, stderr } = await copy.run("npm run --silent istio-vault -- review --base HEAD");
  // What has no default revision is no mesh.
  assert.equal(code, 64, stderr);
  assert.match(stderr, /IV0807/);
}
