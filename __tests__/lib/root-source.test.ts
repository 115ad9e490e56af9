import { TerraformOutput, Testing } from "cdktf";
import { Duration, IstioRootCA, RootSource, type SignedIntermediate } from "../../lib";
import { CA_PEM, Synthesized, testStack } from "../support/synth";

/** What a source makes of one root and one intermediate, with what it hands on as outputs. */
function sign(source: RootSource) {
  const stack = testStack();
  const root = new IstioRootCA(stack, "Root", { rootName: "a", source });
  const signed: SignedIntermediate = root.signIntermediate(stack, "Signed", {
    csrPem: "the request",
    subject: { commonName: "Intermediate CA", organization: "Istio" },
    dnsName: "istiod.istio-system.svc",
    validFor: Duration.minutes(90),
  });
  new TerraformOutput(stack, "root", { value: root.certificatePem });
  new TerraformOutput(stack, "certificate", { value: signed.certificatePem });
  new TerraformOutput(stack, "chain", { value: signed.chainPem });
  const { output } = JSON.parse(Testing.synth(stack));
  return {
    made: new Synthesized(stack),
    root: output.root.value,
    certificate: output.certificate.value,
    chain: output.chain.value,
  };
}

describe("vaultPki", () => {
  const result = sign(RootSource.vaultPki());

  test("hands on the root's certificate, the intermediate's, and Vault's chain", () => {
    expect(result.root).toMatch(/^\$\{vault_pki_secret_backend_root_cert\.Root\S*\.certificate\}$/);
    const signed = "vault_pki_secret_backend_root_sign_intermediate.Signed";
    expect(result.certificate).toBe(`\${${signed}.certificate}`);
    expect(result.chain).toBe(`\${join("\\n", ${signed}.ca_chain)}`);
  });

  test("counts a lifetime to the minute, without a locality where there is none", () => {
    const signed = result.made.only("vault_pki_secret_backend_root_sign_intermediate");
    expect(signed.ttl).toBe("90m");
    expect(signed).not.toHaveProperty("locality");
  });
});

describe("tlsProvider", () => {
  const result = sign(RootSource.tlsProvider({ acceptKeysInState: true }));
  const usages = [
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "cert_signing",
    "crl_signing",
  ];
  const key = expect.stringMatching(/^\$\{tls_private_key\.Root_Key_\w+\.private_key_pem\}$/);
  const certificate = expect.stringMatching(/^\$\{tls_self_signed_cert\.Root\w*\.cert_pem\}$/);

  test("signs the root with its own key, as a CA", () => {
    expect(result.made.only("tls_self_signed_cert")).toMatchObject({
      private_key_pem: key,
      allowed_uses: usages,
      set_subject_key_id: true,
    });
  });

  test("signs an intermediate with the root's key, in whole hours", () => {
    expect(result.made.only("tls_locally_signed_cert")).toEqual({
      cert_request_pem: "the request",
      ca_private_key_pem: key,
      ca_cert_pem: certificate,
      is_ca_certificate: true,
      set_subject_key_id: true,
      allowed_uses: usages,
      validity_period_hours: 2,
    });
  });

  test("hands on a chain that begins with the intermediate and ends with the root", () => {
    expect(result.root).toEqual(certificate);
    expect(result.certificate).toBe("${tls_locally_signed_cert.Signed.cert_pem}");
    expect(result.chain).toMatch(
      /^\$\{join\("", \[tls_locally_signed_cert\.Signed\.cert_pem, tls_self_signed_cert\.Root\w*\.cert_pem\]\)\}$/,
    );
  });
});

describe("offline", () => {
  test("hands on its certificate, in canonical form, and makes nothing", () => {
    const stack = testStack();
    const root = new IstioRootCA(stack, "Root", {
      rootName: "old",
      source: RootSource.offline({
        certificatePem: `subject=CN = Old\r\n${CA_PEM.replaceAll("\n", "\r\n")}`,
      }),
    });
    expect(root.certificatePem).toBe(CA_PEM);
    expect(new Synthesized(stack).counts()).toEqual({});
  });

  test("fails where it should sign", () => {
    const root = RootSource.offline({ certificatePem: CA_PEM });
    expect(() => sign(root)).toThrow(
      "root a is offline: only its certificate is known, so Terraform cannot sign an intermediate with it; let another root sign, or use an issuance that signs elsewhere (IV0213 at test; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0213)",
    );
  });
});

describe("existing", () => {
  test("hands on the certificate it was given", () => {
    const result = sign(RootSource.existing({ mountPath: "corp-pki", certificatePem: CA_PEM }));
    expect(result.root).toBe(CA_PEM);
  });
});

describe("fails for a path that could mean several", () => {
  const message = (key: string) =>
    `"${key}" is "pki/*"; write the path without "data/" and without a slash at either end, using only letters, digits, dots, dashes and underscores between slashes, since "*" and "+" are wildcards in a policy (IV0803; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0803)`;
  const existing = { mountPath: "pki", certificatePem: CA_PEM };

  test.each([
    ["mountPath", () => RootSource.vaultPki({ mountPath: "pki/*" })],
    ["mountPath", () => RootSource.existing({ ...existing, mountPath: "pki/*" })],
    ["issuer", () => RootSource.existing({ ...existing, issuer: "pki/*" })],
  ])("%s", (key, make) => {
    expect(make).toThrow(message(key));
  });
});
