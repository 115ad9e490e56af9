import "reflect-metadata";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ExitCode } from "../../../cli/command-line/exit-code";
import type { ClusterApi } from "../../../cli/kubernetes/cluster-api";
import { FakeIstiod } from "../../support/fake-istiod";
import { FakeVault } from "../../support/fake-vault";
import { meshDirectory } from "../../support/mesh-file";
import { RunningMesh, UNKNOWN_VERSION } from "../../support/running-mesh";
import { runCommand } from "../../support/terminal";
import { inDays } from "../../support/test-ca";

/** The clusters' API servers; the client of real ones is run in e2e. */
let api: ClusterApi;
jest.mock("../../../cli/kubernetes/kube-config", () => ({ kubeConfigOf: async () => undefined }));
jest.mock("../../../cli/kubernetes/kubernetes-api", () => ({ KubernetesApi: { connect: async () => api } }));

let istiod: FakeIstiod;
let vault: FakeVault;

beforeAll(async () => {
  const running = await RunningMesh.create();
  const { intermediate } = running.signers.a;
  const [chain, bundle] = [intermediate.pem, running.roots.a.pem];
  istiod = await FakeIstiod.start({ intermediate, chain, bundle, token: "t" });
  vault = await FakeVault.start(({ path, token }) => {
    if (path === "istio-root-a/issuer/a/json") return { data: { certificate: bundle } };
    if (token !== "vault-token") return { status: 403, body: { errors: ["permission denied"] } };
    if (path.includes("/metadata/")) return { data: { current_version: 1, custom_metadata: null } };
    return { data: { data: { root_cert: bundle } } };
  });
  api = {
    configMap: async () => ({ values: { "root-cert.pem": bundle }, writtenAt: inDays(-2) }),
    hasSecret: async () => false,
    proxies: async () => [],
    pods: async () => [{ name: "istiod-1", labels: {}, ready: true, startedAt: inDays(-2) }],
    token: async () => "t",
    forward: async (_namespace, _pod, port) => ({
      address: istiod.at(port),
      trouble: () => undefined,
      close: () => {},
    }),
  };
});
afterAll(() => {
  istiod.stop();
  vault.stop();
});

let file: string;
beforeEach(() => {
  file = join(
    meshDirectory((mesh) => {
      mesh.istio.version = UNKNOWN_VERSION;
      mesh.agent = { image: `hashicorp/vault:${UNKNOWN_VERSION}` };
    }),
    "mesh.yaml",
  );
});

function rotate(args: readonly string[], token = "vault-token") {
  return runCommand(["rotate", ...args], {
    MESH_FILE: file,
    VAULT_ADDR: vault.address,
    VAULT_TOKEN: token,
  });
}

test("says where a rotation stands, what is next, and how long it takes", async () => {
  const before = readFileSync(file, "utf8");
  const { code, stdout, stderr } = await rotate(["--to", "b"]);
  expect(stderr).toBe("");
  expect(stdout).toBe("");
  expect(code).toBe(ExitCode.FINE);
  expect(readFileSync(file, "utf8")).toBe(before);
});

test("writes", async () => {
  const { code, stdout, stderr } = await rotate(["--to", "b", "--write"]);
  expect(stdout + stderr + readFileSync(file, "utf8")).toBe("");
  expect(code).toBe(ExitCode.FINE);
  writeFileSync(file, "");
});
