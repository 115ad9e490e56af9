import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { ExitCode } from "../../../cli/command-line/exit-code";
import { runCommand } from "../../support/terminal";

const PROJECT = join(__dirname, "..", "..", "..");
const own = JSON.parse(readFileSync(join(PROJECT, "package.json"), "utf8"));

let directory: string;
beforeEach(() => (directory = join(mkdtempSync(join(tmpdir(), "init-")), "My Mesh")));
afterEach(() => rmSync(join(directory, ".."), { recursive: true }));

const read = (file: string) => readFileSync(join(directory, file), "utf8");
const PROGRAM = [
  "package.json",
  "cdktf.json",
  "tsconfig.json",
  "main.ts",
  "mesh.yaml",
  ".gitignore",
  // Whatever the owner of this repository has there by now.
  ...readdirSync(join(PROJECT, "clusters")).map((file) => `clusters/${file}`),
];

test("writes the files of a program, and says what comes next", async () => {
  const { code, stdout, stderr } = await runCommand(["init", directory]);
  expect(code).toBe(ExitCode.FINE);
  expect(stdout.split("\n")).toEqual(PROGRAM);
  expect(stderr).toBe(
    `\nNext: cd ${directory} && npm install && npm start\n` +
      "mesh.yaml and clusters/ are samples: replace them with your clusters and their API servers' CA certificates.",
  );
});

test("imports the package, where this repository imports its own sources", async () => {
  await runCommand(["init", directory]);
  expect(read("main.ts")).toBe(
    readFileSync(join(PROJECT, "main.ts"), "utf8").replace("./index", "cdktf-istio-vault"),
  );
  const ours = readFileSync(join(PROJECT, "mesh.yaml"), "utf8");
  const schema = "./node_modules/cdktf-istio-vault/mesh.schema.json";
  expect(read("mesh.yaml")).toBe(ours.replace("./mesh.schema.json", schema));
});

test("pins what the package was tested with", async () => {
  await runCommand(["init", directory]);
  const { name, dependencies, devDependencies } = JSON.parse(read("package.json"));
  expect(name).toBe("my-mesh");
  expect(dependencies).toEqual({
    "cdktf-istio-vault": own.version,
    ...Object.fromEntries(Object.keys(own.peerDependencies).map((peer) => [peer, own.devDependencies[peer]])),
  });
  expect(Object.values(devDependencies)).not.toContain(undefined);
});

test("gives each program an id of its own", async () => {
  await runCommand(["init", directory]);
  const { projectId, ...rest } = JSON.parse(read("cdktf.json"));
  const { projectId: ours, ...expected } = JSON.parse(readFileSync(join(PROJECT, "cdktf.json"), "utf8"));
  expect(rest).toEqual(expected);
  expect(projectId).not.toBe(ours);
});

test.each([
  [
    "github",
    [".github/workflows/deploy.yml", ".github/workflows/plan.yml", ".github/actions/cloud-login/action.yml"],
  ],
  ["gitlab", [".gitlab-ci.yml", "ci/jobs.gitlab-ci.yml", "ci/cloud-login"]],
])("--ci %s writes its pipelines, roles and scripts", async (system, pipelines) => {
  const { code, stdout, stderr } = await runCommand(["init", directory, "--ci", system]);
  expect(code).toBe(ExitCode.FINE);
  const files = stdout.split("\n");
  expect(files).toEqual(
    expect.arrayContaining([...PROGRAM, ...pipelines, "ci/vault/istio-deployer.json", "ci/terraform.rc"]),
  );
  for (const script of ["vault-login", "stacks", "environments"]) {
    expect(statSync(join(directory, "ci", script)).mode & 0o111).toBe(0o111);
  }
  expect(files.filter((file) => file.includes("renovate"))).toEqual([]);
  expect(parse(read(pipelines[0]!))).toEqual(expect.any(Object));
  expect(stderr).toContain("docs/ci.md");
});

test("keeps a package.json that npm made, and adds what is missing", async () => {
  mkdirSync(directory);
  const existing = {
    name: "mine",
    scripts: { test: "exit 1" },
    dependencies: { "cdktf-istio-vault": "file:x.tgz" },
  };
  writeFileSync(join(directory, "package.json"), JSON.stringify(existing));
  expect((await runCommand(["init", directory])).code).toBe(ExitCode.FINE);
  const { name, scripts, dependencies } = JSON.parse(read("package.json"));
  expect(name).toBe("mine");
  expect(scripts).toEqual({
    start: expect.any(String),
    test: "tsc -p . && npm start",
    "istio-vault": "istio-vault",
  });
  expect(dependencies["cdktf-istio-vault"]).toBe("file:x.tgz");
  expect(dependencies.cdktf).toBe(own.devDependencies.cdktf);
});

test("refuses to replace a file, and writes nothing", async () => {
  mkdirSync(directory);
  writeFileSync(join(directory, "mesh.yaml"), "mine");
  writeFileSync(join(directory, "main.ts"), "mine");
  const { code, stdout, stderr } = await runCommand(["init", directory]);
  expect({ code, stdout }).toEqual({ code: ExitCode.USAGE, stdout: "" });
  expect(stderr).toBe(
    `${directory} already contains main.ts, mesh.yaml; name another directory, or move them away`,
  );
  expect(readdirSync(directory).sort()).toEqual(["main.ts", "mesh.yaml"]);
});

test("says that a package.json is no JSON", async () => {
  mkdirSync(directory);
  writeFileSync(join(directory, "package.json"), "{");
  const { code, stderr } = await runCommand(["init", directory]);
  expect(code).toBe(ExitCode.USAGE);
  expect(stderr).toBe(`${join(directory, "package.json")} is not valid JSON; fix it, or move it away`);
});

test("says that a directory cannot be written, and leaves nothing half-written", async () => {
  const file = join(directory, "..", "file");
  writeFileSync(file, "");
  const { code, stderr } = await runCommand(["init", join(file, "below")]);
  expect(code).toBe(ExitCode.UNKNOWN);
  expect(stderr).toBe(`${join(file, "below")} cannot be written: ENOTDIR`);
});
