import { existsSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, isAbsolute, join, relative } from "node:path";
import { MeshFileError } from "../../config/mesh-file-error";
import { CommandError } from "../command-line/command-error";
import { meshFile } from "../command-line/environment";
import { ExitCode } from "../command-line/exit-code";
import type { Terminal } from "../command-line/terminal";
import { type Checkout, synthesize } from "./checkout";
import { GitRepository } from "./git";
import type { Commits } from "./review";
import { shown } from "./shown";

/** Two states of one mesh, each with what its own program makes of it. */
export interface Comparison {
  readonly base: Checkout;
  readonly head: Checkout;
  readonly commits: Commits;
}

/**
 * Synthesizes the working copy, and beside it the commit where it left `ref`, in a worktree that is
 * removed afterwards.
 *
 * @param directory where mesh.yaml and cdktf.json are, in the working copy
 */
export async function compare(ref: string, directory: string, terminal: Terminal): Promise<Comparison> {
  const file = meshFileWithin(directory, meshFile(terminal.env));
  const repository = new GitRepository(directory);
  const [prefix, top] = [await repository.prefix(), await repository.top()];
  const [base, head, uncommitted] = await Promise.all([
    repository.mergeBase(ref),
    repository.head(),
    repository.isDirty(),
  ]);
  const [baseName, headName] = [base.slice(0, 7), uncommitted ? "the working copy" : head.slice(0, 7)];
  terminal.err(shown(`comparing ${headName} with ${base}, the merge-base of ${ref} and HEAD`));

  const temporary = realpathSync(mkdtempSync(join(tmpdir(), "istio-vault-base-")));
  const worktree = join(temporary, "worktree");
  try {
    await repository.addWorktree(worktree, base);
    const baseDirectory = join(worktree, prefix);
    linkPackages(directory, baseDirectory);
    const [before, after] = await Promise.allSettled([
      synthesize(baseDirectory, file, baseName, worktree),
      synthesize(directory, file, headName, top),
    ]);
    // Of two failures, the one in what is being written comes first.
    if (after.status === "rejected") throw after.reason;
    if (before.status === "rejected") throw ofBase(before.reason, baseName);
    if (!after.value.mesh)
      throw new CommandError(`there is no ${shown(file)} in ${directory}`, ExitCode.USAGE);
    return { base: before.value, head: after.value, commits: { ref: shown(ref), base, head, uncommitted } };
  } finally {
    await repository.removeWorktree(worktree);
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** What is wrong in the base is nobody's mistake now: it keeps this from finding out. */
function ofBase(error: unknown, baseName: string): unknown {
  if (!(error instanceof MeshFileError)) return error;
  const [{ path, finding }] = error.problems;
  const where = path === "" ? "" : `${path}: `;
  return new CommandError(
    `mesh.yaml of ${baseName} is none that this version reads: ${where}${finding.message} (${finding.rule}, ${finding.page}); compare with a later commit by --base`,
  );
}

/** mesh.yaml must be the same file in both commits. */
function meshFileWithin(directory: string, file: string): string {
  const within = isAbsolute(file) ? relative(directory, file) : file;
  if (!within.startsWith("..") && !isAbsolute(within)) return within;
  throw new CommandError(
    `MESH_FILE is "${file}", outside of ${directory}; run this in the directory of cdktf.json, with a path below it`,
    ExitCode.USAGE,
  );
}

/** The base runs with the packages that are installed; installing its own would run their scripts. */
function linkPackages(from: string, to: string): void {
  for (let directory = from; ; directory = dirname(directory)) {
    const packages = join(directory, "node_modules");
    if (existsSync(packages)) {
      if (existsSync(to)) symlinkSync(packages, join(to, "node_modules"));
      return;
    }
    if (directory === dirname(directory)) return;
  }
}
