import assert from "node:assert/strict";
import type { Part } from "../../checks";
import { VAULT_STACK } from "../../deployment";
import { ALERT_NEEDS, MESH_NEEDS } from "../needs";
import { inRotation } from "./rotation";
import { CLUSTERS, issueExternal, Looks, SETTLED } from "./status-mesh";
import { whatItMayDo } from "./rights";
import { whatIsToldToPrometheus, whatRaisesAlerts } from "./alerts";
import { whatIsWrong } from "./wrong";

/** A mesh that is looked at while it is well, in each state of a rotation, and broken in each way there is. */
export const statusParts: readonly Part[] = [
  {
    name: "a mesh to look at",
    needs: MESH_NEEDS,
    foundation: true,
    checks: [
      {
        name: "two clusters deploy, one whose intermediate an issuer writes",
        prerequisite: true,
        run: async (world) => {
          const { rig, deployment } = world;
          await Promise.all(CLUSTERS.map((name) => rig.addCluster(name)));
          for (const cluster of rig.clusters) await cluster.serveKubelet();
          deployment.configure(SETTLED);
          await deployment.deploy(VAULT_STACK);
          await issueExternal(world);
          await deployment.deploy(...CLUSTERS);
        },
      },
      {
        name: "by the documented rights alone, all is well",
        prerequisite: true,
        run: async (world) => {
          const { code, stdout, stderr } = await (await Looks.at(world)).run(SETTLED);
          assert.equal(code, 0, stdout + stderr);
          assert.match(
            stdout,
            /^cluster1 {2}serial \S+ +a +\d{4}-\d\d-\d\d \(7\d\dd\) +a +a {2}ok +version 1$/m,
          );
          assert.match(stdout, /^cluster2 {2}serial \S+ +a +\d{4}-\d\d-\d\d \(89d\) +a +a {2}ok +in step$/m);
          assert.equal(stdout.trimEnd().split("\n").length, 3, stdout);
          assert.equal(stderr, "\nall well.\n");
        },
      },
    ],
  },
  { name: "what istio-vault status may do", needs: MESH_NEEDS, checks: whatItMayDo },
  { name: "what Prometheus is told", needs: MESH_NEEDS, checks: whatIsToldToPrometheus },
  { name: "what raises alerts", needs: ALERT_NEEDS, checks: whatRaisesAlerts },
  { name: "what istio-vault status finds", needs: MESH_NEEDS, checks: whatIsWrong },
  { name: "istio-vault status --gate in a rotation", needs: MESH_NEEDS, checks: inRotation },
];
