import { execFileSync, execSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Construct } from "constructs";
import * as library from "../../lib";
import { FIXTURES } from "../support/fixtures";

/**
 * The package as others get it: packed, installed into an empty project, compiled and run there.
 * Needs npm's registry; run by `npm run test:package`.
 */

const PROJECT = join(__dirname, "..", "..");
const { devDependencies, peerDependencies, peerDependenciesMeta } = JSON.parse(
  readFileSync(join(PROJECT, "package.json"), "utf8"),
);
const isOptional = (name: string) => peerDependenciesMeta[name]?.optional === true;

const MAIN = `
import { HelmProvider } from "@cdktf/provider-helm/lib/provider";
import { KubernetesProvider } from "@cdktf/provider-kubernetes/lib/provider";
import { TlsProvider } from "@cdktf/provider-tls/lib/provider";
import { VaultProvider } from "@cdktf/provider-vault/lib/provider";
import { App, TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import * as istioVault from "cdktf-istio-vault";

const GATEWAY = {
  clusterName: "one",
  gatewayName: "ingress",
  source: istioVault.GatewayCertificateSource.vaultPki({ domains: ["shop.example.com"] }),
};

class Vault extends TerraformStack {
  constructor(scope: Construct, id: string, pem: string) {
    super(scope, id);
    new VaultProvider(this, "Vault", { address: "https://vault.example.com:8200" });
    new TlsProvider(this, "Tls");
    const root: istioVault.IRootCa = istioVault.IstioRootCA.fromRootCaAttributes(this, "Root", {
      rootName: "corp",
      mountPath: "corp-pki",
      certificatePem: pem,
    });
    const trust = new istioVault.ClusterTrust(this, "Trust", {
      clusterName: "one",
      signingRoot: root,
      issuance: istioVault.Issuance.terraform({ acceptKeysInState: true, validFor: istioVault.Duration.days(90) }),
    });
    const auth = new istioVault.VaultK8sAuth(this, "Auth", {
      clusterName: "one",
      method: istioVault.VaultAuthMethod.kubernetes({
        kubernetesHost: "https://10.0.0.1:6443",
        kubernetesCaCertificate: pem,
      }),
    });
    auth.addRole("istiod", {
      serviceAccounts: ["istiod"],
      namespaces: ["istio-system"],
      policies: [trust.readPolicyName],
    });
    const external = new istioVault.ClusterTrust(this, "ExternalTrust", {
      clusterName: "two",
      signingRoot: root,
      issuance: istioVault.Issuance.external({ validFor: istioVault.Duration.days(90) }),
    });
    new istioVault.IssuerAuth(this, "Issuer", {
      login: istioVault.IssuerLogin.appRole(),
      policies: [external.issuerPolicyName!],
    });
    new istioVault.RevocationLists(this, "RevocationLists", { roots: [root] });
    const ca = new istioVault.GatewayCa(this, "GatewayCa");
    new istioVault.GatewayCertificate(this, "GatewayCertificate", { ...GATEWAY, dependsOn: [ca] });
  }
}

class Cluster extends TerraformStack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new HelmProvider(this, "Helm");
    new KubernetesProvider(this, "Kubernetes");
    const injector = new istioVault.VaultAgentInjector(this, "Injector", {
      vaultAddress: "https://vault.example.com:8200",
    });
    const auth = istioVault.VaultK8sAuth.fromVaultK8sAuthAttributes(this, "Auth", { mountPath: "k8s/one" });
    const istiod = new istioVault.IstiodWithVault(this, "Istiod", {
      trust: istioVault.ClusterTrust.fromClusterTrustAttributes(this, "Trust", {
        secretsMountPath: "mesh/one",
        certificatesPath: "ca",
        trustBundlePath: "roots",
        readPolicyName: "mesh-one",
      }),
      auth,
      istioVersion: "1.29.6",
      dependsOn: [injector],
    });
    new istioVault.DefaultRevisionTag(this, "DefaultRevisionTag", { revision: "default" });
    new istioVault.GatewayWithVault(this, "Gateway", {
      gatewayName: GATEWAY.gatewayName,
      certificate: istioVault.GatewayCertificate.fromGatewayCertificateAttributes(this, "Certificate", GATEWAY),
      auth,
      istioVersion: "1.29.6",
      dependsOn: [istiod],
    });
  }
}

const app = new App();
new Vault(app, "vault", process.env.PEM!);
new Cluster(app, "cluster");
app.synth();
`;

/** Programs as importers write them, each a file of its own. */
const PROGRAMS = join(__dirname, "programs");
const programs = readdirSync(PROGRAMS).filter((file) => file.endsWith(".ts"));

let directory: string;
let packedBytes: number;
let packed: string;
const run = (program: string, args: string[], env: NodeJS.ProcessEnv = {}) =>
  execFileSync(program, args, {
    cwd: directory,
    encoding: "utf8",
    stdio: "pipe",
    env: { ...process.env, ...env },
  });

/** What others have beside the package; what one command alone needs they need not have. */
const PACKAGES: Readonly<Record<string, string>> = Object.fromEntries(
  [...Object.keys(peerDependencies).filter((name) => !isOptional(name)), "typescript", "@types/node"].map(
    (name) => [name, devDependencies[name]],
  ),
);

function install(packages: object, overrides = {}): void {
  const dependencies = { "cdktf-istio-vault": packed, ...packages };
  writeFileSync(join(directory, "package.json"), JSON.stringify({ private: true, dependencies, overrides }));
  run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline"]);
}

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "package-"));
  const [{ filename, size }] = JSON.parse(
    execFileSync("npm", ["pack", "--json", "--pack-destination", directory], {
      cwd: PROJECT,
      encoding: "utf8",
    }).replace(/^[^[]*/, ""),
  );
  packedBytes = size;
  packed = `file:${filename}`;
  install(PACKAGES);
  writeFileSync(join(directory, "main.ts"), MAIN);
  cpSync(PROGRAMS, directory, { recursive: true });
}, 300_000);

afterAll(() => {
  rmSync(directory, { recursive: true });
  rmSync(join(PROJECT, "dist"), { recursive: true, force: true });
});

const PEM = readFileSync(join(FIXTURES, "clusters", "cluster1-ca.pem"), "utf8");
const synthesized = (stack: string) =>
  JSON.parse(readFileSync(join(directory, "cdktf.out", "stacks", stack, "cdk.tf.json"), "utf8"));

test("holds code, types, schema, docs and what init writes, and nothing else", () => {
  const installed = join(directory, "node_modules", "cdktf-istio-vault");
  const files = execFileSync("find", [installed, "-type", "f", "-printf", "%P\\n"], {
    encoding: "utf8",
  }).split("\n");
  expect(files).toEqual(
    expect.arrayContaining([
      "dist/index.js",
      "dist/index.d.ts",
      "bin/istio-vault.mjs",
      "dist/cli/main.js",
      "examples/ci/github/plan.yml",
      "mesh.schema.json",
      "LICENSE",
    ]),
  );
  expect(
    files.filter(
      (file) =>
        !/^(bin|dist|docs|clusters|examples\/ci)\/|^(package\.json|mesh\.schema\.json|LICENSE|README\.md|)$/.test(
          file,
        ) && !["main.ts", "mesh.yaml", "cdktf.json"].includes(file),
    ),
  ).toEqual([]);
});

test("has every construct tried below", () => {
  const constructs = Object.entries(library as Record<string, unknown>)
    .filter(([, value]) => typeof value === "function" && value.prototype instanceof Construct)
    .map(([name]) => name);
  expect(constructs.filter((name) => !MAIN.includes(`istioVault.${name}`))).toEqual([]);
});

test("is small", () => {
  // Constructs, command, every page of the docs and the pipelines: a jump shows that something slipped in.
  expect(packedBytes).toBeLessThan(600_000);
});

test("brings a command that runs", () => {
  const istioVault = join("node_modules", ".bin", "istio-vault");
  expect(run(istioVault, ["--help"])).toMatch(/^Usage: istio-vault /);
});

test("says in one sentence which packages a command needs that the constructs do not", () => {
  expect(existsSync(join(directory, "node_modules", "@kubernetes"))).toBe(false);
  const { status, stdout, stderr } = spawnSync(join("node_modules", ".bin", "istio-vault"), ["status"], {
    cwd: directory,
    encoding: "utf8",
    env: { ...process.env, MESH_FILE: join(FIXTURES, "mesh.yaml") },
  });
  expect({ status, stdout, stderr }).toEqual({
    status: 1,
    stdout: "",
    stderr:
      "istio-vault status needs packages that are not installed; install them: npm install --save-dev @kubernetes/client-node @grpc/grpc-js @grpc/proto-loader\n",
  });
});

describe("a program made by init", () => {
  let program: string;
  const inProgram = (command: string) =>
    execSync(command, { cwd: program, encoding: "utf8", stdio: "pipe", env: withoutSettings() });
  afterAll(() => rmSync(program, { recursive: true, force: true }));

  test("is installed, type-checks and synthesizes what this repository does", () => {
    program = mkdtempSync(join(tmpdir(), "program-"));
    const tarball = join(directory, packed.replace("file:", ""));
    writeFileSync(
      join(program, "package.json"),
      JSON.stringify({ dependencies: { "cdktf-istio-vault": `file:${tarball}` } }),
    );
    execFileSync(join(directory, "node_modules", ".bin", "istio-vault"), ["init", program, "--ci", "github"]);
    inProgram("npm install --no-audit --no-fund --prefer-offline --ignore-scripts");
    expect(inProgram("npm test")).toContain("Synthesized to cdktf.out");
    expect(inProgram("npx istio-vault policy planner")).toContain("auth/kubernetes-cluster1");
    const own = mkdtempSync(join(tmpdir(), "own-"));
    execSync("npm start", { cwd: PROJECT, env: { ...withoutSettings(), CDKTF_OUTDIR: own }, stdio: "pipe" });
    const stack = (outdir: string, name: string) =>
      readFileSync(join(outdir, "stacks", name, "cdk.tf.json"), "utf8");
    for (const name of ["vault-shared", "vault-cluster1", "vault-cluster2", "cluster1", "cluster2"]) {
      expect(stack(join(program, "cdktf.out"), name)).toBe(stack(own, name));
    }
    rmSync(own, { recursive: true });
  }, 300_000);
});

/** The environment without what names another mesh.yaml or directory. */
function withoutSettings(): NodeJS.ProcessEnv {
  const { MESH_FILE: _, CDKTF_OUTDIR: __, ...rest } = process.env;
  return rest;
}

test("type-checks under strict", () => {
  run(join("node_modules", ".bin", "tsc"), [
    ...[
      "--strict",
      "--module",
      "commonjs",
      "--target",
      "es2022",
      "--types",
      "node",
      "--skipLibCheck",
      "main.ts",
      ...programs,
    ],
  ]);
}, 120_000);

test("every construct synthesizes in someone else's stacks", () => {
  run(process.execPath, ["main.js"], { PEM });
  expect(Object.keys(synthesized("vault").resource)).toContain("vault_policy");
  const [istiod] = Object.values(
    synthesized("cluster").resource.helm_release as Record<string, { values: string[] }>,
  ).slice(-1);
  expect(istiod.values[0]).toContain("mesh/one/data/ca");
});

describe("an importer's program", () => {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  type Json = Record<string, any>;

  interface Outcome {
    readonly said: string;
    readonly stacks: Record<string, Json>;
    readonly dependencies: Json;
  }

  const outcomes = new Map<string, Outcome>();

  /** What a compiled program wrote and said; each is run once. */
  function runProgram(name: string): Outcome {
    const outcome = outcomes.get(name) ?? newOutcome(name);
    outcomes.set(name, outcome);
    return outcome;
  }

  function newOutcome(name: string): Outcome {
    for (const outdir of ["cdktf.out", "first.out", "second.out"]) {
      rmSync(join(directory, outdir), { recursive: true, force: true });
    }
    const said = run(process.execPath, [`${name}.js`], { PEM });
    const written = ["cdktf.out", "first.out", "second.out"].filter((out) =>
      existsSync(join(directory, out, "manifest.json")),
    );
    const manifests = written.map((out) => {
      const { stacks } = JSON.parse(readFileSync(join(directory, out, "manifest.json"), "utf8"));
      return { out, stacks: stacks as Record<string, { dependencies: string[] }> };
    });
    const stacks = manifests.flatMap(({ out, stacks: named }) =>
      Object.keys(named).map((stack) => {
        const file = join(directory, out, "stacks", stack, "cdk.tf.json");
        return [stack, JSON.parse(readFileSync(file, "utf8"))] as const;
      }),
    );
    const dependencies = manifests.flatMap(({ stacks: named }) =>
      Object.entries(named).map(([stack, entry]) => [stack, entry.dependencies] as const),
    );
    return { said, stacks: Object.fromEntries(stacks), dependencies: Object.fromEntries(dependencies) };
  }

  const all = (stack: Json, type: string): Json[] => Object.values(stack.resource?.[type] ?? {});
  const release = (stack: Json, name: string) => all(stack, "helm_release").find((one) => one.name === name)!;
  const annotations = (stack: Json) => JSON.parse(release(stack, "istio-istiod").values[0]).podAnnotations;

  test.each(programs)("%s: no stack reads another's state, or hands anything out", (program) => {
    for (const stack of Object.values(runProgram(program.replace(/\.ts$/, "")).stacks)) {
      expect(JSON.stringify(stack)).not.toMatch(/terraform_remote_state|TfToken|e\+\d{3}/);
      expect(stack.output).toBeUndefined();
    }
  });

  test("in one stack: each release waits for its policy, method and role", () => {
    const { all: stack } = runProgram("one-stack").stacks;
    expect(release(stack, "istio-istiod").depends_on).toEqual([
      expect.stringMatching(/^helm_release\.Injector_/),
      expect.stringMatching(/^vault_policy\.Trust_ReadPolicy_/),
      expect.stringMatching(/^vault_kubernetes_auth_backend_config\./),
      expect.stringMatching(/^vault_kubernetes_auth_backend_role\.Auth_Roles_istiod_/),
    ]);
    expect(release(stack, "ingress").depends_on).toEqual([
      expect.stringMatching(/^kubernetes_cluster_role_binding_v1\./),
      expect.stringMatching(/^helm_release\.Istiod_/),
      expect.stringMatching(/^vault_policy\.Certificate_/),
      expect.stringMatching(/^vault_kubernetes_auth_backend_config\./),
      expect.stringMatching(/^vault_kubernetes_auth_backend_role\.Auth_Roles_ingress_/),
    ]);
  });

  test("in two stacks: names alone, and the stacks one after the other", () => {
    const { stacks, dependencies } = runProgram("two-stacks");
    expect(dependencies).toEqual({ roots: [], vault: ["roots"], cluster: ["vault"] });
    expect(annotations(stacks.cluster)).toMatchObject({
      "vault.hashicorp.com/auth-path": "auth/jwt-one",
      "vault.hashicorp.com/agent-inject-template-ca-key.pem": expect.stringContaining(
        '"kubernetes-one-secrets/data/istiod-service/certs"',
      ),
    });
    expect(release(stacks.cluster, "ingress").depends_on).toEqual([
      expect.stringMatching(/^helm_release\.Istiod_/),
    ]);
    expect(release(stacks.cluster, "istio-istiod").depends_on).toBeUndefined();
    expect(Object.keys(stacks.vault.data)).toEqual(["vault_pki_secret_backend_issuer"]);
  });

  test("in two apps: names alone, and nothing waits", () => {
    const { stacks, dependencies } = runProgram("two-apps");
    expect(dependencies).toEqual({ vault: [], cluster: [] });
    expect(Object.keys(stacks.cluster.provider)).toEqual(["helm"]);
    expect(annotations(stacks.cluster)["vault.hashicorp.com/auth-path"]).toBe("auth/kubernetes-one");
  });

  test("with a mount of its own: each cluster has its own paths in it", () => {
    const { stacks } = runProgram("own-mount");
    const secrets = all(stacks.vault, "vault_kv_secret_v2").map(({ mount, name }) => `${mount}/${name}`);
    expect(secrets.sort()).toEqual([
      "mesh/one/istiod-service/certs",
      "mesh/one/istiod-service/trust-bundle",
      "mesh/two/istiod-service/trust-bundle",
    ]);
    expect(all(stacks.vault, "vault_kv_secret_v2").map(({ depends_on }) => depends_on)).toEqual(
      Array(3).fill(["vault_mount.Mesh"]),
    );
    expect(annotations(stacks.cluster)["vault.hashicorp.com/agent-inject-template-root-cert.pem"]).toContain(
      '"mesh/data/one/istiod-service/trust-bundle"',
    );
  });

  test("with references: they are passed on, or refused in one sentence", () => {
    const { said, stacks } = runProgram("references");
    expect(said).toBe(
      '"replicas" is a reference that Terraform resolves later, and its value must be known at synth, since it decides what is synthesized; write the value itself (IV0130 at references/refused; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0130)\n',
    );
    const [config] = all(stacks.references, "vault_kubernetes_auth_backend_config");
    expect(config.kubernetes_host).toBe('${join("", ["https://", var.host, ":6443"])}');
    const [role] = all(stacks.references, "vault_kubernetes_auth_backend_role");
    expect(role.bound_service_account_namespaces).toBe("${var.namespaces}");
    expect(release(stacks.references, "vault-inject").values[0]).toContain(
      '"values":${jsonencode(var.watched)}',
    );
    expect(release(stacks.references, "istio-istiod").values[0]).toContain(
      "jsonencode(tostring(var.istiod_cpu))",
    );
  });

  test("with three clusters in a loop: each by providers of its own", () => {
    const { mesh } = runProgram("three-clusters").stacks;
    const releases = Object.entries<Json>(mesh.resource.helm_release);
    expect(releases.map(([id, { provider }]) => `${id.replace(/_[0-9A-F]{8}$/, "")} ${provider}`)).toEqual([
      "Injector-edge helm.edge",
      "Injector-eu helm.eu",
      "Injector-us helm.us",
      "Istiod-edge helm.edge",
      "Istiod-eu helm.eu",
      "Istiod-us helm.us",
    ]);
    const types = Object.entries<Record<string, Json>>(mesh.resource).filter(([type]) =>
      /^(vault|tls)_/.test(type),
    );
    const unaliased = types.flatMap(([, byId]) => Object.keys(byId).filter((id) => !byId[id].provider));
    expect(unaliased).toEqual([]);
  });

  test("with annotations of its own: they stand beside the construct's, which are refused", () => {
    const { said, stacks } = runProgram("custom-annotations");
    expect(annotations(stacks.annotated)).toMatchObject({
      "prometheus.io/scrape": "true",
      "vault.hashicorp.com/agent-limits-cpu": "250m",
      "vault.hashicorp.com/role": "istiod",
      template: "$${not evaluated}",
    });
    expect(said).toContain('Helm value "podAnnotations.vault.hashicorp.com/role" would override');
  });
});

test("works beside a second copy of constructs", () => {
  run(process.execPath, ["main.js"], { PEM });
  const before = synthesized("vault");
  cpSync(
    join(directory, "node_modules", "constructs"),
    join(directory, "node_modules", "cdktf-istio-vault", "node_modules", "constructs"),
    { recursive: true },
  );
  run(process.execPath, ["main.js"], { PEM });
  expect(synthesized("vault")).toEqual(before);
});

test("gives away its entry points alone", () => {
  expect(() => run(process.execPath, ["-e", 'require("cdktf-istio-vault/dist/lib/names")'])).toThrow(
    "ERR_PACKAGE_PATH_NOT_EXPORTED",
  );
  expect(
    run(process.execPath, ["-e", 'console.log(require("cdktf-istio-vault/mesh.schema.json").type)']),
  ).toBe("object\n");
});

describe("with cdktn", () => {
  const { cdktf: _, ...others } = PACKAGES;
  const constructs = "10.7.2";

  test("in cdktf's place, by the lines of docs/cdktn.md, every construct synthesizes the same", () => {
    const before = synthesized("vault");
    install({ ...others, cdktf: "npm:cdktn@0.24.0", constructs }, { cdktf: "$cdktf" });
    run(process.execPath, ["main.js"], { PEM });
    const { metadata } = before["//"];
    expect(synthesized("vault")).toEqual({
      ...before,
      "//": { ...before["//"], metadata: { ...metadata, version: "0.24.0" } },
    });
  }, 300_000);

  test("beside cdktf, which npm installs where nobody names it, the first construct says what to write", () => {
    install({ ...others, cdktn: "0.24.0", constructs });
    const main = readFileSync(join(directory, "main.js"), "utf8");
    writeFileSync(join(directory, "mixed.js"), main.replace('require("cdktf")', 'require("cdktn")'));
    expect(() => run(process.execPath, ["mixed.js"], { PEM })).toThrow(
      `ValidationError: the stack uses cdktn 0.24.0 and this construct cdktf 0.21.0, and a program with both crashes; write "cdktf": "npm:cdktn@0.24.0" in "dependencies" of package.json and "cdktf": "$cdktf" in its "overrides", so that every package uses the stack's (IV1101 at vault/Root; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv1101)`,
    );
  }, 300_000);
});
