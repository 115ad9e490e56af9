import { generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { MeshSettings } from "../../mesh-file";
import type { Rig } from "../../rig";

export const EXISTING_MOUNT = "corp/pki";
const ISSUER = "mesh";
/** Needed to plan and to deploy where the reviewer is a variable. */
export const REVIEWER = { TF_VAR_cluster3_token_reviewer_jwt: "a long-lived token" };

/** A mesh of every kind of root in Vault and of login, and what becomes of it. No cluster of it need run. */
export interface IdentityMeshes {
  readonly first: MeshSettings;
  /** Three clusters, a root, a key and login lifetimes later; one has an external issuer, and a deploy issues for one. */
  readonly changed: MeshSettings;
  /** The same, but that it may be destroyed. */
  readonly destroyable: MeshSettings;
  /** One of them gone again, another login for one cluster, an external issuer for one more. */
  readonly reduced: MeshSettings;
}

/** Makes someone else's PKI mount, and the meshes. */
export async function identityMeshes(rig: Rig): Promise<IdentityMeshes> {
  const files = await filesFor(rig);
  const ecdsa = { keyAlgorithm: "ecdsa-p256" };
  const roots = [
    { name: "a", source: "vault-pki", ...ecdsa },
    { name: "t", source: "vault-pki", ...ecdsa },
    {
      name: "e",
      source: "existing",
      mountPath: EXISTING_MOUNT,
      issuer: ISSUER,
      certificateFile: files.root,
    },
  ];
  const cluster = (number: number, sections: object) => ({
    name: `cluster${number}`,
    kubernetesHost: `https://192.0.2.${number}:6443`,
    kubernetesCaCertificateFile: rig.vault.caFile,
    kubeconfig: { context: `cluster${number}` },
    ...sections,
  });
  const jwt = { method: "jwt", issuer: "https://oidc.example.com", publicKeysFile: files.publicKey };
  const short = { tokenTtl: "10m" };
  const external = { intermediates: { issuance: "external" } };
  const first = {
    roots,
    trust: { signing: "a", bundle: ["a", "t", "e"] },
    intermediates: { issuance: "terraform", acceptKeysInState: true, ...ecdsa },
    clusters: [cluster(1, {}), cluster(2, { trust: { signing: "t" }, vaultAuth: jwt })],
  };
  const changed = {
    ...first,
    roots: [...roots, { name: "b", source: "vault-pki", ...ecdsa }],
    trust: { signing: "a", bundle: ["a", "t", "e", "b"] },
    clusters: [
      cluster(1, { vaultAuth: short, intermediates: { generation: 2 } }),
      cluster(2, { trust: { signing: "t" }, vaultAuth: { ...jwt, ...short } }),
      cluster(3, {
        trust: { signing: "e" },
        vaultAuth: { method: "kubernetes", reviewer: "variable", audience: "vault" },
      }),
      cluster(4, external),
      cluster(5, { intermediates: { issuance: "deploy", ...ecdsa } }),
    ],
    issuer: { method: "approle" },
  };
  const reduced = {
    ...changed,
    preventDestroy: false,
    clusters: [
      cluster(1, { vaultAuth: short, ...external }),
      cluster(2, { trust: { signing: "t" }, vaultAuth: short }),
      cluster(4, external),
      cluster(5, { intermediates: { issuance: "deploy", ...ecdsa, generation: 2 } }),
    ],
    issuer: { method: "approle", secretIdTtl: "7d" },
  };
  const settings = (sections: object): MeshSettings => ({ clusters: [], sections });
  return {
    first: settings(first),
    changed: settings(changed),
    destroyable: settings({ ...changed, preventDestroy: false }),
    reduced: settings(reduced),
  };
}

async function filesFor({ vault, directory }: Rig): Promise<{ root: string; publicKey: string }> {
  const asRoot = (path: string, content: object) =>
    vault.client.require("POST", path, { token: vault.rootToken, content });
  await asRoot(`sys/mounts/${EXISTING_MOUNT}`, { type: "pki", config: { max_lease_ttl: "87600h" } });
  const { data } = await asRoot(`${EXISTING_MOUNT}/root/generate/internal`, {
    common_name: "Corporate root",
    issuer_name: ISSUER,
    key_type: "ec",
    ttl: "87600h",
  });
  const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const files = { root: join(directory, "corporate-root.pem"), publicKey: join(directory, "tokens.pub") };
  writeFileSync(files.root, data.certificate);
  writeFileSync(files.publicKey, publicKey.export({ type: "spki", format: "pem" }));
  return files;
}
