import { checkoutOf } from "../support/checkout";
import type { MeshChange, MeshData } from "../support/mesh-file";

/** A stack's resources and providers. */
const synthesized = (change: MeshChange, stack = "cluster1"): MeshData =>
  checkoutOf(change).stacks.get(stack)!.json;

/** A release's values of the first cluster, by the release's name. */
function valuesOf(release: string, change: MeshChange): MeshData {
  const releases: MeshData[] = Object.values(synthesized(change).resource.helm_release);
  return JSON.parse(releases.find(({ name }) => name === release)!.values[0]);
}

test.each<[string, object]>([
  ["the network of the host, by another port", { injector: { hostNetwork: true, port: 10250 } }],
  ["OpenShift's flag", { global: { openshift: true, tlsDisable: false } }],
  ["another default image of the agent", { injector: { agentImage: { repository: "x", tag: "y" } } }],
  ["annotations of the webhook", { injector: { webhook: { annotations: { a: "b" } } } }],
])("the injector takes %s as written", (_, values) => {
  expect(valuesOf("vault-inject", (mesh) => (mesh.injector = { values }))).toMatchObject(values);
});

test.each<[string, object, object?]>([
  ["null, by which Helm drops a default", { resources: null, global: { proxy: { resources: null } } }],
  ["booleans and numbers as variables", { env: { PILOT_ENABLE_X: true, N: 3 } }],
  ["annotations of the pod", { podAnnotations: { a: "b" } }],
  [
    "another image and its tag",
    { global: { hub: "gcr.io/x", tag: "1.29.6-distroless", variant: "distroless" } },
  ],
  [
    "an access log's own ${...}, which Terraform leaves alone",
    { meshConfig: { accessLogFormat: '"%REQ(:METHOD)%" ${x}' } },
    { meshConfig: { accessLogFormat: '"%REQ(:METHOD)%" $${x}' } },
  ],
])("istiod takes %s", (_, values, rendered = values) => {
  expect(valuesOf("istio-istiod", (mesh) => (mesh.istio.values = values))).toMatchObject(rendered);
});

test("HCP's namespace stands as written, with its slash", () => {
  const json = synthesized((mesh) => (mesh.vault.namespace = "admin/"), "vault-shared");
  expect(json.provider.vault[0].namespace).toBe("admin/");
});
