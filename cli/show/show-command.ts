import { unknownCluster } from "../command-line/unknown-cluster";
import type { CommandModule } from "../command-line/command-module";
import { meshFile } from "../command-line/environment";
import { ExitCode } from "../command-line/exit-code";

/** `istio-vault show`: what a cluster ends up with, and where each value comes from. */
export const showCommand: CommandModule = (program, terminal, done) => {
  program
    .command("show")
    .description("Print what a cluster of mesh.yaml ends up with, and where each value comes from.")
    .argument("<cluster>", "name of the cluster")
    .option("--json", "as JSON")
    .addHelpText("after", HELP)
    .action(async (name: string, { json }: { json?: boolean }) => {
      const { readMesh } = await import("../../config/load-mesh");
      const { clusterText, clusterJson } = await import("./report");
      const { valueOrigins } = await import("../../config/value-origins");
      const read = readMesh(meshFile(terminal.env));
      const names = read.mesh.clusters.map((cluster) => cluster.name);
      if (!names.includes(name)) throw unknownCluster(name, names);
      const values = valueOrigins(read, names.indexOf(name));
      terminal.out(json ? clusterJson(name, values) : clusterText(values));
      done(ExitCode.FINE);
    });
};

const HELP = `
Each line is a key, its value, and who says it: cluster, group <name>, mesh, or default. Needs no credential, and prints no
secret: what looks like one, or has a name like one, is not shown. MESH_FILE names another mesh.yaml.`;
