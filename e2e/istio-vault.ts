import { resolve } from "node:path";
import { type CommandResult, run } from "./command";
import { ISTIO_VAULT } from "./command-under-test";
import type { Deployment } from "./deployment";
import type { Rig } from "./rig";

const PROJECT = resolve(__dirname, "..");

/** The command under test, on a deployment's mesh.yaml, with the credential a caller gives and no other. */
export class IstioVault {
  constructor(
    private readonly rig: Rig,
    private readonly deployment: Deployment,
    private readonly credential: NodeJS.ProcessEnv,
  ) {}

  /** Whatever its exit code; aborting `signal` kills it at once. */
  public run(args: readonly string[], signal?: AbortSignal): Promise<CommandResult> {
    const { PATH } = process.env;
    const { directory } = this.rig;
    // A home and a temporary folder of its own: what it leaves there is searched for keys.
    const env = {
      PATH,
      HOME: directory,
      TMPDIR: directory,
      MESH_FILE: this.deployment.meshFile,
      NO_COLOR: "1",
    };
    return run(process.execPath, [ISTIO_VAULT, ...args], {
      cwd: PROJECT,
      env: { ...env, ...this.credential },
      signal,
    });
  }

  /** Its data; it must end with 0. */
  public async output(args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(args);
    if (code !== 0) throw new Error(`istio-vault ${args.join(" ")} ended with ${code}:\n${stdout}${stderr}`);
    return stdout;
  }
}
