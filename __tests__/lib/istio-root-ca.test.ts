import { Lazy } from "cdktf";
import { Duration, type IRootCa, IstioRootCA, KeyAlgorithm, RootSource } from "../../lib";
import { craftedBundles } from "../support/plugin-ca-crafted-bundles";
import { CA_PEM, Synthesized, testStack } from "../support/synth";

const request = {
  csrPem: "the request",
  subject: { commonName: "Intermediate CA", organization: "Istio", locality: "istiod-cluster1" },
  dnsName: "istiod.istio-system.svc",
  validFor: Duration.years(2),
};

function synthesize(make: (stack: ReturnType<typeof testStack>) => IRootCa): Synthesized {
  const stack = testStack();
  make(stack).signIntermediate(stack, "Signed", request);
  return new Synthesized(stack);
}

describe("vaultPki", () => {
  test("makes a mount and a root whose key stays in Vault", () => {
    const stack = synthesize(
      (scope) => new IstioRootCA(scope, "Root", { rootName: "a", source: RootSource.vaultPki() }),
    );
    expect(stack.only("vault_mount")).toEqual({
      path: "istio-root-a",
      type: "pki",
      description: "Istio root a",
      max_lease_ttl_seconds: 315_360_000,
      lifecycle: { prevent_destroy: true },
    });
    expect(stack.only("vault_pki_secret_backend_root_cert")).toEqual({
      backend: expect.stringMatching(/^\$\{vault_mount\..*\.path\}$/),
      type: "internal",
      issuer_name: "a",
      common_name: "Root CA",
      organization: "Istio",
      exclude_cn_from_sans: true,
      key_type: "rsa",
      key_bits: 4096,
      max_path_length: 1,
      ttl: "315360000",
      lifecycle: { prevent_destroy: true },
    });
  });

  test("takes another key, lifetime, mount and subject, and lets itself be destroyed", () => {
    const source = RootSource.vaultPki({
      keyAlgorithm: KeyAlgorithm.ecdsa(384),
      validFor: Duration.years(5),
      mountPath: "corp-istio",
    });
    const stack = synthesize(
      (scope) =>
        new IstioRootCA(scope, "Root", {
          rootName: "2026",
          source,
          commonName: "Mesh Root",
          organization: "Example",
          preventDestroy: false,
        }),
    );
    expect(stack.only("vault_mount")).toMatchObject({
      path: "corp-istio",
      max_lease_ttl_seconds: 157_680_000,
      lifecycle: { prevent_destroy: false },
    });
    expect(stack.only("vault_pki_secret_backend_root_cert")).toMatchObject({
      issuer_name: "2026",
      common_name: "Mesh Root",
      organization: "Example",
      key_type: "ec",
      key_bits: 384,
      ttl: "157680000",
      lifecycle: { prevent_destroy: false },
    });
  });

  test("signs an intermediate that can sign no further CA", () => {
    const stack = synthesize(
      (scope) => new IstioRootCA(scope, "Root", { rootName: "a", source: RootSource.vaultPki() }),
    );
    expect(stack.only("vault_pki_secret_backend_root_sign_intermediate")).toEqual({
      backend: expect.stringMatching(/^\$\{vault_mount\..*\.path\}$/),
      issuer_ref: expect.stringMatching(/^\$\{vault_pki_secret_backend_root_cert\..*\.issuer_id\}$/),
      csr: "the request",
      common_name: "Intermediate CA",
      organization: "Istio",
      locality: "istiod-cluster1",
      alt_names: ["istiod.istio-system.svc"],
      exclude_cn_from_sans: true,
      max_path_length: 0,
      ttl: "17520h",
    });
  });
});

describe("tlsProvider", () => {
  const accepted = { acceptKeysInState: true } as const;

  test("makes key and certificate in Terraform, guarded alike", () => {
    const source = RootSource.tlsProvider(accepted);
    const stack = synthesize((scope) => new IstioRootCA(scope, "Root", { rootName: "a", source }));
    expect(stack.counts()).toEqual({
      tls_private_key: 1,
      tls_self_signed_cert: 1,
      tls_locally_signed_cert: 1,
    });
    expect(stack.only("tls_private_key")).toEqual({
      algorithm: "RSA",
      rsa_bits: 4096,
      lifecycle: { prevent_destroy: true },
    });
    expect(stack.only("tls_self_signed_cert")).toMatchObject({
      subject: [{ common_name: "Root CA", organization: "Istio" }],
      is_ca_certificate: true,
      validity_period_hours: 87_600,
      lifecycle: { prevent_destroy: true },
    });
    expect(stack.only("tls_locally_signed_cert")).toMatchObject({
      cert_request_pem: "the request",
      is_ca_certificate: true,
      validity_period_hours: 17_520,
    });
  });

  test("takes another key and lifetime", () => {
    const source = RootSource.tlsProvider({
      ...accepted,
      keyAlgorithm: KeyAlgorithm.ecdsa(256),
      validFor: Duration.years(1),
    });
    const stack = synthesize((scope) => new IstioRootCA(scope, "Root", { rootName: "a", source }));
    expect(stack.only("tls_private_key")).toMatchObject({ algorithm: "ECDSA", ecdsa_curve: "P256" });
    expect(stack.only("tls_self_signed_cert").validity_period_hours).toBe(8760);
  });

  test("fails unless keys in the state are accepted", () => {
    expect(() => RootSource.tlsProvider({ acceptKeysInState: false as true })).toThrow(
      "a root of the tls provider keeps its private key in Terraform's state, and whoever can read the state can sign for the mesh; write \"acceptKeysInState: true\" if that is intended, or use a root in Vault's PKI engine (IV0207; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0207)",
    );
  });
});

describe("existing", () => {
  test("makes nothing and signs at the mount's default issuer", () => {
    const source = RootSource.existing({ mountPath: "corp-pki", certificatePem: CA_PEM });
    const stack = synthesize((scope) => new IstioRootCA(scope, "Root", { rootName: "a", source }));
    expect(stack.counts()).toEqual({ vault_pki_secret_backend_root_sign_intermediate: 1 });
    expect(stack.only("vault_pki_secret_backend_root_sign_intermediate")).toMatchObject({
      backend: "corp-pki",
      issuer_ref: "default",
    });
  });

  test("takes another issuer, and a certificate Terraform will know", () => {
    const certificatePem = Lazy.stringValue({ produce: () => "${data.x.certificate}" });
    const source = RootSource.existing({ mountPath: "corp-pki", issuer: "istio", certificatePem });
    const stack = synthesize((scope) => new IstioRootCA(scope, "Root", { rootName: "a", source }));
    expect(stack.only("vault_pki_secret_backend_root_sign_intermediate").issuer_ref).toBe("istio");
  });

  test.each([
    ["no certificate", "corp root"],
    ["two certificates", CA_PEM + CA_PEM],
  ])("fails for %s", (_name, certificatePem) => {
    expect(() => RootSource.existing({ mountPath: "corp-pki", certificatePem })).toThrow(
      '"certificatePem" is not exactly one self-signed CA certificate; give the certificate at the top of the issuer\'s chain, alone, as PEM (IV0208; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0208)',
    );
  });
});

test("fails for a root that Node reads and istiod does not", () => {
  const certificatePem = craftedBundles()["root with a negative serial number"]!.rootCert!;
  expect(() => RootSource.offline({ certificatePem })).toThrow(
    "the certificate has a negative serial number, so that Go or BoringSSL refuses it, and no istiod starts under this root and no workload trusts it; have the root reissued, or remove it (IV0551; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0551)",
  );
});

test("an imported root makes nothing, and signs", () => {
  const stack = synthesize((scope) =>
    IstioRootCA.fromRootCaAttributes(scope, "Root", {
      rootName: "a",
      mountPath: "istio-root-a",
      certificatePem: CA_PEM,
    }),
  );
  expect(stack.counts()).toEqual({ vault_pki_secret_backend_root_sign_intermediate: 1 });
});

test("fails for a name that is none", () => {
  expect(
    () => new IstioRootCA(testStack(), "Root", { rootName: "Root A", source: RootSource.vaultPki() }),
  ).toThrow(
    '"rootName" is "Root A"; write at most 40 lower-case letters, digits and dashes, a letter or digit first and last, since Vault mounts, policies and stacks are named after it (IV0110 at test/Root; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0110)',
  );
});
