import assert from "node:assert/strict";
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Deployment } from "../deployment";
import { FIRST_CLUSTERS, keysInState, renewedPair, twoClusters } from "../meshes";
import { openTofu, type TerraformProgram } from "../open-tofu";
import { shellBlock } from "../page-commands";
import { check, part, scenario, step, type World } from "../scenario";

const PAGE = "docs/plain-terraform.md";
const VAULT = ["vault-shared", ...FIRST_CLUSTERS.map((cluster) => `vault-${cluster}`)];
const STACKS = [...VAULT, ...FIRST_CLUSTERS];

// Of the issuances the one that needs nothing beside Terraform, and that HCL has.
scenario({ clusters: FIRST_CLUSTERS }, () => {
  part("the JSON, by Terraform alone", () => {
    step("the page's commands hand the stacks over", async ({ rig, deployment }) => {
      deployment.configure({ ...twoClusters, sections: keysInState });
      await handOver(deployment, rig.terraform);
    });
    for (const stack of STACKS) {
      step(
        `${stack} deploys from there by the page's commands, and a second plan is empty`,
        async ({ rig, deployment }) => {
          await deployment.runCommands(commandsFor(stack), stack, rig.terraform);
          await planIsEmpty(deployment, stack, rig.terraform);
        },
      );
    }
    step("a client in each cluster is answered by a server in each", ({ rig, traffic }) =>
      traffic.start(rig.clusters),
    );
    step("cdktf goes on from these states, and plans nothing", async ({ deployment }) => {
      for (const stack of STACKS) {
        cpSync(join(handoverOf(deployment), `terraform.${stack}.tfstate`), deployment.stateFile(stack));
      }
      await deployment.requireEmptyPlan(...STACKS);
    });
  });
  part("the same stacks as HCL", () => {
    check(
      "strings of several lines end with one newline more, and nothing else changes",
      async ({ deployment }) => {
        await synthesizeAnew(deployment, "--hcl");
        for (const stack of STACKS) {
          for (const { address, actions } of await deployment.plannedChanges(stack)) {
            assert.deepEqual(actions, ["update"], address);
            assert.match(address, WITH_TEXTS);
          }
        }
      },
    );
  });
  part("the JSON, by OpenTofu alone", () => {
    check(
      "what Terraform deployed is planned as it is",
      async (world) => {
        const { deployment } = world;
        const tofu = tofuOf(world);
        for (const stack of STACKS) {
          await deployment.runCommands(withTofu(commandsFor(stack), "init"), stack, tofu);
          await planIsEmpty(deployment, stack, tofu);
        }
      },
      ["tofu"],
    );
    check(
      "a raised generation is handed over and applied while requests go on, and a second plan is empty",
      async (world) => {
        const { deployment, traffic } = world;
        const tofu = tofuOf(world);
        deployment.configure({ ...renewedPair, sections: keysInState });
        await handOver(deployment, tofu);
        await traffic.unbroken(async () => {
          for (const stack of VAULT) await deployment.runCommands(withTofu(commandsFor(stack)), stack, tofu);
        });
        for (const stack of VAULT) await planIsEmpty(deployment, stack, tofu);
      },
      ["tofu"],
    );
  });
});

const tofuOf = ({ rig }: World): TerraformProgram => openTofu(rig.programs.path("tofu"), rig.directory);

/** Where the page's commands take the stacks, from beside cdktf.out. */
const handoverOf = (deployment: Deployment): string => join(deployment.directory, "..", "handover");

/** What the page writes for vault-shared, for another stack. */
const commandsFor = (stack: string): string =>
  shellBlock(PAGE, "terraform apply").replaceAll("vault-shared", stack);

/** The commands for OpenTofu, up to one of them. */
function withTofu(commands: string, last?: string): string {
  const all = commands.replaceAll(/^terraform /gm, "tofu ").split("\n");
  const end = last === undefined ? -1 : all.findIndex((line) => line.startsWith(`tofu ${last}`));
  return all.slice(0, end === -1 ? undefined : end + 1).join("\n");
}

/** What holds policies, and certificates as PEM. */
const WITH_TEXTS =
  /^(vault_policy|vault_kubernetes_auth_backend_config)\.|^kubernetes_secret_v1\.\w+_VaultCa_\w+$/;

/** cdktf leaves a stack's JSON beside its HCL, and the other way round; Terraform would read both. */
async function synthesizeAnew(deployment: Deployment, ...options: string[]): Promise<void> {
  rmSync(deployment.outputDirectory, { recursive: true, force: true });
  await deployment.synth(...options);
}

async function handOver(deployment: Deployment, terraform: TerraformProgram): Promise<void> {
  await synthesizeAnew(deployment);
  const commands = shellBlock(PAGE, "cp --recursive").replace("npx cdktf synth\n", "");
  await deployment.runCommands(commands, "vault-shared", terraform);
}

async function planIsEmpty(
  deployment: Deployment,
  stack: string,
  terraform: TerraformProgram,
): Promise<void> {
  const plan = `cd ../handover/${stack}\n${terraform.path} plan -no-color -detailed-exitcode`;
  await deployment.runCommands(plan, stack, terraform);
}
