import { TerraformStack, Testing } from "cdktf";
import { ClusterTrust, type ClusterTrustProps, Duration, IstioRootCA, Issuance, RootSource } from "../../lib";
import { CA_PEM, Synthesized, testStack } from "../support/synth";

function withTrust(props: Partial<ClusterTrustProps> = {}, source = RootSource.vaultPki()) {
  const stack = testStack();
  const signingRoot = new IstioRootCA(stack, "Root", { rootName: "a", source });
  const trust = new ClusterTrust(stack, "Trust", {
    clusterName: "cluster1",
    signingRoot,
    issuance: Issuance.external(),
    ...props,
  });
  return { stack, trust };
}

const synthesize = (...args: Parameters<typeof withTrust>) => new Synthesized(withTrust(...args).stack);
const named = (stack: Synthesized, name: string) =>
  stack.all("vault_policy").find((policy) => policy.name === name)!;
const policy = (stack: Synthesized) => named(stack, "istio-issuer-cluster1").policy;

test("makes the place, the bundle and the policies, and no key", () => {
  expect(synthesize().counts()).toEqual({
    vault_generic_endpoint: 1,
    vault_kv_secret_backend_v2: 1,
    vault_kv_secret_v2: 1,
    vault_mount: 2,
    vault_pki_secret_backend_root_cert: 1,
    vault_policy: 2,
  });
  expect(synthesize().only("vault_kv_secret_v2").name).toBe("istiod-service/trust-bundle");
});

test("demands check-and-set of every write to the intermediate, and takes nothing back", () => {
  const settings = synthesize({ certificatesPath: "ca/one" }).only("vault_generic_endpoint");
  expect(settings).toEqual({
    path: expect.stringMatching(/\/metadata\/ca\/one$/),
    data_json: '{"cas_required":true}',
    ignore_absent_fields: true,
    disable_delete: true,
  });
});

test("the issuer may have one intermediate signed and written, and read no key", () => {
  expect(policy(synthesize())).toBe(`path "istio-root-a/issuer/a/sign-intermediate" {
  capabilities = ["update"]
  required_parameters = ["csr", "common_name", "organization", "locality", "alt_names", "exclude_cn_from_sans", "max_path_length", "use_csr_values", "ttl"]
  allowed_parameters = {
    "csr" = []
    "common_name" = ["Intermediate CA"]
    "organization" = ["Istio"]
    "locality" = ["istiod-cluster1"]
    "alt_names" = ["istiod.istio-system.svc"]
    "exclude_cn_from_sans" = ["true"]
    "max_path_length" = ["0"]
    "use_csr_values" = ["false"]
    "ttl" = ["2160h"]
  }
  denied_parameters = {
    "common_name" = ["", [], "\\t*", "*\\t", "\\n*", "*\\n", "\\u000b*", "*\\u000b", "\\f*", "*\\f", "\\r*", "*\\r", " *", "* ", "\\u0085*", "*\\u0085", "\\u00a0*", "*\\u00a0", "\\u1680*", "*\\u1680", "\\u2000*", "*\\u2000", "\\u2001*", "*\\u2001", "\\u2002*", "*\\u2002", "\\u2003*", "*\\u2003", "\\u2004*", "*\\u2004", "\\u2005*", "*\\u2005", "\\u2006*", "*\\u2006", "\\u2007*", "*\\u2007", "\\u2008*", "*\\u2008", "\\u2009*", "*\\u2009", "\\u200a*", "*\\u200a", "\\u2028*", "*\\u2028", "\\u2029*", "*\\u2029", "\\u202f*", "*\\u202f", "\\u205f*", "*\\u205f", "\\u3000*", "*\\u3000"]
    "organization" = ["", []]
    "locality" = ["", []]
    "alt_names" = ["", []]
    "exclude_cn_from_sans" = ["", []]
    "max_path_length" = ["", []]
    "use_csr_values" = ["", []]
    "ttl" = ["", []]
  }
}

path "kubernetes-cluster1-secrets/data/istiod-service/certs" {
  capabilities = ["create", "update"]
}

path "kubernetes-cluster1-secrets/metadata/istiod-service/certs" {
  capabilities = ["read", "create", "update"]
  allowed_parameters = {
    "custom_metadata" = []
  }
}

path "kubernetes-cluster1-secrets/data/istiod-service/trust-bundle" {
  capabilities = ["read"]
}

path "auth/token/lookup-self" {
  capabilities = ["read"]
}
`);
});

test("the policy follows lifetime, namespace, paths and name", () => {
  const stack = synthesize({
    issuance: Issuance.external({ validFor: Duration.days(30) }),
    istioNamespace: "mesh-system",
    certificatesPath: "ca/one",
    trustBundlePath: "ca/roots",
    issuerPolicyName: "portal-one",
  });
  const text = named(stack, "portal-one").policy;
  for (const part of ['"ttl" = ["720h"]', "istiod.mesh-system.svc", "/data/ca/one", "/data/ca/roots"]) {
    expect(text).toContain(part);
  }
});

test("at an existing root the policy names its mount and issuer", () => {
  const source = RootSource.existing({ mountPath: "corp-pki", issuer: "istio", certificatePem: CA_PEM });
  expect(policy(synthesize({}, source))).toContain('path "corp-pki/issuer/istio/sign-intermediate"');
});

test("at a root that signs outside of Vault the issuer keeps its own key waiting there, and signs nothing", () => {
  const stack = testStack();
  const elsewhere = new IstioRootCA(stack, "Root", {
    rootName: "o",
    source: RootSource.offline({ certificatePem: CA_PEM }),
  });
  new ClusterTrust(stack, "Trust", {
    clusterName: "cluster1",
    signingRoot: elsewhere,
    issuance: Issuance.external(),
  });
  const text = policy(new Synthesized(stack));
  expect(text).not.toContain("sign-intermediate");
  expect(text).toContain(`path "kubernetes-cluster1-secrets/data/istiod-service/pending" {
  capabilities = ["create", "read", "update"]
}

path "kubernetes-cluster1-secrets/metadata/istiod-service/pending" {
  capabilities = ["delete"]
}
`);
});

test("names the issuer's policy, which issuance terraform does not have", () => {
  expect(withTrust().trust.issuerPolicyName).toBe("istio-issuer-cluster1");
  const issuance = Issuance.terraform({ acceptKeysInState: true });
  expect(withTrust({ issuance }).trust.issuerPolicyName).toBeUndefined();
});

test("forgets the secret that issuance terraform wrote, without destroying it", () => {
  const json = (issuance: Issuance) => JSON.parse(Testing.synth(withTrust({ issuance }).stack, true));
  const [before] = Object.keys(
    json(Issuance.terraform({ acceptKeysInState: true })).resource.vault_kv_secret_v2,
  ).filter((id) => id.startsWith("Trust_Certificates"));
  expect(json(Issuance.external()).removed).toEqual([
    { from: `vault_kv_secret_v2.${before}`, lifecycle: { destroy: false } },
  ]);
});

test("two clusters in one stack are both forgotten", () => {
  const { stack } = withTrust();
  new ClusterTrust(stack, "Trust2", {
    clusterName: "cluster2",
    signingRoot: stack.node.findChild("Root") as IstioRootCA,
    issuance: Issuance.external(),
  });
  expect(JSON.parse(Testing.synth(stack as TerraformStack, true)).removed).toHaveLength(2);
});

test("is refused as HCL, in which cdktf would not let Terraform forget the old secret", () => {
  expect(() => Testing.synthHcl(withTrust().stack)).toThrow(
    `cdktf leaves the "removed" block of vault_kv_secret_v2.Trust_Certificates_3725B8CC out of HCL, so Terraform would destroy a resource that it is to forget; synthesize JSON, without "--hcl", which terraform and tofu read just as well (IV1102 at test/Trust/Certificates; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv1102)`,
  );
});
