import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { FIXTURES } from "./fixtures";
import type { MeshData } from "./mesh-file";

const PROJECT = join(__dirname, "..", "..");
const PROGRAM = ["index.ts", "main.ts", "cdktf.json", "tsconfig.json", "config", "lib", "stacks"];

/** A git repository with this project's program and the tests' mesh.yaml, committed on `main`. Removed when the tests end. */
export class TestRepository {
  public readonly directory = realpathSync(mkdtempSync(join(tmpdir(), "repository-")));

  constructor() {
    for (const file of PROGRAM) cpSync(join(PROJECT, file), join(this.directory, file), { recursive: true });
    cpSync(FIXTURES, this.directory, { recursive: true });
    symlinkSync(join(PROJECT, "node_modules"), join(this.directory, "node_modules"));
    writeFileSync(join(this.directory, ".gitignore"), "node_modules\ncdktf.out\n");
    this.git("init", "--quiet", "--initial-branch=main");
    this.commit("base");
    afterAll(() => rmSync(this.directory, { recursive: true }));
  }

  public git(...args: string[]): string {
    const author = ["-c", "user.name=test", "-c", "user.email=test@example.com"];
    return execFileSync("git", [...author, ...args], { cwd: this.directory, encoding: "utf8" }).trim();
  }

  public commit(message: string): string {
    this.git("add", "--all");
    this.git("commit", "--quiet", "--message", message);
    return this.git("rev-parse", "HEAD");
  }

  public changeMesh(change: (mesh: MeshData) => void): void {
    const file = join(this.directory, "mesh.yaml");
    const mesh = parse(readFileSync(file, "utf8"));
    change(mesh);
    writeFileSync(file, stringify(mesh));
  }

  public write(file: string, text: string): void {
    writeFileSync(join(this.directory, file), text);
  }
}
