import { Lazy } from "cdktf";
import { ClusterTrust, clusterVaultNames, GATEWAY_CA_MOUNT, gatewayVaultNames, rootMount } from "../../lib";
import { testStack } from "../support/synth";

// Both sides of the mesh, and what is already deployed, rely on these to the letter.
test("a cluster's names in Vault are those of the set-up most start from", () => {
  expect(clusterVaultNames("cluster1")).toEqual({
    kubernetesAuthMount: "kubernetes-cluster1",
    jwtAuthMount: "jwt-cluster1",
    secretsMount: "kubernetes-cluster1-secrets",
    certificatesPath: "istiod-service/certs",
    trustBundlePath: "istiod-service/trust-bundle",
    readPolicy: "istiod-certs-cluster1",
    issuerPolicy: "istio-issuer-cluster1",
    pendingPath: "istiod-service/pending",
  });
});

test("a gateway's names in Vault are its cluster's and its own", () => {
  expect(gatewayVaultNames("cluster1", "istio-ingress")).toEqual({
    role: "istio-ingress",
    policy: "gateway-certs-cluster1.istio-ingress",
    pkiRole: "cluster1.istio-ingress",
    secretPath: "gateways/istio-ingress",
  });
  expect(GATEWAY_CA_MOUNT).toBe("istio-gateways");
});

test("a root's mount is named after the root", () => {
  expect(rootMount("2026")).toBe("istio-root-2026");
});

describe("a name", () => {
  const name = (text: string) => () => ClusterTrust.fromClusterName(testStack(), "Trust", text);

  test.each(["a", "1", "a-b", "0a", "a".repeat(40)])('may be "%s"', (text) => {
    expect(name(text)).not.toThrow();
  });

  test("may be known to Terraform only later", () => {
    expect(name(Lazy.stringValue({ produce: () => "Later" }))).not.toThrow();
  });

  test.each(["", "-a", "a-", "A", "a_b", "a.b", "a/b", "é", "a\n", "a".repeat(41)])(
    'fails for "%s"',
    (text) => {
      expect(name(text)).toThrow(
        `"clusterName" is "${text.replace("\n", "\\n")}"; write at most 40 lower-case letters, digits and dashes, a letter or digit first and last, since Vault mounts, policies and stacks are named after it (IV0110 at test; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0110)`,
      );
    },
  );
});
