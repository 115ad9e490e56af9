import { meshFile } from "../../../cli/command-line/environment";

test("the mesh file is mesh.yaml, or the one in MESH_FILE; an empty variable counts as none", () => {
  expect(meshFile({})).toBe("mesh.yaml");
  expect(meshFile({ MESH_FILE: "other.yaml" })).toBe("other.yaml");
  expect(meshFile({ MESH_FILE: "" })).toBe("mesh.yaml");
});
