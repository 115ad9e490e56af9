import "reflect-metadata";
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import * as x509 from "@peculiar/x509";
import { stringify } from "yaml";
import { FakeVault } from "../support/fake-vault";
import { clusterLike, meshDirectory } from "../support/mesh-file";
import { TestCa } from "../support/test-ca";

/** `istio-vault status` of clusters that each fail in another way, by the real client; it is an ES module. */

// What hangs is waited for: half a minute for a program, a quarter for an answer.
jest.setTimeout(240_000);

const json = (response: Parameters<RequestListener>[1], body: unknown) =>
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));

/** What an API server answers that knows the pods given, and nothing else. */
const healthy =
  (...items: object[]): RequestListener =>
  ({ url = "" }, response) => {
    if (url.includes("/pods?")) return void json(response, { kind: "PodList", items });
    if (url.includes("/configmaps/"))
      return void json(response, { kind: "ConfigMap", metadata: {}, data: { "root-cert.pem": rootPem } });
    response.writeHead(404).end("{}");
  };

const POD = {
  metadata: { name: "istiod-1", creationTimestamp: "2026-11-01T00:00:00Z" },
  status: { conditions: [{ type: "Ready", status: "True" }] },
};

const listeners: Record<string, RequestListener> = {
  html: (_, response) => void response.writeHead(200, { "content-type": "text/html" }).end("<html>"),
  null: (_, response) => void json(response, null),
  drip: (_, response) => void setInterval(() => response.write(" "), 1000).unref(),
  gigabyte: (_, response) => {
    const chunk = Buffer.alloc(1024 * 1024, " ");
    const more = () => void (response.destroyed || response.write(chunk, more));
    more();
  },
  well: healthy(),
  // It takes the request to forward, and never answers it.
  "forward-hangs": healthy(POD),
};

const servers: Server[] = [];
let rootPem: string;
let vault: FakeVault;

async function listening(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

beforeAll(async () => {
  vault = await FakeVault.start(() => undefined);
});
afterAll(() => {
  vault.stop();
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

/** A kubeconfig's entry for a cluster, and its user's. */
interface Way {
  readonly cluster: object;
  readonly user?: object;
}

async function status(ways: Readonly<Record<string, Way>>) {
  const names = Object.keys(ways);
  const directory = meshDirectory((mesh) => {
    const [first] = mesh.clusters;
    mesh.clusters = names.map((name) => ({ ...clusterLike(first, name), network: name }));
  });
  const kubeconfig = join(directory, "kubeconfig");
  writeFileSync(
    kubeconfig,
    stringify({
      clusters: names.map((name) => ({ name, cluster: ways[name].cluster })),
      contexts: names.map((name) => ({ name, context: { cluster: name, user: name } })),
      users: names.map((name) => ({ name, user: ways[name].user ?? { token: "t" } })),
    }),
  );
  const program = join(__dirname, "..", "..", "cli", "main.ts");
  const started = Date.now();
  const child = spawn(
    process.execPath,
    ["--import", require.resolve("tsx"), program, "status", "-o", "json"],
    {
      cwd: directory,
      env: { ...process.env, KUBECONFIG: kubeconfig, VAULT_ADDR: vault.address, VAULT_TOKEN: "hvs.x" },
    },
  );
  const exited = new Promise((resolve) => child.on("exit", resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await exited;
  const seconds = (Date.now() - started) / 1000;
  expect(stderr).toBe("");
  const { clusters, findings } = JSON.parse(stdout) as {
    clusters: { cluster: string; unreachable?: string }[];
    findings: { cluster: string; rule: string; message: string }[];
  };
  return { clusters: new Map(clusters.map((each) => [each.cluster, each.unreachable])), findings, seconds };
}

test("one cluster's failure stops no other, is one line, and ends in time", async () => {
  rootPem = (await TestCa.issue({ name: "root" })).pem;
  const { keyPem: key, pem: cert } = await TestCa.issue({ name: "self", keyUsage: null });
  const tls = createTlsServer({ key, cert }, healthy());
  const hanging = createServer(listeners["forward-hangs"]).on("upgrade", () => {});
  const ports: Record<string, number> = {
    tls: await listening(tls),
    "forward-hangs": await listening(hanging),
  };
  for (const name of ["html", "null", "drip", "gigabyte", "well"]) {
    ports[name] = await listening(createServer(listeners[name]));
  }
  const at = (name: string): Way => ({
    cluster: { server: `http://127.0.0.1:${ports[name]}`, "insecure-skip-tls-verify": true },
  });
  const exec = (script: string): Way => ({
    ...at("well"),
    user: { exec: { apiVersion: "client.authentication.k8s.io/v1", command: "sh", args: ["-c", script] } },
  });
  const { clusters, findings, seconds } = await status({
    ...Object.fromEntries(
      ["html", "null", "drip", "gigabyte", "well", "forward-hangs"].map((name) => [name, at(name)]),
    ),
    tls: { cluster: { server: `https://127.0.0.1:${ports.tls}` } },
    dns: { cluster: { server: "https://k8s.invalid" } },
    "exec-fails": exec("echo no >&2; echo credentials >&2; exit 1"),
    "exec-hangs": exec("sleep 600; true"),
    "exec-well": exec(`echo '{"status":{"token":"t"}}'`),
  });

  const address = (name: string) => `http://127.0.0.1:${ports[name]}`;
  expect(Object.fromEntries(clusters)).toEqual({
    html: `${address("html")} answered with something else than an API server would`,
    null: `${address("null")} answered with something else than an API server would`,
    drip: `${address("drip")}: no whole answer within 15 s`,
    gigabyte: `${address("gigabyte")}: its answer is longer than 32 MiB`,
    well: undefined,
    "forward-hangs": undefined,
    tls: expect.stringMatching(/^https:\/\/127\.0\.0\.1:\d+: self-signed certificate$/),
    dns: expect.stringMatching(/^https:\/\/k8s\.invalid: getaddrinfo E\w+ k8s\.invalid$/),
    "exec-fails": "sh gave no credential: no credentials",
    "exec-hangs": "sh gave no credential: it was not done within 30 s",
    "exec-well": undefined,
  });
  const of = (cluster: string) => findings.filter((each) => each.cluster === cluster).map(({ rule }) => rule);
  expect(of("well")).toContain("IV0705");
  expect(of("exec-well")).toContain("IV0705");
  expect(of("drip")).toEqual(["IV0701", "IV0702"]);
  expect(findings.map(({ message }) => message).join("")).not.toContain("\n");
  expect(seconds).toBeLessThan(120);
});

test("through a kubeconfig's proxy, by another name in TLS, with what is forwarded too", async () => {
  const ca = await TestCa.issue({ name: "API server's CA" });
  rootPem = ca.pem;
  const own = await TestCa.issue({
    ...{ name: "server", issuer: ca, ca: false, keyUsage: null },
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: "dns", value: "localhost" }])],
  });
  const upgrades: string[] = [];
  const api = createTlsServer({ key: own.keyPem, cert: own.pem + ca.pem }, healthy(POD)).on(
    "upgrade",
    ({ url }, socket) => {
      upgrades.push(`${url}`);
      socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    },
  );
  const port = await listening(api);
  const through = new Set<string>();
  const proxy = createServer().on("connect", ({ url }, client) => {
    through.add(`${url}`);
    const server = connect(port, "127.0.0.1", () => {
      client.write("HTTP/1.1 200 OK\r\n\r\n");
      client.pipe(server).pipe(client);
    });
    server.on("error", () => client.destroy());
    client.on("error", () => server.destroy());
  });
  const proxyPort = await listening(proxy);
  const { clusters, findings } = await status({
    one: {
      cluster: {
        server: "https://kube.private.invalid:6444",
        "proxy-url": `http://127.0.0.1:${proxyPort}`,
        "tls-server-name": "localhost",
        "certificate-authority-data": Buffer.from(ca.pem).toString("base64"),
      },
    },
  });
  expect([...through]).toEqual(["kube.private.invalid:6444"]);
  expect(clusters.get("one")).toBeUndefined();
  expect(upgrades).toEqual(["/api/v1/namespaces/istio-system/pods/istiod-1/portforward?ports=15012"]);
  expect(findings.map(({ rule }) => rule)).toContain("IV0704");
  expect(findings.map(({ message }) => message).join("")).not.toContain("\n");
});
