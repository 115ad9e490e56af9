import { disagreements } from "../../../cli/review/agreement";
import { altered, checkoutOf, resource } from "../../support/checkout";
import type { MeshData } from "../../support/mesh-file";

const withIssuer = (issuer: object) =>
  checkoutOf((mesh) => {
    mesh.gateways = { ingress: { certificate: { source: "vault-pki", domains: ["www.example.com"] } } };
    mesh.intermediates = { issuance: "external", keyAlgorithm: "ecdsa-p256" };
    mesh.issuer = issuer;
  });

const checkouts = {
  github: withIssuer({ method: "github-actions", repositoryId: "4711", environment: "issuer" }),
  gitlab: withIssuer({ method: "gitlab", projectId: "4711", environment: "issuer" }),
  approle: withIssuer({ method: "approle" }),
  kubernetes: withIssuer({
    method: "kubernetes",
    kubernetesHost: "https://10.0.0.9:6443",
    kubernetesCaCertificateFile: "clusters/cluster1-ca.pem",
    serviceAccount: "issuer",
    namespace: "istio-vault",
  }),
};

type Name = keyof typeof checkouts;

test.each(Object.keys(checkouts) as Name[])("what is made for %s is what mesh.yaml says", (name) => {
  const empty = { ...checkouts[name], mesh: undefined, stacks: new Map() };
  expect(disagreements(empty, checkouts[name])).toEqual([]);
});

const JWT = "vault_jwt_auth_backend_role";
const KUBERNETES = "vault_kubernetes_auth_backend_role";

const cases: Record<string, [name: Name, change: (json: MeshData) => void, said: string]> = {
  "another repository": [
    "github",
    (json) => (resource(json, JWT, /Issuer/).bound_claims.repository_id = "4712"),
    "the list of claims of the issuer's login is [environment=issuer, event_name=schedule,workflow_dispatch, ref=refs/heads/main, repository_id=4711] in mesh.yaml and [environment=issuer, event_name=schedule,workflow_dispatch, ref=refs/heads/main, repository_id=4712] in the stacks",
  ],
  "no environment": [
    "gitlab",
    (json) => delete resource(json, JWT, /Issuer/).bound_claims.environment,
    "the list of claims of the issuer's login is [environment=issuer, environment_protected=true, pipeline_source=schedule,web, project_id=4711, ref=main, ref_protected=true, ref_type=branch] in mesh.yaml and [environment_protected=true, pipeline_source=schedule,web, project_id=4711, ref=main, ref_protected=true, ref_type=branch] in the stacks",
  ],
  "patterns for claims": [
    "github",
    (json) => (resource(json, JWT, /Issuer/).bound_claims_type = "glob"),
    'the comparison of claims of the issuer\'s login is "string" in mesh.yaml and "glob" in the stacks',
  ],
  "another audience": [
    "github",
    (json) => resource(json, JWT, /Issuer/).bound_audiences.push("any"),
    "the list of audiences of the issuer's login is [istio-issuer] in mesh.yaml and [istio-issuer, any] in the stacks",
  ],
  "keys from elsewhere": [
    "gitlab",
    (json) =>
      (resource(json, "vault_jwt_auth_backend", /Issuer/).oidc_discovery_url = "https://evil.example"),
    'the URL of the public keys of the issuer\'s login is "https://gitlab.com" in mesh.yaml and "https://evil.example" in the stacks',
  ],
  "a longer login": [
    "github",
    (json) => (resource(json, JWT, /Issuer/).token_max_ttl = 86_400),
    'the seconds that a login can be renewed for of the issuer\'s login is "900" in mesh.yaml and "86400" in the stacks',
  ],
  "a longer secret id": [
    "approle",
    (json) => (resource(json, "vault_approle_auth_backend_role", /Issuer/).secret_id_ttl = 0),
    'the seconds that a secret id lasts of the issuer\'s login is "7776000" in mesh.yaml and "0" in the stacks',
  ],
  "another account": [
    "kubernetes",
    (json) => (resource(json, KUBERNETES, /Issuer/).bound_service_account_names = ["default"]),
    "the list of ServiceAccounts of the issuer's login is [issuer] in mesh.yaml and [default] in the stacks",
  ],
  "another policy": [
    "github",
    (json) => resource(json, JWT, /Issuer/).token_policies.push("root"),
    "the policies of the issuer's login is [istio-issuer-cluster1, istio-issuer-cluster2] in mesh.yaml and [istio-issuer-cluster1, istio-issuer-cluster2, root] in the stacks",
  ],
  "no login": [
    "approle",
    (json) => delete json.resource.vault_approle_auth_backend_role,
    'the issuer\'s login is "there" in mesh.yaml and not said in the stacks',
  ],
  "another domain of a gateway": [
    "github",
    (json) =>
      resource(json, "vault_pki_secret_backend_role", /cluster1/).allowed_domains.push("*.example.com"),
    "the list of domains of gateway ingress in cluster1 is [www.example.com] in mesh.yaml and [*.example.com, www.example.com] in the stacks",
  ],
  "any name of a gateway": [
    "github",
    (json) => (resource(json, "vault_pki_secret_backend_role", /cluster1/).allow_any_name = true),
    "the list of what else is allowed of gateway ingress in cluster1 is [] in mesh.yaml and [allow_any_name] in the stacks",
  ],
  "a longer certificate of a gateway": [
    "github",
    (json) => (resource(json, "vault_pki_secret_backend_role", /cluster1/).max_ttl = "315360000"),
    'the longest lifetime in seconds of gateway ingress in cluster1 is "2592000" in mesh.yaml and "315360000" in the stacks',
  ],
};

test.each(Object.entries(cases))("%s is found", (_, [name, change, said]) => {
  const stack = said.includes("gateway") ? "vault-cluster1" : "vault-shared";
  const head = altered(checkouts[name], stack, change);
  expect(disagreements(checkouts[name], head).map(({ message, rule }) => `${message} (${rule})`)).toEqual([
    `${stack}: ${said}; what is reviewed would not be what is deployed; let the program of cdktf.json make its stacks of this mesh.yaml (IV0623)`,
  ]);
});
