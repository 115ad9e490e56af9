import { VaultProvider } from "@cdktf/provider-vault/lib/provider";
import { TerraformStack, Testing } from "cdktf";
import { Construct } from "constructs";
import {
  ClusterTrust,
  type ClusterTrustProps,
  Duration,
  IstioRootCA,
  Issuance,
  KeyAlgorithm,
  RootSource,
} from "../../lib";
import { CA_PEM, Synthesized, testStack } from "../support/synth";

function withTrust(
  props: Partial<ClusterTrustProps> = {},
  { stack = testStack(), source = RootSource.vaultPki() } = {},
) {
  const signingRoot = new IstioRootCA(stack, "Root", { rootName: "a", source });
  new ClusterTrust(stack, "Trust", {
    clusterName: "cluster1",
    signingRoot,
    issuance: Issuance.deploy(),
    ...props,
  });
  return new Synthesized(stack);
}

const environment = (stack: Synthesized) =>
  stack.only("terraform_data").provisioner[0]["local-exec"].environment;

test("makes what issuance external makes, and runs the issuer after it", () => {
  const stack = withTrust();
  expect(stack.counts()).toEqual({
    terraform_data: 1,
    vault_generic_endpoint: 1,
    vault_kv_secret_backend_v2: 1,
    vault_kv_secret_v2: 1,
    vault_mount: 2,
    vault_pki_secret_backend_root_cert: 1,
    vault_policy: 2,
  });
  expect(stack.only("terraform_data")).toEqual({
    triggers_replace: {
      cluster: "cluster1",
      generation: 1,
      root: "a",
      root_mount: "istio-root-a",
      root_issuer: "a",
      key_algorithm: "rsa-4096",
      valid_for: "17520h",
      istio_namespace: "istio-system",
      secrets_mount: "kubernetes-cluster1-secrets",
      certificates_path: "istiod-service/certs",
      trust_bundle_path: "istiod-service/trust-bundle",
    },
    provisioner: [
      {
        "local-exec": {
          command: "npx --no --offline -- istio-vault issue --declared",
          environment: {
            ISTIO_VAULT_INTERMEDIATE: "${jsonencode(self.triggers_replace)}",
            VAULT_ADDR: "https://vault.example.com:8200",
          },
        },
      },
    ],
    depends_on: [
      expect.stringMatching(/^vault_generic_endpoint\.Trust_CertificatesSettings_/),
      expect.stringMatching(/^vault_kv_secret_v2\.Trust_TrustBundle_/),
    ],
  });
});

test("whoever waits for the trust waits for its intermediate", () => {
  const read = withTrust()
    .all("vault_policy")
    .find(({ name }) => name === "istiod-certs-cluster1")!;
  expect(read.depends_on).toContainEqual(expect.stringMatching(/^terraform_data\.Trust_Issue_/));
});

test("declares lifetime, key, generation, namespace and paths", () => {
  const issuance = Issuance.deploy({
    keyAlgorithm: KeyAlgorithm.ecdsa(256),
    validFor: Duration.days(30),
    generation: 7,
  });
  const source = RootSource.existing({ mountPath: "corp-pki", issuer: "istio", certificatePem: CA_PEM });
  const places = { secretsMountPath: "kv", certificatesPath: "ca/one", trustBundlePath: "ca/roots" };
  const stack = withTrust({ issuance, istioNamespace: "mesh", ...places }, { source });
  expect(stack.only("terraform_data").triggers_replace).toEqual({
    cluster: "cluster1",
    generation: 7,
    root: "a",
    root_mount: "corp-pki",
    root_issuer: "istio",
    key_algorithm: "ecdsa-p256",
    valid_for: "720h",
    istio_namespace: "mesh",
    secrets_mount: "kv",
    certificates_path: "ca/one",
    trust_bundle_path: "ca/roots",
  });
});

describe("the Vault of the issuer", () => {
  function stackOf(...providers: ConstructorParameters<typeof VaultProvider>[2][]): TerraformStack {
    const stack = new TerraformStack(Testing.app(), "test");
    providers.forEach((config, index) => new VaultProvider(stack, `Vault${index}`, config));
    return stack;
  }
  const declared = { ISTIO_VAULT_INTERMEDIATE: "${jsonencode(self.triggers_replace)}" };

  test("is the provider's, with namespace and CA", () => {
    const stack = stackOf({ address: "https://v.example.com", namespace: "mesh", caCertFile: "ca.pem" });
    expect(environment(withTrust({}, { stack }))).toEqual({
      ...declared,
      VAULT_ADDR: "https://v.example.com",
      VAULT_NAMESPACE: "mesh",
      VAULT_CACERT: "ca.pem",
    });
  });

  test("is that of the environment where the provider leaves it to that", () => {
    expect(environment(withTrust({}, { stack: stackOf({}) }))).toEqual(declared);
  });

  test("is that of the trust's own provider, not of the stack's", () => {
    const stack = stackOf({ address: "https://one.example.com" });
    const provider = new VaultProvider(stack, "Two", { alias: "two", address: "https://two.example.com" });
    expect(environment(withTrust({ provider }, { stack }))).toMatchObject({
      VAULT_ADDR: "https://two.example.com",
    });
  });

  test("is found in a part of the stack, and after the trust", () => {
    const stack = stackOf({ alias: "other", address: "https://other.example.com" });
    const synthesized = () => new Synthesized(stack);
    const signingRoot = new IstioRootCA(stack, "Root", { rootName: "a", source: RootSource.vaultPki() });
    new ClusterTrust(stack, "Trust", {
      clusterName: "cluster1",
      signingRoot,
      issuance: Issuance.deploy(),
    });
    new VaultProvider(new Construct(stack, "Providers"), "Vault", { address: "https://v.example.com" });
    expect(environment(synthesized())).toMatchObject({ VAULT_ADDR: "https://v.example.com" });
  });
});

test.each([
  ["offline", RootSource.offline({ certificatePem: CA_PEM })],
  ["in the state", RootSource.tlsProvider({ acceptKeysInState: true })],
])("fails for a root whose key is %s", (_, source) => {
  expect(() => withTrust({}, { source })).toThrow(
    'cluster1 has issuance "deploy" and signs with root a, whose key is not in Vault, so the deploy could not have the intermediate signed; sign with a root in Vault\'s PKI engine, or use another issuance (IV0223 at test/Trust; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0223)',
  );
});

test("forgets the secret that issuance terraform wrote, without destroying it", () => {
  const stack = testStack();
  withTrust({}, { stack });
  expect(JSON.parse(Testing.synth(stack, true)).removed).toEqual([
    { from: "vault_kv_secret_v2.Trust_Certificates_3725B8CC", lifecycle: { destroy: false } },
  ]);
});

test("changing between deploy and external adds or removes the run of the issuer, and nothing else", () => {
  const resources = (issuance: Issuance) => {
    const stack = testStack();
    withTrust({ issuance }, { stack });
    return JSON.parse(Testing.synth(stack, true)).resource;
  };
  const { terraform_data: run, ...deploy } = resources(Issuance.deploy({ validFor: Duration.days(90) }));
  const external = resources(Issuance.external());
  const [id] = Object.keys(run);
  const text = JSON.stringify(deploy).replace(`,"terraform_data.${id}"`, "");
  expect(JSON.parse(text)).toEqual(external);
});
