import { execFileSync } from "node:child_process";
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
} from "node:fs";
import os, { tmpdir } from "node:os";
import { join } from "node:path";
import { ExitCode } from "../../cli/command-line/exit-code";
import { clusterLike, type MeshData } from "../support/mesh-file";
import { TestRepository } from "../support/repository";
import { runCommand } from "../support/terminal";

// Two programs are started for each run, on a machine that may be busy.
jest.setTimeout(120_000);

const repository = new TestRepository();
const base = repository.git("rev-parse", "HEAD");

/** Runs in the repository, or in another directory. */
async function run(args: string[], directory = repository.directory, env: NodeJS.ProcessEnv = {}) {
  const cwd = jest.spyOn(process, "cwd").mockReturnValue(directory);
  try {
    return await runCommand(["review", ...args], env);
  } finally {
    cwd.mockRestore();
  }
}

const trustB = (mesh: MeshData) => {
  mesh.roots.push({ name: "b", source: "vault-pki" });
  mesh.trust.bundle = ["a", "b"];
};

beforeEach(() => {
  repository.git("checkout", "--quiet", "--force", "--detach", base);
  repository.git("clean", "--quiet", "-fd");
});

test("compares with the merge-base, which it prints, and leaves nothing behind", async () => {
  repository.changeMesh(trustB);
  repository.commit("trust b");
  // Others have directories of the same names in the machine's own.
  const temporary = mkdtempSync(join(tmpdir(), "left-behind-"));
  // What others did on main since is not this branch's.
  repository.git("checkout", "--quiet", "-B", "other", base);
  repository.changeMesh((mesh) => (mesh.istio.replicas = 3));
  repository.commit("three replicas");
  repository.git("checkout", "--quiet", "--detach", "HEAD@{2}");

  const moved = jest.spyOn(os, "tmpdir").mockReturnValue(temporary);
  const result = await run(["--base", "other", "--detailed-exitcode"]);
  expect(moved).toHaveBeenCalled();
  moved.mockRestore();
  expect(result).toEqual({
    code: ExitCode.CHANGES,
    stderr: `comparing ${repository.git("rev-parse", "--short=7", "HEAD")} with ${base}, the merge-base of other and HEAD`,
    stdout: expect.stringMatching(/^mesh1 · allowed · every cluster trusts root b too\n/),
  });
  expect(result.stdout).not.toMatch(/^cluster1 /m);
  expect(repository.git("worktree", "list").split("\n")).toHaveLength(1);
  expect(readdirSync(temporary)).toEqual([]);
  rmSync(temporary, { recursive: true });
});

test("leaves the index alone, for whoever commits meanwhile", async () => {
  const index = () => readFileSync(join(repository.directory, ".git", "index"));
  // What git would note in the index: the file is the same, its time is not.
  utimesSync(join(repository.directory, "mesh.yaml"), 1, 1);
  const before = index();
  await run(["--base", "main", "-o", "short"]);
  expect(index()).toEqual(before);
});

test("in a hook it reads this repository, and leaves the hook's index alone", async () => {
  const index = join(repository.directory, ".git", "hook-index");
  cpSync(join(repository.directory, ".git", "index"), index);
  const before = readFileSync(index);
  process.env.GIT_INDEX_FILE = index;
  process.env.GIT_DIR = ".git";
  try {
    const { code } = await run(["--base", "main", "-o", "short"]);
    expect(code).toBe(ExitCode.FINE);
  } finally {
    delete process.env.GIT_INDEX_FILE;
    delete process.env.GIT_DIR;
  }
  expect(readFileSync(index)).toEqual(before);
});

test("ends with 3 whatever the format, where it refuses, and with 0 where nothing changes", async () => {
  expect(await run(["--base", "main", "-o", "short"])).toMatchObject({
    code: ExitCode.FINE,
    stdout: "mesh1: nothing changes; 0 refused, 0 warnings, 0 stacks affected",
  });
  repository.changeMesh((mesh) => {
    trustB(mesh);
    mesh.trust.signing = "b";
  });
  for (const format of ["json", "markdown"]) {
    const { code, stdout, stderr } = await run(["--base", "main", "-o", format]);
    expect(code).toBe(ExitCode.REFUSED);
    expect(stdout).toContain("IV0601");
    expect(stderr).toContain("comparing the working copy with");
    if (format === "json") {
      expect(JSON.parse(stdout)).toMatchObject({ schemaVersion: 1, verdict: "refused", commits: { base } });
    }
  }
});

test("an emergency lets it through, unless warnings refuse", async () => {
  repository.changeMesh((mesh) => {
    trustB(mesh);
    mesh.trust = { signing: "b", bundle: ["b"], emergency: "root a was copied" };
  });
  const { code, stdout } = await run(["--base", "main"]);
  expect(code).toBe(ExitCode.FINE);
  expect(stdout).toMatch(/^mesh1 · EMERGENCY · every cluster no longer trusts root a/);
  expect(stdout).toContain('warning  EMERGENCY "root a was copied": this change skips the steps');
  expect((await run(["--base", "main", "--fail-on", "warning"])).code).toBe(ExitCode.REFUSED);
});

test("--stacks gives a matrix, and none where a plan would run foreign code", async () => {
  repository.changeMesh((mesh) => (mesh.clusters[1].istio = { replicas: 3 }));
  const matrix = await run(["--base", "main", "--stacks", "-o", "matrix"]);
  expect(matrix.code).toBe(ExitCode.FINE);
  expect(JSON.parse(matrix.stdout)).toEqual([
    { include: [{ stack: "cluster2", change: "changed", reason: "changed Istiod" }] },
  ]);

  const stack = readFileSync(join(repository.directory, "stacks/cluster-stack.ts"), "utf8");
  const provisioner = `(this.node.findChild("Istiod").node.findChild("Resource") as TerraformResource).addOverride("provisioner", [{ "local-exec": { command: "id" } }]);`;
  repository.write(
    "stacks/cluster-stack.ts",
    stack.replace("istiods.addUnrevisioned();", (made) => `${made}\n${provisioner}`),
  );
  const refused = await run(["--base", "main", "--stacks", "-o", "github"]);
  expect(refused).toMatchObject({ code: ExitCode.REFUSED, stdout: "" });
  expect(refused.stderr).toContain("cluster1, cluster2 would hold a provisioner of Istiod/Resource");
});

test("prints no secret, whatever stands in the files", async () => {
  const secrets = {
    helm: "correct-horse-battery",
    exec: "staple-9471",
    backend: "AKIA-plain-looking",
    token: "hvs.CAESIJ4Xq3vDplanted",
    password: "p4ssw0rd",
  };
  repository.changeMesh((mesh) => {
    mesh.istio.values = { env: { X: secrets.helm } };
    mesh.clusters[0].kubeconfig = {
      exec: { command: "aws", args: [secrets.exec], env: { Y: secrets.helm } },
    };
    mesh.backend = {
      type: "other",
      name: "http",
      configuration: { address: "https://states.example.com/{stack}", password: secrets.backend },
    };
    mesh.clusters[0].vaultAuth = {
      method: "jwt",
      issuer: "https://oidc.example.com/1",
      audience: secrets.token,
    };
    mesh.trust.emergency = `see https://user:${secrets.password}@example.com ${secrets.token}`;
    mesh.clusters.push({ ...clusterLike(mesh.clusters[0], "cluster3"), vaultAuth: undefined });
  });
  for (const format of ["json", "markdown"]) {
    const { code, stdout, stderr } = await run(["--base", "main", "-o", format]);
    expect(code).not.toBe(ExitCode.UNKNOWN);
    for (const secret of Object.values(secrets)) expect(stdout + stderr).not.toContain(secret);
  }
  const stacks = await run(["--base", "main", "--stacks", "-o", "json"]);
  for (const secret of Object.values(secrets)) expect(stacks.stdout + stacks.stderr).not.toContain(secret);
});

test("reads what is committed, and no link or replacement in its stead", async () => {
  const elsewhere = join(tmpdir(), `${process.pid}-mesh.yaml`);
  cpSync(join(repository.directory, "mesh.yaml"), elsewhere);
  rmSync(join(repository.directory, "mesh.yaml"));
  symlinkSync(elsewhere, join(repository.directory, "mesh.yaml"));
  try {
    const { code, stdout } = await run(["--base", "main"]);
    expect(code).toBe(ExitCode.REFUSED);
    expect(stdout).toContain("mesh.yaml is a link to a file that is not in the repository");
  } finally {
    rmSync(elsewhere);
  }

  repository.git("checkout", "--quiet", "--force", base);
  const tree = repository.git("write-tree", "--prefix=clusters/");
  repository.git("replace", base, repository.git("commit-tree", "-m", "nothing", tree));
  try {
    expect(await run(["--base", "main", "-o", "short"])).toMatchObject({
      code: ExitCode.FINE,
      stdout: "mesh1: nothing changes; 0 refused, 0 warnings, 0 stacks affected",
    });
  } finally {
    repository.git("replace", "-d", base);
  }
});

describe("fails", () => {
  test("for a mesh.yaml that is wrong, as a synth does", async () => {
    repository.changeMesh((mesh) => (mesh.trust.signing = "z"));
    const { code, stderr } = await run(["--base", "main"]);
    expect(code).toBe(ExitCode.USAGE);
    expect(stderr).toContain('trust.signing  root "z" is not declared under roots (a)');
  });

  test("for a base whose mesh.yaml it does not read", async () => {
    repository.changeMesh((mesh) => (mesh.trust.signing = "z"));
    const wrong = repository.commit("wrong");
    repository.changeMesh((mesh) => (mesh.trust.signing = "a"));
    const { code, stderr } = await run(["--base", wrong]);
    expect(code).toBe(ExitCode.UNKNOWN);
    expect(stderr.split("\n")[1]).toBe(
      `mesh.yaml of ${wrong.slice(0, 7)} is none that this version reads: trust.signing: root "z" is not declared under roots (a); add it there, or use one of these (IV0201, docs/rules.md#iv0201); compare with a later commit by --base`,
    );
  });

  test("for a program that fails, without what it printed", async () => {
    repository.write("main.ts", 'throw new Error("hunter2");\n');
    const { code, stdout, stderr } = await run(["--base", "main"]);
    expect({ code, stdout }).toEqual({ code: ExitCode.UNKNOWN, stdout: "" });
    expect(stderr.split("\n")[1]).toBe(
      'the program of the working copy failed: run "node --import tsx main.ts" in that commit to see why',
    );
    expect(repository.git("worktree", "list").split("\n")).toHaveLength(1);
  });

  test("for a program that takes away where it should write", async () => {
    for (const instead of ["", 'fs.symlinkSync("/etc", process.env.CDKTF_OUTDIR);']) {
      repository.write(
        "main.ts",
        `import fs from "node:fs";\nfs.rmSync(process.env.CDKTF_OUTDIR!, { recursive: true });\n${instead}`,
      );
      const { code, stderr } = await run(["--base", "main"]);
      expect(code).toBe(ExitCode.UNKNOWN);
      expect(stderr.split("\n").slice(1)).toEqual([
        "the program of the working copy wrote no manifest.json: no stack can be read",
      ]);
    }
  });

  test("where there is no mesh.yaml", async () => {
    const { code, stderr } = await run(["--base", "main"], undefined, { MESH_FILE: "other.yaml" });
    expect(code).toBe(ExitCode.USAGE);
    expect(stderr.split("\n")[1]).toBe(`there is no other.yaml in ${repository.directory}`);
  });

  test("for a commit that is not there", async () => {
    const { code, stderr } = await run(["--base", "nowhere"]);
    expect(code).toBe(ExitCode.UNKNOWN);
    expect(stderr).toBe('there is no commit "nowhere" here; fetch it first, or name another one by --base');
  });

  test("for a shallow clone, and says what to write in CI", async () => {
    const clone = realpathSync(mkdtempSync(join(tmpdir(), "clone-")));
    try {
      execFileSync("git", ["clone", "--quiet", "--depth=1", `file://${repository.directory}`, clone]);
      const { code, stderr } = await run(["--base", "nowhere"], clone);
      expect(code).toBe(ExitCode.UNKNOWN);
      expect(stderr).toContain(
        "this clone is shallow: fetch the whole history (actions/checkout: fetch-depth: 0",
      );
    } finally {
      rmSync(clone, { recursive: true });
    }
  });

  test("outside of a repository", async () => {
    const directory = realpathSync(mkdtempSync(join(tmpdir(), "plain-")));
    try {
      cpSync(join(repository.directory, "mesh.yaml"), join(directory, "mesh.yaml"));
      const { code, stderr } = await run(["--base", "main"], directory);
      expect(code).toBe(ExitCode.UNKNOWN);
      expect(stderr).toBe(`${directory} belongs to no git repository; run this where mesh.yaml is committed`);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  test.each([
    [
      ["--base", "main", "-o", "matrix"],
      "error: -o matrix cannot be used without --stacks; write table or short or json or markdown",
    ],
    [
      ["--base", "main", "--stacks", "-o", "short"],
      "error: -o short cannot be used with --stacks; write table or json or matrix or github",
    ],
    [["--base", "main", "-o", "xml"], "error: option '-o, --output <format>' argument 'xml' is invalid"],
    [["--base", "-x"], '"-x" is no name of a commit; write --base main'],
    [[], "error: required option '--base <ref>' not specified"],
  ])("for the command line %j", async (args, message) => {
    const { code, stdout, stderr } = await run(args);
    expect({ code, stdout }).toEqual({ code: ExitCode.USAGE, stdout: "" });
    expect(stderr).toContain(message);
  });

  test("for a MESH_FILE elsewhere", async () => {
    const { code, stderr } = await run(["--base", "main"], undefined, { MESH_FILE: "../mesh.yaml" });
    expect(code).toBe(ExitCode.USAGE);
    expect(stderr).toBe(
      `MESH_FILE is "../mesh.yaml", outside of ${repository.directory}; run this in the directory of cdktf.json, with a path below it`,
    );
  });
});
