import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Construct } from "constructs";
import * as library from "../../lib";

/**
 * The package as others get it: packed, installed into an empty project, compiled and run there.
 * Needs npm's registry; run by `npm run test:package`.
 */

const PROJECT = join(__dirname, "..", "..");
const { devDependencies, peerDependencies } = JSON.parse(readFileSync(join(PROJECT, "package.json"), "utf8"));

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

/** What others have beside the package. */
const PACKAGES: Readonly<Record<string, string>> = Object.fromEntries(
  [...Object.keys(peerDependencies), "typescript", "@types/node"].map((name) => [
    name,
    devDependencies[name],
  ]),
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
}, 300_000);

afterAll(() => {
  rmSync(directory, { recursive: true });
  rmSync(join(PROJECT, "dist"), { recursive: true, force: true });
});

const PEM = readFileSync(join(PROJECT, "clusters", "cluster1-ca.pem"), "utf8");
const synthesized = (stack: string) =>
  JSON.parse(readFileSync(join(directory, "cdktf.out", "stacks", stack, "cdk.tf.json"), "utf8"));

test("holds code, types, schema and docs, and nothing else", () => {
  const installed = join(directory, "node_modules", "cdktf-istio-vault");
  const files = execFileSync("find", [installed, "-type", "f", "-printf", "%P\\n"], {
    encoding: "utf8",
  }).split("\n");
  expect(files).toEqual(
    expect.arrayContaining([
      "dist/lib/index.js",
      "dist/lib/index.d.ts",
      "dist/cli/main.js",
      "mesh.schema.json",
      "LICENSE",
    ]),
  );
  expect(
    files.filter(
      (file) => !/^(dist|docs)\/|^(package\.json|mesh\.schema\.json|LICENSE|README\.md|)$/.test(file),
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
  // Constructs, command and every page of the docs: a jump shows that something slipped in.
  expect(packedBytes).toBeLessThan(300_000);
});

test("brings a command that runs", () => {
  const istioVault = join("node_modules", ".bin", "istio-vault");
  expect(run(istioVault, ["--help"])).toMatch(/^Usage: istio-vault /);
});

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

test("works beside a second copy of constructs", () => {
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
      `ValidationError: the stack is of cdktn 0.24.0, this construct of cdktf 0.21.0, and a program of two cores crashes; write "cdktf": "npm:cdktn@0.24.0" in the dependencies of package.json and "cdktf": "$cdktf" in its overrides, so that every package gets the stack's (IV1001 at vault/Root; docs/rules.md#iv1001)`,
    );
  }, 300_000);
});
