import { Lazy, TerraformVariable } from "cdktf";
import { VaultAuthMethod, VaultK8sAuth } from "../../lib";
import { CA_PEM, testStack } from "../support/synth";

const later = Lazy.stringValue({ produce: () => "${data.x.y}" });

test("the Kubernetes method has no audience of its own", () => {
  const method = VaultAuthMethod.kubernetes({
    kubernetesHost: "https://10.0.0.1:6443",
    kubernetesCaCertificate: CA_PEM,
  });
  expect(method).toMatchObject({ type: "kubernetes", audience: undefined });
});

test("the Kubernetes method has the audience it is given", () => {
  const method = VaultAuthMethod.kubernetes({
    kubernetesHost: "https://10.0.0.1:6443",
    kubernetesCaCertificate: CA_PEM,
    tokenReviewerJwt: new TerraformVariable(testStack(), "reviewer", { sensitive: true }),
    audience: "mesh",
  });
  expect(method.audience).toBe("mesh");
});

test.each([
  [undefined, "vault"],
  ["mesh", "mesh"],
])("the JWT method given the audience %s has %s", (audience, expected) => {
  const method = VaultAuthMethod.jwt({ issuer: "https://oidc.example.com", audience });
  expect(method).toMatchObject({ type: "jwt", audience: expected });
});

test.each([
  ["jwt", "vault"],
  ["kubernetes", undefined],
] as const)("an imported mount of the %s method has the audience %s", (type, audience) => {
  const attributes = { mountPath: "mesh/one", type };
  expect(VaultK8sAuth.fromVaultK8sAuthAttributes(testStack(), "Auth", attributes).audience).toBe(audience);
});

test("the JWT method takes values Terraform will know", () => {
  expect(() => VaultAuthMethod.jwt({ issuer: later, issuerCaCertificate: later })).not.toThrow();
});

test.each([
  "https://oidc.example.com",
  "https://oidc.example.com/",
  "https://oidc.example.com:8443/id/cluster1",
])("the issuer may be %s", (issuer) => {
  expect(() => VaultAuthMethod.jwt({ issuer })).not.toThrow();
});

test("beside public keys the issuer may be any string", () => {
  expect(() => VaultAuthMethod.jwt({ issuer: "kubernetes.default.svc", publicKeys: ["key"] })).not.toThrow();
});

test.each(["http://oidc.example.com", "https://oidc.example.com/?a=b", "https://oidc.example.com/#a"])(
  "fails for the issuer %s",
  (issuer) => {
    expect(() => VaultAuthMethod.jwt({ issuer })).toThrow(
      `"issuer" is "${issuer}", where Vault asks for the keys; write the cluster's service-account issuer, the "iss" of its tokens, such as "https://oidc.example.com/cluster1", or give the public keys (IV0304; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0304)`,
    );
  },
);
