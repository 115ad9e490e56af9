import { join } from "node:path";
import { ExitCode } from "../../../cli/command-line/exit-code";
import { type MeshChange, type MeshData, meshDirectory } from "../../support/mesh-file";
import { runCommand } from "../../support/terminal";

const show = (args: readonly string[], change?: MeshChange) =>
  runCommand(["show", ...args], { MESH_FILE: join(meshDirectory(change), "mesh.yaml") });

const fleet = (mesh: MeshData) => {
  mesh.istio.values = { profile: "mesh", pilot: { cpu: 1 } };
  mesh.groups = {
    eu: { istio: { replicas: 3, values: { profile: "eu" } }, agent: { renderInterval: "1m" } },
  };
  mesh.clusters[0].groups = ["eu"];
  mesh.clusters[0].istio = { values: { pilot: { memory: 2 } } };
};

test("prints every value, and who says it", async () => {
  const { code, stdout, stderr } = await show(["cluster1"], fleet);
  expect({ code, stderr }).toEqual({ code: ExitCode.FINE, stderr: "" });
  const lines = stdout.split("\n");
  expect(lines).toEqual(
    expect.arrayContaining([
      "name: cluster1  (cluster)",
      "kubernetesCaCertificateFile: clusters/cluster1-ca.pem  (cluster)",
      "adopt: false  (default)",
      "createNamespaces: true  (default)",
      'trust.bundle: ["a"]  (mesh)',
      "intermediates.validFor: 2y  (mesh)",
      "vaultAuth.tokenTtl: 20m  (default)",
      "istio.version: 1.31.1  (mesh)",
      "istio.replicas: 3  (group eu)",
      "istio.values.profile: eu  (group eu)",
      "istio.values.pilot.cpu: 1  (mesh)",
      "istio.values.pilot.memory: 2  (cluster)",
      "agent.renderInterval: 1m  (group eu)",
    ]),
  );
  expect(stdout).not.toMatch(/undefined|\[object/);
});

test("prints the same as JSON, with where it is written", async () => {
  const { stdout } = await show(["cluster1", "--json"], fleet);
  const { cluster, values } = JSON.parse(stdout);
  expect(cluster).toBe("cluster1");
  expect(values).toEqual(
    expect.arrayContaining([
      {
        path: "istio.values.profile",
        value: "eu",
        from: "group eu",
        writtenAt: "groups.eu.istio.values.profile",
      },
      { path: "adopt", value: false, from: "default" },
    ]),
  );
});

test("of revisions, each with what it has", async () => {
  const { stdout } = await show(["cluster1"], (mesh: MeshData) => {
    mesh.istio.revisions = { default: {}, canary: { replicas: 5 } };
  });
  expect(stdout).toContain("istio.revisions.default.version: 1.31.1  (mesh)\n");
  expect(stdout).toContain("istio.revisions.canary.replicas: 5  (mesh)\n");
  expect(stdout).not.toContain("istio.version");
});

test("prints no secret: by its look, by its name, of a program's variables and options", async () => {
  const secret = "correct-horse-battery";
  const { stdout } = await show(["cluster1"], (mesh: MeshData) => {
    mesh.istio.values = {
      db: { password: secret, url: `https://user:${secret}@db.example.com` },
      pilot: { env: { API_TOKEN: secret, DB_PASS: secret, storageAccountKey: secret } },
      global: { proxy: { bypass: "shown" } },
      extra: [{ name: "CLIENT_SECRET", value: secret }],
    };
    mesh.clusters[0].kubeconfig = {
      exec: { command: "login", args: ["--token", secret], env: { PIN: secret } },
    };
  });
  expect(stdout).not.toContain(secret);
  expect(stdout).toContain("istio.values.db.password: (not shown)  (mesh)");
  expect(stdout).toContain("istio.values.global.proxy.bypass: shown  (mesh)");
  expect(stdout).toContain("kubeconfig.exec.command: login  (cluster)");
});

test("prints what follows from other values, and what is empty", async () => {
  const { stdout } = await show(["cluster1"], (mesh: MeshData) => {
    delete mesh.intermediates.validFor;
    mesh.clusters[0].kubeconfig = { exec: { command: "login" } };
    mesh.gateways = { east: { certificate: { source: "none" } } };
  });
  expect(stdout.split("\n")).toEqual(
    expect.arrayContaining([
      "nameInVault: cluster1  (default)",
      "clusterId: cluster1  (default)",
      "maxLeafLifetime: 24h  (default)",
      "intermediates.validFor: 2y  (default)",
      "vaultAuth.method: kubernetes  (default)",
      "kubeconfig.exec.host: https://k8s-1.example.com:6443  (default)",
      "kubeconfig.exec.env: {}  (default)",
      "istio.defaultRevision: default  (default)",
      "istio.values: {}  (default)",
      "gateways.east.namespace: east  (default)",
    ]),
  );
});

test("tells strings from what looks like them, and dots within keys from those between", async () => {
  const { stdout } = await show(["cluster1"], (mesh: MeshData) => {
    mesh.istio.values = { "a.b": "1", a: { b: 1, c: "true", d: "", e: "- x", f: "plain text" } };
  });
  expect(stdout.split("\n")).toEqual(
    expect.arrayContaining([
      'istio.values."a.b": "1"  (mesh)',
      "istio.values.a.b: 1  (mesh)",
      'istio.values.a.c: "true"  (mesh)',
      'istio.values.a.d: ""  (mesh)',
      'istio.values.a.e: "- x"  (mesh)',
      "istio.values.a.f: plain text  (mesh)",
    ]),
  );
});

test("fails for a cluster that mesh.yaml does not have", async () => {
  const { code, stdout, stderr } = await show(["cluster9"]);
  expect({ code, stdout, stderr }).toEqual({
    code: ExitCode.USAGE,
    stdout: "",
    stderr: 'no cluster "cluster9"; mesh.yaml has: cluster1, cluster2',
  });
});
