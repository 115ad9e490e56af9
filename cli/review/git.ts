import { execFile } from "node:child_process";
import { CommandError } from "../command-line/command-error";
import { ExitCode } from "../command-line/exit-code";

/** The git repository a directory belongs to. It is read; the one thing added are worktrees, taken away again. */
export class GitRepository {
  constructor(private readonly directory: string) {}

  /** The directory's path within the repository, with a slash at its end; empty at the top. */
  public async prefix(): Promise<string> {
    const result = await this.git("rev-parse", "--show-prefix");
    if (result.code === 0) return result.stdout;
    throw new CommandError(
      `${this.directory} belongs to no git repository; run this where mesh.yaml is committed`,
    );
  }

  /** The directory that holds all that is committed. */
  public async top(): Promise<string> {
    return (await this.git("rev-parse", "--show-toplevel")).stdout;
  }

  /** The commit that is checked out. */
  public async head(): Promise<string> {
    return (await this.commit("HEAD"))!;
  }

  /** Whether anything differs from that commit. */
  public async isDirty(): Promise<boolean> {
    return (await this.git("status", "--porcelain", "--", ".")).stdout !== "";
  }

  /**
   * The commit where `ref` and the checked-out one parted. Compared with the tip of `ref`, a branch would
   * be charged with what others did since.
   */
  public async mergeBase(ref: string): Promise<string> {
    if (ref.startsWith("-"))
      throw new CommandError(`"${ref}" is no name of a commit; write --base main`, ExitCode.USAGE);
    const commit = await this.commit(ref);
    if (commit === undefined) {
      throw new CommandError(`there is no commit "${ref}" here; ${await this.howToFetch()}`);
    }
    const { code, stdout } = await this.git("merge-base", commit, "HEAD");
    if (code === 0) return stdout;
    throw new CommandError(`"${ref}" and HEAD have no commit in common here; ${await this.howToFetch()}`);
  }

  /** Checks a commit out into a directory that does not exist yet; no hook runs. */
  public async addWorktree(directory: string, commit: string): Promise<void> {
    const { code } = await this.git("worktree", "add", "--detach", "--quiet", directory, commit);
    if (code !== 0) throw new CommandError(`git cannot check out ${commit} into ${directory}`);
  }

  public async removeWorktree(directory: string): Promise<void> {
    await this.git("worktree", "remove", "--force", directory);
  }

  private async commit(ref: string): Promise<string | undefined> {
    const { code, stdout } = await this.git("rev-parse", "--verify", "--quiet", `${ref}^{commit}`);
    return code === 0 ? stdout : undefined;
  }

  private async howToFetch(): Promise<string> {
    const { stdout } = await this.git("rev-parse", "--is-shallow-repository");
    return stdout === "true"
      ? "this clone is shallow: fetch the whole history (actions/checkout: fetch-depth: 0; GitLab: GIT_DEPTH: 0)"
      : "fetch it first, or name another one by --base";
  }

  private git(...args: string[]): Promise<{ code: number; stdout: string }> {
    // status would otherwise lock the index to note what it found, and get in the way of whoever commits.
    const quiet = ["--no-optional-locks", "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false"];
    // A commit is what its name says, and not what this clone has in its place.
    const command = ["--no-replace-objects", ...quiet, ...args];
    return new Promise((resolve, reject) => {
      const options = { cwd: this.directory, env: withoutHook(process.env), maxBuffer: 2 ** 26 };
      execFile("git", command, options, (error, stdout) => {
        const code = (error as NodeJS.ErrnoException | null)?.code;
        if (code === "ENOENT") reject(new CommandError("git is not on the PATH; install it"));
        else resolve({ code: error ? 1 : 0, stdout: stdout.trimEnd() });
      });
    });
  }
}

/** What git tells a hook of the repository it runs in: with it, another directory's index would be this one's. */
const OF_HOOK =
  /^GIT_(DIR|WORK_TREE|INDEX_FILE|PREFIX|COMMON_DIR|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES)$/;

function withoutHook(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !OF_HOOK.test(name)));
}
