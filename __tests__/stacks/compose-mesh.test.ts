import { Testing } from "cdktf";
import type { Mesh } from "../../config/mesh";
import { GOING_HOSTS } from "../../lib/private/upstream";
import { composeMesh } from "../../stacks/compose-mesh";
import { VaultStack } from "../../stacks/vault-stack";
import { clusterLike, type MeshData, meshWith } from "../support/mesh-file";

/** The synthesized stacks by name. */
function synthesize(mesh: Mesh): Record<string, string> {
  const { vault, clusters } = composeMesh(Testing.app(), mesh);
  return Object.fromEntries(
    [...vault, ...clusters].map((stack) => [stack.node.id, Testing.synth(stack, true)]),
  );
}

/** A stack as a person reviews it, Helm values too: no JSON in a string. */
function readable(stack: string): unknown {
  return JSON.parse(stack, (_, value) =>
    typeof value === "string" && value.startsWith('{"') ? JSON.parse(value) : value,
  );
}

function logicalIds(stack: string): string[] {
  const { resource } = JSON.parse(stack) as { resource: Record<string, Record<string, unknown>> };
  return Object.entries(resource).flatMap(([type, byId]) => Object.keys(byId).map((id) => `${type}.${id}`));
}

describe("the article's mesh", () => {
  const stacks = synthesize(meshWith());

  test("is one stack for what clusters share in Vault, and for each cluster one in Vault and one for what runs there", () => {
    expect(Object.keys(stacks)).toEqual([
      "vault-shared",
      "vault-cluster1",
      "vault-cluster2",
      "cluster1",
      "cluster2",
    ]);
  });

  test.each(Object.keys(stacks))("%s is as reviewed", (name) => {
    expect(readable(stacks[name])).toMatchSnapshot();
  });

  test.each(Object.keys(stacks))("%s keeps its logical ids, which are a contract", (name) => {
    expect(logicalIds(stacks[name])).toMatchSnapshot();
  });

  test("what is shared is deployed first, then a cluster's part of Vault, then the cluster, and no other waits for it", () => {
    const { vault, clusters } = composeMesh(Testing.app(), meshWith());
    const [shared, ...others] = vault;
    expect(shared.dependencies).toEqual([]);
    expect(others.map(({ dependencies }) => dependencies)).toEqual([[shared], [shared]]);
    expect(clusters.map(({ dependencies }) => dependencies)).toEqual([[others[0]], [others[1]]]);
  });

  test("stacks exchange names only: no output, no remote state; of data, a root's public certificate", () => {
    for (const [name, stack] of Object.entries(stacks)) {
      const { output, data } = JSON.parse(stack);
      expect(output).toBeUndefined();
      expect(Object.keys(data ?? {})).toEqual(
        /^vault-cluster/.test(name) ? ["vault_pki_secret_backend_issuer"] : [],
      );
    }
  });

  test("a cluster's stack has no provider of Vault or keys", () => {
    for (const name of ["cluster1", "cluster2"]) {
      expect(Object.keys(JSON.parse(stacks[name]).provider).sort()).toEqual(["helm", "kubernetes"]);
    }
  });

  test("names no host that is taken down", () => {
    for (const stack of Object.values(stacks)) {
      expect(GOING_HOSTS.filter(({ host }) => stack.includes(host))).toEqual([]);
    }
  });

  test("asks for the providers' versions that mesh.yaml says, the others' by default", () => {
    const versions = Object.values(
      synthesize(meshWith((mesh) => (mesh.providers = { vault: "5.11.0", helm: ">= 3.1, < 3.2" }))),
    ).map((stack) =>
      Object.entries(
        JSON.parse(stack).terraform.required_providers as Record<string, { version: string }>,
      ).map(([name, { version }]) => `${name} ${version}`),
    );
    const cluster = ["helm >= 3.1, < 3.2", "kubernetes ~> 2.38"];
    const vault = ["tls ~> 4.1", "vault 5.11.0"];
    expect(versions).toEqual([vault, vault, vault, cluster, cluster]);
  });

  test("no stack holds a private key or a credential", () => {
    for (const stack of Object.values(stacks)) {
      expect(stack).not.toMatch(/PRIVATE KEY|"token":|token_reviewer_jwt|password/);
    }
  });

  test("synthesizing again gives the same bytes", () => {
    expect(synthesize(meshWith())).toEqual(stacks);
  });
});

test("a third cluster changes nothing in the others", () => {
  const before = synthesize(meshWith());
  const after = synthesize(meshWith((mesh) => mesh.clusters.push(clusterLike(mesh.clusters[1], "cluster3"))));
  const { "vault-cluster3": inVault, cluster3: inCluster, ...others } = after;
  expect(others).toEqual(before);
  expect([inVault, inCluster]).not.toContain(undefined);
});

describe("the one stack of earlier versions", () => {
  const mesh = meshWith();
  const contents = { name: "vault-root", isShared: true, clusters: mesh.clusters };
  const stack = Testing.synth(new VaultStack(Testing.app(), mesh, contents), true);

  test("is still made as it was", () => {
    expect(readable(stack)).toMatchSnapshot();
  });

  test("has every object under its logical id, so that states are moved by address", () => {
    const { "vault-shared": shared, "vault-cluster1": one, "vault-cluster2": two } = synthesize(mesh);
    expect(logicalIds(stack).sort()).toEqual([shared, one, two].flatMap(logicalIds).sort());
  });
});

describe("a root of the tls provider", () => {
  const withTls = (mesh: MeshData) => {
    mesh.roots.push({ name: "t", source: "tls-provider", acceptKeysInState: true });
  };
  const stacks = synthesize(meshWith(withTls));

  test("keeps all of Vault's objects in one stack, before every cluster", () => {
    expect(Object.keys(stacks)).toEqual(["vault-root", "cluster1", "cluster2"]);
    const { vault, clusters } = composeMesh(Testing.app(), meshWith(withTls));
    for (const cluster of clusters) expect(cluster.dependencies).toEqual(vault);
  });
});
