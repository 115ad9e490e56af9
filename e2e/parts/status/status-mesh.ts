import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseAllDocuments } from "yaml";
import type { Cluster } from "../../cluster";
import { type CommandResult, run } from "../../command";
import { IdentityOfVault } from "../../identity";
import { type MeshSettings, writeMeshFile } from "../../mesh-file";
import type { World } from "../../world";

const PROJECT = resolve(__dirname, "..", "..", "..");

/** Terraform issues for the first, an external issuer for the second. */
export const CLUSTERS = ["cluster1", "cluster2"];

/** Leaves live short enough for a rotation to be seen to its end. */
export const LEAF_SECONDS = 60;
const ISTIO = { values: { env: { MAX_WORKLOAD_CERT_TTL: `${LEAF_SECONDS}s` } } };

export function statusMesh(trust: { signing: string; bundle: readonly string[] }): MeshSettings {
  const keyAlgorithm = "ecdsa-p256";
  return {
    clusters: CLUSTERS,
    overrides: {
      cluster1: { istio: ISTIO },
      cluster2: { istio: ISTIO, intermediates: { issuance: "external" } },
    },
    sections: {
      trust,
      roots: ["a", "b"].map((name) => ({ name, source: "vault-pki", keyAlgorithm })),
      intermediates: { issuance: "terraform", acceptKeysInState: true, generation: 1, keyAlgorithm },
    },
  };
}

export const SETTLED = statusMesh({ signing: "a", bundle: ["a"] });

/** Runs `istio-vault status` with what docs/status.md grants, and nothing else. */
export class Looks {
  private static made?: Promise<Looks>;

  public static at(world: World): Promise<Looks> {
    return (this.made ??= this.create(world));
  }

  private static async create(world: World): Promise<Looks> {
    const identity = new IdentityOfVault(world.rig, "status");
    await identity.allow(world.deployment.meshFile);
    const tokens = new Map<string, string>();
    for (const cluster of world.rig.clusters) tokens.set(cluster.name, await readerToken(cluster));
    return new Looks(world, identity.token, tokens);
  }

  private constructor(
    private readonly world: World,
    public readonly vaultToken: string,
    private readonly clusterTokens: ReadonlyMap<string, string>,
  ) {}

  public clusterToken(name: string): string {
    return this.clusterTokens.get(name)!;
  }

  /** As a credential that a command prints for client-go. */
  public execCredential(name: string): string {
    const file = join(this.world.deployment.directory, `reader-${name}-exec.json`);
    const credential = {
      apiVersion: "client.authentication.k8s.io/v1",
      kind: "ExecCredential",
      status: { token: this.clusterToken(name) },
    };
    writeFileSync(file, JSON.stringify(credential), { mode: 0o600 });
    return file;
  }

  /** Of the mesh these settings declare. */
  public run(settings: MeshSettings, ...options: string[]): Promise<CommandResult> {
    return this.runWith(settings, {}, options);
  }

  /** Exit code, and `cluster rule` of each finding. */
  public async findings(settings: MeshSettings, variables: object = {}, ...options: string[]) {
    const { code, stdout, stderr } = await this.runWith(settings, variables, ["-o", "json", ...options]);
    assert.ok(stdout.startsWith("{"), stdout + stderr);
    const { findings } = JSON.parse(stdout) as {
      findings: { category: string; cluster?: string; rule: string }[];
    };
    // What upstream supports depends on the day.
    const ofMesh = findings.filter(({ category }) => category !== "versions");
    return { code, stdout, findings: ofMesh.map(({ cluster, rule }) => `${cluster ?? "mesh"} ${rule}`) };
  }

  /** A kubeconfig by which nothing answers. */
  public kubeconfigElsewhere(name: string): string {
    const { hostname } = new URL(this.world.rig.cluster(name).controlPlane.address);
    return this.kubeconfig(name, `https://${hostname}:1`);
  }

  public runWith(settings: MeshSettings, variables: object, options: readonly string[]) {
    const { rig, deployment } = this.world;
    const meshFile = join(deployment.directory, "status-mesh.yaml");
    const overrides = Object.fromEntries(
      CLUSTERS.map((name) => {
        const file = this.kubeconfig(name);
        return [name, { kubeconfig: { file, context: name }, ...settings.overrides?.[name] }];
      }),
    );
    writeMeshFile(meshFile, rig, { ...settings, overrides });
    return istioVault(this.world, meshFile, ["status", ...options], {
      VAULT_TOKEN: this.vaultToken,
      ...variables,
    });
  }

  /** The rules of a mesh's alerts. */
  public async alerts(): Promise<string> {
    const { deployment } = this.world;
    const { code, stdout, stderr } = await istioVault(this.world, deployment.meshFile, ["alerts"], {});
    assert.equal(code, 0, stderr);
    return stdout;
  }

  public kubeconfig(name: string, server = this.world.rig.cluster(name).controlPlane.address): string {
    const { caFile } = this.world.rig.cluster(name).controlPlane;
    const ca = readFileSync(caFile).toString("base64");
    const content = {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name, cluster: { server, "certificate-authority-data": ca } }],
      users: [{ name, user: { token: this.clusterToken(name) } }],
      contexts: [{ name, context: { cluster: name, user: name } }],
    };
    const file = join(this.world.deployment.directory, `reader-${name}-${new URL(server).port}.json`);
    writeFileSync(file, JSON.stringify(content), { mode: 0o600 });
    return file;
  }
}

/** Has every intermediate of an external issuer issued, as an administrator. */
export async function issueExternal(world: World): Promise<void> {
  const { code, stdout, stderr } = await istioVault(world, world.deployment.meshFile, ["issue", "--all"], {
    VAULT_TOKEN: world.rig.vault.rootToken,
  });
  assert.equal(code, 0, stdout + stderr);
}

function istioVault(
  { rig, deployment }: World,
  meshFile: string,
  args: readonly string[],
  variables: object,
) {
  return run("node", ["--import", "tsx", "cli/main.ts", ...args], {
    cwd: PROJECT,
    timeoutSeconds: 400,
    env: {
      PATH: process.env.PATH,
      HOME: deployment.directory,
      MESH_FILE: meshFile,
      VAULT_ADDR: rig.vault.address,
      VAULT_CACERT: rig.vault.caFile,
      ...variables,
    },
  });
}

/** Creates what docs/status.md shows in a cluster, and gives a token of who looks. */
export async function readerToken({ api }: Cluster): Promise<string> {
  for (const object of documentedObjects()) await api.create(pathOf(object), object);
  return api.token({ namespace: "istio-vault", serviceAccount: "reader" });
}

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly namespace?: string };
}

function documentedObjects(): Manifest[] {
  const page = readFileSync(join(PROJECT, "docs", "status.md"), "utf8");
  const [, yaml] = /```yaml\n([\s\S]+?)```/.exec(page)!;
  return parseAllDocuments(yaml!).map((document) => document.toJS() as Manifest);
}

function pathOf({ apiVersion, kind, metadata: { namespace } }: Manifest): string {
  const group = apiVersion === "v1" ? "/api/v1" : `/apis/${apiVersion}`;
  return `${group}${namespace === undefined ? "" : `/namespaces/${namespace}`}/${kind.toLowerCase()}s`;
}
