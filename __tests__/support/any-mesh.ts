import { generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { clusterLike, meshWith } from "./mesh-file";

/** Roots, issuance, login methods, namespaces and keeping, in every combination. */
export const anyMesh = fc
  .record({
    sources: fc.tuple(...[0, 1].map(() => fc.constantFrom("vault-pki", "tls-provider", "existing"))),
    methods: fc.array(fc.constantFrom("pod-token", "variable", "jwt", "jwt-keys"), {
      minLength: 1,
      maxLength: 3,
    }),
    issuances: fc.array(fc.constantFrom("deploy", "terraform", "external"), { minLength: 3, maxLength: 3 }),
    issuer: fc.option(fc.constant({ method: "approle" }), { nil: undefined }),
    signers: fc.array(fc.constantFrom("a", "b", "c"), { minLength: 3, maxLength: 3 }),
    namespace: fc.option(fc.constant("platform/mesh"), { nil: undefined }),
    preventDestroy: fc.boolean(),
  })
  .map(({ sources, methods, issuances, issuer, signers, namespace, preventDestroy }) =>
    meshWith((mesh, directory) => {
      mesh.preventDestroy = preventDestroy;
      if (namespace) mesh.vault.namespace = namespace;
      mesh.roots = ["a", "b"].map((name, index) => rootOf(name, sources[index]));
      mesh.roots.push({ name: "c", source: "offline", certificateFile: "clusters/offline-root.pem" });
      mesh.trust.bundle = ["a", "b", "c"];
      if (issuer) mesh.issuer = issuer;
      // An offline root signs elsewhere; one in the state, by Terraform alone.
      const issuanceUnder = (signer: string, wanted: string) => {
        if (signer === "c") return "external";
        return sources[signer === "a" ? 0 : 1] === "tls-provider" ? "terraform" : wanted;
      };
      const [template] = mesh.clusters;
      mesh.clusters = methods.map((method, index) => ({
        ...clusterLike(template, `cluster${index + 1}`),
        trust: { signing: signers[index] },
        intermediates: { issuance: issuanceUnder(signers[index], issuances[index]) },
        vaultAuth: authOf(method, directory, index + 1),
      }));
    }),
  );

function rootOf(name: string, source: string): object {
  if (source === "vault-pki") return { name, source };
  if (source === "tls-provider") return { name, source, acceptKeysInState: true };
  const certificateFile = `clusters/cluster${name === "a" ? 1 : 2}-ca.pem`;
  return { name, source, mountPath: `corp/${name}`, certificateFile };
}

function authOf(method: string, directory: string, number: number): object {
  const jwt = { method: "jwt", issuer: `https://oidc.example.com/cluster${number}` };
  switch (method) {
    case "variable":
      return { method: "kubernetes", reviewer: "variable", audience: "vault" };
    case "jwt":
      return jwt;
    case "jwt-keys":
      writeFileSync(join(directory, `keys-${number}.pem`), PUBLIC_KEYS[number - 1]!);
      return { ...jwt, publicKeysFile: `keys-${number}.pem` };
    default:
      return { method: "kubernetes" };
  }
}

/** One for each cluster. */
const PUBLIC_KEYS = [1, 2, 3].map(
  () =>
    generateKeyPairSync("ec", {
      namedCurve: "P-256",
      publicKeyEncoding: { type: "spki", format: "pem" },
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
    }).publicKey,
);
