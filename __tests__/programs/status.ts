import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
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

test("a CA's key in a cluster is known by the name of its Secret, and is never sent", async () => {
  const directory = meshDirectory((mesh) => mesh.clusters.splice(1));
  const kubeconfig = join(directory, "kubeconfig");
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  writeFileSync(
    kubeconfig,
    stringify({
      clusters: [{ name: "one", cluster: { server: address, "insecure-skip-tls-verify": true } }],
      contexts: [{ name: "cluster1", context: { cluster: "one", user: "reader" } }],
      users: [{ name: "reader", user: { token: "reader" } }],
    }),
  );
  const program = join(__dirname, "..", "..", "cli", "main.ts");
  const child = spawn(process.execPath, ["--import", require.resolve("tsx"), program, "status"], {
    cwd: directory,
    env: { ...process.env, KUBECONFIG: kubeconfig, VAULT_ADDR: vault.address, VAULT_TOKEN: "hvs.x" },
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  expect({ stdout, stderr }).toEqual({
    stdout: expect.stringContaining(
      "  warning  cluster1: the Secret istio-ca-secret holds the key of a CA that istiod once created itself, and nothing removes it; delete it once no bundle contains its certificate (IV0720, docs/rules.md#iv0720)\n",
    ),
    stderr: expect.not.stringContaining("rror:"),
  });
  expect(sent.filter(([url]) => url === SECRET)).toEqual([
    [SECRET, JSON.stringify({ kind: "PartialObjectMetadata", metadata })],
  ]);
});
