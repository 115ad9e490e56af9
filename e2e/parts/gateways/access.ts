import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import type { Check, Part } from "../../checks";
import type { Rig } from "../../rig";
import { waitFor } from "../../wait";
import { GATEWAY_NEEDS } from "../needs";
import { CLUSTERS, EGRESS, EGRESS_SECRET, INGRESS, ingressHost, loginOf } from "./settings";

const BINDINGS = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings";
const REVIEWER_BINDING = `${BINDINGS}/vault-token-reviewer:${INGRESS}:${INGRESS}`;
const SECRET = `kubernetes-cluster1-secrets/data/${EGRESS_SECRET}`;

interface Attempt {
  readonly method: string;
  readonly path: string;
  readonly content?: object;
}

export const gatewaysAccess: Part = {
  name: "what a gateway may do in Vault",
  needs: GATEWAY_NEEDS,
  checks: [
    ...CLUSTERS.map((name): Check => ({
      name: `${name}'s ingress gateway has its own names certified, and nothing else`,
      run: async ({ rig }) => {
        const token = await logInAs(rig, name, INGRESS);
        await issuesOwn(rig, name, token);
        for (const content of beyondItsNames(name)) {
          const { status, body } = await issue(rig, name, token, content);
          // What its policy denies it is refused before Vault looks at the names.
          assert.ok([400, 403].includes(status), `${JSON.stringify(content)}: ${body.errors ?? "issued"}`);
        }
        await issuesOwn(rig, name, token);
      },
    })),
    ...CLUSTERS.map((name): Check => ({
      name: `${name}'s ingress gateway reaches no other gateway's, cluster's or istiod's paths`,
      run: async ({ rig }) => {
        const token = await logInAs(rig, name, INGRESS);
        const attempts = ingressAttempts(name);
        await refusedBetween(rig, token, attempts, () => issuesOwn(rig, name, token));
      },
    })),
    {
      name: "the egress gateway reads its own secret, and does nothing else",
      run: async ({ rig }) => {
        const token = await logInAs(rig, "cluster1", EGRESS);
        await refusedBetween(rig, token, EGRESS_ATTEMPTS, async () => {
          assert.equal((await rig.vault.client.send("GET", SECRET, { token })).status, 200);
        });
      },
    },
    {
      name: "istiod gets no gateway's certificate",
      run: async ({ rig }) => {
        const token = await logInAs(rig, "cluster1", "istiod", "istio-system");
        const attempts = [issueAttempt("cluster1"), { method: "GET", path: SECRET }];
        await refusedBetween(rig, token, attempts, async () => {
          const own = "kubernetes-cluster1-secrets/data/istiod-service/certs";
          assert.equal((await rig.vault.client.send("GET", own, { token })).status, 200);
        });
      },
    },
    {
      name: "a gateway logs in as itself alone, at its own cluster alone",
      run: async ({ rig }) => {
        const { api } = rig.cluster("cluster1");
        const own = await api.token({ namespace: INGRESS, serviceAccount: INGRESS });
        const refused: [string, string, string][] = [
          ["cluster1", "istiod", own],
          ["cluster1", EGRESS, own],
          ["cluster2", INGRESS, own],
          ["cluster1", INGRESS, await api.token({ namespace: INGRESS, serviceAccount: "default" })],
          ["cluster1", INGRESS, await api.token({ namespace: EGRESS, serviceAccount: EGRESS })],
        ];
        assert.equal(await loginStatus(rig, "cluster1", INGRESS, own), 200);
        for (const [cluster, role, jwt] of refused) {
          const status = await loginStatus(rig, cluster, role, jwt);
          assert.ok([400, 403].includes(status), `${role} at ${cluster}: ${status}`);
        }
        assert.equal(await loginStatus(rig, "cluster1", INGRESS, own), 200);
      },
    },
    {
      name: "where its own token is its reviewer, it logs in only while it may review tokens",
      run: async ({ rig }) => {
        const { api } = rig.cluster("cluster1");
        const jwt = await api.token({ namespace: INGRESS, serviceAccount: INGRESS });
        const becomes = (status: number) =>
          waitFor(`a login that ends with ${status}`, 30, async () => {
            return (await loginStatus(rig, "cluster1", INGRESS, jwt)) === status;
          });
        await becomes(200);
        const { metadata, roleRef, subjects } = await api.get<Binding>(REVIEWER_BINDING);
        await api.delete(REVIEWER_BINDING);
        await becomes(403);
        await api.create(BINDINGS, { metadata: { name: metadata.name }, roleRef, subjects });
        await becomes(200);
      },
    },
    {
      name: "where Vault checks tokens itself, it is given no right to review them",
      run: async ({ rig }) => {
        assert.equal(await rig.cluster("cluster2").api.find(REVIEWER_BINDING), undefined);
      },
    },
  ],
};

interface Binding {
  readonly metadata: { readonly name: string };
  readonly roleRef: object;
  readonly subjects: object;
}

async function loginStatus(rig: Rig, cluster: string, role: string, jwt: string): Promise<number> {
  return (await rig.vault.client.login(loginOf(cluster).mount, role, jwt)).status;
}

/** ServiceAccount, role and, but for istiod, namespace have one name. */
async function logInAs(rig: Rig, cluster: string, name: string, namespace = name): Promise<string> {
  const { mount, audience } = loginOf(cluster);
  const jwt = await rig.cluster(cluster).api.token({ namespace, serviceAccount: name, audience });
  const { status, body } = await rig.vault.client.login(mount, name, jwt);
  assert.equal(status, 200, `login of ${name} in ${cluster}: ${body.errors}`);
  return body.auth!.client_token;
}

function issue(rig: Rig, cluster: string, token: string, content: object) {
  return rig.vault.client.send("PUT", `istio-gateways/issue/${cluster}.${INGRESS}`, { token, content });
}

async function issuesOwn(rig: Rig, cluster: string, token: string): Promise<void> {
  const wildcard = `*.apps.${cluster}.example.com`;
  // Asked for a day, the role cuts it to the lifetime declared.
  const content = { common_name: ingressHost(cluster), alt_names: wildcard, ttl: "24h" };
  const { status, body } = await issue(rig, cluster, token, content);
  assert.equal(status, 200, `${body.errors}`);
  const { validTo } = new X509Certificate(body.data.certificate as string);
  assert.ok(Date.parse(validTo) - Date.now() <= 60_000, validTo);
}

function beyondItsNames(cluster: string): object[] {
  const own = ingressHost(cluster);
  const other = CLUSTERS.find((name) => name !== cluster)!;
  return [
    { common_name: "shop.example.com" },
    { common_name: ingressHost(other) },
    { common_name: `www.${own}` },
    { common_name: `*.${own}` },
    { common_name: `one.two.apps.${cluster}.example.com` },
    { common_name: "localhost" },
    { common_name: own, alt_names: "shop.example.com" },
    { common_name: own, ip_sans: "127.0.0.1" },
    { common_name: own, uri_sans: "spiffe://cluster.local/ns/default/sa/default" },
    { common_name: own, alt_names: "admin@example.com" },
  ];
}

function issueAttempt(cluster: string): Attempt {
  const content = { common_name: ingressHost(cluster) };
  return { method: "PUT", path: `istio-gateways/issue/${cluster}.${INGRESS}`, content };
}

function ingressAttempts(cluster: string): Attempt[] {
  const other = CLUSTERS.find((name) => name !== cluster)!;
  const role = `${cluster}.${INGRESS}`;
  const content = { common_name: ingressHost(cluster), csr: "x" };
  return [
    issueAttempt(other),
    { method: "PUT", path: `istio-gateways/sign/${role}`, content },
    { method: "PUT", path: `istio-gateways/issuer/default/issue/${role}`, content },
    { method: "PUT", path: "istio-gateways/sign-verbatim", content },
    { method: "PUT", path: "istio-gateways/root/sign-intermediate", content },
    { method: "PUT", path: `istio-gateways/roles/${role}`, content: { allow_any_name: true } },
    { method: "GET", path: `istio-gateways/roles/${role}` },
    { method: "LIST", path: "istio-gateways/keys" },
    { method: "PUT", path: "istio-root-a/root/sign-intermediate", content },
    { method: "GET", path: SECRET },
    ...CLUSTERS.flatMap((name) => [
      { method: "GET", path: `kubernetes-${name}-secrets/data/istiod-service/certs` },
      { method: "GET", path: `kubernetes-${name}-secrets/data/istiod-service/trust-bundle` },
    ]),
    { method: "PUT", path: `sys/policies/acl/gateway-certs-${role}`, content: { policy: "" } },
    { method: "PUT", path: `auth/${loginOf(cluster).mount}/role/${INGRESS}`, content: {} },
  ];
}

const EGRESS_ATTEMPTS: Attempt[] = [
  { method: "PUT", path: SECRET, content: { data: { tls_key: "x" } } },
  { method: "DELETE", path: SECRET },
  { method: "GET", path: `kubernetes-cluster1-secrets/metadata/${EGRESS_SECRET}` },
  { method: "LIST", path: "kubernetes-cluster1-secrets/metadata/gateways" },
  { method: "GET", path: "kubernetes-cluster1-secrets/data/istiod-service/certs" },
  { method: "GET", path: "kubernetes-cluster2-secrets/data/istiod-service/certs" },
  issueAttempt("cluster1"),
];

/** Every attempt is refused, while the same token does what it may before and after. */
async function refusedBetween(
  rig: Rig,
  token: string,
  attempts: readonly Attempt[],
  allowed: () => Promise<void>,
): Promise<void> {
  await allowed();
  for (const { method, path, content } of attempts) {
    const { status } = await rig.vault.client.send(method, path, { token, content });
    assert.equal(status, 403, `${method} ${path}`);
  }
  await allowed();
}
