import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadMesh } from "../../config/load-mesh";
import { DEFAULT_AGENT_IMAGE, DEFAULT_INJECTOR_CHART_VERSION, Duration, KeyAlgorithm } from "../../lib";
import { DEFAULT_ISTIO_VERSION } from "../../lib/private/upstream";
import { FIXTURES } from "../support/fixtures";
import { clusterLike, type MeshData, meshWith } from "../support/mesh-file";
import { CA_PEM } from "../support/synth";

const MESH_FILE = join(FIXTURES, "mesh.yaml");

describe("the article's mesh.yaml", () => {
  const mesh = loadMesh(MESH_FILE);

  test("gives the mesh, its roots and its backend", () => {
    expect(mesh).toMatchObject({
      id: "mesh1",
      trustDomain: "cluster.local",
      vault: { address: "https://vault.example.com:8200", podAddress: "https://vault.example.com:8200" },
      backend: { type: "local" },
      preventDestroy: true,
    });
    expect(
      mesh.roots.map((root) => "keyAlgorithm" in root && `${root.keyAlgorithm} ${root.validFor}`),
    ).toEqual(["rsa-4096 10y"]);
  });

  test("gives each cluster every setting, defaults filled in", () => {
    const [cluster] = mesh.clusters;
    expect(cluster).toMatchObject({
      name: "cluster1",
      network: "network1",
      kubernetesHost: "https://k8s-1.example.com:6443",
      kubernetesCaCertificate: expect.stringMatching(/^-----BEGIN CERTIFICATE-----/),
      kubeconfig: { kind: "file", context: "cluster1" },
      createNamespaces: true,
      trust: { signing: "a", bundle: ["a"] },
      vaultAuth: { method: "kubernetes", reviewer: "pod-token" },
      istio: {
        revisions: [
          {
            name: "default",
            version: DEFAULT_ISTIO_VERSION,
            charts: { kind: "repository" },
            imagePullSecrets: [],
            replicas: 2,
            values: {},
          },
        ],
        defaultRevision: "default",
        isListed: false,
      },
      injector: {
        chartVersion: DEFAULT_INJECTOR_CHART_VERSION,
        charts: { kind: "repository" },
        replicas: 2,
        values: {},
      },
      agent: { image: DEFAULT_AGENT_IMAGE },
    });
    const { intermediates, vaultAuth, agent } = cluster;
    expect(
      [
        intermediates.keyAlgorithm,
        intermediates.validFor,
        vaultAuth.tokenTtl,
        vaultAuth.tokenMaxTtl,
        agent.renderInterval,
      ].map(String),
    ).toEqual(["rsa-4096", "2y", "20m", "24h", "30s"]);
    expect(intermediates).toMatchObject({ issuance: "terraform", generation: 1 });
  });
});

describe("issuance external", () => {
  const external = (change: (mesh: MeshData, directory: string) => void = () => {}) =>
    meshWith((mesh, directory) => {
      mesh.intermediates = { issuance: "external" };
      change(mesh, directory);
    });

  test("issues for 90 days, and knows no generation", () => {
    const { issuer, clusters } = external();
    expect(issuer).toBeUndefined();
    expect(clusters[0].intermediates).toEqual({
      issuance: "external",
      keyAlgorithm: KeyAlgorithm.rsa(4096),
      validFor: Duration.days(90),
    });
  });

  test("takes another key and lifetime, for one cluster alone too", () => {
    const [first, second] = meshWith((mesh) => {
      mesh.clusters[1].intermediates = { issuance: "external", keyAlgorithm: "ecdsa-p256", validFor: "30d" };
    }).clusters;
    expect(first.intermediates.issuance).toBe("terraform");
    expect(second.intermediates).toEqual({
      issuance: "external",
      keyAlgorithm: KeyAlgorithm.ecdsa(256),
      validFor: Duration.days(30),
    });
  });

  test.each([
    [{ method: "approle" }, { method: "approle", secretIdTtl: Duration.days(90) }],
    [
      { method: "github-actions", repositoryId: 4711, environment: "issuer" },
      {
        method: "github-actions",
        repositoryId: "4711",
        environment: "issuer",
        ref: "refs/heads/main",
        events: ["schedule", "workflow_dispatch"],
      },
    ],
    [
      { method: "gitlab", projectId: "4711", environment: "issuer" },
      {
        method: "gitlab",
        url: "https://gitlab.com",
        projectId: "4711",
        environment: "issuer",
        branch: "main",
        sources: ["schedule", "web"],
      },
    ],
    [
      {
        method: "kubernetes",
        kubernetesHost: "https://10.0.0.9:6443",
        kubernetesCaCertificateFile: "clusters/cluster1-ca.pem",
        serviceAccount: "issuer",
        namespace: "istio-vault",
      },
      {
        method: "kubernetes",
        kubernetesHost: "https://10.0.0.9:6443",
        kubernetesCaCertificate: expect.stringContaining("BEGIN CERTIFICATE"),
        serviceAccount: "issuer",
        namespace: "istio-vault",
      },
    ],
  ])("reads an issuer's login %#", (written, read) => {
    expect(external((mesh) => (mesh.issuer = written)).issuer).toEqual(read);
  });
});

describe("a cluster's own settings", () => {
  test("are laid over the mesh-wide ones, key by key", () => {
    const [first, second] = meshWith((mesh) => {
      mesh.istio.imageHub = "registry.example.com/istio";
      mesh.clusters[1].istio = { version: "1.30.1" };
      mesh.clusters[1].intermediates = { keyAlgorithm: "ecdsa-p256" };
      mesh.clusters[1].createNamespaces = false;
    }).clusters;
    expect(first.istio.revisions[0].version).toBe(DEFAULT_ISTIO_VERSION);
    expect(second.istio.revisions[0]).toMatchObject({
      version: "1.30.1",
      imageHub: "registry.example.com/istio",
    });
    expect(String(second.intermediates.keyAlgorithm)).toBe("ecdsa-p256");
    expect(String(second.intermediates.validFor)).toBe("2y");
    expect([first.createNamespaces, second.createNamespaces]).toEqual([true, false]);
  });

  test("replace the whole login where the method is another", () => {
    const { clusters } = meshWith((mesh) => {
      mesh.vaultAuth = { method: "kubernetes", reviewer: "variable", audience: "vault" };
      mesh.clusters[1].vaultAuth = { method: "jwt", issuer: "https://oidc.example.com" };
    });
    expect(clusters[0].vaultAuth).toMatchObject({
      method: "kubernetes",
      reviewer: "variable",
      audience: "vault",
    });
    expect(clusters[1].vaultAuth).toMatchObject({
      method: "jwt",
      issuer: "https://oidc.example.com",
      audience: "vault",
    });
  });
});

test("a login without a method is Vault's Kubernetes method, merged with one that says so", () => {
  const { clusters } = meshWith((mesh) => {
    mesh.vaultAuth = { tokenTtl: "10m" };
    mesh.clusters[0].vaultAuth = { tokenMaxTtl: "2h" };
    mesh.clusters[1].vaultAuth = { method: "kubernetes", tokenMaxTtl: "1h" };
  });
  expect(
    clusters.map(({ vaultAuth }) => `${vaultAuth.method} ${vaultAuth.tokenTtl} ${vaultAuth.tokenMaxTtl}`),
  ).toEqual(["kubernetes 10m 2h", "kubernetes 10m 1h"]);
});

test("a cluster's charts directory takes the place of the mesh-wide repository", () => {
  const { clusters } = meshWith((mesh, directory) => {
    mesh.istio.chartRepository = "https://charts.example.com";
    for (const chart of ["base", "istiod"]) {
      mkdirSync(join(directory, "charts", chart), { recursive: true });
      writeFileSync(join(directory, "charts", chart, "Chart.yaml"), "");
    }
    mesh.clusters[1].istio = { chartsDirectory: "charts" };
  });
  expect(clusters.map(({ istio }) => istio.revisions[0].charts)).toEqual([
    { kind: "repository", url: "https://charts.example.com" },
    { kind: "directory", path: expect.stringMatching(/^\/.*\/charts$/) },
  ]);
});

test("a kubeconfig in one's home is left to Terraform to find", () => {
  const { clusters } = meshWith((mesh) => (mesh.clusters[0].kubeconfig = { file: "~/.kube/config" }));
  expect(clusters[0].kubeconfig).toMatchObject({ file: "~/.kube/config" });
});

test("a root may be a certificate alone, of which comments and line endings are left out", () => {
  const { roots, clusters } = meshWith((mesh, directory) => {
    writeFileSync(join(directory, "old.pem"), `# the old root\n${CA_PEM.replaceAll("\n", "\r\n")}\n`);
    mesh.roots.push({ name: "old", source: "offline", certificateFile: "old.pem" });
    mesh.trust.bundle = ["old", "a"];
  });
  expect(roots[1]).toEqual({ name: "old", source: "offline", certificatePem: CA_PEM });
  expect(clusters[0].trust).toEqual({ signing: "a", bundle: ["old", "a"] });
});

test("an emergency is the mesh's", () => {
  expect(meshWith().emergency).toBeUndefined();
  const { emergency, clusters } = meshWith((mesh) => (mesh.trust.emergency = "key of root a is out"));
  expect(emergency).toBe("key of root a is out");
  expect(clusters[0].trust).not.toHaveProperty("emergency");
});

describe("files", () => {
  test("are named relative to mesh.yaml and read", () => {
    const { publicKey } = generateKeyPairSync("ec", {
      namedCurve: "P-256",
      publicKeyEncoding: { type: "spki", format: "pem" },
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
    });
    const { vault, clusters } = meshWith((mesh, directory) => {
      writeFileSync(join(directory, "sa.pub"), publicKey + publicKey);
      mesh.vault.caCertificateFile = "clusters/cluster1-ca.pem";
      mesh.clusters[0].vaultAuth = {
        method: "jwt",
        issuer: "https://oidc.example.com/1",
        publicKeysFile: "sa.pub",
      };
      mesh.clusters[1].vaultAuth = {
        method: "jwt",
        issuer: "https://oidc.example.com",
        issuerCaCertificateFile: "clusters/cluster2-ca.pem",
      };
      mesh.clusters[1].kubeconfig = { file: "kube/config" };
    });
    expect(vault.caCertificate?.pem).toBe(clusters[0].kubernetesCaCertificate);
    expect(clusters[0].vaultAuth).toMatchObject({ publicKeys: [publicKey.trim(), publicKey.trim()] });
    expect(clusters[1].vaultAuth).toMatchObject({ issuerCaCertificate: clusters[1].kubernetesCaCertificate });
    expect(clusters[1].kubeconfig).toMatchObject({
      kind: "file",
      file: expect.stringMatching(/^\/.*\/kube\/config$/),
    });
  });
});

test("a program for credentials reaches the API server where Vault does, unless told otherwise", () => {
  const { clusters } = meshWith((mesh) => {
    mesh.clusters[0].kubeconfig = { exec: { command: "gke-gcloud-auth-plugin", apiVersion: "v1beta1" } };
    mesh.clusters[1].kubeconfig = {
      exec: { command: "aws", args: ["eks"], env: { A: "b" }, host: "https://[fd00::1]:6443/k8s" },
    };
  });
  expect(clusters.map(({ kubeconfig }) => kubeconfig)).toEqual([
    {
      kind: "exec",
      command: "gke-gcloud-auth-plugin",
      args: [],
      env: {},
      apiVersion: "v1beta1",
      host: "https://k8s-1.example.com:6443",
    },
    {
      kind: "exec",
      command: "aws",
      args: ["eks"],
      env: { A: "b" },
      apiVersion: "v1",
      host: "https://[fd00::1]:6443/k8s",
    },
  ]);
});

test("Vault on this machine may speak http", () => {
  expect(meshWith((mesh) => (mesh.vault.address = "http://127.0.0.1:8200")).vault.address).toBe(
    "http://127.0.0.1:8200",
  );
});

test("hundreds of clusters may share an anchor", () => {
  const shared = { replicas: 3 };
  const { clusters } = meshWith((mesh) => {
    mesh.clusters = Array.from({ length: 300 }, (_, index) => ({
      ...clusterLike(mesh.clusters[0], `cluster${index}`),
      istio: shared,
    }));
  });
  expect(clusters).toHaveLength(300);
});
