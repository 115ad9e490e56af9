import "reflect-metadata";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createTlsServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "../../../cli/vault/connect";
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
])("fails for %s with Vault's own words", async (path, message) => {
  await expect(connect(mesh(vault.address), {}).read(path)).rejects.toThrow(new Error(message));
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
    server = createTlsServer({ key, cert }, (_, response) => response.end("{}"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    address = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());

  test.each(["1", "true", "TRUE"])("Vault is reached where VAULT_SKIP_VERIFY is %s", async (value) => {
    expect(await connect(mesh(address), { VAULT_SKIP_VERIFY: value }).read("there")).toEqual({});
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
  const server = createServer((_, response) => response.end("{}"));
  let address = "";
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, "::1", resolve));
    address = `http://[::1]:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());

  test("Vault is reached", async () => {
    expect(await connect(mesh(address), {}).read("there")).toEqual({});
  });

  test.each(["::1", "localhost, ::1", "[::1]"])("past a proxy where no_proxy is %s", async (no_proxy) => {
    const http_proxy = "http://127.0.0.1:1";
    expect(await connect(mesh(address), { http_proxy, no_proxy }).read("there")).toEqual({});
    await expect(connect(mesh(address), { http_proxy, no_proxy: "::2" }).read("there")).rejects.toThrow(
      `Vault at ${address} cannot be reached: `,
    );
  });
});
