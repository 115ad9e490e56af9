import { Testing } from "cdktf";
import { ClusterStack } from "../../stacks/cluster-stack";
import { type MeshChange, type MeshData, meshWith } from "../support/mesh-file";
import { type VaultSide, vaultSide } from "../support/vault-stacks";

interface Import {
  readonly to: string;
  readonly id: string;
}

/** The import blocks in Vault and in one cluster, by where they lead without the hash. */
function imports(change: MeshChange): { vault: Import[]; cluster1: Import[] } {
  const mesh = meshWith(change);
  const importsOf = ({ import: blocks = [], resource }: Pick<VaultSide, "import" | "resource">) => {
    return (blocks as Import[]).map(({ to, id }) => {
      const [type, name] = to.split(".");
      expect(resource[type!]).toHaveProperty(name!);
      return { to: to.replace(/_[0-9A-F]{8}$/, ""), id };
    });
  };
  return {
    vault: importsOf(vaultSide(mesh)),
    cluster1: importsOf(
      JSON.parse(Testing.synth(new ClusterStack(Testing.app(), mesh, mesh.clusters[0]!), true)),
    ),
  };
}

const adopted = (mesh: MeshData) => {
  mesh.clusters[0].adopt = true;
};

test("nothing is imported unless a cluster says so", () => {
  expect(imports(() => {})).toEqual({ vault: [], cluster1: [] });
});

test("of Vault, what one cluster's names stand for, and nothing of the other's", () => {
  expect(imports(adopted).vault).toEqual([
    { to: "vault_mount.cluster1_Trust", id: "kubernetes-cluster1-secrets" },
    { to: "vault_policy.cluster1_Trust_ReadPolicy", id: "istiod-certs-cluster1" },
    { to: "vault_auth_backend.cluster1_Auth", id: "kubernetes-cluster1" },
    {
      to: "vault_kubernetes_auth_backend_role.cluster1_Auth_Roles_istiod",
      id: "auth/kubernetes-cluster1/role/istiod",
    },
  ]);
});

test("the issuer's policy is nobody's yet, and the auth method's configuration is written anew", () => {
  const { vault } = imports((mesh) => {
    adopted(mesh);
    mesh.intermediates = { issuance: "external" };
    mesh.issuer = { method: "approle" };
  });
  expect(vault.map(({ to }) => to)).toEqual([
    "vault_mount.cluster1_Trust",
    "vault_policy.cluster1_Trust_ReadPolicy",
    "vault_auth_backend.cluster1_Auth",
    "vault_kubernetes_auth_backend_role.cluster1_Auth_Roles_istiod",
  ]);
});

test("of the cluster, namespaces and releases", () => {
  expect(imports(adopted).cluster1).toEqual([
    { to: "kubernetes_namespace_v1.InjectorNamespace", id: "vault" },
    { to: "kubernetes_namespace_v1.IstioNamespace", id: "istio-system" },
    { to: "helm_release.Injector", id: "vault/vault-inject" },
    { to: "helm_release.IstioBase", id: "istio-system/istio-base" },
    { to: "helm_release.Istiod", id: "istio-system/istio-istiod" },
  ]);
});

test("gateways are not: by hand there are none", () => {
  const { vault, cluster1 } = imports((mesh) => {
    adopted(mesh);
    mesh.clusters[0].gateways = { "istio-ingress": { certificate: { source: "vault-kv" } } };
  });
  expect(vault).toHaveLength(4);
  expect(cluster1).toHaveLength(5);
});
