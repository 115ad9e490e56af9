import { join } from "node:path";
import { VAULT_STACK } from "../deployment";
import { IdentityOfVault } from "../identity";
import { writeMeshFile } from "../mesh-file";
import type { World } from "../world";
import { ACCEPTED, type Attempt, type PermissionCase } from "./case";
import { KUBERNETES_CLUSTER, oneLine } from "./logins";
import { administer, changesPolicy, tokenWith } from "./vault-objects";

/** What Terraform is refused as deployer or planner of vault-root. */
export const terraforms: readonly PermissionCase[] = [
  { row: "terraform-no-token", refused: plan(() => Promise.resolve("")), accepted: plan() },
  {
    row: "terraform-token",
    refused: plan(async (world) => {
      const token = await tokenWith(world, ["root"]);
      await administer(world, "POST", "auth/token/revoke", { token });
      return token;
    }),
    accepted: plan((world) => tokenWith(world, ["root"])),
  },
  {
    row: "terraform-policy",
    refused: plan((world) => tokenWith(world, ["default"])),
    accepted: plan(tokenOf("planner")),
  },
  {
    row: "terraform-old-policy",
    bring: async (world) => {
      const { rig, deployment } = world;
      const planner = await identity(world, "planner");
      const before = join(deployment.directory, "before.yaml");
      writeMeshFile(before, rig, { clusters: [KUBERNETES_CLUSTER] });
      await planner.allow(before);
      return () => planner.allow(deployment.meshFile);
    },
    refused: plan(tokenOf("planner")),
    accepted: plan(tokenOf("planner")),
  },
  {
    row: "terraform-planner",
    // Something for the plan to put right.
    bring: changesPolicy(`istiod-certs-${KUBERNETES_CLUSTER}`),
    refused: apply(tokenOf("planner")),
    accepted: apply(tokenOf("deployer")),
  },
];

const identities = new WeakMap<World, Map<string, Promise<IdentityOfVault>>>();

/** Planner or deployer, with its policy for the mesh as it is deployed. */
function identity(world: World, name: "planner" | "deployer"): Promise<IdentityOfVault> {
  const known = identities.get(world) ?? new Map<string, Promise<IdentityOfVault>>();
  identities.set(world, known);
  const made = known.get(name) ?? allowed(world, new IdentityOfVault(world.rig, name));
  known.set(name, made);
  return made;
}

async function allowed({ deployment }: World, one: IdentityOfVault): Promise<IdentityOfVault> {
  await one.allow(deployment.meshFile);
  return one;
}

function tokenOf(name: "planner" | "deployer") {
  return async (world: World) => (await identity(world, name)).token;
}

function plan(token?: (world: World) => Promise<string>): Attempt {
  return async (world) => {
    const { outcome, text } = await world.deployment.plan(VAULT_STACK, await token?.(world));
    return outcome === 1 ? firstError(text) : ACCEPTED;
  };
}

function apply(token: (world: World) => Promise<string>): Attempt {
  return async (world) => {
    const { code, stdout, stderr } = await world.deployment.apply(VAULT_STACK, await token(world));
    return code === 0 ? ACCEPTED : firstError(stdout + stderr);
  };
}

/** The first error without its frame, in one line. */
function firstError(text: string): string {
  const lines = text.split("\n").map((line) => line.replace(/^[\s│╷╵]*/, ""));
  const first = lines.findIndex((line) => line.startsWith("Error: "));
  const end = lines.findIndex((line, index) => index > first && line.startsWith("with "));
  return oneLine(lines.slice(first, end === -1 ? undefined : end).join(" "));
}
