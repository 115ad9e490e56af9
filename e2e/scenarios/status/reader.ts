import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CommandResult } from "../../command";
import { IdentityOfVault } from "../../identity";
import { IstioVault } from "../../istio-vault";
import { type MeshSettings, writeMeshFile } from "../../mesh-file";
import { FIRST_CLUSTERS } from "../../meshes";
import type { World } from "../../scenario";
import { readerToken } from "../../status-reader";

/** Leaves live short enough for a rotation to be seen to its end. */
export const LEAF_SECONDS = 120;

/** Terraform issues for the first cluster, an external issuer for the second. */
export function statusMesh(trust: { signing: string; bundle: readonly string[] }): MeshSettings {
  const keyAlgorithm = "ecdsa-p256";
  return {
    clusters: FIRST_CLUSTERS,
    overrides: { cluster2: { intermediates: { issuance: "external" } } },
    sections: {
      leafLifetime: `${LEAF_SECONDS}s`,
      trust,
      roots: ["a", "b"].map((name) => ({ name, source: "vault-pki", keyAlgorithm })),
      intermediates: { issuance: "terraform", acceptKeysInState: true, generation: 1, keyAlgorithm },
    },
  };
}

/** As the mesh is before it is rotated. */
export function settled(): MeshSettings {
  return statusMesh({ signing: "a", bundle: ["a"] });
}

/** The same mesh with other kubeconfigs, by cluster. */
export function reachedBy(mesh: MeshSettings, kubeconfigs: Readonly<Record<string, object>>): MeshSettings {
  const overrides = Object.entries(kubeconfigs).map(([name, kubeconfig]) => [
    name,
    { ...mesh.overrides?.[name], kubeconfig },
  ]);
  return { ...mesh, overrides: { ...mesh.overrides, ...Object.fromEntries(overrides) } };
}

/** Who runs `istio-vault status`, with what docs/status.md grants and nothing else. */
export class Reader {
  private static made?: Promise<Reader>;

  /** The one of this mesh, which is deployed. */
  public static of(world: World): Promise<Reader> {
    return (this.made ??= this.allow(world));
  }

  private static async allow(world: World): Promise<Reader> {
    const identity = new IdentityOfVault(world.rig, "status");
    await identity.allow(world.deployment.meshFile);
    const tokens = new Map<string, string>();
    for (const cluster of world.rig.clusters) tokens.set(cluster.name, await readerToken(cluster));
    return new Reader(world, identity.token, tokens);
  }

  private constructor(
    private readonly world: World,
    public readonly vaultToken: string,
    private readonly clusterTokens: ReadonlyMap<string, string>,
  ) {}

  public clusterToken(name: string): string {
    return this.clusterTokens.get(name)!;
  }

  /** Of the mesh these settings declare, deployed or not. */
  public status(
    settings: MeshSettings,
    options: readonly string[] = [],
    variables: NodeJS.ProcessEnv = {},
  ): Promise<CommandResult> {
    return this.run(["status", ...options], settings, variables);
  }

  /** The page of the same. */
  public report(settings: MeshSettings, options: readonly string[] = []): Promise<CommandResult> {
    return this.run(["report", ...options], settings);
  }

  private run(
    args: readonly string[],
    settings: MeshSettings,
    variables: NodeJS.ProcessEnv = {},
  ): Promise<CommandResult> {
    const { rig, deployment } = this.world;
    const meshFile = join(deployment.directory, "status-mesh.yaml");
    const overrides = Object.fromEntries(
      settings.clusters.map((name) => [
        name,
        { kubeconfig: this.kubeconfig(name), ...settings.overrides?.[name] },
      ]),
    );
    writeMeshFile(meshFile, rig, { ...settings, overrides });
    const credential = { MESH_FILE: meshFile, VAULT_TOKEN: this.vaultToken, ...variables };
    return new IstioVault(rig, deployment, credential).run(args);
  }

  /** Exit code, and `cluster rule` of each finding. */
  public async findings(
    settings: MeshSettings,
    options: readonly string[] = [],
    variables: NodeJS.ProcessEnv = {},
  ) {
    const { code, stdout, stderr } = await this.status(settings, ["-o", "json", ...options], variables);
    assert.ok(stdout.startsWith("{"), stdout + stderr);
    const { findings } = JSON.parse(stdout) as {
      findings: { category: string; cluster?: string; rule: string }[];
    };
    // What upstream supports depends on the day.
    const ofMesh = findings.filter(({ category }) => category !== "versions");
    return { code, stdout, findings: ofMesh.map(({ cluster, rule }) => `${cluster ?? "mesh"} ${rule}`) };
  }

  /** Its kubeconfig of a cluster, as mesh.yaml has it. */
  public kubeconfig(name: string, server = this.world.rig.cluster(name).address) {
    const ca = readFileSync(this.world.rig.cluster(name).caFile).toString("base64");
    const content = {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name, cluster: { server, "certificate-authority-data": ca } }],
      users: [{ name, user: { token: this.clusterToken(name) } }],
      contexts: [{ name, context: { cluster: name, user: name } }],
    };
    return { file: this.write(`${name}-${new URL(server).port}`, content), context: name };
  }

  /** A kubeconfig by which nothing answers. */
  public kubeconfigElsewhere(name: string) {
    const { hostname } = new URL(this.world.rig.cluster(name).address);
    return this.kubeconfig(name, `https://${hostname}:1`);
  }

  /** A command that prints its credential for client-go. */
  public execOf(name: string) {
    const credential = {
      apiVersion: "client.authentication.k8s.io/v1",
      kind: "ExecCredential",
      status: { token: this.clusterToken(name) },
    };
    return { exec: { command: "cat", args: [this.write(`${name}-exec`, credential)] } };
  }

  private write(name: string, content: object): string {
    const file = join(this.world.deployment.directory, `reader-${name}.json`);
    writeFileSync(file, JSON.stringify(content), { mode: 0o600 });
    return file;
  }
}

/** Has every intermediate of an external issuer issued, as an administrator. */
export async function issueExternal({ rig, deployment }: World): Promise<void> {
  await new IstioVault(rig, deployment, { VAULT_TOKEN: rig.vault.rootToken }).output(["issue", "--all"]);
}
