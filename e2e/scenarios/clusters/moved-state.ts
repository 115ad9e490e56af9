import type { Deployment } from "../../deployment";
import { shellBlock } from "../../page-commands";
import type { Rig } from "../../rig";
import { PAGE } from "./renamed";

/** The page's commands that take a stack's state away. */
export function take(rig: Rig, deployment: Deployment, stack: string): Promise<string> {
  const commands = shellBlock(PAGE, "state pull").replaceAll("cluster3", stack);
  return deployment.runCommands(commands, stack, rig.terraform);
}

/** And those that put it where it belongs. */
export function give(
  rig: Rig,
  deployment: Deployment,
  stack: string,
  from = deployment.directory,
): Promise<string> {
  const commands = shellBlock(PAGE, "state push -force").replaceAll("../../../taken", `${from}/taken`);
  return deployment.runCommands(commands, stack, rig.terraform);
}
