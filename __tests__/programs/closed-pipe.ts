import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { meshDirectory } from "../support/mesh-file";

const MAIN = join(__dirname, "..", "..", "cli", "main.ts");

test("a reader that has enough ends the output, and nothing else", () => {
  const environment = { ...process.env, MESH_FILE: join(meshDirectory(), "mesh.yaml") };
  const command = `"${process.execPath}" --import "${require.resolve("tsx")}" "${MAIN}" alerts | true; echo "\${PIPESTATUS[0]}"`;
  const { stdout, stderr } = spawnSync("bash", ["-c", command], { encoding: "utf8", env: environment });
  expect({ stdout, stderr }).toEqual({ stdout: "0\n", stderr: "" });
});
