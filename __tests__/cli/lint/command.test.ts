import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ExitCode } from "../../../cli/command-line/exit-code";
import { PLUGIN_CA_FILE_NAMES, type PluginCaFiles } from "../../../cli/lint/plugin-ca-files";
import { type Bundles, pluginCaBundles } from "../../support/plugin-ca-bundles";
import { type Answering, FakeVault } from "../../support/fake-vault";
import { meshDirectory } from "../../support/mesh-file";
import { runCommand } from "../../support/terminal";
import { NOW, TestCa } from "../../support/test-ca";

let bundles: Bundles;
beforeAll(async () => {
  bundles = await pluginCaBundles();
});

/** A new directory with the files of a bundle. */
function directoryOf(name: string): string {
  const directory = mkdtempSync(join(tmpdir(), "lint-"));
  for (const [file, text] of Object.entries(bundles[name]!)) {
    writeFileSync(join(directory, PLUGIN_CA_FILE_NAMES[file as keyof typeof PLUGIN_CA_FILE_NAMES]), text);
  }
  return directory;
}

const lint = (...args: string[]) => runCommand(["lint", ...args]);

const UNORDERED =
  "is not in order; istiod takes the first certificate for its own in metrics and lifetimes, and strict TLS clients refuse such a chain; write the intermediate first, then each issuer";
const HOLDS_ROOT =
  'holds the root "CN=Root A"; harmless, but every handshake carries it for nothing; remove it';
const EMPTY =
  "is empty; without the chain istiod serves nobody, without any of the others it does not start; write its PEM text";

test("says that sound files are fine", async () => {
  const directory = directoryOf("sound");
  expect(await lint("--directory", directory)).toEqual({
    code: ExitCode.FINE,
    stdout: `${directory}  fine`,
    stderr: "\n0 errors, 0 warnings.",
  });
});

test("shows warnings, and ends with 0 unless told otherwise", async () => {
  const directory = directoryOf("chain: root, intermediate");
  const run = await lint("-d", directory);
  expect(run).toEqual({
    code: ExitCode.FINE,
    stdout: [
      directory,
      `  warning  cert-chain.pem: ${HOLDS_ROOT}  (IV0523, docs/rules.md#iv0523)`,
      `  warning  cert-chain.pem: ${UNORDERED}  (IV0522, docs/rules.md#iv0522)`,
    ].join("\n"),
    stderr: "\n0 errors, 2 warnings.",
  });
  expect(await lint("-d", directory, "--fail-on", "warning")).toEqual({ ...run, code: ExitCode.REFUSED });
});

test("refuses files that istiod would not serve on", async () => {
  const directory = directoryOf("chain empty");
  expect(await lint("-d", directory)).toEqual({
    code: ExitCode.REFUSED,
    stdout: `${directory}\n  error    cert-chain.pem: ${EMPTY}  (IV0503, docs/rules.md#iv0503)`,
    stderr: "\n1 error, 0 warnings.",
  });
});

test("writes one line for each finding", async () => {
  const directory = directoryOf("chain empty");
  expect(await lint("-d", directory, "-o", "short")).toEqual({
    code: ExitCode.REFUSED,
    stdout: `${directory}/cert-chain.pem: error IV0503: ${EMPTY}`,
    stderr: "",
  });
});

test("writes findings as JSON", async () => {
  const directory = directoryOf("chain empty");
  const { code, stdout, stderr } = await lint("-d", directory, "-o", "json");
  expect([code, stderr]).toEqual([ExitCode.REFUSED, ""]);
  expect(JSON.parse(stdout)).toEqual({
    schemaVersion: 1,
    findings: [
      {
        target: directory,
        file: "cert-chain.pem",
        rule: "IV0503",
        level: "error",
        message: EMPTY,
        page: "docs/rules.md#iv0503",
      },
    ],
  });
});

test("leaves out what is suppressed, and says why", async () => {
  const directory = directoryOf("chain: root, intermediate");
  const options = ["--fail-on", "warning", "--suppress", "IV0523=our root is small"];
  const { code, stdout, stderr } = await lint("-d", directory, ...options);
  expect(code).toBe(ExitCode.REFUSED);
  expect(stdout).not.toContain("IV0523");
  expect(stderr).toBe("suppressed: 1 of IV0523, since our root is small\n\n0 errors, 1 warning.");
  const both = await lint("-d", directory, ...options, "--suppress", "IV0522=made by a tool");
  expect(both.code).toBe(ExitCode.FINE);
  expect(both.stdout).toBe(`${directory}  fine`);
});

test("compares several directories as clusters", async () => {
  const [one, two] = [directoryOf("sound"), directoryOf("sound, of another key")];
  expect((await lint("-d", one, two)).stdout).toBe(`${one}  fine\n${two}  fine`);
  const { code, stdout } = await lint("-d", one, "-d", one);
  expect(code).toBe(ExitCode.REFUSED);
  expect(stdout).toBe(
    `${one}  fine\n${one}  fine\nall of them\n  error    ${one} and ${one} use the same key; who takes it from one is the CA of both; issue one intermediate for each  (IV0534, docs/rules.md#iv0534)`,
  );
});

test("takes the files one by one, the key left out", async () => {
  const directory = directoryOf("sound");
  const path = (file: string) => join(directory, file);
  const publicFiles = ["--ca-cert", path("ca-cert.pem"), "--cert-chain", path("cert-chain.pem")];
  const roots = ["--root-cert", path("root-cert.pem")];
  expect((await lint(...publicFiles, ...roots)).stdout).toBe("files  fine");
  expect((await lint(...publicFiles, ...roots, "--ca-key", path("ca-key.pem"))).stdout).toBe("files  fine");
  const wrongKey = join(directoryOf("key of another certificate"), "ca-key.pem");
  expect((await lint(...publicFiles, ...roots, "--ca-key", wrongKey)).stdout).toContain("IV0509");
  expect((await lint(...publicFiles)).stdout).toContain("root-cert.pem: is missing");
});

test("says whether a running istiod takes a new bundle", async () => {
  const directory = directoryOf("CRLF in root-cert.pem");
  const previous = ["--previous-root-cert", join(directoryOf("sound"), "root-cert.pem")];
  expect((await lint("-d", directory, ...previous, "--istio-version", "1.29.6")).stdout).toContain("IV0532");
  expect((await lint("-d", directory, ...previous, "--istio-version", "1.30.0")).code).toBe(ExitCode.FINE);
});

describe("clusters", () => {
  let vault: FakeVault;
  let secrets: Record<string, object>;
  let instead: Answering;
  beforeAll(async () => {
    vault = await FakeVault.start(
      async (request) =>
        (await instead(request)) ??
        (secrets[request.path] ? { data: { data: secrets[request.path] } } : undefined),
    );
  });
  afterAll(() => vault.stop());
  beforeEach(() => {
    secrets = {};
    instead = () => undefined;
  });

  const put = (cluster: string, { caKey, caCert, certChain, rootCert }: PluginCaFiles) => {
    const at = `kubernetes-${cluster}-secrets/data/istiod-service`;
    secrets[`${at}/certs`] = { ca_key: caKey, ca_cert: caCert, cert_chain: certChain };
    secrets[`${at}/trust-bundle`] = { root_cert: rootCert };
  };
  let renamed = {};
  afterEach(() => (renamed = {}));
  const lintClusters = (names: string | readonly string[], ...more: (string | object)[]) => {
    const [revocation] = more.filter((one) => typeof one === "object");
    const args = [names, ...more].flat().filter((one) => typeof one === "string");
    const mesh = join(
      meshDirectory((data) => {
        data.vault.address = vault.address;
        data.agent = { renderInterval: "5m" };
        Object.assign(data.clusters[1], renamed);
        if (revocation) Object.assign(data, { revocation, intermediates: { issuance: "deploy" } });
      }),
      "mesh.yaml",
    );
    return runCommand(["lint", "--cluster", ...args], { MESH_FILE: mesh, VAULT_TOKEN: "of-the-user" });
  };

  test("are read from their secrets in Vault, by the user's own token", async () => {
    put("cluster1", bundles.sound!);
    put("cluster2", bundles["sound, of another key"]!);
    expect(await lintClusters("cluster1", "cluster2")).toEqual({
      code: ExitCode.FINE,
      stdout: "cluster1  fine\ncluster2  fine",
      stderr: "\n0 errors, 0 warnings.",
    });
    expect(new Set(vault.requests.map(({ token }) => token))).toEqual(new Set(["of-the-user"]));
  });

  test("that are renamed are read where they were", async () => {
    renamed = { name: "paris", nameInVault: "cluster2" };
    put("cluster2", bundles.sound!);
    expect((await lintClusters("paris")).stdout).toBe("paris  fine");
  });

  test("are checked as directories are", async () => {
    put("cluster1", bundles["chain empty"]!);
    const { code, stdout } = await lintClusters("cluster1");
    expect(code).toBe(ExitCode.REFUSED);
    expect(stdout).toBe(`cluster1\n  error    cert-chain.pem: ${EMPTY}  (IV0503, docs/rules.md#iv0503)`);
  });

  test("need an end far enough for the agent's next look", async () => {
    const root = await TestCa.issue({ name: "Root" });
    const soon = new Date(NOW.getTime() + 60_000);
    const { keyPem, pem } = await TestCa.issue({ name: "Intermediate", issuer: root, notAfter: soon });
    put("cluster1", { caKey: keyPem, caCert: pem, certChain: pem, rootCert: root.pem });
    expect((await lintClusters("cluster1")).stdout).toMatch(
      /the agent looks for a new one every 5m; .*IV0513/,
    );
  });

  test("have no serial number in their subjects, which no policy can forbid", async () => {
    const root = await TestCa.issue({ name: "Root" });
    const { keyPem, pem } = await TestCa.issue({ name: "Intermediate CA, 2.5.4.5=77", issuer: root });
    put("cluster1", { caKey: keyPem, caCert: pem, certChain: pem, rootCert: root.pem });
    expect((await lintClusters("cluster1")).stdout).toContain(
      'ca-cert.pem: its subject contains the serial number "77", which Vault copies from the request and no policy can forbid; check who issued it, and issue it again with "istio-vault issue"  (IV0556, docs/rules.md#iv0556)',
    );
  });

  test("have lists where mesh.yaml says so, each its own beside its intermediate", async () => {
    const root = await TestCa.issue({ name: "Root" });
    const intermediates = await Promise.all(
      ["One", "Other"].map((name) => TestCa.issue({ name, issuer: root })),
    );
    const lists = await Promise.all(intermediates.map((ca) => ca.list()));
    intermediates.forEach(({ keyPem, pem }, index) =>
      put(`cluster${index + 1}`, { caKey: keyPem, caCert: pem, certChain: pem, rootCert: root.pem }),
    );
    const [one] = ["cluster1"].map((name) => `kubernetes-${name}-secrets/data/istiod-service/certs`);
    secrets[one!] = { ...secrets[one!], ca_crl: lists[0]! };
    secrets["istio-revocation-lists/data/roots"] = { a: await root.list() };
    secrets["istio-revocation-lists/data/intermediates"] = { cluster1: lists[0]!, cluster2: lists[1]! };
    const { code, stdout } = await lintClusters(["cluster1", "cluster2"], { lists: "issued" });
    expect({ code, stdout }).toEqual({
      code: ExitCode.REFUSED,
      stdout: [
        "cluster1  fine",
        "cluster2",
        '  error    ca-crl.pem: is not in the intermediate\'s secret, though mesh.yaml has revocation lists; agents render no lists, and a new istiod waits for them at its start; issue the intermediate again with "istio-vault issue"  (IV0559, docs/rules.md#iv0559)',
      ].join("\n"),
    });
  });

  test("lack a value that the agent could not write", async () => {
    put("cluster1", { ...bundles.sound, certChain: undefined });
    expect((await lintClusters("cluster1")).stdout).toContain("cert-chain.pem: is missing");
  });

  const strange = "answered kubernetes-cluster2-secrets/data/istiod-service/certs with something else than";
  test.each<[string, object | undefined, string]>([
    ["nothing", undefined, "Vault holds nothing at kubernetes-cluster2-secrets/data/istiod-service/certs"],
    ["HTML", { status: 200, body: "<html>" }, strange],
    ["no data", {}, strange],
    ["null", { data: { data: null } }, strange],
    ["a list", { data: { data: [] } }, strange],
    ["numbers", { data: { data: { ca_key: 5 } } }, strange],
    [
      "403",
      { status: 403, body: { errors: ["1 error occurred:\n\t* permission denied\n\n"] } },
      "Vault answered 403 on kubernetes-cluster2-secrets/data/istiod-service/certs: permission denied",
    ],
  ])("where one answers %s, the others are checked", async (_, answer, failure) => {
    put("cluster1", bundles.sound!);
    put("cluster2", bundles.sound!);
    instead = ({ path }) =>
      path === "kubernetes-cluster2-secrets/data/istiod-service/certs"
        ? (answer ?? { status: 404, body: {} })
        : undefined;
    const { code, stdout, stderr } = await lintClusters("cluster2", "cluster1");
    expect({ code, stdout }).toEqual({ code: ExitCode.UNKNOWN, stdout: "cluster1  fine" });
    expect(stderr).toContain(`\ncluster2: not checked: `);
    expect(stderr).toContain(failure);
    expect(stderr.trim().split("\n")).toHaveLength(2);
  });

  test("fail where a secret is not there, or no such cluster is", async () => {
    expect(await lintClusters("cluster1")).toEqual({
      code: ExitCode.UNKNOWN,
      stdout: "",
      stderr: expect.stringMatching(
        /^cluster1: not checked: Vault holds nothing at kubernetes-cluster1-secrets\/data\/istiod-service\/(certs|trust-bundle); deploy its Vault stack, and issue the intermediate$/,
      ),
    });
    expect(await lintClusters("cluster9")).toEqual({
      code: ExitCode.USAGE,
      stdout: "",
      stderr: 'no cluster "cluster9"; mesh.yaml has: cluster1, cluster2',
    });
  });
});

test.each([
  [
    [],
    "error: name a directory by --directory, a cluster by --cluster, or files by --ca-cert, --cert-chain and --root-cert",
  ],
  [
    ["-d", "x", "--istio-version", "1.29.6"],
    "error: --previous-root-cert and --istio-version belong together",
  ],
  [
    ["-d", "x", "--suppress", "IV0523"],
    `error: option '--suppress <rule=reason>' argument 'IV0523' is invalid. Write a rule and the reason, such as "IV0523=our root is small".`,
  ],
  [
    ["-d", "x", "--suppress", "IV0599=no"],
    "error: option '--suppress <rule=reason>' argument 'IV0599=no' is invalid. There is no rule IV0599.",
  ],
])("fails for %p", async (args, message) => {
  expect(await lint(...args)).toEqual({ code: ExitCode.USAGE, stdout: "", stderr: message });
});

test("fails for what cannot be read, and shows nothing", async () => {
  expect(await lint("-d", "nowhere")).toEqual({
    code: ExitCode.UNKNOWN,
    stdout: "",
    stderr: "nowhere is no directory; give the one that holds ca-cert.pem",
  });
  expect(await lint("--ca-cert", "nowhere.pem")).toMatchObject({ code: ExitCode.UNKNOWN, stdout: "" });
});
