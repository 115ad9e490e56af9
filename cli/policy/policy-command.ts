import { Argument } from "commander";
import type { Identity } from "../../stacks/identity-policies";
import type { CommandModule } from "../command-line/command-module";
import { meshFile } from "../command-line/environment";
import { ExitCode } from "../command-line/exit-code";

/** `istio-vault policy`: the Vault policy of an identity. */
export const policy: CommandModule = (program, terminal, done) => {
  program
    .command("policy")
    .description(
      "Print the Vault policy for the planner or deployer of Vault's stacks, or for istio-vault status.",
    )
    .addArgument(
      new Argument("<identity>", "the identity that the policy is for").choices([
        "planner",
        "deployer",
        "status",
      ]),
    )
    .option(
      "--mesh <file>",
      "mesh file; repeat it with the previous one when a change removes something (default: MESH_FILE, or mesh.yaml)",
      (file: string, before: string[] = []) => [...before, file],
    )
    .addHelpText(
      "after",
      `
Write it to Vault, in the mesh's Vault namespace:
  istio-vault policy deployer | vault policy write istio-deployer -

docs/identities.md says which identity needs which policy, and how to create the tokens.`,
    )
    .action(async (identity: Identity, { mesh }: { mesh?: string[] }) => {
      const { loadMesh } = await import("../../config/load-mesh");
      const { identityPolicy } = await import("../../stacks/identity-policies");
      const files = mesh ?? [meshFile(terminal.env)];
      terminal.out(identityPolicy(identity, files.map(loadMesh)).trimEnd());
      done(ExitCode.FINE);
    });
};
