import { spawn } from "node:child_process";
import { reap, startGroup } from "./processes";

export interface CommandOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly timeoutSeconds?: number;
  /** Written to the command's standard input. */
  readonly input?: string;
  /** Kills the command, and all it started, at once. */
  readonly signal?: AbortSignal;
}

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, whatever its exit code. */
export function run(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = startGroup(() =>
      spawn(program, args, {
        cwd: options.cwd,
        env: options.env ?? process.env,
        detached: true,
        stdio: ["pipe", "pipe", "pipe"],
      }),
    );
    const [stdout, stderr]: Buffer[][] = [[], []];
    child.stdout!.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr!.on("data", (chunk: Buffer) => stderr.push(chunk));
    child.stdin!.on("error", () => {}); // a program may end without reading its input
    child.stdin!.end(options.input ?? "");
    const kill = () => reap(child, "SIGKILL");
    const timer = setTimeout(kill, (options.timeoutSeconds ?? 300) * 1000);
    options.signal?.addEventListener("abort", kill);
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", kill);
      resolve({
        code: code ?? 137,
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
      });
    });
  });
}

/** Runs a program that must succeed, and returns what it printed. */
export async function output(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const result = await run(program, args, options);
  if (result.code === 0) return result.stdout;
  const said = (result.stderr || result.stdout).trim().split("\n").slice(-20).join("\n");
  throw new Error(`${program} ${args.slice(0, 3).join(" ")} ended with ${result.code}: ${said}`);
}
