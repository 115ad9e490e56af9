import { randomUUID } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join, relative, resolve, sep } from "node:path";
import { CommandError } from "../command-line/command-error";
import { ExitCode } from "../command-line/exit-code";
import { type PackageJson, packageJson, packageRoot } from "../command-line/package-root";

export type Pipeline = "github" | "gitlab";

/** What a program needs besides the package and its peers. */
const TOOLS = ["cdktf-cli", "tsx", "typescript", "@types/node"];

const SCRIPTS = {
  start: "node --import tsx main.ts",
  test: "tsc -p . && npm start",
  "istio-vault": "istio-vault",
};

const IGNORED = [
  "node_modules/",
  "cdktf.out/",
  ".terraform/",
  "*.tfstate",
  "*.tfstate.*",
  "cdktf.log",
  "report.html",
];

const COMPILER_OPTIONS = {
  ...{ target: "ES2022", module: "CommonJS", moduleResolution: "Node10", lib: ["ES2023"], types: ["node"] },
  ...{ strict: true, skipLibCheck: true, noEmit: true },
};

/** The files of a new program, by their path in its directory: this repository's own, importing the package. */
export function programFiles(directory: string, ci: Pipeline | undefined): Map<string, string> {
  const own = packageJson();
  const sample = (...path: string[]) => readFileSync(join(packageRoot(), ...path), "utf8");
  const files = new Map([
    ["package.json", json(programPackage(directory, own))],
    ["cdktf.json", json({ ...JSON.parse(sample("cdktf.json")), projectId: randomUUID() })],
    ["tsconfig.json", json({ compilerOptions: COMPILER_OPTIONS, include: ["*.ts"] })],
    ["main.ts", sample("main.ts").replace('"./index"', `"${own.name}"`)],
    [
      "mesh.yaml",
      sample("mesh.yaml").replace("./mesh.schema.json", `./node_modules/${own.name}/mesh.schema.json`),
    ],
    [".gitignore", `${IGNORED.join("\n")}\n`],
  ]);
  for (const file of readdirSync(join(packageRoot(), "clusters"))) {
    files.set(join("clusters", file), sample("clusters", file));
  }
  if (ci) for (const [file, text] of pipelineFiles(ci, sample)) files.set(file, text);
  return files;
}

/** Existing keys stay as they are: `npm install` may have created a package.json before. */
function programPackage(directory: string, own: PackageJson): Record<string, unknown> {
  const existing = existingPackage(join(directory, "package.json"));
  const exact = (name: string) => [name, own.devDependencies[name]];
  return {
    name: basename(resolve(directory))
      .toLowerCase()
      .replace(/[^a-z0-9-]+/g, "-"),
    private: true,
    engines: own.engines,
    ...existing,
    // npm init writes a test that fails, which nobody wants to keep.
    scripts: { ...existing.scripts, ...SCRIPTS },
    dependencies: {
      ...Object.fromEntries(Object.keys(own.peerDependencies).map(exact)),
      [own.name]: own.version,
      ...existing.dependencies,
    },
    devDependencies: { ...Object.fromEntries(TOOLS.map(exact)), ...existing.devDependencies },
  };
}

function existingPackage(file: string): Partial<PackageJson> & { scripts?: object; dependencies?: object } {
  if (!existsSync(file)) return {};
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    throw new CommandError(`${file} is not valid JSON; fix it, or move it away`, ExitCode.USAGE);
  }
}

/** Where the directories of a CI system's samples belong in a program. */
const PIPELINE_DIRECTORIES: Readonly<Record<string, string>> = {
  actions: join(".github", "actions"),
  ci: "ci",
  vault: join("ci", "vault"),
};

/** The samples of one CI system, and the scripts that both share: the files beside their directories. */
function pipelineFiles(ci: Pipeline, sample: (...path: string[]) => string): [string, string][] {
  const samples = join("examples", "ci");
  const own = filesBelow(join(packageRoot(), samples, ci)).map((path): [string, string] => {
    const [first, ...rest] = path.split(sep);
    const home = PIPELINE_DIRECTORIES[first!];
    const workflow = ci === "github" ? join(".github", "workflows", path) : path;
    return [home === undefined ? workflow : join(home, ...rest), sample(samples, ci, path)];
  });
  const shared = readdirSync(join(packageRoot(), samples), { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== "renovate.json")
    .map(({ name }): [string, string] => [join("ci", name), sample(samples, name)]);
  return [...own, ...shared];
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
    .sort();
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
