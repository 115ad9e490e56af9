import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { RULES_PAGE } from "../../lib/private/pages";
import { clusterLike, meshDirectory } from "../support/mesh-file";

const PROJECT = join(__dirname, "..", "..");

/** A module that makes it a day, whatever clock the machine has. */
const onDay = (day: string) =>
  `data:text/javascript,${encodeURIComponent(
    `globalThis.Date = class extends Date { constructor(...of) { super(...(of.length > 0 ? of : ["${day}"])); } }`,
  )}`;

/** Runs main.ts as cdktf does, in a directory of its own, on a day. */
function synthesize(directory: string, environment: NodeJS.ProcessEnv = {}, day = "2026-11-28") {
  const preloads = [require.resolve("tsx"), onDay(day)].flatMap((module) => ["--import", module]);
  const result = spawnSync(process.execPath, [...preloads, join(PROJECT, "main.ts")], {
    cwd: directory,
    encoding: "utf8",
    env: {
      ...process.env,
      MESH_FILE: "mesh.yaml",
      CDKTF_OUTDIR: join(directory, "cdktf.out"),
      ...environment,
    },
  });
  return { ...result, wrote: existsSync(join(directory, "cdktf.out", "manifest.json")) };
}

test("says what it made, what rests in the state, and what comes next", () => {
  const { status, stdout } = synthesize(meshDirectory());
  expect(status).toBe(0);
  expect(stdout.replace(/in \d+\.\d s/, "in 0.0 s")).toMatchInlineSnapshot(`
   "mesh1 · trust domain cluster.local · 2 clusters · root a (Vault PKI, rsa-4096, 10y)

   stack           resources  what it owns
   vault-shared            2  root a
   vault-cluster1         12  secrets, intermediate, policies, auth, role
   vault-cluster2         12  secrets, intermediate, policies, auth, role
   cluster1                5  namespaces, injector, istio-base, istiod 1.31.1
   cluster2                5  namespaces, injector, istio-base, istiod 1.31.1

   warning  the states of vault-cluster1, vault-cluster2 hold the private keys of the intermediates of cluster1, cluster2 (issuance: terraform); whoever reads one can sign for the mesh (docs/issuance.md)

   Synthesized to cdktf.out in 0.0 s.  Next: npx cdktf diff vault-shared · npx cdktf deploy '*'
   "
  `);
});

test("with an external issuer, says nothing of keys, and that issuing comes before the clusters", () => {
  const { stdout } = synthesize(meshDirectory((mesh) => (mesh.intermediates = { issuance: "external" })));
  expect(stdout).toContain("  secrets, policies, auth, role\n");
  expect(stdout).not.toContain("warning");
  expect(stdout).toMatch(
    /Next: npx cdktf deploy 'vault-\*' · npm run istio-vault -- issue --due · npx cdktf deploy '\*'\n$/,
  );
});

test("says on stderr which mesh-wide Helm values a cluster replaces", () => {
  const directory = meshDirectory((mesh) => {
    mesh.istio.values = { profile: "default" };
    mesh.clusters[0].istio = { values: { profile: "ambient" } };
  });
  const { status, stderr } = synthesize(directory);
  expect({ status, stderr }).toEqual({
    status: 0,
    stderr: "Helm values replaced: istio.values.profile (cluster1)\n",
  });
});

describe("what upstream does", () => {
  const old = () =>
    meshDirectory(
      (mesh) => (mesh.clusters[1].istio = { version: "1.29.6", imageHub: "gcr.io/istio-release" }),
    );

  test("is told in lines of its own, and fails nothing", () => {
    const { status, stdout } = synthesize(old());
    expect(status).toBe(0);
    expect(stdout).toContain(
      [
        "",
        "warning  cluster2: Istio 1.29.6 has been out of support since 2026-10-12 and gets no more security fixes; upgrade to 1.31 (IV1001, docs/rules.md#iv1001)",
        "",
        'warning  cluster2: "istio.imageHub" uses gcr.io/istio-release, which Istio turns off for a day on 2026-12-08 and removes in December 2026; use docker.io/istio instead (IV1003, docs/rules.md#iv1003)',
        "",
        "Synthesized to ",
      ].join("\n"),
    );
  });

  test("names no cluster where it is of all of them", () => {
    const { stdout } = synthesize(meshDirectory((mesh) => (mesh.istio.version = "1.29.6")));
    expect(stdout).toMatch(/^warning {2}Istio 1\.29\.6 has been out of support since /m);
  });

  test("names the first few of many clusters", () => {
    const { stdout } = synthesize(
      meshDirectory((mesh) => {
        const [one] = mesh.clusters;
        for (let index = 3; index <= 9; index++) mesh.clusters.push(clusterLike(one, `cluster${index}`));
        for (const cluster of mesh.clusters.slice(1)) cluster.istio = { version: "1.29.6" };
      }),
    );
    expect(stdout).toMatch(
      /^warning {2}cluster2, cluster3, cluster4, cluster5, cluster6 and 3 more: Istio /m,
    );
  });

  test("changes with the day, and what is synthesized does not", () => {
    const directory = old();
    const synthesized = (day: string) => {
      const { stdout } = synthesize(directory, {}, day);
      const files = readdirSync(join(directory, "cdktf.out"), { recursive: true, withFileTypes: true });
      return {
        stdout: stdout.replace(/in \d+\.\d s/, ""),
        files: files
          .filter((entry) => entry.isFile())
          .map(({ parentPath, name }) => readFileSync(join(parentPath, name), "utf8")),
      };
    };
    const [before, after] = ["2026-06-01", "2027-06-01"].map(synthesized);
    expect(before.files).toEqual(after.files);
    expect(before.files.length).toBeGreaterThan(3);
    expect(before.stdout).not.toEqual(after.stdout);
  });
});

test("needs no Terraform", () => {
  expect(synthesize(meshDirectory(), { PATH: "/nowhere" })).toMatchObject({ status: 0, stderr: "" });
});

test("fails for a mistake with the message alone, and writes nothing", () => {
  const { status, stdout, stderr, wrote } = synthesize(meshDirectory((mesh) => (mesh.version = 2)));
  expect({ status, stdout, wrote }).toEqual({ status: 64, stdout: "", wrote: false });
  expect(stderr).toBe(
    `mesh.yaml has 1 problem:\n\n  version  is 2; write 1, the only version of mesh.yaml that this program reads  (IV0106, docs/rules.md#iv0106)\n\nNothing was written.\nRules: ${RULES_PAGE}\n`,
  );
});

test("fails for a mistake that only a construct can see the same way", () => {
  const { status, stderr, wrote } = synthesize(
    meshDirectory((mesh) => (mesh.istio.values = { pilot: { env: { ROOT_CA_DIR: "/etc/cacerts" } } })),
  );
  expect({ status, wrote }).toEqual({ status: 64, wrote: false });
  expect(stderr).toMatch(/^Helm value "env\.ROOT_CA_DIR" would override .* \(IV0401 at cluster1\/Istiod; /);
  expect(stderr).not.toMatch(/\n\s+at /);
});

test("fails for what is no YAML without a trace", () => {
  const directory = meshDirectory();
  writeFileSync(join(directory, "mesh.yaml"), "a: [");
  expect(synthesize(directory).stderr).not.toMatch(/\n\s+at /);
});
