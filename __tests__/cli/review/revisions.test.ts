import { reviewOf } from "../../../cli/review/review";
import { COMMITS, altered, checkoutOf, resource } from "../../support/checkout";
import type { MeshData } from "../../support/mesh-file";

const review = (...[base, head]: [ReturnType<typeof checkoutOf>, ReturnType<typeof checkoutOf>]) =>
  reviewOf(base, head, COMMITS, "error");

const istio = (section: object) => checkoutOf((mesh: MeshData) => Object.assign(mesh.istio, section));
const both = { default: {}, "1-30-0": { version: "1.30.0" } };
const one = istio({});
const listed = istio({ revisions: both });
const promoted = istio({ revisions: both, defaultRevision: "1-30-0" });
const removed = istio({ revisions: { "1-30-0": both["1-30-0"] }, defaultRevision: "1-30-0" });

const rowsOf = ({ trust }: ReturnType<typeof review>) =>
  trust
    .filter(({ before, after }) => before !== after)
    .map(({ subject, before, after }) => [subject, before, after]);

test("listing one: who may read the key, and which stack comes first", () => {
  const found = review(one, listed);
  expect(found.verdict).toBe("warned");
  expect(found.changes).toEqual(["every cluster runs the revision 1-30-0 too"]);
  expect(found.findings.map(({ rule, message }) => `${message} (${rule})`)).toEqual([
    "the role istiod of auth/kubernetes-cluster1, istiod of auth/kubernetes-cluster2 changes: its ServiceAccounts would change (added [istiod-1-30-0]); it decides who becomes what in Vault; make sure that it is intended (IV0611)",
  ]);
  expect(rowsOf(found)).toEqual([
    ["every cluster runs the revisions", "default", "default, 1-30-0"],
    [
      "the CA key of cluster1, cluster2 is read by",
      "its own istiod",
      "its own istiod, its own istiod 1-30-0",
    ],
  ]);
  expect(found.steps).toEqual([
    "To list revision 1-30-0: deploy 'vault-*' before cluster1, cluster2, since its istiod cannot log in before",
  ]);
});

test("promoting one: nothing in Vault, and what to restart", () => {
  const found = review(listed, promoted);
  expect(found.changes).toEqual(["every cluster promotes the revision 1-30-0"]);
  expect(found.findings).toEqual([]);
  expect(rowsOf(found)).toEqual([["every cluster injects by default with", "default", "1-30-0"]]);
  expect(found.stacks.map(({ stack }) => stack)).toEqual(["cluster1", "cluster2"]);
  expect(found.steps).toEqual([
    'To promote revision 1-30-0: before the deploy "istio-vault status" must find nothing wrong with its istiod in cluster1, cluster2; after it, restart the workloads that the istiod without a revision injected (docs/upgrade-istio.md)',
  ]);
});

test("removing the other: its ServiceAccount goes, and nobody may use it", () => {
  const found = review(promoted, removed);
  expect(found.verdict).toBe("warned");
  expect(found.findings.map(({ message }) => message)).toContain(
    "cluster1, cluster2: the release istio-istiod would be destroyed; whatever still uses it loses it; make sure that it is intended",
  );
  expect(found.changes).toEqual(["every cluster removes the revision default"]);
  expect(rowsOf(found)).toEqual([
    ["every cluster runs the revisions", "default, 1-30-0", "1-30-0"],
    [
      "the CA key of cluster1, cluster2 is read by",
      "its own istiod, its own istiod 1-30-0",
      "its own istiod 1-30-0",
    ],
  ]);
  expect(found.steps).toEqual([
    "To remove the istiod without a revision: before the deploy no namespace and no pod of cluster1, cluster2 may use it any more (docs/upgrade-istio.md has the commands); deploy cluster1, cluster2 before 'vault-*'",
  ]);
});

test("two of these in one change are refused, and an emergency allows neither", () => {
  const refused = (base: typeof one, head: typeof one) =>
    review(base, head)
      .findings.filter(({ level }) => level === "error")
      .map(({ rule }) => rule);
  expect(refused(one, promoted)).toEqual(["IV0619"]);
  expect(refused(listed, removed)).toEqual(["IV0620"]);
  const emergency = checkoutOf((mesh: MeshData) => {
    Object.assign(mesh.istio, { revisions: { "1-30-0": {} }, defaultRevision: "1-30-0" });
    mesh.trust.emergency = "it is down";
  });
  expect(refused(one, emergency)).toEqual(["IV0619", "IV0620"]);
});

test("an istiod that nobody lists is a foreign reader, by either login", () => {
  const bound = altered(listed, "vault-cluster1", (json) => {
    const role = resource(json, "vault_kubernetes_auth_backend_role", /^cluster1_/);
    role.bound_service_account_names.push("istiod-x");
  });
  expect(review(listed, bound).findings[0].message).toMatch(
    /^the CA key of cluster1 could be read by istio-system\/istiod-x by auth\/kubernetes-cluster1; /,
  );
  const jwt = (revisions: object) =>
    checkoutOf((mesh: MeshData) => {
      for (const cluster of mesh.clusters) {
        cluster.vaultAuth = { method: "jwt", issuer: `https://oidc.example.com/${cluster.name}` };
      }
      mesh.istio.revisions = revisions;
    });
  expect(review(jwt({ default: {} }), jwt(both)).findings.map(({ rule }) => rule)).toEqual(["IV0611"]);
  const subject = altered(jwt(both), "vault-cluster1", (json) => {
    resource(json, "vault_jwt_auth_backend_role", /^cluster1_/).bound_claims.sub +=
      ",system:serviceaccount:default:istiod";
  });
  expect(review(jwt(both), subject).findings[0].message).toMatch(
    /^the CA key of cluster1 could be read by default\/istiod by auth\/jwt-cluster1; /,
  );
});
