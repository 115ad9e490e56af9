import { Testing } from "cdktf";
import { targetOf } from "../../cli/vault/target";
import type { Mesh } from "../../config/mesh";
import { composeMesh } from "../../stacks/compose-mesh";
import { identityPolicy } from "../../stacks/identity-policies";
import { type MeshData, meshWith } from "../support/mesh-file";

const RENAMED = { name: "paris", nameInVault: "cluster2", clusterId: "cluster2" };

/** All that is named after a cluster somewhere in Vault. */
function withEverything(mesh: MeshData): void {
  mesh.intermediates = { issuance: "external" };
  mesh.issuer = { method: "approle" };
  mesh.revocation = { lists: "served", revoked: [{ cluster: "cluster2", serial: "ab:cd" }] };
  mesh.clusters[1].intermediates = { issuance: "deploy" };
  mesh.clusters[1].vaultAuth = { reviewer: "variable" };
  mesh.clusters[1].adopt = true;
  mesh.gateways = {
    ingress: { certificate: { source: "vault-pki", domains: ["www.example.com"] } },
    egress: { certificate: { source: "vault-kv" } },
  };
}

const CASES: Record<string, (mesh: MeshData) => void> = {
  "with all there is": withEverything,
  "of issuance external": (mesh) => {
    withEverything(mesh);
    mesh.clusters[1].intermediates = { issuance: "external" };
  },
  "of issuance terraform, by JWT": (mesh) => {
    mesh.clusters[1].vaultAuth = { method: "jwt", issuer: "https://oidc.example.com" };
  },
  "in one stack of all": (mesh) => {
    mesh.roots = [{ name: "a", source: "tls-provider", acceptKeysInState: true }];
  },
};

const before = (change: (mesh: MeshData) => void) => meshWith(change);
const after = (change: (mesh: MeshData) => void) =>
  meshWith((mesh) => {
    change(mesh);
    Object.assign(mesh.clusters[1], RENAMED);
  });

/** Without comments, and where the state is. */
function synthesized(mesh: Mesh): Record<string, unknown> {
  const { vault, clusters } = composeMesh(Testing.app(), mesh);
  return Object.fromEntries(
    [...vault, ...clusters].map((stack) => {
      const { terraform, ...json } = JSON.parse(Testing.synth(stack));
      const { backend: _, ...rest } = terraform;
      const text = JSON.stringify({ ...json, terraform: rest }, (key, value) =>
        key === "//" ? undefined : value,
      );
      return [stack.node.id, JSON.parse(text)];
    }),
  );
}

describe.each(Object.entries(CASES))("a renamed cluster %s", (_, change) => {
  const [was, is] = [synthesized(before(change)), synthesized(after(change))];

  test("has everything as it was, in Vault and where it runs", () => {
    const { cluster2, ...others } = was;
    expect(is).toEqual({ ...others, paris: cluster2 });
  });

  test("takes other policies for nobody", () => {
    for (const identity of ["planner", "deployer", "status"] as const) {
      expect(identityPolicy(identity, [after(change)])).toBe(identityPolicy(identity, [before(change)]));
    }
  });

  test("has its intermediate issued as before", () => {
    const [[, target], [, renamed]] = [before(change), after(change)].map((mesh) =>
      mesh.clusters.map((cluster) => targetOf(mesh, cluster)),
    );
    expect({ ...renamed, clusterName: target.clusterName }).toEqual(target);
  });
});
