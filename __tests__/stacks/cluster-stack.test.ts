import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Testing } from "cdktf";
import { loadMesh } from "../../config/load-mesh";
import type { Mesh } from "../../config/mesh";
import { ClusterStack } from "../../stacks/cluster-stack";
import { type MeshData, meshDirectory, meshWith } from "../support/mesh-file";

function synthesize(mesh: Mesh) {
  return JSON.parse(Testing.synth(new ClusterStack(Testing.app(), mesh, mesh.clusters[0]), true));
}

const withCluster = (change: (cluster: MeshData) => void) => meshWith((mesh) => change(mesh.clusters[0]));

// eslint-disable-next-line @typescript-eslint/no-explicit-any
function releases(stack: any): Record<string, any> {
  const all = Object.values(stack.resource.helm_release) as { name: string; values: string[] }[];
  return Object.fromEntries(
    all.map((release) => [release.name, { ...release, values: JSON.parse(release.values[0]) }]),
  );
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Resources = Map<string, any>;

/** Every resource by its address. */
function resourcesOf(ofStack: Record<string, object>): Resources {
  return new Map(
    Object.entries(ofStack).flatMap(([type, byId]) =>
      Object.entries(byId).map(([id, body]): [string, unknown] => [`${type}.${id}`, body]),
    ),
  );
}

/** What Terraform makes before a resource. */
function awaited(all: Resources, address: string): Set<string> {
  const before: string[] = all.get(address).depends_on ?? [];
  return new Set(before.flatMap((it) => [it, ...awaited(all, it)]));
}

describe("access", () => {
  test("a context is handed to both providers, the file comes from the environment", () => {
    const { provider } = synthesize(meshWith());
    expect(provider.kubernetes).toEqual([{ config_context: "cluster1" }]);
    expect(provider.helm).toEqual([{ kubernetes: { config_context: "cluster1" } }]);
  });

  test("a program gives the credential, with variables by the very names mesh.yaml has", () => {
    const { provider } = synthesize(
      withCluster((cluster) => {
        const env = { AWS_PROFILE: "prod", camelCase: "x" };
        cluster.kubeconfig = { exec: { command: "aws", args: ["eks", "get-token"], env } };
      }),
    );
    const exec = {
      api_version: "client.authentication.k8s.io/v1",
      command: "aws",
      args: ["eks", "get-token"],
      env: { AWS_PROFILE: "prod", camelCase: "x" },
    };
    const host = "https://k8s-1.example.com:6443";
    const cluster_ca_certificate = expect.stringContaining("-----BEGIN CERTIFICATE-----");
    expect(provider.kubernetes).toEqual([{ host, cluster_ca_certificate, exec: [exec] }]);
    expect(provider.helm).toEqual([{ kubernetes: { host, cluster_ca_certificate, exec } }]);
  });

  test("it may answer in v1beta1, and Terraform reach the API server elsewhere", () => {
    const { provider } = synthesize(
      withCluster((cluster) => {
        const host = "https://[fd00::1]:6443";
        cluster.kubeconfig = { exec: { command: "gke-gcloud-auth-plugin", apiVersion: "v1beta1", host } };
      }),
    );
    const exec = { api_version: "client.authentication.k8s.io/v1beta1", args: [], env: {} };
    expect(provider.kubernetes).toMatchObject([{ host: "https://[fd00::1]:6443", exec: [exec] }]);
    expect(provider.helm).toMatchObject([{ kubernetes: { host: "https://[fd00::1]:6443", exec } }]);
  });
});

describe("namespaces", () => {
  test("carry the network", () => {
    const { resource } = synthesize(meshWith());
    expect(Object.values(resource.kubernetes_namespace_v1)).toMatchObject([
      { metadata: { name: "vault" } },
      { metadata: { name: "istio-system", labels: { "topology.istio.io/network": "network1" } } },
    ]);
  });

  test("are somebody else's where createNamespaces is false", () => {
    const { resource } = synthesize(withCluster((cluster) => (cluster.createNamespaces = false)));
    expect(resource.kubernetes_namespace_v1).toBeUndefined();
  });

  test("are there before anything in them", () => {
    const { resource } = synthesize(
      meshWith((mesh) => {
        // The pods' Secret with it is in their namespace.
        mesh.vault.caCertificateFile = "clusters/cluster1-ca.pem";
        mesh.gateways = { "istio-ingress": { certificate: { source: "vault-kv" } } };
      }),
    );
    const all = resourcesOf(resource);
    const inOne = [...all].flatMap(([address, { namespace, metadata }]): [string, string][] => {
      const name = namespace ?? metadata?.namespace;
      return name === undefined ? [] : [[address, name]];
    });
    expect(inOne).toHaveLength(6);
    const waiting = inOne.filter(([address, name]) =>
      [...awaited(all, address)].some((it) => all.get(it)!.metadata?.name === name),
    );
    expect(waiting).toEqual(inOne);
  });
});

describe("releases", () => {
  test("istiod waits for the injector and istio-base", () => {
    const stack = synthesize(meshWith());
    expect(releases(stack)["istio-istiod"].depends_on).toEqual([
      expect.stringMatching(/^helm_release\.Injector_/),
      expect.stringMatching(/^helm_release\.IstioBase_/),
    ]);
  });

  test("carry the mesh's identity", () => {
    const { values } = releases(synthesize(meshWith()))["istio-istiod"];
    expect(values.meshConfig.trustDomain).toBe("cluster.local");
    expect(values.global).toMatchObject({
      meshID: "mesh1",
      network: "network1",
      multiCluster: { clusterName: "cluster1" },
    });
  });

  test("pods reach Vault at podAddress, by its private CA and namespace", () => {
    const mesh = meshWith((data) => {
      data.vault.podAddress = "https://vault.internal:8200";
      data.vault.namespace = "platform";
      data.vault.caCertificateFile = "clusters/cluster1-ca.pem";
    });
    const { values } = releases(synthesize(mesh))["vault-inject"];
    expect(values.global.externalVaultAddr).toBe("https://vault.internal:8200");
    expect(values.injector.extraEnvironmentVars).toEqual({
      AGENT_INJECT_VAULT_NAMESPACE: "platform",
      AGENT_INJECT_VAULT_CACERT_BYTES: mesh.vault.caCertificate!.pem,
    });
  });

  test("jwt makes istiod's pod project a token for Vault", () => {
    const stack = synthesize(
      withCluster((cluster) => (cluster.vaultAuth = { method: "jwt", issuer: "https://oidc.example.com" })),
    );
    const { values } = releases(stack)["istio-istiod"];
    expect(values.podAnnotations).toMatchObject({
      "vault.hashicorp.com/auth-path": "auth/jwt-cluster1",
      "vault.hashicorp.com/auth-type": "jwt",
    });
    expect(values.volumes[0].projected.sources).toEqual([
      { serviceAccountToken: { path: "token", audience: "vault", expirationSeconds: 3600 } },
    ]);
  });

  test("come from a directory, copied beside the stack", () => {
    const directory = meshDirectory((mesh) => {
      mesh.istio.chartsDirectory = "charts";
      mesh.injector = { chartsDirectory: "charts" };
    });
    for (const chart of ["base", "istiod", "vault"]) {
      mkdirSync(join(directory, "charts", chart), { recursive: true });
      writeFileSync(join(directory, "charts", chart, "Chart.yaml"), `name: ${chart}\n`);
    }
    const all = releases(synthesize(loadMesh(join(directory, "mesh.yaml"))));
    for (const release of Object.values(all)) {
      expect(release.chart).toMatch(/^assets\//);
      expect(release).not.toHaveProperty("repository");
      expect(release).not.toHaveProperty("version");
    }
  });
});
