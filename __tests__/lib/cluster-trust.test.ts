import {
  ClusterTrust,
  type ClusterTrustProps,
  Duration,
  IstioRootCA,
  Issuance,
  KeyAlgorithm,
  RootSource,
} from "../../lib";
import { Synthesized, testStack } from "../support/synth";

const issuance = Issuance.terraform({ acceptKeysInState: true });

function synthesize(props: Partial<ClusterTrustProps> = {}, bundleNames: string[] = ["a"]): Synthesized {
  const stack = testStack();
  const roots = bundleNames.map(
    (rootName) => new IstioRootCA(stack, `Root-${rootName}`, { rootName, source: RootSource.vaultPki() }),
  );
  new ClusterTrust(stack, "Trust", {
    clusterName: "cluster1",
    signingRoot: roots[0],
    bundle: roots,
    issuance,
    ...props,
  });
  return new Synthesized(stack);
}

const secrets = (stack: Synthesized) => stack.all("vault_mount").find(({ type }) => type === "kv");
const secret = (stack: Synthesized, path: string) =>
  stack.all("vault_kv_secret_v2").find(({ name }) => name === path)!;

describe("the mount", () => {
  test("is KV v2, keeps two versions, and is not destroyed", () => {
    const stack = synthesize();
    expect(secrets(stack)).toEqual({
      path: "kubernetes-cluster1-secrets",
      type: "kv",
      options: { version: "2" },
      description: "istiod's plug-in CA files, cluster1",
      lifecycle: { prevent_destroy: true },
    });
    expect(stack.only("vault_kv_secret_backend_v2")).toMatchObject({ max_versions: 2 });
  });

  test("takes another path, and can be let go", () => {
    expect(secrets(synthesize({ secretsMountPath: "mesh/one", preventDestroy: false }))).toMatchObject({
      path: "mesh/one",
      lifecycle: { prevent_destroy: false },
    });
  });
});

describe("the intermediate", () => {
  test("has the article's subject and name", () => {
    expect(synthesize().only("tls_cert_request")).toMatchObject({
      subject: [{ common_name: "Intermediate CA", organization: "Istio", locality: "istiod-cluster1" }],
      dns_names: ["istiod.istio-system.svc"],
    });
  });

  test("is valid for the namespace istiod runs in", () => {
    const stack = synthesize({ istioNamespace: "mesh-system" });
    expect(stack.only("tls_cert_request").dns_names).toEqual(["istiod.mesh-system.svc"]);
    expect(stack.only("vault_pki_secret_backend_root_sign_intermediate").alt_names).toEqual([
      "istiod.mesh-system.svc",
    ]);
  });

  test("is RSA 4096 for two years, first generation", () => {
    const stack = synthesize();
    expect(stack.only("tls_private_key")).toMatchObject({ algorithm: "RSA", rsa_bits: 4096 });
    expect(stack.only("terraform_data").input).toEqual({ generation: 1, valid_for: "17520h" });
  });

  test("takes another key, lifetime and generation", () => {
    const stack = synthesize({
      issuance: Issuance.terraform({
        acceptKeysInState: true,
        keyAlgorithm: KeyAlgorithm.ecdsa(256),
        validFor: Duration.days(90),
        generation: 3,
      }),
    });
    expect(stack.only("tls_private_key")).toMatchObject({ algorithm: "ECDSA", ecdsa_curve: "P256" });
    expect(stack.only("terraform_data").input).toEqual({ generation: 3, valid_for: "2160h" });
    expect(stack.only("vault_pki_secret_backend_root_sign_intermediate").ttl).toBe("2160h");
  });

  test("is issued anew when generation or lifetime change", () => {
    const [trigger] = synthesize().only("tls_private_key").lifecycle.replace_triggered_by;
    expect(trigger).toMatch(/^terraform_data\.Trust_Intermediate_Issue_/);
  });
});

describe("the secrets", () => {
  test("hold key, certificate and chain in one, the bundle in the other, and are not read back", () => {
    const stack = synthesize();
    const certificates = secret(stack, "istiod-service/certs");
    expect(certificates).toMatchObject({ disable_read: true, delete_all_versions: true });
    expect(certificates.data_json).toMatch(
      /^\$\{jsonencode\(\{"ca_key" = .*, "ca_cert" = .*, "cert_chain" = .*\}\)\}$/,
    );
    expect(secret(stack, "istiod-service/trust-bundle").data_json).toMatch(
      /^\$\{jsonencode\(\{"root_cert" = /,
    );
  });

  test("take other paths", () => {
    const stack = synthesize({ certificatesPath: "ca/one", trustBundlePath: "ca/roots" });
    expect(stack.all("vault_kv_secret_v2").map(({ name }) => name)).toEqual(["ca/one", "ca/roots"]);
    expect(stack.only("vault_policy").policy).toContain("/data/ca/roots");
  });

  test("keep the roots in the order given", () => {
    const { data_json } = secret(synthesize({}, ["b", "a"]), "istiod-service/trust-bundle");
    expect(data_json.indexOf("Root-b")).toBeGreaterThan(0);
    expect(data_json.indexOf("Root-b")).toBeLessThan(data_json.indexOf("Root-a"));
  });

  test("hold the signing root alone where no bundle is given", () => {
    const { data_json } = secret(
      synthesize({ bundle: undefined }, ["a", "b"]),
      "istiod-service/trust-bundle",
    );
    expect(data_json).toContain("Root-a");
    expect(data_json).not.toContain("Root-b");
  });
});

describe("the policy", () => {
  test("may read exactly the two secrets", () => {
    const { name, policy } = synthesize().only("vault_policy");
    expect(name).toBe("istiod-certs-cluster1");
    expect(policy).toBe(
      'path "kubernetes-cluster1-secrets/data/istiod-service/certs" {\n  capabilities = ["read"]\n}\n\npath "kubernetes-cluster1-secrets/data/istiod-service/trust-bundle" {\n  capabilities = ["read"]\n}\n',
    );
  });

  test("takes another name", () => {
    expect(synthesize({ readPolicyName: "mesh-one" }).only("vault_policy").name).toBe("mesh-one");
  });
});

describe("imports make nothing and give names", () => {
  const names = {
    secretsMountPath: "kubernetes-cluster1-secrets",
    certificatesPath: "istiod-service/certs",
    trustBundlePath: "istiod-service/trust-bundle",
    readPolicyName: "istiod-certs-cluster1",
  };

  test("by the cluster's name", () => {
    const stack = testStack();
    expect(ClusterTrust.fromClusterName(stack, "Trust", "cluster1")).toMatchObject(names);
    expect(new Synthesized(stack).counts()).toEqual({});
  });

  test("by names of one's own", () => {
    const own = { ...names, secretsMountPath: "mesh/one" };
    expect(ClusterTrust.fromClusterTrustAttributes(testStack(), "Trust", own)).toMatchObject(own);
  });

  test("fails for a name that is none", () => {
    expect(() => ClusterTrust.fromClusterName(testStack(), "Trust", "Cluster 1")).toThrow(
      '"clusterName" is "Cluster 1"; write at most 40 lower-case letters, digits and dashes, a letter or digit first and last, since Vault mounts, policies and stacks are named after it (IV0110 at test; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0110)',
    );
  });
});

test("fails for a name that is none", () => {
  expect(() => synthesize({ clusterName: "cluster_1" })).toThrow(
    '"clusterName" is "cluster_1"; write at most 40 lower-case letters, digits and dashes, a letter or digit first and last, since Vault mounts, policies and stacks are named after it (IV0110 at test/Trust; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0110)',
  );
});

test.each(["secretsMountPath", "certificatesPath", "trustBundlePath"])(
  "fails where %s could mean several paths",
  (key) => {
    expect(() => synthesize({ [key]: "mesh/+" })).toThrow(
      `"${key}" is "mesh/+"; write the path without "data/" and without a slash at either end, using only letters, digits, dots, dashes and underscores between slashes, since "*" and "+" are wildcards in a policy (IV0803 at test/Trust; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0803)`,
    );
  },
);

test("fails where intermediate and bundle would be one secret", () => {
  expect(() => synthesize({ certificatesPath: "ca", trustBundlePath: "ca" })).toThrow(
    '"certificatesPath" and "trustBundlePath" are both "ca", so one would overwrite the other; give them different paths (IV0212 at test/Trust; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0212)',
  );
});

test("fails where the bundle lacks the signing root", () => {
  const stack = testStack();
  const [a, b] = ["a", "b"].map(
    (rootName) => new IstioRootCA(stack, rootName, { rootName, source: RootSource.vaultPki() }),
  );
  expect(
    () =>
      new ClusterTrust(stack, "Trust", { clusterName: "cluster1", signingRoot: a, bundle: [b], issuance }),
  ).toThrow(
    "cluster1 signs with root a, which is not in its own bundle; its workloads would refuse each other; add a to the bundle (IV0202 at test/Trust; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0202)",
  );
});

describe("issuance", () => {
  test("fails unless keys in the state are accepted", () => {
    expect(() => Issuance.terraform({ acceptKeysInState: false as true })).toThrow(
      'issuance "terraform" keeps the intermediate\'s private key in Terraform\'s state, and whoever can read the state can act as this cluster\'s CA; write "acceptKeysInState: true" if that is intended (IV0205; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0205)',
    );
  });

  test.each([0, -1, 1.5])("fails for generation %s", (generation) => {
    expect(() => Issuance.terraform({ acceptKeysInState: true, generation })).toThrow(
      `"generation" is ${generation}; write a whole number of at least 1, and raise it by one to renew (IV0210; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0210)`,
    );
  });
});
