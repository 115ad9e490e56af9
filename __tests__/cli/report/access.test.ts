import { access } from "../../../cli/report/access";
import { declaredStacks } from "../../../cli/report/declared-stacks";
import { VaultSide } from "../../../cli/review/access-changes";
import type { Mesh } from "../../../config/mesh";
import { meshWith } from "../../support/mesh-file";

const of = (mesh: Mesh) => access(mesh, new VaultSide(declaredStacks(mesh), mesh.clusters));

const token = (identity: string) =>
  `whoever holds its token, with the policy of "istio-vault policy ${identity}"`;

test("says who may do what, clusters that are alike in one row", () => {
  const mesh = meshWith((data) => {
    data.intermediates = { issuance: "deploy" };
    data.clusters[1].intermediates = { issuance: "external" };
    data.clusters[1].vaultAuth = { method: "jwt", issuer: "https://oidc.example.com" };
    data.issuer = { method: "approle" };
    data.clusters[0].gateways = {
      ingress: { certificate: { source: "vault-pki", domains: ["www.example.com"] } },
    };
  });
  expect(of(mesh)).toEqual({
    actions: [
      "reads the CA key",
      "has a CA signed by root",
      "writes CA files",
      "reads the trust bundle",
      "gets a gateway's certificate",
      "writes policies and logins",
    ],
    rows: [
      {
        ...{ who: "deployer", accounts: token("deployer"), login: "a token", clusters: 0 },
        // What an external issuer writes, the deployer neither writes nor checks.
        reaches: ["none", ["a"], ["cluster1"], ["cluster1"], "none", "every"],
      },
      {
        ...{ who: "planner", accounts: token("planner"), login: "a token", clusters: 0 },
        reaches: ["none", "none", "none", "none", "none", "none"],
      },
      {
        ...{ who: "status", accounts: token("status"), login: "a token", clusters: 0 },
        reaches: ["none", "none", "none", "every", "none", "none"],
      },
      {
        ...{
          who: "istiod",
          accounts: "istio-system/istiod",
          login: "auth/kubernetes-<its cluster>",
          clusters: 1,
        },
        reaches: ["own", "none", "none", "own", "none", "none"],
      },
      {
        ...{
          who: "ingress",
          accounts: "ingress/ingress",
          login: "auth/kubernetes-<its cluster>",
          clusters: 1,
        },
        reaches: ["none", "none", "none", "none", "own", "none"],
      },
      {
        ...{ who: "istiod", accounts: "istio-system/istiod", login: "auth/jwt-<its cluster>", clusters: 1 },
        reaches: ["own", "none", "none", "own", "none", "none"],
      },
      {
        ...{
          who: "istio-issuer",
          accounts: "whoever holds its secret id",
          login: "auth/istio-issuer",
          clusters: 0,
        },
        reaches: ["none", ["a"], "every", "every", "none", "none"],
      },
    ],
  });
});

test("two clusters that are alike are one row, and what no cluster has is no column", () => {
  const { actions, rows } = of(meshWith());
  expect(actions).not.toContain("gets a gateway's certificate");
  expect(rows.slice(3)).toEqual([
    {
      ...{
        who: "istiod",
        accounts: "istio-system/istiod",
        login: "auth/kubernetes-<its cluster>",
        clusters: 2,
      },
      reaches: ["own", "none", "none", "own", "none"],
    },
  ]);
});

test("knows a renamed cluster's own by its name in Vault", () => {
  const rows = (keys: object) =>
    of(
      meshWith((data) => {
        data.gateways = { ingress: { certificate: { source: "vault-pki", domains: ["www.example.com"] } } };
        Object.assign(data.clusters[1], keys);
      }),
    ).rows;
  expect(rows({ name: "paris", nameInVault: "cluster2" })).toEqual(rows({}));
});
