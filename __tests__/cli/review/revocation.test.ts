import { altered, checkoutOf, resource, reviewed, said } from "../../support/checkout";
import type { MeshData } from "../../support/mesh-file";

const checkout = (revocation?: object) =>
  checkoutOf((mesh: MeshData) => {
    mesh.intermediates = { issuance: "deploy" };
    if (revocation) mesh.revocation = revocation;
  });

const none = checkout();
const issued = checkout({ lists: "issued" });
const served = checkout({ lists: "served" });
const revoking = checkout({ lists: "served", revoked: [{ cluster: "cluster1", serial: "0a1b" }] });

const rulesOf = (...[base, head]: Parameters<typeof reviewed>) => [
  ...new Set(reviewed(base, head).findings.map(({ rule, level }) => `${level} ${rule}`)),
];

test("issued: new policies and who gets them are read by a person, and all else is accounted for", () => {
  expect(rulesOf(none, issued).sort()).toEqual(["warning IV0610", "warning IV0611"]);
  expect(reviewed(none, issued).accounts?.unexplained).toBe(0);
});

test("served: nothing in Vault, and what istiod hands out is as mesh.yaml declares it", () => {
  expect(rulesOf(issued, served)).toEqual([]);
  expect(rulesOf(served, issued)).toEqual([]);
});

test("a revocation is said, and is all there is", () => {
  expect(rulesOf(served, revoking)).toEqual(["warning IV0661"]);
  expect(rulesOf(revoking, served)).toEqual(["warning IV0662"]);
});

test("two steps at once are refused", () => {
  expect(rulesOf(none, served)).toContain("error IV0660");
});

test("a list that is signed otherwise than mesh.yaml says is accounted for by no rule", () => {
  const other = altered(revoking, "vault-shared", (json) => {
    resource(json, "vault_generic_endpoint", /Signed_a_/).data_json = '{"crl_number":1}';
  });
  expect(said(served, other).join("\n")).toContain("(IV0622)");
});

test("lists that istiod would take from elsewhere are refused", () => {
  const other = altered(served, "cluster1", (json) => {
    const release = Object.values<MeshData>(json.resource.helm_release).find((one) => one.chart === "istiod");
    release.values = [release.values[0].replaceAll("istio-revocation-lists", "others")];
  });
  expect(said(issued, other).join("\n")).toContain("(IV0613)");
});
