import assert from "node:assert/strict";
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Check, Part } from "../checks";
import { type Deployment, PlanOutcome, VAULT_STACK } from "../deployment";
import { handshake } from "../handshake";
import { openTofu, type TerraformProgram } from "../open-tofu";
import { shellBlock } from "../page-commands";
import type { World } from "../world";
import { twoControlPlanesStart } from "./first-deploy";
import { workload } from "./istiod-on-vault";
import { FIRST_CLUSTERS, renewedPair } from "./mesh-settings";
import { MESH_NEEDS } from "./needs";

const PAGE = "docs/plain-terraform.md";
const STACKS = [VAULT_STACK, ...FIRST_CLUSTERS];

const terraformAlone: Part = {
  name: "the JSON, by Terraform alone",
  needs: MESH_NEEDS,
  foundation: true,
  checks: [
    twoControlPlanesStart,
    {
      name: "the page's commands hand the stacks over",
      prerequisite: true,
      run: async ({ rig, deployment }) => handOver(deployment, rig.terraform),
    },
    ...STACKS.map((stack): Check => ({
      name: `${stack} deploys from there by the page's commands, and a second plan is empty`,
      prerequisite: true,
      run: async ({ rig, deployment }) => {
        await deployment.runCommands(commandsFor(stack), stack, rig.terraform);
        await planIsEmpty(deployment, stack, rig.terraform);
      },
    })),
    {
      name: "workloads of both clusters accept each other",
      run: async ({ rig }) => {
        const [one, other] = rig.clusters;
        await handshake(await workload(one!), await workload(other!));
      },
    },
    {
      name: "cdktf goes on from these states, and plans nothing",
      prerequisite: true,
      run: async ({ deployment }) => {
        for (const stack of STACKS) {
          cpSync(join(handoverOf(deployment), `terraform.${stack}.tfstate`), deployment.stateFile(stack));
          const { outcome, text } = await deployment.plan(stack);
          assert.equal(outcome, PlanOutcome.EMPTY, text);
        }
      },
    },
  ],
};

const asHcl: Part = {
  name: "the same stacks as HCL",
  needs: MESH_NEEDS,
  checks: [
    {
      name: "texts of several lines end with one newline more, and nothing else changes",
      run: async ({ deployment }) => {
        await synthesizeAnew(deployment, "--hcl");
        for (const stack of [VAULT_STACK, ...FIRST_CLUSTERS]) {
          for (const { address, actions } of await deployment.plannedChanges(stack)) {
            assert.deepEqual(actions, ["update"], address);
            assert.match(address, WITH_TEXTS);
          }
        }
      },
    },
  ],
};

/** What holds policies, and certificates as PEM. */
const WITH_TEXTS =
  /^(vault_policy|vault_kubernetes_auth_backend_config)\.|^kubernetes_secret_v1\.\w+_VaultCa_\w+$/;

const openTofuAlone: Part = {
  name: "the JSON, by OpenTofu alone",
  needs: [...MESH_NEEDS, "tofu"],
  checks: [
    {
      name: "what Terraform deployed is planned as it is",
      prerequisite: true,
      run: async (world) => {
        const { deployment } = world;
        const tofu = tofuOf(world);
        for (const stack of STACKS) {
          await deployment.runCommands(withTofu(commandsFor(stack), "init"), stack, tofu);
          await planIsEmpty(deployment, stack, tofu);
        }
      },
    },
    {
      name: "a raised generation is handed over and applied, and a second plan is empty",
      run: async (world) => {
        const { deployment } = world;
        const tofu = tofuOf(world);
        deployment.configure(renewedPair);
        await handOver(deployment, tofu);
        await deployment.runCommands(withTofu(commandsFor(VAULT_STACK)), VAULT_STACK, tofu);
        await planIsEmpty(deployment, VAULT_STACK, tofu);
      },
    },
  ],
};

export const plainTerraformParts: readonly Part[] = [terraformAlone, asHcl, openTofuAlone];

const tofuOf = ({ rig }: World): TerraformProgram => openTofu(rig.programs.path("tofu"), rig.directory);

/** Where the page's commands take the stacks, from beside cdktf.out. */
const handoverOf = (deployment: Deployment): string => join(deployment.directory, "..", "handover");

/** What the page writes for vault-root, for another stack. */
const commandsFor = (stack: string): string =>
  shellBlock(PAGE, "terraform apply").replaceAll(VAULT_STACK, stack);

/** The commands for OpenTofu, up to one of them. */
function withTofu(commands: string, last?: string): string {
  const all = commands.replaceAll(/^terraform /gm, "tofu ").split("\n");
  const end = last === undefined ? -1 : all.findIndex((line) => line.startsWith(`tofu ${last}`));
  return all.slice(0, end === -1 ? undefined : end + 1).join("\n");
}

/** cdktf leaves a stack's JSON beside its HCL, and the other way round; Terraform would read both. */
async function synthesizeAnew(deployment: Deployment, ...options: string[]): Promise<void> {
  rmSync(deployment.outputDirectory, { recursive: true, force: true });
  await deployment.synth(...options);
}

async function handOver(deployment: Deployment, terraform: TerraformProgram): Promise<void> {
  await synthesizeAnew(deployment);
  const commands = shellBlock(PAGE, "cp --recursive").replace("npx cdktf synth\n", "");
  await deployment.runCommands(commands, VAULT_STACK, terraform);
}

async function planIsEmpty(
  deployment: Deployment,
  stack: string,
  terraform: TerraformProgram,
): Promise<void> {
  const plan = `cd ../handover/${stack}\n${terraform.path} plan -no-color -detailed-exitcode`;
  await deployment.runCommands(plan, stack, terraform);
}
