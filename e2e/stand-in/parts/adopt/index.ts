import type { Part } from "../../checks";
import { MESH_NEEDS } from "../needs";
import { clusterChecks } from "./clusters";
import { AdoptedClusters } from "./state";
import { CLUSTERS } from "./meshes";
import { vaultChecks } from "./vault";

let clusters: AdoptedClusters | undefined;

function adopted(): AdoptedClusters {
  if (!clusters) throw new Error("nothing was set up by hand");
  return clusters;
}

const needs = [...MESH_NEEDS, "kubectl", "helm"] as const;

/** The article followed by hand, and then taken over. */
export const adoptParts: readonly Part[] = [
  {
    name: "set up by hand, as in the article",
    needs,
    foundation: true,
    checks: [
      {
        name: "kubectl, vault, openssl and helm bring up two clusters that serve",
        prerequisite: true,
        run: async ({ rig }) => {
          await Promise.all(CLUSTERS.map((name) => rig.addCluster(name)));
          clusters = await AdoptedClusters.setUpByHand(rig);
          await clusters.serve();
        },
      },
    ],
  },
  { name: "Vault's objects are taken over", needs, checks: vaultChecks(adopted) },
  { name: "the clusters are taken over", needs, checks: clusterChecks(adopted) },
];
