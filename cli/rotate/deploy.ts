import { spawn } from "node:child_process";
import type { Mesh } from "../../config/mesh";
import { nameList } from "../../lib/private/text";
import { CommandError } from "../command-line/command-error";
import { ExitCode } from "../command-line/exit-code";
import type { Terminal } from "../command-line/terminal";
import { deadlineOf, lookUntil } from "../command-line/wait";
import { gate, unsettled } from "../status/gate";
import { whatIsLacking, whereIstioRuns } from "../status/live-mesh";
import type { Observation } from "../status/look";
import type { Look } from "./look";
import { runningClusters } from "./running";
import { stacksOf } from "./stacks";
import type { Goal } from "./standing";

/** How a step is deployed. */
export interface DeploySettings {
  /** Handed on to cdktf. */
  readonly cdktfOptions: readonly string[];
  /** How long a stack may take until it is seen in the mesh; such as `10m`. */
  readonly proof: string;
}

/** Deploys the stacks of a step one after the other, each once the mesh is seen to run as the one before says. */
export async function deployStep(
  look: Look,
  { cdktfOptions, proof }: DeploySettings,
  terminal: Terminal,
): Promise<void> {
  for (const { stack, clusters } of stacksOf(look.mesh)) {
    terminal.err(`deploying ${stack}`);
    await cdktf(stack, cdktfOptions);
    const started = Date.now();
    let said: string | undefined;
    const left = await lookUntil(
      deadlineOf(proof),
      async () => {
        const seen = await look.observe(`waiting for ${stack}`);
        return [...notInEffect(look.mesh, clusters, seen), ...oldIntermediate(look.goal, seen)].join("; ");
      },
      (lacking) => lacking === "",
      (lacking) => {
        if (lacking !== said) terminal.err(`waiting for ${stack}: ${lacking}`);
        said = lacking;
      },
    );
    if (left !== "") {
      throw new CommandError(
        `${stack} is deployed, and the mesh does not run so yet: ${left}; "istio-vault status" says more, and this command goes on from there`,
        ExitCode.TIMEOUT,
      );
    }
    terminal.err(
      `${stack}: deployed, and seen in ${nameList(clusters)} after ${Math.round((Date.now() - started) / 1000)}s`,
    );
  }
}

/** What clusters do not do yet of what is declared. */
function notInEffect(mesh: Mesh, names: readonly string[], { states, roots, at }: Observation): string[] {
  const running = whereIstioRuns(states).filter(({ name }) => names.includes(name));
  const lacking = whatIsLacking(running, roots);
  if (lacking.length > 0) return [`nothing is known of ${nameList(lacking)}`];
  const declared = { ...mesh, clusters: mesh.clusters.filter(({ name }) => names.includes(name)) };
  const apart = new Set(unsettled(running, roots).flatMap(({ cluster }) => cluster ?? []));
  return [
    ...gate(declared, running, roots, at).changes,
    ...(apart.size > 0 ? [`istiods of ${nameList([...apart])} are apart`] : []),
  ];
}

/** An exchange under the same root is no step that the gate sees. */
function oldIntermediate(goal: Goal, seen: Observation): string[] {
  if (goal.kind === "root" || goal.back) return [];
  const { cluster, serial } = goal.stolen;
  const signs = runningClusters(seen).some((it) => it.name === cluster && it.serials.includes(serial));
  return signs ? [`istiods of ${cluster} sign with intermediate ${serial}`] : [];
}

/** What it prints goes to stderr: stdout is this command's own. */
function cdktf(stack: string, options: readonly string[]): Promise<void> {
  const args = ["cdktf", "deploy", stack, ...options];
  return new Promise((resolve, reject) => {
    const child = spawn("npx", args, { stdio: ["inherit", process.stderr, "inherit"] });
    child.on("error", () => reject(new CommandError("npx cannot be started: it comes with Node.js")));
    child.on("close", (code) => {
      if (code === 0) resolve();
      else
        reject(
          new CommandError(
            `cdktf deploy ${stack} ended with ${code ?? "a signal"}; what of it is deployed counts, and this command goes on from there`,
          ),
        );
    });
  });
}
