import { KubernetesProvider } from "@cdktf/provider-kubernetes/lib/provider";
import {
  ClusterTrust,
  GatewayCertificate,
  GatewayCertificateSource,
  GatewayWithVault,
  type GatewayWithVaultProps,
  IstiodWithVault,
  type IstiodWithVaultProps,
  VaultAgentInjector,
  VaultK8sAuth,
} from "../../lib";
import { CA_PEM, Synthesized, testStack } from "../support/synth";

const VAULT = { address: "https://vault.example.com:8200", namespace: "mesh", caCertificate: CA_PEM };

function istiod(props: Partial<IstiodWithVaultProps>) {
  const stack = testStack();
  new KubernetesProvider(stack, "Kubernetes");
  new IstiodWithVault(stack, "Istiod", {
    trust: ClusterTrust.fromClusterName(stack, "Trust", "cluster1"),
    auth: VaultK8sAuth.fromClusterName(stack, "Auth", "cluster1"),
    istioVersion: "1.31.1",
    ...props,
  });
  return new Synthesized(stack);
}

function gateway(props: Partial<GatewayWithVaultProps>) {
  const stack = testStack();
  new KubernetesProvider(stack, "Kubernetes");
  new GatewayWithVault(stack, "Gateway", {
    gatewayName: "ingress",
    certificate: GatewayCertificate.fromGatewayCertificateAttributes(stack, "Certificate", {
      clusterName: "cluster1",
      gatewayName: "ingress",
      source: GatewayCertificateSource.vaultKv(),
    }),
    auth: VaultK8sAuth.fromClusterName(stack, "Auth", "cluster1"),
    istioVersion: "1.31.1",
    ...props,
  });
  return new Synthesized(stack);
}

test.each([
  ["istio-istiod", "istio-system", () => istiod({ vault: VAULT })],
  ["ingress", "ingress", () => gateway({ vault: VAULT })],
])("the pods of %s name their Vault, its namespace and its CA", (name, namespace, make) => {
  const synthesized = make();
  const annotations = synthesized.helmValues().podAnnotations;
  expect(annotations).toMatchObject({
    "vault.hashicorp.com/service": "https://vault.example.com:8200",
    "vault.hashicorp.com/namespace": "mesh",
    "vault.hashicorp.com/tls-secret": `${name}-vault-ca`,
    "vault.hashicorp.com/ca-cert": "/vault/tls/ca.crt",
  });
  expect(synthesized.only("kubernetes_secret_v1")).toMatchObject({
    metadata: { name: `${name}-vault-ca`, namespace },
    data: { "ca.crt": CA_PEM },
  });
  expect(synthesized.only("helm_release").depends_on).toContainEqual(
    expect.stringMatching(/^kubernetes_secret_v1\./),
  );
});

test("without a CA there is no Secret, and without a Vault the injector says which", () => {
  const pinned = istiod({ vault: { address: VAULT.address } });
  expect(pinned.counts()).not.toHaveProperty("kubernetes_secret_v1");
  expect(pinned.helmValues().podAnnotations["vault.hashicorp.com/namespace"]).toBe("");
  expect(istiod({}).helmValues().podAnnotations).not.toHaveProperty("vault.hashicorp.com/service");
});

test("a CA that is no certificate is refused", () => {
  expect(() => istiod({ vault: { ...VAULT, caCertificate: "x" } })).toThrow(
    '"vault.caCertificate" holds no PEM certificate; give the public certificate of the CA, which begins with -----BEGIN CERTIFICATE----- (IV0303',
  );
});

describe("values that undo it are refused", () => {
  test.each([
    [
      () => istiod({ values: { podAnnotations: { "vault.hashicorp.com/service": "x" } } }),
      'Helm value "podAnnotations.vault.hashicorp.com/service" would override a value that makes the pod use its files from Vault; remove it, and use the property or mesh.yaml key with the same meaning if there is one (IV0401',
    ],
    [
      () => gateway({ values: { podAnnotations: { "vault.hashicorp.com/tls-skip-verify": "true" } } }),
      'Helm value "podAnnotations.vault.hashicorp.com/tls-skip-verify" would override a value that makes the pod use its files from Vault; remove it, and use the property or mesh.yaml key with the same meaning if there is one (IV0401',
    ],
    [
      () => istiod({ values: { env: { EXTERNAL_CA: "x" } } }),
      'Helm value "env.EXTERNAL_CA" would override a value that makes the pod use its files from Vault; remove it, and use the property or mesh.yaml key with the same meaning if there is one (IV0401',
    ],
    [
      () => istiod({ values: { pilot: { meshConfig: { trustDomainAliases: ["x"] } } } }),
      'Helm value "meshConfig.trustDomainAliases" would override a value that makes the pod use its files from Vault; remove it, and use the property or mesh.yaml key with the same meaning if there is one (IV0401',
    ],
    [
      () => istiod({ values: { env: { 'X"': "x" } } }),
      'Helm value "env.X"" would override a value that makes the pod use its files from Vault; remove it, and use the property or mesh.yaml key with the same meaning if there is one (IV0401',
    ],
    [
      () =>
        new VaultAgentInjector(testStack(), "Injector", {
          vaultAddress: VAULT.address,
          values: { injector: { extraEnvironmentVars: { AGENT_INJECT_VAULT_ADDR: "https://x" } } },
        }),
      'Helm value "injector.extraEnvironmentVars.AGENT_INJECT_VAULT_ADDR" would override a value that makes the pod use its files from Vault; remove it, and use the property or mesh.yaml key with the same meaning if there is one (IV0401',
    ],
  ])("%#", (make, message) => {
    expect(make).toThrow(message);
  });

  test("aliases of the trust domain have a property", () => {
    expect(istiod({ trustDomainAliases: ["old"] }).helmValues().meshConfig.trustDomainAliases).toEqual([
      "old",
    ]);
  });
});
