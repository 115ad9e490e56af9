import "reflect-metadata";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { X509Certificate } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { ExitCode } from "../../../cli/command-line/exit-code";
import { type Answer, FakeVault, type SeenRequest } from "../../support/fake-vault";
import { type MeshChange, type MeshData, meshDirectory } from "../../support/mesh-file";
import { runCommand } from "../../support/terminal";
import { type CaSpec, TestCa } from "../../support/test-ca";

interface Secret {
  version: number;
  metadata: Record<string, string> | null;
  value?: MeshData;
}

let root: TestCa;
let rootsList: string;
let vault: FakeVault;
/** The intermediates' secrets, by cluster. */
let secrets: Record<string, Secret>;
/** Keys that wait for a certificate, by cluster. */
let pending: Record<string, MeshData>;
/** What the signer does otherwise than a Vault would. */
let signer: Partial<CaSpec>;
/** The revocation lists in Vault. */
let revocation: { roots: Record<string, string>; intermediates: Record<string, string>; version: number };
/** What a test puts in the way of an answer. */
let instead: (request: SeenRequest) => Answer | undefined;

beforeAll(async () => {
  root = await TestCa.issue({ name: "Root CA", pathLength: 1 });
  rootsList = await root.list();
  vault = await FakeVault.start((request) => instead(request) ?? answer(request));
});
afterAll(() => vault.stop());
beforeEach(() => {
  instead = () => undefined;
  signer = {};
  pending = {};
  revocation = { roots: { a: rootsList }, intermediates: {}, version: 0 };
  vault.requests.length = 0;
  secrets = { cluster1: { version: 0, metadata: null }, cluster2: { version: 0, metadata: null } };
});

/** As much of a Vault as an issuer needs. */
async function answer({ method, path, body }: SeenRequest): Promise<Answer | undefined> {
  if (path === "auth/token/lookup-self") return { data: { policies: ["default"] } };
  if (path === "istio-root-a/issuer/a/sign-intermediate") return { data: await signed(body.csr) };
  if (path.startsWith("istio-revocation-lists/data/")) return listsAnswer(method, path, body);
  const [, cluster, kind, name] =
    /^kubernetes-(\w+)-secrets\/(data|metadata)\/istiod-service\/(\S+)$/.exec(path) ?? [];
  if (cluster === undefined) return undefined;
  if (name === "trust-bundle") return { data: { data: { root_cert: root.pem } } };
  if (name === "pending") return waiting(cluster, method, body);
  return kind === "metadata" ? metadataOf(secrets[cluster], method, body) : write(secrets[cluster], body);
}

function listsAnswer(method: string, path: string, body: MeshData): Answer | undefined {
  const { roots, intermediates, version } = revocation;
  if (path.endsWith("/roots")) return { data: { data: roots, metadata: { version: 1 } } };
  if (method === "GET")
    return version === 0 ? undefined : { data: { data: intermediates, metadata: { version } } };
  if (body.options.cas !== version) {
    return { status: 400, body: { errors: ["check-and-set parameter did not match the current version"] } };
  }
  revocation.intermediates = body.data;
  revocation.version += 1;
  return { data: { version: revocation.version } };
}

async function signed(csr: string) {
  const publicKey = Buffer.from(new x509.Pkcs10CertificateRequest(csr).publicKey.rawData);
  const intermediate = { name: "Intermediate CA", issuer: root, pathLength: 0, publicKey, ...signer };
  const { pem } = await TestCa.issue(intermediate);
  return { certificate: pem.trim(), ca_chain: [pem.trim(), root.pem.trim()] };
}

function metadataOf(secret: Secret, method: string, body: MeshData): Answer {
  if (method === "GET")
    return { data: { current_version: secret.version, custom_metadata: secret.metadata } };
  secret.metadata = body.custom_metadata;
  return {};
}

function write(secret: Secret, { options, data }: MeshData): Answer {
  if (options.cas !== secret.version) {
    return { status: 400, body: { errors: ["check-and-set parameter did not match the current version"] } };
  }
  secret.value = data;
  return { data: { version: ++secret.version } };
}

function waiting(cluster: string, method: string, body: MeshData): Answer | undefined {
  if (method === "GET") return pending[cluster] && { data: { data: pending[cluster] } };
  if (method === "DELETE") delete pending[cluster];
  else pending[cluster] = body.data;
  return { data: { version: 1 } };
}

const directory = mkdtempSync(join(tmpdir(), "issue-"));
afterAll(() => rmSync(directory, { recursive: true }));

/** Runs `istio-vault issue` on the tests' mesh.yaml with issuance external, changed. */
function issue(args: readonly string[], change: MeshChange = () => {}) {
  const home = meshDirectory((mesh, place) => {
    mesh.intermediates = { issuance: "external", keyAlgorithm: "ecdsa-p256" };
    change(mesh, place);
  });
  const env = { MESH_FILE: join(home, "mesh.yaml"), VAULT_ADDR: vault.address, VAULT_TOKEN: "hvs.x" };
  return runCommand(["issue", ...args], env);
}

const paths = () => vault.requests.map(({ method, path }) => `${method} ${path}`);

describe("issuing", () => {
  test("writes a sound intermediate, then says publicly what it is", async () => {
    const { code, stdout, stderr } = await issue(["--cluster", "cluster1"]);
    expect(stderr).toBe("\n1 issued.");
    expect(code).toBe(ExitCode.FINE);
    expect(stdout).toMatch(
      /^cluster1 {2}issued {2}requested {3}serial \w\w:\w\w:…:\w\w {2}expires \d{4}-\d\d-\d\d {3}version 0 -> 1$/,
    );
    const { value, metadata } = secrets.cluster1;
    expect(Object.keys(value)).toEqual(["ca_key", "ca_cert", "cert_chain"]);
    const certificate = new X509Certificate(value.ca_cert);
    // The root Vault sends along is left out: who verifies has it already.
    expect(value.cert_chain).toBe(value.ca_cert);
    expect(metadata).toEqual({
      serial: certificate.serialNumber.toLowerCase(),
      sha256: certificate.fingerprint256.replaceAll(":", "").toLowerCase(),
      root: "a",
      not_before: new Date(certificate.validFrom).toISOString(),
      not_after: new Date(certificate.validTo).toISOString(),
      version: "1",
    });
    expect(paths()).toEqual([
      "GET kubernetes-cluster1-secrets/metadata/istiod-service/certs",
      "GET kubernetes-cluster1-secrets/data/istiod-service/trust-bundle",
      "POST istio-root-a/issuer/a/sign-intermediate",
      "POST kubernetes-cluster1-secrets/data/istiod-service/certs",
      "POST kubernetes-cluster1-secrets/metadata/istiod-service/certs",
    ]);
  });

  test("asks Vault for exactly what its policy pins, all as texts", async () => {
    await issue(["--cluster", "cluster1"], (mesh) => (mesh.intermediates.validFor = "30d"));
    const { csr, ...parameters } = vault.requests[2].body;
    expect(csr).toContain("BEGIN CERTIFICATE REQUEST");
    expect(parameters).toEqual({
      common_name: "Intermediate CA",
      organization: "Istio",
      locality: "istiod-cluster1",
      alt_names: "istiod.istio-system.svc",
      exclude_cn_from_sans: "true",
      max_path_length: "0",
      use_csr_values: "false",
      ttl: "720h",
    });
  });

  test("all clusters at once, and nothing printed holds a key", async () => {
    const { code, stdout, stderr } = await issue(["--all"]);
    expect(code).toBe(ExitCode.FINE);
    expect(secrets).toMatchObject({ cluster1: { version: 1 }, cluster2: { version: 1 } });
    expect(stdout + stderr).not.toContain("PRIVATE KEY");
  });

  const places = {
    "the secret's versions": "kubernetes-cluster1-secrets/metadata/istiod-service/certs",
    "the bundle": "kubernetes-cluster1-secrets/data/istiod-service/trust-bundle",
    "the write": "kubernetes-cluster1-secrets/data/istiod-service/certs",
  };
  const answers: Record<string, Answer> = {
    HTML: { status: 200, body: "<html>" },
    "no data": {},
    "data without a value": { data: {} },
    null: { data: { data: null, current_version: null, version: null } },
    "other types": { data: { data: { root_cert: 5 }, current_version: "1", version: "1" } },
    "null among the versions": { data: { current_version: 1, versions: { 1: null } } },
  };
  test.each(
    Object.entries(places).flatMap(([place, path]) =>
      Object.entries(answers).map(([what, answer]): [string, string, string, Answer] => [
        ...([what, place, path] as const),
        answer,
      ]),
    ),
  )("%s as the answer for %s of one cluster stops no other", async (_what, _place, path, answer) => {
    instead = (request) => (request.path === path ? answer : undefined);
    const { code, stdout, stderr } = await issue(["--all"]);
    expect({ code, stderr }).toEqual({ code: ExitCode.UNKNOWN, stderr: "\n1 issued, 1 failed." });
    const [failed, issued, ...rest] = stdout.split("\n");
    expect(failed).toContain(
      `${vault.address} answered ${path} with something else than Vault would; check the address, and what stands between`,
    );
    expect(issued).toMatch(/^cluster2 {2}issued/);
    expect(rest).toEqual([]);
  });

  test.each<[string, object]>([
    ["null", { certificate: null, ca_chain: null }],
    ["no chain", { certificate: "x" }],
    ["a chain of null", { certificate: "x", ca_chain: [null] }],
    ["no certificate", { certificate: "x", ca_chain: ["y"] }],
  ])("a signer that answers %s writes nothing, in words", async (_, data) => {
    instead = ({ path }) => (path.endsWith("/sign-intermediate") ? { data } : undefined);
    const { code, stderr } = await issue(["--all"]);
    expect([ExitCode.UNKNOWN, ExitCode.REFUSED]).toContain(code);
    expect(stderr).toMatch(/^\n2 (failed|refused)\.$/);
    expect(secrets).toMatchObject({ cluster1: { version: 0 }, cluster2: { version: 0 } });
  });

  test("leaves alone what Terraform issues", async () => {
    await issue(["--all"], (mesh) => {
      mesh.clusters[0].intermediates = { issuance: "terraform", acceptKeysInState: true };
    });
    expect(secrets).toMatchObject({ cluster1: { version: 0 }, cluster2: { version: 1 } });
  });

  test("at an existing root, asks its mount and issuer", async () => {
    instead = ({ path, body }) =>
      path === "corp-pki/issuer/istio/sign-intermediate"
        ? { status: 403, body: { errors: [`asked by ${Object.keys(body)[0]}`] } }
        : undefined;
    const { stdout } = await issue(["--cluster", "cluster1"], (mesh) => {
      mesh.roots[0] = {
        name: "a",
        source: "existing",
        mountPath: "corp-pki",
        issuer: "istio",
        certificateFile: "clusters/cluster1-ca.pem",
      };
    });
    expect(stdout).toContain("Vault answered 403 on corp-pki/issuer/istio/sign-intermediate: asked by csr");
  });
});

describe("with revocation lists", () => {
  const listed =
    (lists: string): MeshChange =>
    (mesh) =>
      (mesh.revocation = { lists });
  const listsOf = (pem: string) =>
    (pem.match(/-----BEGIN X509 CRL-----[\s\S]+?-----END X509 CRL-----/g) ?? []).map(
      (list) => new x509.X509Crl(list),
    );

  test("the list first, then the intermediate with the same list, and a public word of it", async () => {
    const { code, stdout } = await issue(["--cluster", "cluster1"], listed("issued"));
    expect({ code, stdout }).toMatchObject({ code: ExitCode.FINE });
    expect(paths()).toEqual([
      "GET kubernetes-cluster1-secrets/metadata/istiod-service/certs",
      "GET kubernetes-cluster1-secrets/data/istiod-service/trust-bundle",
      "POST istio-root-a/issuer/a/sign-intermediate",
      "GET istio-revocation-lists/data/roots",
      "GET istio-revocation-lists/data/intermediates",
      "POST istio-revocation-lists/data/intermediates",
      "POST kubernetes-cluster1-secrets/data/istiod-service/certs",
      "POST kubernetes-cluster1-secrets/metadata/istiod-service/certs",
    ]);
    const { value, metadata } = secrets.cluster1;
    expect(value.ca_crl.trim()).toBe(revocation.intermediates.cluster1);
    expect(metadata).toMatchObject({ revocation_list: "issued" });
    const certificate = new x509.X509Certificate(value.ca_cert);
    const [own] = listsOf(value.ca_crl);
    expect(own).toMatchObject({ thisUpdate: certificate.notBefore, nextUpdate: certificate.notAfter });
    expect(own.entries).toEqual([]);
    expect(await own.verify({ publicKey: certificate })).toBe(true);
  });

  test("of a renamed cluster is where it was, under its name in Vault", async () => {
    const { code, stdout } = await issue(["--cluster", "paris"], (mesh, directory) => {
      listed("issued")(mesh, directory);
      Object.assign(mesh.clusters[0], { name: "paris", nameInVault: "cluster1" });
    });
    expect({ code, stdout }).toMatchObject({
      code: ExitCode.FINE,
      stdout: expect.stringMatching(/^paris /m),
    });
    expect(secrets.cluster1.version).toBe(1);
    expect(Object.keys(revocation.intermediates)).toEqual(["cluster1"]);
    expect(new x509.X509Certificate(secrets.cluster1.value!.ca_cert!).subject).not.toContain("paris");
  });

  test("keeps the lists of intermediates that may still have leaves, and those of other clusters", async () => {
    await issue(["--all"], listed("issued"));
    await issue(["--cluster", "cluster1"], listed("issued"));
    const { cluster1, cluster2 } = revocation.intermediates;
    expect([cluster1, cluster2].map((pem) => listsOf(pem).length)).toEqual([2, 1]);
    expect(cluster1.startsWith(secrets.cluster1.value!.ca_crl.trim())).toBe(true);
  });

  test("drops the list of an intermediate that has expired", async () => {
    revocation.intermediates.cluster1 = (await root.list({ end: new Date(Date.now() - 1000) })).trim();
    await issue(["--cluster", "cluster1"], listed("issued"));
    expect(listsOf(revocation.intermediates.cluster1)).toHaveLength(1);
  });

  test("an issuer that another was quicker than reads again, and loses nothing", async () => {
    let lost = 2;
    instead = ({ method, path }) => {
      if (method !== "POST" || path !== "istio-revocation-lists/data/intermediates" || lost === 0)
        return undefined;
      lost -= 1;
      revocation.intermediates.cluster9 = `of another ${lost}`;
      revocation.version += 1;
      return undefined;
    };
    const { code } = await issue(["--cluster", "cluster1"], listed("issued"));
    expect(code).toBe(ExitCode.FINE);
    expect(Object.keys(revocation.intermediates).sort()).toEqual(["cluster1", "cluster9"]);
    expect(revocation.intermediates.cluster9).toBe("of another 0");
  });

  test("gives up where others are always quicker", async () => {
    jest.spyOn(Math, "random").mockReturnValue(0);
    instead = ({ method, path }) =>
      method === "POST" && path === "istio-revocation-lists/data/intermediates"
        ? { status: 400, body: { errors: ["check-and-set parameter did not match the current version"] } }
        : undefined;
    const { code, stdout } = await issue(["--cluster", "cluster1"], listed("issued"));
    expect(code).toBe(ExitCode.UNKNOWN);
    expect(stdout).toBe(
      "cluster1  failed  other issuers wrote the revocation lists 60 times in between; issue again",
    );
    expect(secrets.cluster1.version).toBe(0);
    jest.restoreAllMocks();
  });

  test("writes nothing where the root has no list: proxies would refuse the chain", async () => {
    revocation.roots = {};
    const { code, stdout } = await issue(["--cluster", "cluster1"], listed("issued"));
    expect(code).toBe(ExitCode.REFUSED);
    expect(stdout).toContain('ca-crl.pem: holds no list that "CN=Root CA" signed');
    expect(secrets.cluster1.version).toBe(0);
    expect(revocation.intermediates).toEqual({});
  });

  test("what signed no list is due", async () => {
    await issue(["--all"]);
    const { stdout } = await issue(["--due", "--dry-run"], listed("issued"));
    expect(stdout).toBe(
      "cluster1  due  it signed no revocation list\ncluster2  due  it signed no revocation list",
    );
  });
});

describe("--due", () => {
  test("a second run issues nothing", async () => {
    await issue(["--due"]);
    vault.requests.length = 0;
    const { stdout, stderr } = await issue(["--due"]);
    expect(stdout).toBe("cluster1  not due  1 of 91 days used\ncluster2  not due  1 of 91 days used");
    expect(stderr).toBe("\n2 not due.");
    expect(paths().every((path) => path.startsWith("GET") && path.includes("/metadata/"))).toBe(true);
  });

  test("another margin makes it due", async () => {
    await issue(["--all"]);
    await issue(["--due", "--expires-in", "90d", "--cluster", "cluster1"]);
    expect(secrets).toMatchObject({ cluster1: { version: 2 }, cluster2: { version: 1 } });
  });

  test("a root's name in Vault is shown without a secret", async () => {
    await issue(["--all"]);
    secrets.cluster1.metadata!.root = "hvs.CAESIJ\n";
    const { stdout } = await issue(["--due", "--dry-run", "--cluster", "cluster1"]);
    expect(stdout).toBe("cluster1  due  signed by root (not shown), but mesh.yaml says a");
  });

  test("--dry-run looks at public facts alone", async () => {
    const { code, stdout } = await issue(["--due", "--dry-run", "-o", "short"]);
    expect(code).toBe(ExitCode.FINE);
    expect(stdout).toBe("cluster1 due\ncluster2 due");
    expect(paths().filter((path) => !path.includes("/metadata/"))).toEqual([]);
    expect(secrets.cluster1.version).toBe(0);
  });
});

test("-o json is data alone", async () => {
  const { stdout, stderr } = await issue(["--cluster", "cluster1", "-o", "json"]);
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toEqual({
    schemaVersion: 1,
    clusters: [
      {
        cluster: "cluster1",
        result: "issued",
        reason: "requested",
        serial: secrets.cluster1.metadata!.serial,
        sha256: secrets.cluster1.metadata!.sha256,
        root: "a",
        notBefore: secrets.cluster1.metadata!.not_before,
        notAfter: secrets.cluster1.metadata!.not_after,
        version: 1,
        previousVersion: 0,
      },
    ],
  });
});

describe("what stands in the way", () => {
  test("another issuer was faster: nothing is written, and that is said", async () => {
    instead = ({ path }) => {
      if (path.endsWith("sign-intermediate")) secrets.cluster1.version = 7;
      return undefined;
    };
    const { code, stdout } = await issue(["--cluster", "cluster1"]);
    expect(code).toBe(ExitCode.FINE);
    expect(stdout).toBe(
      "cluster1  overtaken  another issuer replaced version 0 first; the intermediate of this run is discarded",
    );
    expect(secrets.cluster1).toEqual({ version: 7, metadata: null });
  });

  test("a signer that makes no CA: refused, and nothing is written", async () => {
    signer = { ca: false };
    const { code, stdout } = await issue(["--cluster", "cluster1"]);
    expect(code).toBe(ExitCode.REFUSED);
    expect(stdout).toMatch(
      /^cluster1 {2}refused {2}not written: istiod would not serve with the certificate that root a signed and the bundle in Vault:\n {21}.*ca-cert\.pem: .*\(IV05\d\d, docs\/rules\.md#iv05\d\d\)/,
    );
    expect(secrets.cluster1.version).toBe(0);
  });

  test("a login without the issuer's policy: says what it holds and what it needs", async () => {
    instead = ({ path }) =>
      path.endsWith("sign-intermediate")
        ? { status: 403, body: { errors: ["permission denied"] } }
        : undefined;
    const { code, stdout, stderr } = await issue(["--all", "--cluster", "cluster1"]);
    expect(code).toBe(ExitCode.UNKNOWN);
    expect(stderr).toBe("\n1 failed.");
    expect(stdout).toBe(
      'cluster1  failed  Vault answered 403 on istio-root-a/issuer/a/sign-intermediate: permission denied; this login holds policies [default]; it needs "istio-issuer-cluster1" (docs/permission-denied.md#issuer)',
    );
  });

  test("a policy older than mesh.yaml: says what to deploy", async () => {
    instead = ({ path }) => {
      if (path === "auth/token/lookup-self") return { data: { policies: ["istio-issuer-cluster1"] } };
      return path.endsWith("sign-intermediate") ? { status: 403, body: { errors: [] } } : undefined;
    };
    expect((await issue(["--cluster", "cluster1"])).stdout).toContain(
      '"istio-issuer-cluster1" in Vault differs from mesh.yaml: deploy its Vault stack',
    );
  });

  test("a token Vault does not know", async () => {
    instead = () => ({ status: 403, body: { errors: ["permission denied"] } });
    expect((await issue(["--cluster", "cluster1"])).stdout).toContain("Vault does not know this login");
  });

  test("one cluster fails, the other is issued", async () => {
    instead = ({ path }) =>
      path.includes("cluster1") ? { status: 503, body: { errors: ["Vault is sealed"] } } : undefined;
    const { code, stdout, stderr } = await issue(["--all"]);
    expect(code).toBe(ExitCode.UNKNOWN);
    expect(stderr).toBe("\n1 issued, 1 failed.");
    expect(stdout).toContain(
      "cluster1  failed  Vault answered 503 on kubernetes-cluster1-secrets/metadata/istiod-service/certs: Vault is sealed",
    );
  });

  test.each([
    [
      "metadata/istiod-service/certs",
      "kubernetes-cluster1-secrets has no secret for the intermediate; deploy its Vault stack first",
    ],
    [
      "data/istiod-service/trust-bundle",
      "kubernetes-cluster1-secrets has no trust bundle; deploy its Vault stack first",
    ],
  ])("its Vault stack was not deployed: no %s", async (missing, message) => {
    instead = ({ path }) => (path.endsWith(missing) ? { status: 404, body: { errors: [] } } : undefined);
    expect((await issue(["--cluster", "cluster1"])).stdout).toBe(`cluster1  failed  ${message}`);
  });
});

describe("a root that signs outside of Vault", () => {
  const offline: MeshChange = (mesh, place) => {
    writeFileSync(join(place, "root.pem"), root.pem);
    mesh.roots[0] = { name: "a", source: "offline", certificateFile: "root.pem" };
  };
  const csr = join(directory, "cluster1.csr");
  const chain = join(directory, "cluster1.pem");

  test("gets a request, the same one until its certificate comes, and then the secret is written", async () => {
    expect(await issue(["--cluster", "cluster1", "--csr-out", csr], offline)).toEqual({
      code: ExitCode.FINE,
      stdout: "",
      stderr: `cluster1: have ${csr} signed as a CA with pathlen 0, then import the certificate with --certificate-in`,
    });
    const request = readFileSync(csr, "utf8");
    await issue(["--cluster", "cluster1", "--csr-out", csr], offline);
    expect(readFileSync(csr, "utf8")).toBe(request);

    writeFileSync(chain, (await signed(request)).certificate);
    const { code, stdout } = await issue(["--cluster", "cluster1", "--certificate-in", chain], offline);
    expect(code).toBe(ExitCode.FINE);
    expect(stdout).toContain("cluster1  issued  certificate imported");
    expect(secrets.cluster1.value.ca_key).toContain("PRIVATE KEY");
    expect(secrets.cluster1.metadata).toMatchObject({ root: "a", version: "1" });
    expect(pending).toEqual({});
  });

  test("the certificate of another key is refused, and the key goes on waiting", async () => {
    await issue(["--cluster", "cluster1", "--csr-out", csr], offline);
    writeFileSync(chain, (await TestCa.issue({ name: "Other", issuer: root, pathLength: 0 })).pem);
    const { code, stderr } = await issue(["--cluster", "cluster1", "--certificate-in", chain], offline);
    expect(code).toBe(ExitCode.REFUSED);
    expect(stderr).toContain("not written: istiod would not serve");
    expect(Object.keys(pending)).toEqual(["cluster1"]);
  });

  test("does not sign by itself", async () => {
    expect((await issue(["--cluster", "cluster1"], offline)).stdout).toBe(
      "cluster1  failed  root a signs outside Vault; write a request with --csr-out, and import the certificate with --certificate-in",
    );
  });

  test.each([
    ["no key waits", chain, "cluster1 has no pending request; write one with --csr-out first"],
    ["the file is not there", "/nowhere/x.pem", '"/nowhere/x.pem": no such file'],
  ])("fails where %s", async (_name, file, message) => {
    writeFileSync(chain, root.pem);
    const { code, stderr } = await issue(["--cluster", "cluster1", "--certificate-in", file], offline);
    expect([code, stderr]).toEqual([ExitCode.USAGE, message]);
  });

  test("a chain with its root, text and CRLF, as people bring it back, is taken", async () => {
    await issue(["--cluster", "cluster1", "--csr-out", csr], offline);
    const { certificate } = await signed(readFileSync(csr, "utf8"));
    const brought = `Certificate:\n    Data:\n${certificate}\n${root.pem}`;
    writeFileSync(chain, brought.replaceAll("\n", "\r\n"));
    const { code, stdout } = await issue(["--cluster", "cluster1", "--certificate-in", chain], offline);
    expect({ code, stdout }).toEqual({ code: ExitCode.FINE, stdout: expect.stringContaining("  issued  ") });
  });

  test.each<[string, () => Buffer | string]>([
    ["a request", () => readFileSync(csr)],
    ["DER", () => Buffer.from(root.certificate.rawData)],
    ["PKCS #7", () => root.pem.replaceAll(" CERTIFICATE-", " PKCS7-")],
  ])("fails for %s in place of a certificate, and says what writes one", async (_, contents) => {
    await issue(["--cluster", "cluster1", "--csr-out", csr], offline);
    const file = join(directory, "other");
    writeFileSync(file, contents());
    const { stderr } = await issue(["--cluster", "cluster1", "--certificate-in", file], offline);
    expect(stderr).toBe(
      "the file of --certificate-in contains no certificate; give the intermediate's first, then its chain, as PEM (openssl pkcs7 -print_certs, or openssl x509 -inform der, writes that)",
    );
  });
});

describe("in a deploy", () => {
  const declared = {
    cluster: "cluster1",
    generation: 1,
    root: "a",
    root_mount: "istio-root-a",
    root_issuer: "a",
    key_algorithm: "ecdsa-p256",
    valid_for: "17520h",
    istio_namespace: "istio-system",
    secrets_mount: "kubernetes-cluster1-secrets",
    certificates_path: "istiod-service/certs",
    trust_bundle_path: "istiod-service/trust-bundle",
  };
  const TEXT = "generation 1 under root a, ecdsa-p256, 17520h, for istiod.istio-system.svc";
  const READ = "GET kubernetes-cluster1-secrets/metadata/istiod-service/certs";

  /** Runs what Terraform runs, without a mesh.yaml. */
  function deploy(change: object = {}, env: NodeJS.ProcessEnv = {}) {
    vault.requests.length = 0;
    const variables = { VAULT_ADDR: vault.address, VAULT_TOKEN: "hvs.x", MESH_FILE: "/nowhere" };
    const intermediate = JSON.stringify({ ...declared, ...change });
    return runCommand(["issue", "--declared"], {
      ...variables,
      ISTIO_VAULT_INTERMEDIATE: intermediate,
      ...env,
    });
  }
  const issued = (reason: string, versions: string) =>
    expect.stringMatching(
      new RegExp(
        `^cluster1 {2}issued {2}${reason} {3}serial \\w\\w:\\w\\w:…:\\w\\w {2}expires \\d{4}-\\d\\d-\\d\\d {3}version ${versions}$`,
      ),
    );

  test("issues what is declared, and says in the secret's metadata what that was", async () => {
    expect(await deploy()).toEqual({
      code: ExitCode.FINE,
      stdout: issued(`none issued yet; ${TEXT}`, "0 -> 1"),
      stderr: "\n1 issued.",
    });
    expect(secrets.cluster1.metadata).toMatchObject({ root: "a", version: "1", declared: TEXT });
    expect(Object.keys(secrets.cluster1.value)).toEqual(["ca_key", "ca_cert", "cert_chain"]);
    expect(vault.requests[2].body).toMatchObject({ locality: "istiod-cluster1", ttl: "17520h" });
  });

  test("run again, does nothing", async () => {
    await deploy();
    expect(await deploy()).toEqual({
      code: ExitCode.FINE,
      stdout: `cluster1  not due  version 1 is what is declared: ${TEXT}`,
      stderr: "\n1 not due.",
    });
    expect(paths()).toEqual([READ]);
  });

  test.each([
    ["generation", { generation: 2 }, TEXT.replace("1", "2")],
    ["lifetime", { valid_for: "720h" }, TEXT.replace("17520h", "720h")],
    ["key", { key_algorithm: "ecdsa-p384" }, TEXT.replace("p256", "p384")],
    ["namespace", { istio_namespace: "mesh" }, TEXT.replace("istio-system", "mesh")],
  ])("issues again for another %s", async (_, change, text) => {
    await deploy();
    const { stdout } = await deploy(change);
    expect(stdout).toEqual(issued(`now declared: ${text}`, "1 -> 2"));
  });

  test("issues under another root, at its mount", async () => {
    await deploy();
    instead = ({ path, body }) =>
      path === "corp/pki/issuer/mesh/sign-intermediate"
        ? (signed(body.csr).then((data) => ({ data })) as Answer)
        : undefined;
    const { stdout } = await deploy({ root: "b", root_mount: "corp/pki", root_issuer: "mesh" });
    expect(stdout).toEqual(issued(`now declared: ${TEXT.replace("root a", "root b")}`, "1 -> 2"));
  });

  test("replaces what Terraform or a person wrote, and what a run left that was killed before its record", async () => {
    secrets.cluster1 = { version: 3, metadata: null };
    const { stdout } = await deploy();
    expect(stdout).toEqual(issued("version 3 was written without an issuer's record", "3 -> 4"));
  });

  test("a schedule's renewal is what is declared, too", async () => {
    const asDeclared: MeshChange = (mesh) =>
      (mesh.intermediates = { issuance: "deploy", keyAlgorithm: "ecdsa-p256" });
    await issue(["--all"], asDeclared);
    expect((await deploy()).stdout).toBe(`cluster1  not due  version 1 is what is declared: ${TEXT}`);
  });

  test("of two deploys at once one fails, and finds when run again that all is done", async () => {
    const runs = await Promise.all([deploy(), deploy()]);
    expect(runs.map(({ code }) => code).sort()).toEqual([ExitCode.FINE, ExitCode.UNKNOWN]);
    expect(runs.find(({ code }) => code !== 0)).toEqual({
      code: ExitCode.UNKNOWN,
      stdout:
        "cluster1  failed  another issuer replaced version 0 first; the intermediate of this run is discarded; deploy again",
      stderr: "\n1 failed.",
    });
    expect((await deploy()).stdout).toMatch(/^cluster1 {2}not due/);
  });

  test("Vault gone after it signed: nothing is written, and the next run issues", async () => {
    const write = "kubernetes-cluster1-secrets/data/istiod-service/certs";
    instead = ({ path }) =>
      path === write ? { status: 503, body: { errors: ["Vault is sealed"] } } : undefined;
    expect(await deploy()).toEqual({
      code: ExitCode.UNKNOWN,
      stdout: `cluster1  failed  Vault answered 503 on ${write}: Vault is sealed`,
      stderr: "\n1 failed.",
    });
    expect(secrets.cluster1).toEqual({ version: 0, metadata: null });
    instead = () => undefined;
    expect((await deploy()).code).toBe(ExitCode.FINE);
  });

  test("what istiod would not serve with is not written", async () => {
    signer = { ca: false };
    const { code, stdout, stderr } = await deploy();
    expect({ code, stderr }).toEqual({ code: ExitCode.REFUSED, stderr: "\n1 refused." });
    expect(stdout).toContain(
      "cluster1  refused  not written: istiod would not serve with the certificate that root a signed and the bundle in Vault:",
    );
    expect(secrets.cluster1).toEqual({ version: 0, metadata: null });
  });

  test("what the deployer may not do is said with where to look", async () => {
    const path = "istio-root-a/issuer/a/sign-intermediate";
    instead = (request) =>
      request.path === path ? { status: 403, body: { errors: ["permission denied"] } } : undefined;
    expect((await deploy()).stdout).toBe(
      `cluster1  failed  Vault answered 403 on ${path}: permission denied; this login holds policies [default]; write the deployer's policy again (docs/permission-denied.md#terraform)`,
    );
  });

  test("nothing it prints holds a key", async () => {
    const { stdout, stderr } = await deploy();
    expect(stdout + stderr).not.toMatch(/PRIVATE KEY|hvs\.x/);
  });

  test.each([
    [
      { ISTIO_VAULT_INTERMEDIATE: "" },
      'ISTIO_VAULT_INTERMEDIATE is not set: --declared is for Terraform, which sets it in a deploy with issuance "deploy"; use --cluster <name>, --all or --due',
    ],
    ...["{", "{}", JSON.stringify({ ...declared, more: 1 })].map((text): [NodeJS.ProcessEnv, string] => [
      { ISTIO_VAULT_INTERMEDIATE: text },
      "ISTIO_VAULT_INTERMEDIATE has another form than this version writes; synthesize and deploy with one version of the package",
    ]),
    ...Object.keys(declared)
      .filter((key) => /_path|_mount|_issuer/.test(key))
      .map((key): [NodeJS.ProcessEnv, string] => [
        { ISTIO_VAULT_INTERMEDIATE: JSON.stringify({ ...declared, [key]: "sys/+" }) },
        "ISTIO_VAULT_INTERMEDIATE has another form than this version writes; synthesize and deploy with one version of the package",
      ]),
    [{ VAULT_ADDR: "" }, "no address of Vault: set VAULT_ADDR, or address of the stack's Vault provider"],
    [
      { VAULT_TOKEN: "", HOME: "/nowhere" },
      "no credential for Vault: set VAULT_TOKEN, or VAULT_ROLE_ID and VAULT_SECRET_ID, or VAULT_ID_TOKEN, or run vault login",
    ],
  ])("%j is refused", async (env, message) => {
    expect(await deploy({}, env)).toEqual({ code: ExitCode.USAGE, stdout: "", stderr: message });
    expect(vault.requests).toEqual([]);
  });
});

describe("the command line", () => {
  test.each([
    [[], "error: no clusters selected; use --cluster <name>, --all or --due"],
    [
      ["--all", "--csr-out", "x"],
      "error: --csr-out and --certificate-in need exactly one cluster; use --cluster <name>",
    ],
    [
      ["--cluster", "cluster9"],
      'no cluster "cluster9" with issuance "deploy" or "external"; mesh.yaml has: cluster1, cluster2',
    ],
    [
      ["--due", "--expires-in", "soon"],
      '--expires-in is "soon"; write a share of the lifetime, such as "66%", or the time left, such as "720h"',
    ],
  ])("%j is refused", async (args, message) => {
    expect(await issue(args)).toEqual({ code: ExitCode.USAGE, stdout: "", stderr: message });
  });

  test("fails where Terraform issues everything", async () => {
    const { code, stderr } = await issue(["--all"], (mesh) => {
      mesh.intermediates = { issuance: "terraform", acceptKeysInState: true };
    });
    expect([code, stderr]).toEqual([
      ExitCode.USAGE,
      'no cluster has issuance "deploy" or "external": Terraform issues all intermediates; raise intermediates.generation to renew',
    ]);
  });
});
