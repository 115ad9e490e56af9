import { Testing } from "cdktf";
import type { Mesh } from "../../config/mesh";
import { GOING_HOSTS } from "../../lib/private/upstream";
import { composeMesh } from "../../stacks/compose-mesh";
import { clusterLike, meshWith } from "../support/mesh-file";

/** The synthesized stacks by name. */
function synthesize(mesh: Mesh): Record<string, string> {
  const { vaultRoot, clusters } = composeMesh(Testing.app(), mesh);
  return Object.fromEntries(
    [vaultRoot, ...clusters].map((stack) => [stack.node.id, Testing.synth(stack, true)]),
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

  test("is one stack for Vault and one for each cluster", () => {
    expect(Object.keys(stacks)).toEqual(["vault-root", "cluster1", "cluster2"]);
  });

  test.each(Object.keys(stacks))("%s is as reviewed", (name) => {
    expect(readable(stacks[name])).toMatchSnapshot();
  });

  test.each(Object.keys(stacks))("%s keeps its logical ids, which are a contract", (name) => {
    expect(logicalIds(stacks[name])).toMatchSnapshot();
  });

  test("clusters are deployed after Vault", () => {
    const { vaultRoot, clusters } = composeMesh(Testing.app(), meshWith());
    for (const cluster of clusters) expect(cluster.dependsOn(vaultRoot)).toBe(true);
    expect(vaultRoot.dependencies).toEqual([]);
  });

  test("stacks exchange names only: no output, no remote state, no data source", () => {
    for (const stack of Object.values(stacks)) {
      const { output, data } = JSON.parse(stack);
      expect({ output, data }).toEqual({ output: undefined, data: undefined });
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
    expect(versions).toEqual([["tls ~> 4.1", "vault 5.11.0"], cluster, cluster]);
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
  expect(after.cluster1).toEqual(before.cluster1);
  expect(after.cluster2).toEqual(before.cluster2);
  expect(logicalIds(after["vault-root"])).toEqual(expect.arrayContaining(logicalIds(before["vault-root"])));
});
