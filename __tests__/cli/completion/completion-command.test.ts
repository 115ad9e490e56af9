import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { ExitCode } from "../../../cli/command-line/exit-code";
import { type MeshChange, type MeshData, meshDirectory } from "../../support/mesh-file";
import { runCommand } from "../../support/terminal";

const script = async (shell: string) => (await runCommand(["completion", shell])).stdout;

/** What bash offers after a line, by the script itself. */
async function offered(...line: string[]): Promise<string[]> {
  const words = line.map((word) => `'${word}'`).join(" ");
  const asked = `istio-vault() { printf '%s\\n' "$@" cluster1 cluster2; }; COMP_WORDS=(${words}); COMP_CWORD=${line.length - 1}; _istio_vault; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const answer = execFileSync("bash", ["-c", `${await script("bash")}\n${asked}`], { encoding: "utf8" });
  return answer.trim().split("\n");
}

test("bash completes commands, the values of an argument, and options", async () => {
  expect(await offered("istio-vault", "s")).toEqual(["show", "status"]);
  expect(await offered("istio-vault", "policy", "p")).toEqual(["planner"]);
  expect(await offered("istio-vault", "status", "--ga")).toEqual(["--gate"]);
});

test("bash completes the values of options, and the names of clusters, for which it asks", async () => {
  expect(await offered("istio-vault", "status", "-o", "")).toEqual(["table", "short", "json", "prometheus"]);
  expect(await offered("istio-vault", "show", "cl")).toEqual(["clusters", "cluster1", "cluster2"]);
  expect(await offered("istio-vault", "issue", "--cluster", "cluster1")).toEqual(["cluster1"]);
  expect(await offered("istio-vault", "issue", "cluster1")).toEqual([""]);
});

test("the names of clusters are mesh.yaml's, without what a shell would run, whatever else is wrong with it", async () => {
  const names = async (change?: MeshChange) =>
    (await runCommand(["completion", "clusters"], { MESH_FILE: join(meshDirectory(change), "mesh.yaml") }))
      .stdout;
  expect(await names()).toBe("cluster1\ncluster2");
  const wrong = (mesh: MeshData) => {
    mesh.clusters = [{ name: "one" }, { name: "$(reboot)" }, { name: 3 }, "x"];
  };
  expect(await names(wrong)).toBe("one");
  expect(await names((mesh) => (mesh.clusters = "x"))).toBe("");
  expect(await runCommand(["completion", "clusters"], { MESH_FILE: "nowhere" })).toEqual({
    code: ExitCode.FINE,
    stdout: "",
    stderr: "",
  });
});

test.each(["zsh", "fish"])("%s is told of each command and its options", async (shell) => {
  const text = await script(shell);
  for (const command of [
    "init",
    "show",
    "issue",
    "lint",
    "review",
    "status",
    "rotate",
    "report",
    "alerts",
    "policy",
  ]) {
    expect(text).toMatch(new RegExp(`\\b${command}\\b`));
  }
  expect(text).toContain("completion clusters 2>/dev/null");
  expect(text).toContain("table short json prometheus");
  expect(text).toContain(shell === "fish" ? "-l gate" : "--gate");
});

test("fails for a shell that it does not know", async () => {
  const { code, stderr } = await runCommand(["completion", "ksh"]);
  expect(code).toBe(ExitCode.USAGE);
  expect(stderr).toContain("Allowed choices are bash, zsh, fish, clusters.");
});
