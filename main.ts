import { synthesizeMesh } from "./index";

synthesizeMesh(process.env.MESH_FILE || "mesh.yaml");
