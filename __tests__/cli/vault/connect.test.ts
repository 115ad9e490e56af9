import "reflect-metadata";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createTlsServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { connect } from "../../../cli/vault/connect";
import { Agent, EnvHttpProxyAgent } from "undici";
import { z } from "zod";
import { VaultClient } from "../../../cli/vault/vault-client";
import { FakeVault } from "../../support/fake-vault";
import { TestCa } from "../../support/test-ca";

let vault: FakeVault;
const mesh = (address: string) => ({ address, podAddress: address });

beforeAll(async () => {
  vault = await FakeVault.start(({ path }) => {
    if (path === "there") return { data: { found: true } };
    if (path === "denied") {
      return { status: 403, body: { errors: ["1 error occurred:\n\t* permission denied\n\n"] } };
    }
    if (path === "sealed") return { status: 503, body: { errors: ["Vault is sealed"] } };
    if (path === "echo")
      return { status: 400, body: { errors: ["bad\u001b[2J token hvs.CAESIJ in\nhttps://u:p@v"] } };
    if (path === "proxy") return { status: 502, body: "<html>Bad gateway</html>" };
    return undefined;
  });
});
afterAll(() => vault.stop());

test("reads what is there, and tells what is not", async () => {
  const client = connect(mesh(vault.address), {}).withToken("hvs.x");
  expect(await client.read("there")).toEqual({ data: { found: true } });
  expect(await client.read("nowhere")).toBeUndefined();
});

test.each([
  ["denied", "Vault answered 403 on denied: permission denied"],
  ["sealed", "Vault answered 503 on sealed: Vault is sealed"],
  ["proxy", "Vault answered 502 on proxy"],
  ["echo", "Vault answered 400 on echo: bad\\u001b[2J token (not shown) in https://(not shown)@v"],
])("fails for %s with Vault's own words", async (path, message) => {
  await expect(connect(mesh(vault.address), {}).read(path)).rejects.toThrow(new Error(message));
});

test.each([
  ["HTML", "<html>Welcome</html>"],
  ["null", "null"],
  ["an empty object", "{}"],
  ["data that is none", '{"data":[]}'],
])("fails in one line for %s in an answer of 200", async (_what, body) => {
  const strange = await FakeVault.start(() => ({ status: 200, body }));
  const client = connect(mesh(strange.address), {});
  const message = `${strange.address} answered there with something else than Vault would; check the address, and what stands between`;
  await expect(client.read("there")).rejects.toThrow(new Error(message));
  await expect(client.ask("there", {}, z.looseObject({}))).rejects.toThrow(new Error(message));
  strange.stop();
});

test("does not carry its token to where it is redirected", async () => {
  const redirecting = createServer((_, response) => {
    response.writeHead(307, { location: `${vault.address}/v1/there` }).end();
  });
  await new Promise<void>((resolve) => redirecting.listen(0, "127.0.0.1", resolve));
  vault.requests.length = 0;
  const address = `http://127.0.0.1:${(redirecting.address() as AddressInfo).port}`;
  const client = connect(mesh(address), {}).withToken("hvs.x");
  await expect(client.read("there")).rejects.toThrow(new Error("Vault answered 307 on there"));
  expect(vault.requests).toEqual([]);
  redirecting.close();
});

test("takes a write that is answered with HTML for none", async () => {
  const strange = await FakeVault.start(() => ({ status: 200, body: "<html></html>" }));
  await expect(connect(mesh(strange.address), {}).write("there", {})).rejects.toThrow(
    `${strange.address} answered there with something else than Vault would`,
  );
  strange.stop();
});

describe("an answer without an end", () => {
  const server = createServer((request, response) => {
    response.write('{"data":{"');
    const chunk = Buffer.alloc(1024 * 1024, "x");
    const more = () => {
      if (response.destroyed) return;
      if (request.url === "/v1/large") response.write(chunk, more);
      else setTimeout(() => response.write("x", more), 100);
    };
    more();
  });
  let address = "";
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  test("is cut where it is longer than any of Vault's", async () => {
    await expect(connect(mesh(address), {}).read("large")).rejects.toThrow(
      `Vault at ${address} cannot be reached: its answer is longer than 32 MiB`,
    );
  });

  test("is waited for no longer than a request may take, however often it drips", async () => {
    const dispatcher = new Agent();
    const client = new VaultClient({ address, namespace: undefined, dispatcher, timeoutSeconds: 1 });
    await expect(client.read("drip")).rejects.toThrow(
      `Vault at ${address} cannot be reached: no whole answer within 1 s`,
    );
  });
});

test("a proxy that lets nothing through is not asked for ever", async () => {
  const address = "https://vault.invalid:8200";
  const dispatcher = new EnvHttpProxyAgent({ httpsProxy: vault.address });
  const client = new VaultClient({ address, namespace: undefined, dispatcher, timeoutSeconds: 1 });
  await expect(client.read("there")).rejects.toThrow(
    `Vault at ${address} cannot be reached: no whole answer within 1 s`,
  );
});

test("a proxy's variable may be without a scheme, and one that is no URL is named", () => {
  expect(() => connect(mesh(vault.address), { HTTPS_PROXY: "proxy.example.com:3128" })).not.toThrow();
  expect(() => connect(mesh(vault.address), { https_proxy: "http://a b" })).toThrow(
    'https_proxy is no URL of a proxy; write one such as "http://proxy.example.com:3128"',
  );
  expect(() => connect(mesh(vault.address), { HTTP_PROXY: "socks5://proxy.example.com" })).toThrow(
    'HTTP_PROXY is no URL of a proxy; write one such as "http://proxy.example.com:3128"',
  );
});

test("VAULT_ADDR and VAULT_NAMESPACE come before mesh.yaml, and empty ones count as none", async () => {
  const declared = { ...mesh("https://vault.invalid:8200"), namespace: "mesh" };
  await connect(declared, { VAULT_ADDR: `${vault.address}/`, VAULT_NAMESPACE: "ours" }).read("there");
  expect(vault.requests.at(-1)).toMatchObject({ namespace: "ours", path: "there" });
  await connect({ ...declared, address: vault.address }, { VAULT_ADDR: "", VAULT_NAMESPACE: "" }).read(
    "there",
  );
  expect(vault.requests.at(-1)!.namespace).toBe("mesh");
});

test("fails where nothing listens, and says where", async () => {
  const gone = await FakeVault.start(() => undefined);
  const { address } = gone;
  gone.stop();
  await expect(connect(mesh(address), {}).read("there")).rejects.toThrow(
    `Vault at ${address} cannot be reached: connection refused`,
  );
});

test("where nothing answers, the clusters of a fleet do not each wait for it; later it is asked again", async () => {
  const requests: string[] = [];
  let open = false;
  const server = createServer((request, response) => {
    requests.push(request.url!);
    if (open) response.end('{"data":{}}');
    else request.socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const client = connect(mesh(`http://127.0.0.1:${(server.address() as AddressInfo).port}`), {});
  const failed = await Promise.allSettled(["a", "b"].map((token) => client.withToken(token).read("there")));
  const late = await client.read("there").catch((error: Error) => error);
  expect([...failed.map((one) => "reason" in one && one.reason.message), (late as Error).message]).toEqual(
    Array(3).fill(expect.stringContaining("cannot be reached: ")),
  );
  expect(requests).toHaveLength(1);
  open = true;
  await delay(4500);
  expect(await client.read("there")).toEqual({ data: {} });
  expect(requests).toHaveLength(2);
  server.close();
});

test.each(["VAULT_CACERT", "VAULT_CAPATH", "VAULT_CLIENT_CERT", "VAULT_CLIENT_KEY"])(
  "fails where %s names a file that is not there",
  (variable) => {
    expect(() => connect(mesh(vault.address), { [variable]: "/nowhere" })).toThrow(
      `${variable} is "/nowhere", which cannot be read: no such file`,
    );
  },
);

test("reads the files that variables name", () => {
  const directory = mkdtempSync(join(tmpdir(), "connect-"));
  const file = join(directory, "ca.pem");
  writeFileSync(file, "");
  expect(() => connect(mesh(vault.address), { VAULT_CACERT: file, VAULT_CLIENT_CERT: file })).not.toThrow();
  expect(() => connect(mesh(vault.address), { VAULT_CAPATH: directory })).not.toThrow();
  rmSync(directory, { recursive: true });
});

describe("by TLS, with a certificate nobody vouches for", () => {
  let server: Server;
  let address = "";
  beforeAll(async () => {
    const { keyPem: key, pem: cert } = await TestCa.issue({ name: "self" });
    server = createTlsServer({ key, cert }, (_, response) => response.end('{"data":{}}'));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    address = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());

  test.each(["1", "true", "TRUE"])("Vault is reached where VAULT_SKIP_VERIFY is %s", async (value) => {
    expect(await connect(mesh(address), { VAULT_SKIP_VERIFY: value }).read("there")).toEqual({ data: {} });
  });

  test.each([undefined, "", "0", "false"])("and is not where it is %j", async (value) => {
    await expect(connect(mesh(address), { VAULT_SKIP_VERIFY: value }).read("there")).rejects.toThrow(
      `Vault at ${address} cannot be reached: `,
    );
  });
});

const hasIpv6 = Object.values(networkInterfaces()).some((list) =>
  list?.some(({ address }) => address === "::1"),
);
(hasIpv6 ? describe : describe.skip)("by IPv6", () => {
  const server = createServer((_, response) => response.end('{"data":{}}'));
  let address = "";
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, "::1", resolve));
    address = `http://[::1]:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());

  test("Vault is reached", async () => {
    expect(await connect(mesh(address), {}).read("there")).toEqual({ data: {} });
  });

  test.each(["::1", "localhost, ::1", "[::1]"])("past a proxy where no_proxy is %s", async (no_proxy) => {
    const http_proxy = "http://127.0.0.1:1";
    expect(await connect(mesh(address), { http_proxy, no_proxy }).read("there")).toEqual({ data: {} });
    await expect(connect(mesh(address), { http_proxy, no_proxy: "::2" }).read("there")).rejects.toThrow(
      `Vault at ${address} cannot be reached: `,
    );
  });
});
