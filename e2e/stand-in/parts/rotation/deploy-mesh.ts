import { approleCredential } from "../../approle";
import type { Part } from "../../checks";
import { VAULT_STACK } from "../../deployment";
import { IstioVault } from "../../istio-vault";
import { readyIstiod } from "../../istiod";
import type { MeshSettings } from "../../mesh-file";
import type { World } from "../../world";
import { MESH_NEEDS } from "../needs";
import { CLUSTERS, rotationMesh, trustState } from "./mesh";

/** A mesh for others to go wrong with. */
export const deployedMesh: Part = {
  name: "a mesh under root a, with root b in Vault",
  needs: MESH_NEEDS,
  foundation: true,
  checks: [
    {
      name: "is deployed",
      prerequisite: true,
      run: (world) => deployMesh(world, rotationMesh(trustState("a:a", "a:a"))),
    },
  ],
};

/** Starts two clusters and deploys a mesh on them, its intermediates by istio-vault issue. */
export async function deployMesh({ rig, deployment }: World, mesh: MeshSettings): Promise<void> {
  await Promise.all(CLUSTERS.map((name) => rig.addCluster(name)));
  deployment.configure(mesh);
  await deployment.deploy(VAULT_STACK);
  await new IstioVault(rig, deployment, await approleCredential(rig)).output(["issue", "--all"]);
  await deployment.deploy(...CLUSTERS);
  await Promise.all(rig.clusters.map((cluster) => readyIstiod(cluster, 120)));
}
