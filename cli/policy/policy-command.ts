import { Argument } from "commander";
import type { Identity } from "../../stacks/identity-policies";
import type { CommandModule } from "../command-line/command-module";
import { meshFile } from "../command-line/environment";
import { ExitCode } from "../command-line/exit-code";

/** `istio-vault policy`: what an identity must be allowed in Vault, as its policy. */
export const policy: CommandModule = (program, terminal, done) => {
  program
    .command("policy")
    .description("Print the Vault policy of who plans or deploys vault-root, or asks for the mesh's status.")
    .addArgument(new Argument("<identity>", "who needs it").choices(["planner", "deployer", "status"]))
    .option(
      "--mesh <file>",
      "the mesh; may be given again, for the mesh before a change that takes something away (default: MESH_FILE, or mesh.yaml)",
      (file: string, before: string[] = []) => [...before, file],
    )
    .addHelpText(
      "after",
      `
Write it to Vault, in the mesh's Vault namespace:
  istio-vault policy deployer | vault policy write istio-deployer -

docs/identities.md says who needs which, and how to make the tokens.`,
    )
    .action(async (identity: Identity, { mesh }: { mesh?: string[] }) => {
      const { loadMesh } = await import("../../config/load-mesh");
      const { identityPolicy } = await import("../../stacks/identity-policies");
      const files = mesh ?? [meshFile(terminal.env)];
      terminal.out(identityPolicy(identity, files.map(loadMesh)).trimEnd());
      done(ExitCode.FINE);
    });
};
