import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { stringify } from "yaml";
import { FakeVault } from "../support/fake-vault";
import { meshDirectory } from "../support/mesh-file";

/** `istio-vault status` on API servers that answer over HTTP; in a process, since their client is an ES module. */

const METADATA_ALONE = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
const SECRET = "/api/v1/namespaces/istio-system/secrets/istio-ca-secret";
const metadata = { name: "istio-ca-secret", namespace: "istio-system" };

const JWT = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJhIn0.c2ln";

// A program is started, on a machine that may be busy.
jest.setTimeout(120_000);

/** Answers as an API server does: with all of a Secret to whoever does not ask for its metadata alone. */
function answer(url: string, accept: string | undefined): [status: number, body: object] {
  if (url === SECRET) {
    const alone = { kind: "PartialObjectMetadata", metadata };
    return [
      200,
      accept === METADATA_ALONE ? alone : { kind: "Secret", metadata, data: { "ca-key.pem": "a2V5" } },
    ];
  }
  if (url.includes("/pods?")) return [200, { kind: "PodList", items: [] }];
  return [404, { kind: "Status", message: "not found" }];
}

const sent: [url: string, body: string][] = [];
const server = createServer(({ url = "", headers }, response) => {
  const [status, body] = answer(url, headers.accept);
  sent.push([url, JSON.stringify(body)]);
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
});
let vault: FakeVault;

beforeAll(async () => {
  vault = await FakeVault.start(() => undefined);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterAll(() => {
  vault.stop();
  server.closeAllConnections();
  server.close();
});

/** What `istio-vault status` prints of cluster1 with such a server and user in its kubeconfig. */
async function status(
  address: string,
  args: readonly string[] = [],
  user: object = { token: "reader" },
  context = "cluster1",
) {
  const directory = meshDirectory((mesh) => mesh.clusters.splice(1));
  const kubeconfig = join(directory, "kubeconfig");
  writeFileSync(
    kubeconfig,
    stringify({
      clusters: [{ name: "one", cluster: { server: address, "insecure-skip-tls-verify": true } }],
      contexts: [{ name: context, context: { cluster: "one", user: "reader" } }],
      users: [{ name: "reader", user }],
    }),
  );
  const program = join(__dirname, "..", "..", "cli", "main.ts");
  const child = spawn(process.execPath, ["--import", require.resolve("tsx"), program, "status", ...args], {
    cwd: directory,
    env: { ...process.env, KUBECONFIG: kubeconfig, VAULT_ADDR: vault.address, VAULT_TOKEN: "hvs.x" },
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { stdout, stderr };
}

const addressOf = (it: Server) => `127.0.0.1:${(it.address() as AddressInfo).port}`;

test("a CA's key in a cluster is known by the name of its Secret, and is never sent", async () => {
  expect(await status(`http://${addressOf(server)}`)).toEqual({
    stdout: expect.stringContaining(
      "  warning  cluster1: the Secret istio-ca-secret holds the key of a CA that istiod once created itself, and nothing removes it; delete it once no bundle contains its certificate (IV0720, docs/rules.md#iv0720)\n",
    ),
    stderr: expect.not.stringContaining("rror:"),
  });
  expect(sent.filter(([url]) => url === SECRET)).toEqual([
    [SECRET, JSON.stringify({ kind: "PartialObjectMetadata", metadata })],
  ]);
});

test("a kubeconfig without the context is told, with what to do", async () => {
  const { stdout } = await status("http://127.0.0.1:1", ["-o", "short"], undefined, "another");
  expect(stdout).toMatch(
    /cluster1: unreachable: kubeconfig \S+ has no context "cluster1"; set KUBECONFIG to the file that has it \(/,
  );
});

test("a token does not follow a redirect to another server", async () => {
  const bearers: unknown[] = [];
  const other = createServer(({ headers }, response) => {
    bearers.push(headers.authorization);
    response.writeHead(200, { "content-type": "application/json" }).end('{"items":[]}');
  });
  const redirecting = createServer(({ url, headers }, response) => {
    bearers.push(headers.authorization);
    response.writeHead(307, { location: `http://${addressOf(other)}${url}` }).end();
  });
  for (const it of [other, redirecting]) {
    await new Promise<void>((resolve) => it.listen(0, "127.0.0.1", resolve));
  }
  const { stdout } = await status(`http://${addressOf(redirecting)}`);
  expect(stdout).toContain(`unreachable: http://${addressOf(redirecting)} redirects (307)`);
  expect(new Set(bearers)).toEqual(new Set(["Bearer reader"]));
  // One for each request to the API server itself.
  expect(bearers).toHaveLength(4);
  for (const it of [other, redirecting]) it.close();
});

test.each([
  ["table", "s3cr3tword"],
  ["json", 's3cr3t"word'],
])("a password in the kubeconfig is shown in no line of -o %s", async (format, password) => {
  const { stdout, stderr } = await status(`http://user:${password}@127.0.0.1:9`, ["-o", format]);
  expect(stdout).toContain("http://127.0.0.1:9: ");
  expect(stdout + stderr).not.toContain("s3cr3t");
});

test("what a program that gives a credential says is shown on one line, without a secret", async () => {
  const exec = {
    apiVersion: "client.authentication.k8s.io/v1",
    command: "sh",
    args: ["-c", `printf 'login\\033[2J failed\\nwith ${JWT}\\n' >&2; exit 1`],
    interactiveMode: "Never",
  };
  const { stdout, stderr } = await status("http://127.0.0.1:9", [], { exec });
  expect(stdout).toContain("unreachable: sh gave no credential: login\\u001b[2J failed with (not shown)");
  expect(stdout + stderr).not.toMatch(/\u001b|eyJ/);
});

test("a credential that is no JSON is not quoted", async () => {
  const exec = {
    apiVersion: "client.authentication.k8s.io/v1",
    ...{ command: "echo", args: [JWT], interactiveMode: "Never" },
  };
  const { stdout, stderr } = await status("http://127.0.0.1:9", [], { exec });
  expect(stdout).toContain("unreachable: echo printed no ExecCredential with a status");
  expect(stdout + stderr).not.toContain("eyJ");
});
