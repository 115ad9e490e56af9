import assert from "node:assert/strict";
import { VAULT_STACKS } from "../deployment";
import { FIRST_CLUSTERS } from "../meshes";
import { part, scenario, step } from "../scenario";
import { whatIsTold, whatRaisesAlerts } from "./status/alerts";
import { gateOfARotation } from "./status/gate";
import { issueExternal, Reader, settled } from "./status/reader";
import { rightsOfTheReader } from "./status/rights";
import { whatIsFound } from "./status/wrong";

/** docs/status.md and docs/alerts.md: a mesh that is well, broken in each way there is, and in each state of a rotation. */
scenario({ clusters: FIRST_CLUSTERS }, () => {
  part("a mesh to look at", () => {
    step("two clusters deploy, one whose intermediate an issuer writes", async (world) => {
      world.deployment.configure(settled());
      await world.deployment.deploy(VAULT_STACKS);
      await issueExternal(world);
      await world.deployment.deploy(...FIRST_CLUSTERS);
    });
    step("by the documented rights alone, all is well", async (world) => {
      const reader = await Reader.of(world);
      const { code, stdout, stderr } = await reader.status(settled());
      assert.equal(code, 0, stdout + stderr);
      const row = (name: string, days: string, vault: string) =>
        new RegExp(
          `^${name}  serial \\S+ +a +\\d{4}-\\d\\d-\\d\\d \\(${days}d\\) +a +a  ok +0 +${vault}$`,
          "m",
        );
      assert.match(stdout, row("cluster1", "7\\d\\d", "version 1"));
      assert.match(stdout, row("cluster2", "89", "in step"));
      assert.equal(stdout.trimEnd().split("\n").length, 3, stdout);
      assert.equal(stderr, "\nall well.\n");
    });
    step("the report of the same shows what runs, by the same rights", async (world) => {
      const reader = await Reader.of(world);
      const { code, stdout, stderr } = await reader.report(settled(), ["--live"]);
      assert.equal(code, 0, stderr);
      assert.equal(stderr, "");
      assert.match(stdout, /^<!doctype html>/);
      assert.match(stdout, /as it ran at \d{4}-\d\d-\d\d \d\d:\d\d UTC/);
      assert.match(stdout, /<span class="badge well">2 well<\/span>/);
      assert.match(stdout, /none, the mesh runs as mesh\.yaml says/);
      for (const name of FIRST_CLUSTERS) {
        assert.match(stdout, new RegExp(`<span class="line-name">\\s*${name} <small>intermediate</small>`));
      }
      assert.ok(!stdout.includes("PRIVATE KEY") && !stdout.includes(reader.vaultToken));
    });
  });
  rightsOfTheReader();
  whatIsTold();
  whatRaisesAlerts();
  whatIsFound();
  gateOfARotation();
});
