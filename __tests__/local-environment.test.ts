import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "cdktf";
import { parse } from "yaml";
import { loadMesh } from "../config/load-mesh";
import { composeMesh } from "../stacks/compose-mesh";
import { FIXTURES } from "./support/fixtures";

/** What can be seen of examples/local without a container engine. */

const PROJECT = join(__dirname, "..");
const LOCAL = join(PROJECT, "examples", "local");
const CLUSTERS = ["cluster1", "cluster2"];
const MESH_FILES = ["k3s.mesh.yaml", "kind.mesh.yaml"];

const read = (file: string) => readFileSync(join(LOCAL, file), "utf8");
const compose = parse(read("compose.yaml"));
const page = read("README.md");
const address = (service: string) => compose.services[service].networks.mesh.ipv4_address;
const options = (service: string): string[] => compose.services[service].command.split(" ");

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "local-"));
  cpSync(LOCAL, directory, { recursive: true });
  mkdirSync(join(directory, "generated"), { recursive: true });
  for (const name of ["vault-ca.pem", "cluster1-ca.pem", "cluster2-ca.pem"]) {
    cpSync(join(FIXTURES, "clusters", "cluster1-ca.pem"), join(directory, "generated", name));
  }
});

afterAll(() => rmSync(directory, { recursive: true }));

test.each(MESH_FILES)("%s synthesizes, one stack for each cluster", (file) => {
  const app = new App({ outdir: join(directory, "cdktf.out") });
  const stacks = composeMesh(app, loadMesh(join(directory, file)));
  app.synth();
  expect(stacks.clusters.map(({ node }) => node.id)).toEqual(CLUSTERS);
});

test("k3s.mesh.yaml names the addresses compose.yaml gives", () => {
  const mesh = parse(read("k3s.mesh.yaml"));
  expect(mesh.vault.podAddress).toBe(`https://${address("vault")}:8200`);
  expect(options("vault")).toContain(`-dev-tls-san=${address("vault")}`);
  for (const { name, kubernetesHost } of mesh.clusters) {
    const { port } = new URL(kubernetesHost);
    expect(kubernetesHost).toBe(`https://${address(name)}:${port}`);
    expect(options(name)).toEqual(
      expect.arrayContaining([`--https-listen-port=${port}`, `--tls-san=${address(name)}`]),
    );
    expect(compose.services[name].ports).toEqual([`127.0.0.1:${port}:${port}`]);
  }
});

test("kind.mesh.yaml names containers, and Vault by a name its certificate holds", () => {
  const mesh = parse(read("kind.mesh.yaml"));
  expect(mesh.vault.podAddress).toBe("https://vault:8200");
  expect(options("vault")).toContain("-dev-tls-san=vault");
  for (const { name, kubernetesHost, kubeconfig } of mesh.clusters) {
    expect(kubernetesHost).toBe(`https://${name}-control-plane:6443`);
    expect(kubeconfig.context).toBe(`kind-${name}`);
    expect(page).toContain(`kind create cluster --name ${name}\n`);
  }
  expect(page).toContain(`docker network connect --alias vault kind ${compose.name}-vault-1\n`);
});

test("compose.yaml pins images, opens ports on this machine alone, mounts nothing, and holds no secret", () => {
  expect(Object.keys(compose.services)).toEqual(["vault", ...CLUSTERS]);
  for (const service of Object.values<Record<string, string[]>>(compose.services)) {
    expect(service.image).toMatch(/^[a-z/0-9]+:v?\d+\.\d+\.\d+/);
    expect(service.ports).toEqual([expect.stringMatching(/^127\.0\.0\.1:/)]);
    expect(service.volumes).toBeUndefined();
  }
  expect(compose.services.vault.environment.VAULT_DEV_ROOT_TOKEN_ID).toMatch(/^\$\{VAULT_TOKEN:\?/);
});

describe("the page", () => {
  const sections = page.split(/^## /m).slice(1);

  test.each(MESH_FILES.map((file, index) => [file, index] as const))(
    "fetches every file %s names, and uses the file",
    (file, index) => {
      const section = sections[index];
      const named = read(file).match(/generated\/[\w.-]+/g) ?? [];
      const fetched = [...section.matchAll(/> examples\/local\/(\S+)/g)]
        .flatMap(([, target]) => CLUSTERS.map((cluster) => target.replace("$cluster", cluster)))
        .sort();
      expect([...new Set(fetched)]).toEqual([...new Set(named)].sort());
      expect(section).toContain(`MESH_FILE=examples/local/${file}\n`);
    },
  );

  test("has commands that a shell can read", () => {
    for (const [, block] of page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)) {
      expect(spawnSync("bash", ["-n"], { input: block, encoding: "utf8" })).toMatchObject({
        status: 0,
        stderr: "",
      });
    }
  });
});

test("git leaves out what the clusters make", () => {
  expect(readFileSync(join(PROJECT, ".gitignore"), "utf8").split("\n")).toContain(
    "examples/local/generated/",
  );
});
