import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { WorkingCopy } from "../../ci/working-copy";
import type { MeshSettings } from "../../mesh-file";
import type { Rig } from "../../rig";

export const CLUSTER = "cluster1";

const PAGE = readFileSync(join(resolve(__dirname, "..", "..", ".."), "docs", "ci.md"), "utf8");

/** The commands that docs/ci.md shows, block by block. */
export const pageBlocks = [...PAGE.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block]) => block!);

export const pipelineMesh: MeshSettings = {
  clusters: [CLUSTER],
  // The job brings the kubeconfig.
  overrides: { [CLUSTER]: { kubeconfig: { context: CLUSTER } } },
  sections: {
    intermediates: { issuance: "external", keyAlgorithm: "ecdsa-p256", validFor: "90d" },
    issuer: { method: "approle" },
  },
};

let made: WorkingCopy | undefined;

/** The one repository of the run, made when it is first asked for. */
export function workingCopy(rig: Rig): WorkingCopy {
  return (made ??= new WorkingCopy(rig));
}
