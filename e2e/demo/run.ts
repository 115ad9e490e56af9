import { join } from "node:path";
import { Deployment } from "../deployment";
import { FIRST_CLUSTERS, twoClusters } from "../meshes";
import { MESH_NEEDS } from "../needs";
import { ImageStore } from "../nodes/images";
import { type Need, Programs } from "../programs";
import { Rig } from "../rig";
import { Session } from "../session";
import { Traffic } from "../traffic/traffic";
import { type AccessFiles, writeAccessFiles } from "./access";
import { suggestions } from "./suggestions";

const NEEDS: readonly Need[] = [...MESH_NEEDS, "Istio", "Istio's proxy"];

/** `npm run demo`: the mesh of the tests on real programs, up until it is interrupted. */
async function main(): Promise<void> {
  const programs = Programs.find(process.env);
  const missing = NEEDS.filter((need) => programs.missing.has(need));
  if (missing.length > 0) {
    for (const need of missing) console.error(`missing: ${programs.missing.get(need)}`);
    console.error(
      "`npm run programs` fetches most of them; e2e/README.md has the rest, and says where they are looked for.",
    );
    process.exitCode = 1;
    return;
  }
  const session = new Session(false);
  process.on("exit", () => console.log(`Stopped, and removed ${session.directory}.`));
  try {
    console.log(`Everything goes to ${session.directory}; Ctrl-C stops and removes it, also now.`);
    const rig = await step("Vault and two clusters", () => startRig(programs, session.directory));
    const deployment = new Deployment(rig, join(session.directory, "deployment"));
    deployment.configure(twoClusters);
    await step("cdktf deploy '*'", () => deployment.deployAll());
    await step("a client and a server in each cluster", () => new Traffic().start(rig.clusters));
    console.log(guide(rig, deployment, writeAccessFiles(session.directory, rig, deployment)));
    setInterval(() => {}, 60_000); // stays until a signal
  } catch (error) {
    console.error((error as Error).message);
    session.end();
    process.exit(1);
  }
}

async function startRig(programs: Programs, directory: string): Promise<Rig> {
  const images = () => ImageStore.build(programs, join(directory, "images"), NEEDS);
  const rig = await Rig.start(programs, directory, {}, images);
  await Promise.all(FIRST_CLUSTERS.map((name) => rig.addCluster(name)));
  return rig;
}

async function step<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  const started = performance.now();
  console.log(`  ${name} ...`);
  const result = await work();
  console.log(`  ${name}: ${((performance.now() - started) / 1000).toFixed(0)} s`);
  return result;
}

/** Where to look, and what to try: a command stands on a line of its own, indented by four. */
function guide(rig: Rig, deployment: Deployment, access: AccessFiles): string {
  const tries = suggestions(deployment).map(({ shows, command }) => `  ${shows}:\n    ${command}\n`);
  return `
Vault       ${rig.vault.address}, CA certificate ${rig.vault.caFile}
            root token in ${access.vaultToken}, audit log in ${rig.vault.auditLog}
Kubernetes  contexts ${FIRST_CLUSTERS.join(", ")} of ${access.kubeconfig}
mesh.yaml   ${deployment.meshFile}
logs        of pods by "kubectl logs"; of programs in ${rig.directory}/cluster*/log

In another shell, in this directory:

    . ${access.environment}

${tries.join("\n")}
Ready. Ctrl-C stops everything and removes ${rig.directory}.`;
}

void main();
