import { keysInState } from "../../stacks/vault-stack";
import { type MeshData, meshWith } from "../support/mesh-file";
import { vaultSide } from "../support/vault-stacks";

function synthesize(change?: (mesh: MeshData) => void) {
  return vaultSide(meshWith(change));
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any
const only = (resources: Record<string, any>) => {
  expect(Object.keys(resources)).toHaveLength(1);
  return Object.values(resources)[0];
};

const oneCluster = (mesh: MeshData) => mesh.clusters.splice(1);

describe("provider", () => {
  test("has the address alone, and no child token", () => {
    expect(synthesize().provider.vault).toEqual([
      { address: "https://vault.example.com:8200", skip_child_token: true },
    ]);
  });

  test("knows a Vault namespace and a private CA", () => {
    const { provider } = synthesize((mesh) => {
      mesh.vault.namespace = "platform";
      mesh.vault.caCertificateFile = "clusters/cluster1-ca.pem";
    });
    expect(provider.vault[0]).toMatchObject({
      namespace: "platform",
      ca_cert_file: expect.stringMatching(/^assets\/VaultCa\/\w+\/cluster1-ca\.pem$/),
    });
  });
});

describe("login", () => {
  test("jwt has a mount of its own", () => {
    const { resource } = synthesize((mesh) => {
      oneCluster(mesh);
      mesh.vaultAuth = { method: "jwt", issuer: "https://oidc.example.com/cluster1" };
    });
    expect(only(resource.vault_jwt_auth_backend)).toMatchObject({
      path: "jwt-cluster1",
      oidc_discovery_url: "https://oidc.example.com/cluster1",
    });
    expect(resource.vault_auth_backend).toBeUndefined();
  });

  test("a reviewer's token is a sensitive variable named after the cluster", () => {
    const { resource, variable } = synthesize((mesh) => {
      oneCluster(mesh);
      mesh.clusters[0].name = "eu-west-1";
      mesh.vaultAuth = { method: "kubernetes", reviewer: "variable", audience: "vault" };
    });
    expect(variable.eu_west_1_token_reviewer_jwt).toMatchObject({ type: "string", sensitive: true });
    expect(only(resource.vault_kubernetes_auth_backend_config)).toMatchObject({
      token_reviewer_jwt: "${var.eu_west_1_token_reviewer_jwt}",
    });
    expect(only(resource.vault_kubernetes_auth_backend_role)).toMatchObject({ audience: "vault" });
  });

  test("TTLs are the mesh's", () => {
    const { resource } = synthesize((mesh) => {
      oneCluster(mesh);
      mesh.vaultAuth = { method: "kubernetes", tokenTtl: "5m", tokenMaxTtl: "1h" };
    });
    expect(only(resource.vault_kubernetes_auth_backend_role)).toMatchObject({
      token_ttl: 300,
      token_max_ttl: 3600,
    });
  });
});

describe("roots", () => {
  test("tls-provider puts the root's key in the state, and says so", () => {
    const change = (mesh: MeshData) => {
      mesh.roots = [{ name: "a", source: "tls-provider", acceptKeysInState: true }];
    };
    expect(Object.keys(synthesize(change).resource.tls_self_signed_cert)).toHaveLength(1);
    expect(keysInState(meshWith(change))).toBe(
      "the state of vault-root holds the private keys of root a and the intermediates of cluster1, cluster2 (issuance: terraform); whoever reads it can sign for the mesh (docs/issuance.md)",
    );
  });

  test("existing makes no root and signs at the mount given", () => {
    const { resource } = synthesize((mesh) => {
      oneCluster(mesh);
      mesh.roots = [
        {
          name: "a",
          source: "existing",
          mountPath: "corp-pki",
          issuer: "istio",
          certificateFile: "clusters/cluster1-ca.pem",
        },
      ];
    });
    expect(resource.vault_pki_secret_backend_root_cert).toBeUndefined();
    expect(only(resource.vault_pki_secret_backend_root_sign_intermediate)).toMatchObject({
      backend: "corp-pki",
      issuer_ref: "istio",
    });
  });

  test("offline is in the bundle, and makes nothing", () => {
    const { resource } = synthesize((mesh) => {
      oneCluster(mesh);
      mesh.roots.push({ name: "old", source: "offline", certificateFile: "clusters/cluster1-ca.pem" });
      mesh.trust.bundle = ["old", "a"];
    });
    expect(Object.keys(resource.vault_pki_secret_backend_root_cert)).toHaveLength(1);
    // eslint-disable-next-line @typescript-eslint/no-explicit-any
    const secrets = Object.values<any>(resource.vault_kv_secret_v2).map(({ data_json }) => data_json);
    expect(secrets).toContainEqual(
      expect.stringMatching(
        /root_cert.*trimspace\("-----BEGIN CERTIFICATE-----.*trimspace\(data\.vault_pki_secret_backend_issuer/,
      ),
    );
  });

  test("several exist side by side, and one signs", () => {
    const { resource } = synthesize((mesh) => {
      oneCluster(mesh);
      mesh.roots.push({ name: "b", source: "vault-pki" });
      mesh.trust.bundle = ["a", "b"];
    });
    expect(Object.keys(resource.vault_pki_secret_backend_root_cert)).toHaveLength(2);
    expect(only(resource.vault_pki_secret_backend_root_sign_intermediate).backend).toBe("istio-root-a");
  });
});

describe("issuance external", () => {
  const external = (mesh: MeshData) => (mesh.intermediates = { issuance: "external" });

  test("makes no key, and no word of keys in the state", () => {
    const { resource } = synthesize(external);
    expect(Object.keys(resource).filter((type) => type.startsWith("tls_"))).toEqual([]);
    expect(resource.vault_kv_secret_v2).toMatchObject(
      Object.fromEntries(
        Object.keys(resource.vault_kv_secret_v2).map((id) => [id, { name: "istiod-service/trust-bundle" }]),
      ),
    );
    expect(keysInState(meshWith(external))).toBeUndefined();
  });

  test("of one cluster leaves the other's key in the state, and says whose", () => {
    const change = (mesh: MeshData) => (mesh.clusters[0].intermediates = { issuance: "external" });
    expect(Object.keys(synthesize(change).resource.tls_private_key)).toHaveLength(1);
    expect(keysInState(meshWith(change))).toBe(
      "the state of vault-cluster2 holds the private keys of the intermediates of cluster2 (issuance: terraform); whoever reads it can sign for the mesh (docs/issuance.md)",
    );
  });

  test("of a fleet names the first few", () => {
    const mesh = meshWith((data) => {
      data.clusters = Array.from({ length: 9 }, (_, index) => ({
        ...data.clusters[0],
        ...{ name: `cluster${index}`, kubernetesHost: `https://k8s-${index}.example.com:6443` },
        kubeconfig: { context: `cluster${index}` },
      }));
    });
    expect(keysInState(mesh)).toMatch(
      /^the states of vault-cluster0, .+ vault-cluster4 and 4 more hold the private keys of the intermediates of cluster0, .+ cluster4 and 4 more /,
    );
  });

  test("lets one role issue for the clusters it is meant for", () => {
    const { resource } = synthesize((mesh) => {
      mesh.issuer = { method: "approle" };
      mesh.clusters[1].intermediates = { issuance: "external" };
    });
    expect(only(resource.vault_approle_auth_backend_role).token_policies).toEqual(["istio-issuer-cluster2"]);
  });

  test("makes no login that nothing could use", () => {
    const { resource } = synthesize((mesh) => (mesh.issuer = { method: "approle" }));
    expect(resource.vault_approle_auth_backend_role).toBeUndefined();
  });

  test.each([
    [{ method: "github-actions", repositoryId: 7, environment: "issuer" }, "vault_jwt_auth_backend_role"],
    [{ method: "gitlab", projectId: 7, environment: "issuer" }, "vault_jwt_auth_backend_role"],
    [
      {
        method: "kubernetes",
        kubernetesHost: "https://10.0.0.9:6443",
        kubernetesCaCertificateFile: "clusters/cluster1-ca.pem",
        serviceAccount: "issuer",
        namespace: "istio-vault",
      },
      "vault_kubernetes_auth_backend_role",
    ],
  ])("logs an issuer in by %j", (issuer, role) => {
    const { resource } = synthesize((mesh) => {
      external(mesh);
      mesh.issuer = issuer;
    });
    const roles = Object.values<{ role_name: string }>(resource[role]);
    expect(roles.filter(({ role_name }) => role_name === "istio-issuer")).toHaveLength(1);
  });
});

test("preventDestroy: false takes the guard from roots and secrets", () => {
  const guarded = (resource: Record<string, Record<string, { lifecycle?: { prevent_destroy?: boolean } }>>) =>
    Object.values(resource)
      .flatMap((byId) => Object.values(byId))
      .filter(({ lifecycle }) => lifecycle?.prevent_destroy).length;
  expect(guarded(synthesize().resource)).toBe(4);
  expect(guarded(synthesize((mesh) => (mesh.preventDestroy = false)).resource)).toBe(0);
});
