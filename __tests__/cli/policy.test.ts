import { join } from "node:path";
import { ExitCode } from "../../cli/command-line/exit-code";
import { meshDirectory } from "../support/mesh-file";
import { runCommand } from "../support/terminal";

const file = (...change: Parameters<typeof meshDirectory>) => join(meshDirectory(...change), "mesh.yaml");

const paths = (policy: string) => [...policy.matchAll(/^path "(.+)" \{$/gm)].map(([, path]) => path);

test.each(["planner", "deployer"])("prints the policy of the %s, and nothing else", async (identity) => {
  const { code, stdout, stderr } = await runCommand(["policy", identity, "--mesh", file()]);
  expect(code).toBe(ExitCode.FINE);
  expect(stderr).toBe("");
  expect(
    stdout.startsWith(identity === "planner" ? "# Plans Vault's stacks" : "# Deploys Vault's stacks"),
  ).toBe(true);
  expect(stdout.endsWith("\n}")).toBe(true);
  expect(paths(stdout)).toContain("auth/kubernetes-cluster2/role/istiod");
});

test("reads the mesh MESH_FILE names, and the option's before that", async () => {
  const one = file((mesh) => mesh.clusters.splice(1));
  const fromEnvironment = await runCommand(["policy", "planner"], { MESH_FILE: one });
  expect(paths(fromEnvironment.stdout)).not.toContain("auth/kubernetes-cluster2/role/istiod");
  const fromOption = await runCommand(["policy", "planner", "--mesh", file()], { MESH_FILE: one });
  expect(paths(fromOption.stdout)).toContain("auth/kubernetes-cluster2/role/istiod");
});

test("of two meshes it prints what either needs", async () => {
  const first = file((mesh) => mesh.clusters.splice(1));
  const second = file((mesh) => mesh.clusters.splice(0, 1));
  const { stdout } = await runCommand(["policy", "planner", "--mesh", first, "--mesh", second]);
  expect(paths(stdout)).toEqual(
    expect.arrayContaining(["auth/kubernetes-cluster1/role/istiod", "auth/kubernetes-cluster2/role/istiod"]),
  );
});

test("fails on another identity, with those there are", async () => {
  const { code, stdout, stderr } = await runCommand(["policy", "synth"]);
  expect(code).toBe(ExitCode.USAGE);
  expect(stdout).toBe("");
  expect(stderr).toBe(
    "error: command-argument value 'synth' is invalid for argument 'identity'. Allowed choices are planner, deployer, status.",
  );
});

test("fails on a mesh with a mistake, and prints no half policy", async () => {
  const wrong = file((mesh) => (mesh.clusters[0].name = "Cluster_1"));
  const { code, stdout, stderr } = await runCommand([
    "policy",
    "deployer",
    "--mesh",
    file(),
    "--mesh",
    wrong,
  ]);
  expect(code).toBe(ExitCode.USAGE);
  expect(stdout).toBe("");
  expect(stderr).toContain(`${wrong} has 1 problem:`);
});
