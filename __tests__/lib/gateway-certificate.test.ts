import {
  Duration,
  GatewayCa,
  type GatewayCaProps,
  GatewayCertificate,
  type GatewayCertificateProps,
  GatewayCertificateSource,
  KeyAlgorithm,
  type VaultPkiCertificateOptions,
} from "../../lib";
import { Synthesized, testStack } from "../support/synth";

const domains = ["shop.example.com", "*.apps.example.com", "api.example.com"];
const pki = (options: Partial<VaultPkiCertificateOptions> = {}) =>
  GatewayCertificateSource.vaultPki({ domains, ...options });

const gateway = { clusterName: "cluster1", gatewayName: "istio-ingress" };

function certificate(props: Partial<GatewayCertificateProps> = {}) {
  const stack = testStack();
  const made = new GatewayCertificate(stack, "Certificate", { ...gateway, source: pki(), ...props });
  return { made, synthesized: new Synthesized(stack) };
}

const role = (options?: Partial<VaultPkiCertificateOptions>) =>
  certificate({ source: pki(options) }).synthesized.only("vault_pki_secret_backend_role");
const policy = (props?: Partial<GatewayCertificateProps>) =>
  certificate(props).synthesized.only("vault_policy");

describe("a certificate of a PKI mount", () => {
  test("has a role that issues for its domains alone", () => {
    expect(role()).toEqual({
      backend: "istio-gateways",
      name: "cluster1.istio-ingress",
      allowed_domains: domains,
      allow_bare_domains: true,
      allow_subdomains: false,
      allow_glob_domains: false,
      allow_any_name: false,
      allow_localhost: false,
      allow_ip_sans: false,
      allow_wildcard_certificates: true,
      server_flag: true,
      client_flag: true,
      key_type: "ec",
      key_bits: 256,
      ttl: "2592000",
      max_ttl: "2592000",
    });
  });

  test("has no wildcard unless one is declared", () => {
    expect(role({ domains: ["shop.example.com"] }).allow_wildcard_certificates).toBe(false);
  });

  test("takes another mount, issuer, role, lifetime and key", () => {
    const options = {
      mountPath: "pki/edge",
      issuer: "edge-2026",
      roleName: "shop",
      validFor: Duration.hours(1),
      keyAlgorithm: KeyAlgorithm.rsa(2048),
    };
    expect(role(options)).toMatchObject({
      backend: "pki/edge",
      issuer_ref: "edge-2026",
      name: "shop",
      ttl: "3600",
      max_ttl: "3600",
      key_type: "rsa",
      key_bits: 2048,
    });
    expect(policy({ source: pki(options) }).policy).toBe(
      'path "pki/edge/issue/shop" {\n  capabilities = ["update"]\n  denied_parameters = {\n    "not_after" = []\n    "uri_sans" = []\n    "other_sans" = []\n    "user_ids" = []\n    "common_name" = ["*@*"]\n    "alt_names" = ["*@*"]\n  }\n}\n',
    );
  });

  test("has a policy that may have it issued, and nothing else", () => {
    expect(policy()).toEqual({
      name: "gateway-certs-cluster1.istio-ingress",
      policy:
        'path "istio-gateways/issue/cluster1.istio-ingress" {\n  capabilities = ["update"]\n  denied_parameters = {\n    "not_after" = []\n    "uri_sans" = []\n    "other_sans" = []\n    "user_ids" = []\n    "common_name" = ["*@*"]\n    "alt_names" = ["*@*"]\n  }\n}\n',
      depends_on: [expect.stringMatching(/^vault_pki_secret_backend_role\./)],
    });
  });

  test("is asked for once, by one template that holds all and writes the other two files", () => {
    expect(certificate().made.templates).toEqual({
      "tls.key": [
        '{{- with pkiCert "istio-gateways/issue/cluster1.istio-ingress" "common_name=shop.example.com" "alt_names=*.apps.example.com,api.example.com" -}}',
        '{{- $ca := .CAChain | join "" -}}',
        "{{ .Key }}{{ .Cert }}{{ $ca }}",
        '{{- print .Cert $ca | writeToFile "/vault/secrets/tls.crt" "" "" "0600" -}}',
        '{{- $ca | writeToFile "/vault/secrets/ca.crt" "" "" "0600" -}}',
        "{{- end -}}",
      ].join("\n"),
    });
  });

  test("of one name asks for no other", () => {
    const { made } = certificate({ source: pki({ domains: ["shop.example.com"] }) });
    expect(made.templates["tls.key"]).toContain('"common_name=shop.example.com" -}}');
  });
});

describe("a certificate of a KV secret", () => {
  const source = GatewayCertificateSource.vaultKv();

  test("has a policy that may read the secret, and no resource besides", () => {
    const { synthesized } = certificate({ source });
    expect(synthesized.counts()).toEqual({ vault_policy: 1 });
    expect(synthesized.only("vault_policy").policy).toBe(
      'path "kubernetes-cluster1-secrets/data/gateways/istio-ingress" {\n  capabilities = ["read"]\n}\n',
    );
  });

  test("has a file for each key", () => {
    const { made } = certificate({
      source: GatewayCertificateSource.vaultKv({ mountPath: "edge", path: "certificates/wildcard" }),
    });
    const template = (key: string) =>
      `{{- with secret "edge/data/certificates/wildcard" -}}\n{{ .Data.data.${key} }}\n{{ end -}}`;
    expect(made.templates).toEqual({
      "tls.crt": template("tls_crt"),
      "tls.key": template("tls_key"),
      "ca.crt": template("ca_crt"),
    });
  });
});

test("takes another name for the policy", () => {
  expect(policy({ policyName: "edge" }).name).toBe("edge");
  expect(certificate({ policyName: "edge" }).made.policyName).toBe("edge");
});

test("imported, it makes nothing and has the names of the one that was made", () => {
  const { made } = certificate();
  const stack = testStack();
  const imported = GatewayCertificate.fromGatewayCertificateAttributes(stack, "Certificate", {
    ...gateway,
    source: pki(),
  });
  expect(new Synthesized(stack).counts()).toEqual({});
  expect(imported).toMatchObject({ policyName: made.policyName, templates: made.templates });
});

test("two gateways whose names run into each other do not share names in Vault", () => {
  const [one, other] = [
    { clusterName: "a-b", gatewayName: "c" },
    { clusterName: "a", gatewayName: "b-c" },
  ].map((names) => certificate(names));
  expect(one.made.policyName).not.toBe(other.made.policyName);
  expect(one.made.templates).not.toEqual(other.made.templates);
});

describe("fails for", () => {
  test.each<[string, Partial<GatewayCertificateProps>, string]>([
    [
      "a cluster's name that is none",
      { clusterName: "a.b" },
      '"clusterName" is "a.b"; write at most 40 lower-case letters, digits and dashes, a letter or digit first and last, since Vault mounts, policies and stacks are named after it (IV0110 at test/Certificate; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0110)',
    ],
    [
      "a gateway's name that is none",
      { gatewayName: "a.b" },
      '"gatewayName" is "a.b"; write at most 40 lower-case letters, digits and dashes, a letter or digit first and last, since Vault mounts, policies and stacks are named after it (IV0110 at test/Certificate; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0110)',
    ],
    [
      "istiod's name",
      { gatewayName: "istiod" },
      'a gateway is named "istiod", like istiod\'s role in Vault or its ServiceAccount; use another name, such as "istio-ingress" (IV0801 at test/Certificate; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0801)',
    ],
  ])("%s", (_name, props, message) => {
    expect(() => certificate(props)).toThrow(message);
  });

  const long = `${"a".repeat(60)}.example.com`;
  test.each<[string, string[], string]>([
    ["no domain", [], "no name"],
    ["a wildcard within", ["a.*.example.com"], '"a.*.example.com"'],
    ["any name", ["*"], '"*"'],
    ["a label of one's own network", ["shop"], '"shop"'],
    ["upper case", ["Shop.example.com"], '"Shop.example.com"'],
    ["a second that is none", ["shop.example.com", "x y"], '"x y"'],
    ["a way out of the template", ['a.example.com" "x=y'], '"a.example.com" "x=y"'],
    ["a first too long for a common name", [long], `"${long}"`],
  ])("%s", (_name, names, received) => {
    expect(() => pki({ domains: names })).toThrow(
      `"domains" contains ${received}; write lower-case DNS names, optionally with a leading "*.", the first of at most 64 characters (IV0802; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0802)`,
    );
  });

  test("none of a long name that is not the first", () => {
    expect(() => pki({ domains: ["shop.example.com", long] })).not.toThrow();
  });

  test.each(["a/*", "+/a", "/a", "a/", "a//b", "data/a", "", 'a"b'])('a path "%s"', (path) => {
    const message = (key: string) =>
      `"${key}" is "${path}"; write the path without "data/" and without a slash at either end, using only letters, digits, dots, dashes and underscores between slashes, since "*" and "+" are wildcards in a policy (IV0803; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0803)`;
    expect(() => GatewayCertificateSource.vaultKv({ path })).toThrow(message("path"));
    expect(() => GatewayCertificateSource.vaultKv({ mountPath: path })).toThrow(message("mountPath"));
    expect(() => pki({ mountPath: path })).toThrow(message("mountPath"));
  });
});

describe("a CA for gateways", () => {
  function ca(props?: GatewayCaProps) {
    const stack = testStack();
    const made = new GatewayCa(stack, "GatewayCa", props);
    new GatewayCertificate(stack, "Certificate", { ...gateway, source: pki(), dependsOn: [made] });
    return new Synthesized(stack);
  }

  test("is a mount and a CA whose key stays in Vault, with no CA below it", () => {
    const stack = ca();
    expect(stack.only("vault_mount")).toEqual({
      path: "istio-gateways",
      type: "pki",
      description: "Certificates of Istio's gateways",
      max_lease_ttl_seconds: 315_360_000,
      lifecycle: { prevent_destroy: true },
    });
    expect(stack.only("vault_pki_secret_backend_root_cert")).toEqual({
      backend: expect.stringMatching(/^\$\{vault_mount\.\w+\.path\}$/),
      type: "internal",
      common_name: "Istio gateways",
      exclude_cn_from_sans: true,
      key_type: "rsa",
      key_bits: 4096,
      max_path_length: 0,
      ttl: "315360000",
      lifecycle: { prevent_destroy: true },
    });
  });

  test("exists before the roles that issue by it", () => {
    expect(ca().only("vault_pki_secret_backend_role").depends_on).toEqual([
      expect.stringMatching(/^vault_pki_secret_backend_root_cert\.GatewayCa/),
    ]);
  });

  test("takes another mount, key and lifetime, and may be destroyed where that is said", () => {
    const stack = ca({
      mountPath: "edge-ca",
      keyAlgorithm: KeyAlgorithm.ecdsa(384),
      validFor: Duration.years(1),
      preventDestroy: false,
    });
    expect(stack.only("vault_mount")).toMatchObject({
      path: "edge-ca",
      max_lease_ttl_seconds: 31_536_000,
      lifecycle: { prevent_destroy: false },
    });
    expect(stack.only("vault_pki_secret_backend_root_cert")).toMatchObject({
      key_type: "ec",
      key_bits: 384,
      ttl: "31536000",
      lifecycle: { prevent_destroy: false },
    });
  });
});
