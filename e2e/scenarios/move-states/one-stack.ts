import { App } from "cdktf";
import { loadMesh } from "../../../config/load-mesh";
import { VAULT_ROOT_STACK } from "../../../lib/names";
import { VaultStack } from "../../../stacks/vault-stack";

/** Vault's side as earlier versions made it of any mesh; a snapshot of theirs says that it is the same. */
const app = new App();
const mesh = loadMesh(process.env.MESH_FILE!);
new VaultStack(app, mesh, { name: VAULT_ROOT_STACK, isShared: true, clusters: mesh.clusters });
app.synth();
