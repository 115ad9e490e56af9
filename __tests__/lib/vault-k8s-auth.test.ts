import { Lazy, TerraformVariable } from "cdktf";
import { Duration, VaultAuthMethod, VaultK8sAuth, type VaultRoleOptions } from "../../lib";
import { CA_PEM, Synthesized, testStack } from "../support/synth";

const cluster = { kubernetesHost: "https://10.0.0.1:6443", kubernetesCaCertificate: CA_PEM };
const istiod: VaultRoleOptions = {
  serviceAccounts: ["istiod"],
  namespaces: ["istio-system"],
  policies: ["istiod-certs-cluster1"],
};

function synthesize(
  method: VaultAuthMethod | ((stack: ReturnType<typeof testStack>) => VaultAuthMethod),
  role: Partial<VaultRoleOptions> = {},
  mountPath?: string,
): Synthesized {
  const stack = testStack();
  const auth = new VaultK8sAuth(stack, "Auth", {
    clusterName: "cluster1",
    method: typeof method === "function" ? method(stack) : method,
    mountPath,
  });
  auth.addRole("istiod", { ...istiod, ...role });
  return new Synthesized(stack);
}

describe("kubernetes", () => {
  test("reviews a pod's token with that token, at the cluster's own API server", () => {
    const stack = synthesize(VaultAuthMethod.kubernetes(cluster));
    expect(stack.only("vault_auth_backend")).toEqual({
      type: "kubernetes",
      path: "kubernetes-cluster1",
      description: "Pods of cluster1",
    });
    expect(stack.only("vault_kubernetes_auth_backend_config")).toEqual({
      backend: expect.stringMatching(/^\$\{vault_auth_backend\..*\.path\}$/),
      kubernetes_host: "https://10.0.0.1:6443",
      kubernetes_ca_cert: CA_PEM,
      disable_local_ca_jwt: true,
      disable_iss_validation: true,
    });
  });

  test("a role is bound to accounts, namespaces and policies, and waits for the configuration", () => {
    expect(
      synthesize(VaultAuthMethod.kubernetes(cluster)).only("vault_kubernetes_auth_backend_role"),
    ).toEqual({
      backend: expect.stringMatching(/^\$\{vault_auth_backend\..*\.path\}$/),
      role_name: "istiod",
      bound_service_account_names: ["istiod"],
      bound_service_account_namespaces: ["istio-system"],
      token_policies: ["istiod-certs-cluster1"],
      token_ttl: 1200,
      token_max_ttl: 86_400,
      depends_on: [expect.stringMatching(/^vault_kubernetes_auth_backend_config\./)],
    });
  });

  test("takes a reviewer's token from a sensitive variable, and then an audience", () => {
    const stack = synthesize((scope) =>
      VaultAuthMethod.kubernetes({
        ...cluster,
        tokenReviewerJwt: new TerraformVariable(scope, "reviewer", { sensitive: true }),
        audience: "vault",
      }),
    );
    expect(stack.only("vault_kubernetes_auth_backend_config").token_reviewer_jwt).toBe("${var.reviewer}");
    expect(stack.only("vault_kubernetes_auth_backend_role").audience).toBe("vault");
  });

  test("takes values Terraform will know", () => {
    const later = Lazy.stringValue({ produce: () => "${data.x.y}" });
    const method = VaultAuthMethod.kubernetes({ kubernetesHost: later, kubernetesCaCertificate: later });
    expect(synthesize(method).only("vault_kubernetes_auth_backend_config").kubernetes_host).toBe(
      "${data.x.y}",
    );
  });

  test("takes another mount and other lifetimes", () => {
    const role = { tokenTtl: Duration.minutes(5), tokenMaxTtl: Duration.hours(1) };
    const stack = synthesize(VaultAuthMethod.kubernetes(cluster), role, "k8s/one");
    expect(stack.only("vault_auth_backend").path).toBe("k8s/one");
    expect(stack.only("vault_kubernetes_auth_backend_role")).toMatchObject({
      token_ttl: 300,
      token_max_ttl: 3600,
    });
  });

  test("fails for an audience without a reviewer's token", () => {
    expect(() => VaultAuthMethod.kubernetes({ ...cluster, audience: "vault" })).toThrow(
      "audience \"vault\" cannot work while the pod's own token reviews itself: the API server rejects a token issued for another audience; remove the audience, set a reviewer's token, or use the JWT method (IV0301; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0301)",
    );
  });

  test.each(["http://10.0.0.1:6443", "10.0.0.1:6443", "https://10.0.0.1:6443/?a=b"])(
    "fails for the API server %s",
    (kubernetesHost) => {
      expect(() => VaultAuthMethod.kubernetes({ ...cluster, kubernetesHost })).toThrow(
        `"kubernetesHost" is "${kubernetesHost}"; write the API server's URL as Vault reaches it, such as "https://10.0.0.1:6443" (IV0302; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0302)`,
      );
    },
  );

  test("takes an API server behind a path, with a public certificate", () => {
    const kubernetesHost = "https://rancher.example.com/k8s/clusters/c-m-abcd1234";
    const config = synthesize(VaultAuthMethod.kubernetes({ kubernetesHost })).only(
      "vault_kubernetes_auth_backend_config",
    );
    expect(config).toMatchObject({ kubernetes_host: kubernetesHost, disable_local_ca_jwt: true });
    expect(config).not.toHaveProperty("kubernetes_ca_cert");
  });

  test("takes an IPv6 API server", () => {
    expect(() =>
      VaultAuthMethod.kubernetes({ ...cluster, kubernetesHost: "https://[fd00::1]:6443" }),
    ).not.toThrow();
  });

  test("fails for a CA certificate with its private key", () => {
    const kubernetesCaCertificate = `${CA_PEM}-----BEGIN PRIVATE KEY-----\n`;
    expect(() => VaultAuthMethod.kubernetes({ ...cluster, kubernetesCaCertificate })).toThrow(
      '"kubernetesCaCertificate" holds no PEM certificate; give the public certificate of the CA, which begins with -----BEGIN CERTIFICATE----- (IV0303; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0303)',
    );
  });

  test("fails for a CA certificate that is none", () => {
    expect(() => VaultAuthMethod.kubernetes({ ...cluster, kubernetesCaCertificate: "MIIB" })).toThrow(
      '"kubernetesCaCertificate" holds no PEM certificate; give the public certificate of the CA, which begins with -----BEGIN CERTIFICATE----- (IV0303; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0303)',
    );
  });

  test("fails for a variable that plans would print", () => {
    const tokenReviewerJwt = new TerraformVariable(testStack(), "reviewer", {});
    expect(() => VaultAuthMethod.kubernetes({ ...cluster, tokenReviewerJwt })).toThrow(
      '"tokenReviewerJwt" is a Terraform variable that is not marked sensitive, so plans would print the token; create it with "sensitive: true" (IV0306; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0306)',
    );
  });
});

describe("jwt", () => {
  const issuer = "https://oidc.example.com/cluster1";

  test("checks tokens by the issuer's discovery URL", () => {
    const stack = synthesize(VaultAuthMethod.jwt({ issuer }));
    expect(stack.only("vault_jwt_auth_backend")).toEqual({
      type: "jwt",
      path: "jwt-cluster1",
      description: "Pods of cluster1",
      bound_issuer: issuer,
      oidc_discovery_url: issuer,
    });
  });

  test("binds each account of each namespace by its subject, for Vault's audience", () => {
    const role = { serviceAccounts: ["istiod", "istiod-canary"], namespaces: ["istio-system", "istio-two"] };
    expect(synthesize(VaultAuthMethod.jwt({ issuer }), role).only("vault_jwt_auth_backend_role")).toEqual({
      backend: expect.stringMatching(/^\$\{vault_jwt_auth_backend\..*\.path\}$/),
      role_name: "istiod",
      role_type: "jwt",
      user_claim: "sub",
      bound_audiences: ["vault"],
      bound_claims_type: "string",
      bound_claims: {
        sub: "system:serviceaccount:istio-system:istiod,system:serviceaccount:istio-system:istiod-canary,system:serviceaccount:istio-two:istiod,system:serviceaccount:istio-two:istiod-canary",
      },
      token_policies: ["istiod-certs-cluster1"],
      token_ttl: 1200,
      token_max_ttl: 86_400,
    });
  });

  test("takes another audience, and a private CA of the issuer", () => {
    const stack = synthesize(VaultAuthMethod.jwt({ issuer, audience: "mesh", issuerCaCertificate: CA_PEM }));
    expect(stack.only("vault_jwt_auth_backend").oidc_discovery_ca_pem).toBe(CA_PEM);
    expect(stack.only("vault_jwt_auth_backend_role").bound_audiences).toEqual(["mesh"]);
  });

  test("takes public keys instead of the discovery URL", () => {
    const backend = synthesize(VaultAuthMethod.jwt({ issuer, publicKeys: ["key"] })).only(
      "vault_jwt_auth_backend",
    );
    expect(backend).toMatchObject({ jwt_validation_pubkeys: ["key"], bound_issuer: issuer });
    expect(backend).not.toHaveProperty("oidc_discovery_url");
  });

  test("fails for public keys that are none, or that leave a CA without use", () => {
    expect(() => VaultAuthMethod.jwt({ issuer, publicKeys: [] })).toThrow(
      '"publicKeys" is an empty list, so no token could be verified; add a key, or remove the list to use the issuer\'s URL (IV0309; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0309)',
    );
    expect(() => VaultAuthMethod.jwt({ issuer, publicKeys: ["key"], issuerCaCertificate: CA_PEM })).toThrow(
      '"publicKeys" and "issuerCaCertificate" cannot be set together; remove one of them (IV0116; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0116)',
    );
  });

  test("fails for an issuer that is no https URL", () => {
    expect(() => VaultAuthMethod.jwt({ issuer: "cluster1" })).toThrow(
      '"issuer" is "cluster1", where Vault asks for the keys; write the cluster\'s service-account issuer, the "iss" of its tokens, such as "https://oidc.example.com/cluster1", or give the public keys (IV0304; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0304)',
    );
  });

  test("fails for a CA certificate that is none", () => {
    expect(() => VaultAuthMethod.jwt({ issuer, issuerCaCertificate: "x" })).toThrow(
      '"issuerCaCertificate" holds no PEM certificate; give the public certificate of the CA, which begins with -----BEGIN CERTIFICATE----- (IV0303; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0303)',
    );
  });
});

describe("roles", () => {
  test.each(["serviceAccounts", "namespaces", "policies"])("fail where %s is empty or holds *", (key) => {
    for (const list of [[], ["*"], ["a", "*"]]) {
      expect(() => synthesize(VaultAuthMethod.kubernetes(cluster), { [key]: list })).toThrow(
        `"${key}" is [${list.join(", ")}]; list at least one, and not "*", which would let all of them log in (IV0305 at test/Auth; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0305)`,
      );
    }
  });

  test("fail where a login is longer than it can be renewed", () => {
    const role = { tokenTtl: Duration.hours(2), tokenMaxTtl: Duration.hours(1) };
    expect(() => synthesize(VaultAuthMethod.kubernetes(cluster), role)).toThrow(
      '"tokenTtl" 2h is longer than "tokenMaxTtl" 1h; write a shorter one (IV0308 at test/Auth; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0308)',
    );
  });

  test("fail the second time", () => {
    const auth = new VaultK8sAuth(testStack(), "Auth", {
      clusterName: "cluster1",
      method: VaultAuthMethod.kubernetes(cluster),
    });
    auth.addRole("istiod", istiod);
    expect(() => auth.addRole("istiod", istiod)).toThrow(
      'role "istiod" is already added; list all its ServiceAccounts in one call (IV0307 at test/Auth; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0307)',
    );
  });
});

describe("imports make nothing and give names", () => {
  test("by the cluster's name", () => {
    const stack = testStack();
    expect(VaultK8sAuth.fromClusterName(stack, "Auth", "cluster1")).toMatchObject({
      mountPath: "kubernetes-cluster1",
      type: "kubernetes",
      audience: undefined,
    });
    expect(new Synthesized(stack).counts()).toEqual({});
  });

  test("by names of one's own", () => {
    const attributes = { mountPath: "jwt/one", type: "jwt", audience: "vault" } as const;
    expect(VaultK8sAuth.fromVaultK8sAuthAttributes(testStack(), "Auth", attributes)).toMatchObject(
      attributes,
    );
  });
});

test("an imported JWT mount demands tokens made for Vault, unless told otherwise", () => {
  const auth = VaultK8sAuth.fromVaultK8sAuthAttributes(testStack(), "Auth", {
    mountPath: "jwt/one",
    type: "jwt",
  });
  expect(auth.audience).toBe("vault");
});

test("fails for credentials in a URL, without repeating them", () => {
  const kubernetesHost = "https://admin:hunter2@10.0.0.1:6443";
  expect(() => VaultAuthMethod.kubernetes({ ...cluster, kubernetesHost })).toThrow(
    '"kubernetesHost" is "https://(not shown)@10.0.0.1:6443"; write the API server\'s URL as Vault reaches it, such as "https://10.0.0.1:6443" (IV0302; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0302)',
  );
});

test("fails for a name that is none", () => {
  const method = VaultAuthMethod.kubernetes(cluster);
  expect(() => new VaultK8sAuth(testStack(), "Auth", { clusterName: "Cluster", method })).toThrow(
    '"clusterName" is "Cluster"; write at most 40 lower-case letters, digits and dashes, a letter or digit first and last, since Vault mounts, policies and stacks are named after it (IV0110 at test/Auth; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0110)',
  );
  expect(() => VaultK8sAuth.fromClusterName(testStack(), "Auth", "")).toThrow(
    '"clusterName" is ""; write at most 40 lower-case letters, digits and dashes, a letter or digit first and last, since Vault mounts, policies and stacks are named after it (IV0110 at test; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0110)',
  );
});

test("fails for a mount path that could mean several", () => {
  expect(() => synthesize(VaultAuthMethod.kubernetes(cluster), {}, "k8s/*")).toThrow(
    '"mountPath" is "k8s/*"; write the path without "data/" and without a slash at either end, using only letters, digits, dots, dashes and underscores between slashes, since "*" and "+" are wildcards in a policy (IV0803 at test/Auth; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0803)',
  );
});
