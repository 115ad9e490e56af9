import { App } from "cdktf";
import { loadMesh } from "./config/load-mesh";
import { composeMesh } from "./stacks/compose-mesh";

const app = new App();
composeMesh(app, loadMesh(process.env.MESH_FILE ?? "mesh.yaml"));
app.synth();
