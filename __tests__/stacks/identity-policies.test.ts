import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import type { Mesh } from "../../config/mesh";
import { identityPolicy } from "../../stacks/identity-policies";
import { VaultStack } from "../../stacks/vault-stack";
import { anyMesh } from "../support/any-mesh";
import { type MeshChange, type MeshData, meshWith } from "../support/mesh-file";

const oneCluster = (mesh: MeshData) => mesh.clusters.splice(1);

function meshOfOne(change: MeshChange = () => {}): Mesh {
  return meshWith((mesh, directory) => {
    oneCluster(mesh);
    change(mesh, directory);
  });
}

/** Paths of a policy with their capabilities. */
function rights(policy: string): Record<string, string> {
  const blocks = policy.matchAll(/^path "([^"]+)" \{\n {2}capabilities = \[([^\]]+)\]\n\}$/gm);
  return Object.fromEntries([...blocks].map(([, path, list]) => [path, list.replaceAll('"', "")]));
}

const deployer = (...meshes: Mesh[]) => rights(identityPolicy("deployer", meshes));
const planner = (...meshes: Mesh[]) => rights(identityPolicy("planner", meshes));

/** What is there in the second and not in the first. */
function added(before: Record<string, string>, after: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(after).filter(([path, list]) => before[path] !== list));
}

test("needs no file of the mesh once it is loaded, as of a commit that was checked out for a moment", () => {
  const mesh = meshOfOne((data) => (data.vault.caCertificateFile = "clusters/cluster2-ca.pem"));
  rmSync(mesh.vault.caCertificate!.path);
  expect(planner(mesh)).toEqual(planner(meshOfOne()));
});

test("the planner reads settings", () => {
  expect(identityPolicy("planner", [meshOfOne()])).toBe(
    `# Plans Vault's stacks: reads settings but no secrets, and changes nothing.

# Terraform's provider first looks up its own token.
path "auth/token/lookup-self" {
  capabilities = ["read"]
}

path "sys/mounts/istio-root-a" {
  capabilities = ["read"]
}

path "sys/mounts/kubernetes-cluster1-secrets" {
  capabilities = ["read"]
}

# A root's certificate, for the stacks of the clusters that trust it.
path "istio-root-a/issuer/a" {
  capabilities = ["read"]
}

path "kubernetes-cluster1-secrets/config" {
  capabilities = ["read"]
}

path "sys/mounts/auth/kubernetes-cluster1" {
  capabilities = ["read"]
}

path "sys/mounts/auth/kubernetes-cluster1/tune" {
  capabilities = ["read"]
}

path "auth/kubernetes-cluster1/config" {
  capabilities = ["read"]
}

path "sys/policies/acl/istiod-certs-cluster1" {
  capabilities = ["read"]
}

path "auth/kubernetes-cluster1/role/istiod" {
  capabilities = ["read"]
}
`,
  );
});

test("the deployer changes them and writes secrets; what Terraform refuses to destroy, so does Vault", () => {
  expect(identityPolicy("deployer", [meshOfOne()])).toBe(
    `# Deploys Vault's stacks. It writes policies and roles, so it is an administrator of its Vault namespace.

# Terraform's provider first looks up its own token.
path "auth/token/lookup-self" {
  capabilities = ["read"]
}

path "sys/mounts/istio-root-a" {
  capabilities = ["read", "update"]
}

path "sys/mounts/kubernetes-cluster1-secrets" {
  capabilities = ["read", "update"]
}

path "istio-root-a/issuers/generate/root/internal" {
  capabilities = ["update"]
}

# A root's certificate, for the stacks of the clusters that trust it.
path "istio-root-a/issuer/a" {
  capabilities = ["read"]
}

# Signs the intermediates; a + is the id that Vault gave the root's issuer.
path "istio-root-a/issuer/+/sign-intermediate" {
  capabilities = ["update"]
}

path "kubernetes-cluster1-secrets/config" {
  capabilities = ["read", "update"]
}

# Writes CA files and trust bundles, but cannot read a CA key.
path "kubernetes-cluster1-secrets/data/istiod-service/certs" {
  capabilities = ["create", "update"]
}

path "kubernetes-cluster1-secrets/data/istiod-service/trust-bundle" {
  capabilities = ["create", "update"]
}

# Vault requires sudo to enable or disable an auth method.
path "sys/auth/kubernetes-cluster1" {
  capabilities = ["update", "delete", "sudo"]
}

path "sys/mounts/auth/kubernetes-cluster1" {
  capabilities = ["read"]
}

path "sys/mounts/auth/kubernetes-cluster1/tune" {
  capabilities = ["read"]
}

path "auth/kubernetes-cluster1/config" {
  capabilities = ["read", "update"]
}

# Whoever may write a policy and the role it is attached to can grant themselves any right.
path "sys/policies/acl/istiod-certs-cluster1" {
  capabilities = ["read", "update", "delete"]
}

path "auth/kubernetes-cluster1/role/istiod" {
  capabilities = ["create", "read", "update", "delete"]
}
`,
  );
});

test("with preventDestroy: false the deployer may delete roots and secrets, the planner nothing", () => {
  const destroyable = meshOfOne((mesh) => (mesh.preventDestroy = false));
  expect(added(deployer(meshOfOne()), deployer(destroyable))).toEqual({
    "sys/mounts/istio-root-a": "read, update, delete",
    "sys/mounts/kubernetes-cluster1-secrets": "read, update, delete",
    "istio-root-a/issuer/+": "delete",
    "kubernetes-cluster1-secrets/metadata/istiod-service/certs": "delete",
    "kubernetes-cluster1-secrets/metadata/istiod-service/trust-bundle": "delete",
  });
  expect(planner(destroyable)).toEqual(planner(meshOfOne()));
});

describe("roots", () => {
  const inVault = [
    "sys/mounts/istio-root-a",
    "istio-root-a/issuers/generate/root/internal",
    "istio-root-a/issuer/a",
    "istio-root-a/issuer/+/sign-intermediate",
  ];
  const without = (all: Record<string, string>, paths: string[]) =>
    Object.fromEntries(Object.entries(all).filter(([path]) => !paths.includes(path)));

  test("one of Terraform's making needs nothing of Vault", () => {
    const mesh = meshOfOne(({ roots }) => {
      roots[0] = { name: "a", source: "tls-provider", acceptKeysInState: true };
    });
    expect(deployer(mesh)).toEqual(without(deployer(meshOfOne()), inVault));
    expect(planner(mesh)).toEqual(without(planner(meshOfOne()), inVault));
  });

  test("of an existing one the deployer signs with the named issuer, and does no more", () => {
    const mesh = meshOfOne(existingRoot);
    expect(deployer(mesh)).toEqual({
      ...without(deployer(meshOfOne()), inVault),
      "corp/pki/issuer/mesh/sign-intermediate": "update",
    });
    expect(planner(mesh)).toEqual(without(planner(meshOfOne()), inVault));
  });

  test("one that only stands in the bundle signs nothing", () => {
    const mesh = meshOfOne((data) => {
      data.roots.push({ name: "b", source: "vault-pki" });
      data.trust.bundle.push("b");
    });
    expect(added(deployer(meshOfOne()), deployer(mesh))).toEqual({
      "sys/mounts/istio-root-b": "read, update",
      "istio-root-b/issuers/generate/root/internal": "update",
      "istio-root-b/issuer/b": "read",
    });
  });
});

test("the JWT method has a mount, a configuration and a role of its own name", () => {
  const jwt = meshOfOne((mesh) => (mesh.vaultAuth = jwtMethod));
  const renamed = (all: Record<string, string>) =>
    Object.fromEntries(
      Object.entries(all).map(([path, list]) => [
        path.replace(/kubernetes-cluster1(?!-secrets)/, "jwt-cluster1"),
        list,
      ]),
    );
  expect(deployer(jwt)).toEqual(renamed(deployer(meshOfOne())));
  expect(planner(jwt)).toEqual(renamed(planner(meshOfOne())));
});

describe("issuance external", () => {
  const external = (mesh: MeshData) => (mesh.intermediates = { issuance: "external" });

  test("leaves the intermediate to its issuer, whose rights the deployer writes", () => {
    const mesh = meshOfOne(external);
    expect(added(deployer(meshOfOne()), deployer(mesh))).toEqual({
      "kubernetes-cluster1-secrets/metadata/istiod-service/certs": "create, read, update",
      "sys/policies/acl/istio-issuer-cluster1": "read, update, delete",
    });
    expect(added(deployer(mesh), deployer(meshOfOne()))).toEqual({
      "istio-root-a/issuer/+/sign-intermediate": "update",
      "kubernetes-cluster1-secrets/data/istiod-service/certs": "create, update",
    });
    expect(added(planner(meshOfOne()), planner(mesh))).toEqual({
      "kubernetes-cluster1-secrets/metadata/istiod-service/certs": "read",
      "sys/policies/acl/istio-issuer-cluster1": "read",
    });
  });

  const mounts = {
    "sys/auth/istio-issuer": "update, delete, sudo",
    "sys/mounts/auth/istio-issuer": "read",
    "sys/mounts/auth/istio-issuer/tune": "read",
    "auth/istio-issuer/role/istio-issuer": "create, read, update, delete",
  };
  const config = { "auth/istio-issuer/config": "read, update" };
  const ci = { environment: "istio-issuer" };

  test.each([
    [{ method: "approle" }, { "auth/istio-issuer/role/istio-issuer/role-id": "read" }],
    [{ method: "github-actions", repositoryId: 1, ...ci }, config],
    [{ method: "gitlab", projectId: 1, ...ci }, config],
    [
      {
        method: "kubernetes",
        kubernetesHost: "https://k8s.example.com:6443",
        kubernetesCaCertificateFile: "clusters/cluster1-ca.pem",
        serviceAccount: "issuer",
        namespace: "ops",
      },
      config,
    ],
  ])("lets issuers log in by $method", (issuer, rightsOfMethod) => {
    const mesh = meshOfOne((data) => {
      external(data);
      data.issuer = issuer;
    });
    expect(added(deployer(meshOfOne(external)), deployer(mesh))).toEqual({ ...mounts, ...rightsOfMethod });
  });
});

test("a reviewer of one's own, an audience and a Vault namespace change nothing: paths are within it", () => {
  const mesh = meshOfOne((data) => {
    data.vaultAuth = { method: "kubernetes", reviewer: "variable", audience: "vault" };
    data.vault.namespace = "platform/mesh";
  });
  expect(identityPolicy("deployer", [mesh])).toBe(identityPolicy("deployer", [meshOfOne()]));
});

test("for a change that takes something away it holds what either mesh needs, each path once", () => {
  const before = meshWith((mesh) => (mesh.preventDestroy = false));
  const after = meshOfOne((mesh) => {
    mesh.preventDestroy = false;
    mesh.vaultAuth = jwtMethod;
  });
  const policy = identityPolicy("deployer", [before, after]);
  expect(rights(policy)).toEqual({ ...deployer(before), ...deployer(after) });
  expect(policy.match(/^path "auth\/token\/lookup-self"/gm)).toHaveLength(1);
});

test("what one of them may delete, it may", () => {
  const kept = meshOfOne();
  const destroyable = meshOfOne((mesh) => (mesh.preventDestroy = false));
  expect(deployer(kept, destroyable)).toEqual(deployer(destroyable));
  expect(deployer(destroyable, kept)).toEqual(deployer(destroyable));
});

describe("resources of the stacks, as Terraform is given them", () => {
  const synthesized = jest.spyOn(VaultStack.prototype, "toTerraform");
  afterAll(() => synthesized.mockRestore());

  test("arguments that refer to another resource's are followed", () => {
    const role = { backend: "${vault_mount.Pki_1.path}", name: "cluster1.ingress" };
    synthesized.mockReturnValueOnce({}).mockReturnValueOnce({
      resource: { vault_mount: { Pki_1: { path: "pki" } }, vault_pki_secret_backend_role: { Role_1: role } },
    });
    expect(deployer(meshOfOne())).toEqual({
      "auth/token/lookup-self": "read",
      "sys/mounts/pki": "read, update, delete",
      "pki/roles/cluster1.ingress": "read, update, delete",
    });
  });

  test("the needs of every resource this program can make are known", () => {
    const lib = join(__dirname, "..", "..", "lib");
    const files = readdirSync(lib, { recursive: true, encoding: "utf8" }).filter((file) =>
      file.endsWith(".ts"),
    );
    const kinds = files.flatMap((file) =>
      [
        ...readFileSync(join(lib, file), "utf8").matchAll(
          /"@cdktf\/provider-vault\/lib\/((?!data-|provider")[\w-]+)"/g,
        ),
      ].map(([, kind]) => `vault_${kind.replaceAll("-", "_")}`),
    );
    expect(kinds.length).toBeGreaterThan(10);
    synthesized.mockReturnValueOnce({ resource: Object.fromEntries(kinds.map((kind) => [kind, {}])) });
    expect(() => identityPolicy("planner", [meshOfOne()])).not.toThrow();
  });

  test("fails on a kind of Vault object whose needs were not measured", () => {
    synthesized.mockReturnValueOnce({ resource: { vault_transit_secret_backend_key: {} } });
    expect(() => identityPolicy("planner", [meshOfOne()])).toThrow(
      "what vault_transit_secret_backend_key needs of Vault is not known",
    );
  });
});

test("over all variants no one reads a secret's data but a bundle to check, and paths are exact but for a root's issuer", () => {
  const kvPath = /^[^/]+-secrets\/(data|subkeys|delete|undelete|destroy)\//;
  const bundle = /-secrets\/data\/istiod-service\/trust-bundle$/;
  fc.assert(
    fc.property(anyMesh, (mesh) => {
      const [all, read] = [deployer(mesh), planner(mesh)];
      for (const [path, list] of Object.entries(all)) {
        expect(list).not.toMatch(/list|patch/);
        if (kvPath.test(path) && !bundle.test(path)) expect(list).not.toContain("read");
        expect(path.replace(/^istio-root-[ab]\/issuer\/\+/, "")).not.toMatch(/[*+]/);
        expect(list.includes("sudo")).toBe(/^sys\/auth\/[\w-]+$/.test(path));
      }
      const readable = Object.keys(all).filter((path) => all[path].includes("read") && !bundle.test(path));
      expect(read).toEqual(Object.fromEntries(readable.map((path) => [path, "read"])));
      for (const path of readable) expect(path).not.toMatch(/[*+]/);
    }),
    { numRuns: 20 },
  );
});

test("with issuance deploy the deployer issues, and the planner needs nothing more", () => {
  const byDeploy = meshOfOne((mesh) => (mesh.intermediates = { issuance: "deploy" }));
  const external = meshOfOne((mesh) => (mesh.intermediates = { issuance: "external" }));
  expect(added(deployer(external), deployer(byDeploy))).toEqual({
    "istio-root-a/issuer/a/sign-intermediate": "update",
    "kubernetes-cluster1-secrets/data/istiod-service/certs": "create, update",
    "kubernetes-cluster1-secrets/data/istiod-service/trust-bundle": "create, read, update",
  });
  expect(planner(byDeploy)).toEqual(planner(external));
});

const jwtMethod = { method: "jwt", issuer: "https://oidc.example.com/cluster1" };

function existingRoot(mesh: MeshData): void {
  mesh.roots[0] = {
    name: "a",
    source: "existing",
    mountPath: "corp/pki",
    issuer: "mesh",
    certificateFile: "clusters/cluster1-ca.pem",
  };
}

test("whoever asks for the status reads what is public of each cluster", () => {
  expect(identityPolicy("status", [meshOfOne()])).toBe(
    `# Runs istio-vault status: reads public values, and no key.

path "kubernetes-cluster1-secrets/metadata/istiod-service/certs" {
  capabilities = ["read"]
}

path "kubernetes-cluster1-secrets/data/istiod-service/trust-bundle" {
  capabilities = ["read"]
}
`,
  );
  const both = rights(identityPolicy("status", [meshOfOne(), meshWith()]));
  expect(Object.keys(both)).toHaveLength(4);
});
