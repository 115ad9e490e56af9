import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PROJECT = join(__dirname, "..", "..");
const EXAMPLES = join(PROJECT, "examples");

// Each example is a program of its own, started as its header says.
jest.setTimeout(120_000);

const directories: string[] = [];

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "examples-"));
  directories.push(directory);
  return directory;
}

afterAll(() => {
  for (const directory of directories) rmSync(directory, { recursive: true });
});

const read = (...path: string[]) => readFileSync(join(...path), "utf8");
const files = readdirSync(EXAMPLES).filter((file) => /\.(ts|yaml)$/.test(file));

/** What an example's header says. */
function header(file: string): { shows: string; command: string } {
  const text = read(EXAMPLES, file);
  const shows = /^(?: \*|#) Shows (.+)\.$/m.exec(text)?.[1];
  const command = /^(?: \*|#) Run it: (.+)$/m.exec(text)?.[1];
  if (!shows || !command)
    throw new Error(`${file} does not say in its header what it shows and how to run it`);
  return { shows, command };
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Properties = Record<string, any>;

/** One synthesized stack. */
interface Stack {
  /** Every resource of a type. */
  all(type: string): Properties[];
  readonly json: Properties;
}

/** Runs an example as its header says, and reads the stacks it wrote. */
function synthesize(file: string, examples = "examples"): Record<string, Stack> {
  const outdir = join(temporaryDirectory(), "cdktf.out");
  const command = header(file).command.replace("examples", examples);
  const { status, stdout, stderr } = spawnSync(command, {
    cwd: PROJECT,
    shell: true,
    encoding: "utf8",
    env: { ...process.env, CDKTF_OUTDIR: outdir },
  });
  if (status !== 0) throw new Error(`"${command}" ended with ${status}:\n${stdout}\n${stderr}`);
  const { stacks } = JSON.parse(read(outdir, "manifest.json"));
  return Object.fromEntries(
    Object.keys(stacks).map((name) => {
      const json = JSON.parse(read(outdir, "stacks", name, "cdk.tf.json"));
      return [name, { json, all: (type) => Object.values(json.resource?.[type] ?? {}) } satisfies Stack];
    }),
  );
}

/** Helm values of a stack's releases, by the release's name. */
function helmValues(stack: Stack): Properties {
  return Object.fromEntries(
    stack
      .all("helm_release")
      .filter(({ values }) => values)
      .map(({ name, values }) => [name, JSON.parse(values[0])]),
  );
}

const types = ({ json }: Stack) => Object.keys(json.resource).sort();
const annotation = (values: Properties, name: string) =>
  values["istio-istiod"].podAnnotations[`vault.hashicorp.com/${name}`];

describe("each example", () => {
  test("synthesizes: one test below for each", () => {
    const tested = [...read(__filename).matchAll(/ = synthesize\("([\w.-]+)"/g)].map(([, file]) => file);
    expect(tested.sort()).toEqual([...files].sort());
  });

  test("is in the README's table with the words and the command of its header", () => {
    const rows = files.map((file) => {
      const { shows, command } = header(file);
      return `| [${file}](${file}) | ${shows} | \`${command}\` |`;
    });
    const table = read(EXAMPLES, "README.md")
      .split("\n")
      .filter((line) => line.startsWith("| ["));
    expect(table.sort()).toEqual(rows.sort());
  });

  test("holds no private key", () => {
    for (const file of files) expect(read(EXAMPLES, file)).not.toContain("PRIVATE KEY");
  });
});

test("minimal: two stacks, and in the cluster's no Vault credential", () => {
  const { "minimal-vault": vault, "minimal-cluster1": cluster } = synthesize("minimal.ts");
  expect(Object.keys(vault.json.provider)).toEqual(["vault"]);
  expect(types(vault)).toEqual([
    "terraform_data",
    "vault_auth_backend",
    "vault_generic_endpoint",
    "vault_kubernetes_auth_backend_config",
    "vault_kubernetes_auth_backend_role",
    "vault_kv_secret_backend_v2",
    "vault_kv_secret_v2",
    "vault_mount",
    "vault_pki_secret_backend_root_cert",
    "vault_policy",
  ]);
  expect(Object.keys(cluster.json.provider)).toEqual(["helm"]);
  expect(types(cluster)).toEqual(["helm_release"]);
  expect(annotation(helmValues(cluster), "auth-path")).toBe("auth/kubernetes-cluster1");
});

test("constructs in your own stack: no Vault credential, and the other team's names throughout", () => {
  const { platform } = synthesize("constructs-in-your-own-stack.ts");
  expect(platform.json.terraform.required_providers.helm.version).toBe("~> 3.1");
  expect(Object.keys(platform.json.provider)).toEqual(["helm"]);
  expect(types(platform)).toEqual(["helm_release"]);
  const values = helmValues(platform);
  expect(Object.keys(values).sort()).toEqual(["istio-istiod", "vault-inject"]);
  expect(annotation(values, "role")).toBe("prod-7-istiod");
  expect(annotation(values, "auth-path")).toBe("auth/k8s/prod-7");
  for (const pem of ["ca-key.pem", "ca-cert.pem", "cert-chain.pem", "root-cert.pem"]) {
    expect(annotation(values, `agent-inject-template-${pem}`)).toContain('"platform-kv/data/prod-7/istiod"');
  }
});

test("existing PKI mount: no root is made, the issuer signs", () => {
  const { "existing-pki-mount": stack } = synthesize("existing-pki-mount.ts");
  expect(stack.all("vault_mount").map(({ type }) => type)).toEqual(["kv"]);
  expect(stack.all("vault_pki_secret_backend_root_cert")).toEqual([]);
  expect(stack.all("terraform_data")).toMatchObject([
    { triggers_replace: { root_mount: "company-pki", root_issuer: "mesh-2026", valid_for: "720h" } },
  ]);
});

test("external issuer: no key, and one job that may issue for both clusters", () => {
  const { "external-issuer": stack } = synthesize("external-issuer.ts");
  expect(types(stack).filter((type) => type.startsWith("tls_"))).toEqual([]);
  expect(stack.all("vault_jwt_auth_backend_role")).toMatchObject([
    { role_name: "istio-issuer", bound_claims: { repository_id: "123456789", environment: "istio-issuer" } },
  ]);
  expect(stack.all("vault_jwt_auth_backend_role")[0].token_policies).toHaveLength(2);
});

test("two roots: both are trusted, the old one signs", () => {
  const { "two-roots": stack } = synthesize("two-roots.ts");
  expect(stack.all("vault_pki_secret_backend_root_cert")).toMatchObject([{ issuer_name: "b" }]);
  const declared = stack.all("terraform_data").map(({ triggers_replace }) => triggers_replace.root_mount);
  expect(declared).toEqual(["istio-root-a", "istio-root-a"]);
  const bundles = stack.all("vault_kv_secret_v2").filter(({ name }) => name.endsWith("trust-bundle"));
  expect(bundles).toHaveLength(2);
  for (const { data_json } of bundles) {
    expect(data_json).toContain("-----BEGIN CERTIFICATE-----");
    expect(data_json).toContain("vault_pki_secret_backend_root_cert.RootB");
  }
});

test("revocation: the root's list names who is revoked, and istiod gets the lists", () => {
  const { revocation } = synthesize("revocation.ts");
  const signed = revocation.all("vault_generic_endpoint").filter(({ write_fields }) => write_fields);
  expect(signed).toMatchObject([{ path: "istio-root-a/issuer/a/sign-revocation-list" }]);
  expect(signed[0].data_json).toContain('"serial_number":"74:24:7c:');
  expect(revocation.all("vault_kubernetes_auth_backend_role")[0].token_policies).toEqual([
    "istiod-certs-cluster1",
    "istio-revocation-lists",
  ]);
  expect(annotation(helmValues(revocation), "agent-inject-template-ca-crl.pem")).toContain("roots");
});

test("login methods: a JWT mount, a reviewed mount, and an istiod that logs in by JWT", () => {
  const { "login-vault": vault, "login-cluster1": cluster1 } = synthesize("login-methods.ts");
  expect(vault.all("vault_jwt_auth_backend")).toMatchObject([
    { path: "jwt-cluster1", oidc_discovery_url: "https://oidc.example.com/cluster1" },
  ]);
  expect(vault.all("vault_kubernetes_auth_backend_config")).toMatchObject([
    { token_reviewer_jwt: "${var.cluster2_reviewer}" },
  ]);
  expect(vault.all("vault_kubernetes_auth_backend_role")).toMatchObject([{ audience: "vault" }]);
  const values = helmValues(cluster1);
  expect(annotation(values, "auth-type")).toBe("jwt");
  expect(annotation(values, "auth-path")).toBe("auth/jwt-cluster1");
});

test("gateways: each with its own role and policy, what the pods ask for being what they may", () => {
  const { "gateways-vault": vault, "gateways-cluster1": cluster } = synthesize("gateways.ts");
  expect(vault.all("vault_policy").map(({ name, policy }) => `${name}: ${policy.split("\n")[0]}`)).toEqual([
    'gateway-certs-cluster1.istio-egress: path "certificates/data/egress/cluster1" {',
    'gateway-certs-cluster1.istio-ingress: path "istio-gateways/issue/cluster1.istio-ingress" {',
  ]);
  expect(vault.all("vault_kubernetes_auth_backend_role")).toMatchObject([
    { role_name: "istio-egress", bound_service_account_names: ["istio-egress"] },
    { role_name: "istio-ingress", bound_service_account_names: ["istio-ingress"] },
  ]);
  expect(Object.keys(cluster.json.provider).sort()).toEqual(["helm", "kubernetes"]);
  const values = helmValues(cluster);
  const template = (gateway: string) =>
    values[gateway].podAnnotations["vault.hashicorp.com/agent-inject-template-tls.key"];
  expect(template("istio-ingress")).toContain('pkiCert "istio-gateways/issue/cluster1.istio-ingress"');
  expect(template("istio-egress")).toContain('secret "certificates/data/egress/cluster1"');
});

test("gateways.mesh.yaml: a CA of its own where none is named, and one secret all clusters share", () => {
  const stacks = synthesize("gateways.mesh.yaml");
  const mounts = stacks["vault-shared"].all("vault_mount").map(({ path }) => path);
  expect(mounts.sort()).toEqual(["istio-gateways", "istio-root-a"]);
  const roles = ["vault-cluster1", "vault-cluster2"].flatMap((name) =>
    stacks[name].all("vault_pki_secret_backend_role"),
  );
  expect(roles).toMatchObject([
    { backend: "istio-gateways", name: "cluster1.istio-ingress", ttl: "2592000", key_type: "ec" },
    { backend: "company-pki", name: "cluster2.istio-ingress", ttl: "604800", key_type: "rsa" },
  ]);
  for (const name of ["cluster1", "cluster2"]) {
    const { "istio-egress": egress, "istio-ingress": ingress } = helmValues(stacks[name]);
    expect(egress.service.type).toBe("ClusterIP");
    expect(egress.podAnnotations["vault.hashicorp.com/agent-inject-template-tls.crt"]).toContain(
      '"certificates/data/wildcard"',
    );
    expect(ingress.autoscaling.minReplicas).toBe(3);
  }
});

test("two revisions: both may log in, one injects by default, and brings no webhook of its own", () => {
  const { "two-revisions-vault": vault, "two-revisions-cluster1": cluster } = synthesize("two-revisions.ts");
  const [role] = vault.all("vault_kubernetes_auth_backend_role");
  expect(role.bound_service_account_names).toEqual(["istiod", "istiod-1-31-1"]);
  const [tag] = cluster.all("kubernetes_mutating_webhook_configuration_v1");
  expect(tag.webhook[0].client_config.service.name).toBe("istiod");
  const { "istio-istiod": old, "istio-istiod-1-31-1": canary } = helmValues(cluster);
  expect(old.global.operatorManageWebhooks).toBe(true);
  expect(canary).toMatchObject({ revision: "1-31-1", global: { tag: "1.31.1" } });
});

test("private registry: every chart and image comes from it", () => {
  const { "private-registry": stack } = synthesize("private-registry.ts");
  const sources = stack.all("helm_release").map(({ repository }) => repository);
  expect(sources).toEqual(Array(2).fill("oci://registry.example.com/charts"));
  const values = helmValues(stack);
  expect(values["istio-istiod"]).toMatchObject({
    autoscaleMin: 3,
    global: { hub: "registry.example.com/istio", imagePullSecrets: ["registry"] },
    meshConfig: { accessLogFile: "/dev/stdout" },
  });
  expect(annotation(values, "agent-image")).toBe("registry.example.com/hashicorp/vault:2.1.2");
  expect(values["vault-inject"].injector).toMatchObject({
    image: { repository: "registry.example.com/hashicorp/vault-k8s", tag: "1.7.6" },
    extraEnvironmentVars: { AGENT_INJECT_VAULT_NAMESPACE: "platform/mesh" },
    resources: { requests: { cpu: "50m" } },
  });
});

test("shared mount: each cluster has its own paths in it, and the mount is made once", () => {
  const { "shared-mount": stack } = synthesize("shared-mount.ts");
  expect(stack.all("vault_mount").map(({ path }) => path)).toEqual(["mesh", "istio-root-a"]);
  expect(stack.all("vault_kv_secret_v2").map(({ mount, name }) => `${mount}/${name}`)).toEqual([
    "mesh/cluster1/istiod-service/trust-bundle",
    "mesh/cluster2/istiod-service/trust-bundle",
  ]);
});

test("fleet: twelve clusters, each with what its region has, and the canary with what is tried there", () => {
  const stacks = synthesize("fleet.mesh.yaml");
  const clusters = Object.entries(stacks).filter(([name]) => !name.startsWith("vault-"));
  const releases = clusters.map(([name, { all }]) => {
    const istiod = all("helm_release").find(({ name }) => name === "istio-istiod")!;
    const { global, meshConfig } = JSON.parse(istiod.values[0]);
    return [name, global.hub, meshConfig.accessLogFile];
  });
  const region = (name: string) =>
    [1, 2, 3, 4, 5, 6].map((number) => [
      `${name}-${number}`,
      `registry.${name}.example.com/istio`,
      name === "eu" && number === 1 ? "/dev/stdout" : undefined,
    ]);
  expect(releases.sort()).toEqual([...region("eu"), ...region("us")]);
  expect(Object.keys(stacks)).toHaveLength(1 + 12 * 2);
});

test("production: remote state, a Vault namespace with a private CA, one cluster by JWT", () => {
  const stacks = synthesize("production.mesh.yaml");
  expect(Object.keys(stacks).sort()).toEqual([
    "cluster1",
    "cluster2",
    "vault-cluster1",
    "vault-cluster2",
    "vault-shared",
  ]);
  for (const [name, { json }] of Object.entries(stacks)) {
    expect(json.terraform.backend.s3).toMatchObject({
      key: `prod/${name}.tfstate`,
      encrypt: true,
      kms_key_id: "alias/mesh-state",
      use_lockfile: true,
    });
  }
  const { "vault-shared": shared, "vault-cluster1": one, "vault-cluster2": two } = stacks;
  for (const { json, all } of [shared, one, two]) {
    expect(json.terraform.required_providers.vault.version).toBe("5.11.0");
    expect(json.provider.vault).toMatchObject([
      { namespace: "platform/mesh", ca_cert_file: expect.any(String) },
    ]);
    expect(all("vault_pki_secret_backend_root_sign_intermediate")).toEqual([]);
  }
  expect(one.all("vault_auth_backend")).toMatchObject([{ path: "kubernetes-cluster1" }]);
  expect(shared.all("vault_jwt_auth_backend")).toMatchObject([
    { path: "istio-issuer", bound_issuer: "https://token.actions.githubusercontent.com" },
  ]);
  expect(two.all("vault_jwt_auth_backend")).toMatchObject([{ path: "jwt-cluster2" }]);
  const issuers = [one, two]
    .flatMap(({ all }) => all("vault_policy"))
    .filter(({ name }) => name.startsWith("istio-issuer-"));
  expect(issuers.map(({ policy }) => policy.includes('"ttl" = ["1440h"]'))).toEqual([true, true]);
  expect(annotation(helmValues(stacks.cluster2), "auth-type")).toBe("jwt");
});

test("clouds: a program gives each credential, and two log in without their API servers", () => {
  const stacks = synthesize("clouds.mesh.yaml");
  const { eks, gke, aks } = stacks;
  const inVault = (type: string) =>
    ["gke", "aks", "eks"].flatMap((name) => stacks[`vault-${name}`].all(type));
  const access = (stack: typeof eks) => stack.json.provider.kubernetes[0];
  expect([eks, gke, aks].map((stack) => access(stack).host)).toEqual([
    "https://0123456789ABCDEF0123456789ABCDEF.gr7.eu-central-1.eks.amazonaws.com",
    "https://203.0.113.10",
    "https://prod-0a1b2c3d.hcp.westeurope.azmk8s.io:443",
  ]);
  expect([eks, gke, aks].map((stack) => access(stack).exec[0])).toMatchObject([
    { api_version: "client.authentication.k8s.io/v1", command: "aws", env: { AWS_PROFILE: "mesh" } },
    { api_version: "client.authentication.k8s.io/v1beta1", command: "gke-gcloud-auth-plugin" },
    { api_version: "client.authentication.k8s.io/v1", command: "kubelogin" },
  ]);
  expect(inVault("vault_auth_backend").filter(({ path }) => path.startsWith("kubernetes-"))).toMatchObject([
    { path: "kubernetes-gke" },
  ]);
  expect(inVault("vault_jwt_auth_backend").map(({ bound_issuer }) => bound_issuer)).toEqual([
    expect.stringMatching(/\.oic\.prod-aks\.azure\.com\/.*\/$/),
    expect.stringMatching(/^https:\/\/oidc\.eks\./),
  ]);
});

test("air-gapped: charts are copied beside the stack, every image is the site's own", () => {
  const site = temporaryDirectory();
  cpSync(EXAMPLES, join(site, "examples"), { recursive: true });
  for (const chart of ["base", "istiod", "vault"]) {
    const directory = join(site, "examples", "charts", chart);
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, "Chart.yaml"), `apiVersion: v2\nname: ${chart}\nversion: 0.0.0\n`);
  }
  const { cluster1 } = synthesize("air-gapped.mesh.yaml", join(site, "examples"));
  const releases = cluster1.all("helm_release");
  expect(releases).toHaveLength(3);
  for (const release of releases) {
    expect(release.chart).toMatch(/^assets\//);
    expect(release.repository).toBeUndefined();
  }
  const values = helmValues(cluster1);
  expect(values["istio-istiod"].global).toMatchObject({
    hub: "registry.site.internal/istio",
    imagePullSecrets: ["registry"],
  });
  expect(annotation(values, "agent-image")).toMatch(/^registry\.site\.internal\//);
  expect(values["istio-istiod"].initContainers[0].image).toMatch(/^registry\.site\.internal\//);
  expect(values["vault-inject"].injector.image.repository).toMatch(/^registry\.site\.internal\//);
  expect(cluster1.all("kubernetes_namespace_v1")).toEqual([]);
});
