import { TerraformVariable } from "cdktf";
import { Duration, HelmCharts, VaultAgentInjector, type VaultAgentInjectorProps } from "../../lib";
import { CA_PEM, Synthesized, testStack } from "../support/synth";

function synthesize(props: Partial<VaultAgentInjectorProps> = {}): Synthesized {
  const stack = testStack();
  new VaultAgentInjector(stack, "Injector", { vaultAddress: "https://vault.example.com:8200", ...props });
  return new Synthesized(stack);
}

const release = (props?: Partial<VaultAgentInjectorProps>) => {
  const { values: _values, ...rest } = synthesize(props).only("helm_release");
  return rest;
};

const spread = (instance: string) => ({
  podAntiAffinity: {
    preferredDuringSchedulingIgnoredDuringExecution: [
      {
        weight: 100,
        podAffinityTerm: {
          labelSelector: { matchLabels: { "app.kubernetes.io/instance": instance, component: "webhook" } },
          topologyKey: "kubernetes.io/hostname",
        },
      },
    ],
  },
});

test("is one release that waits, and is taken back where it fails", () => {
  expect(release()).toEqual({
    name: "vault-inject",
    namespace: "vault",
    chart: "vault",
    repository: "https://helm.releases.hashicorp.com",
    version: "0.34.1",
    wait: true,
    atomic: true,
  });
});

test("takes another name, namespace, version and repository", () => {
  const charts = HelmCharts.repository("oci://registry.example.com/charts");
  expect(
    release({ releaseName: "agent", namespace: "vault-system", chartVersion: "0.35.0", charts }),
  ).toMatchObject({
    name: "agent",
    namespace: "vault-system",
    repository: "oci://registry.example.com/charts",
    version: "0.35.0",
  });
});

test("waits for what it is told to", () => {
  expect(release({ dependsOn: [{ fqn: "kubernetes_namespace_v1.vault" }] }).depends_on).toEqual([
    "kubernetes_namespace_v1.vault",
  ]);
});

test("fails closed, for labelled pods of istio-system alone, and has no reviewer of its own", () => {
  expect(synthesize().helmValues()).toEqual({
    global: { externalVaultAddr: "https://vault.example.com:8200" },
    injector: {
      enabled: true,
      replicas: 2,
      podDisruptionBudget: { maxUnavailable: 1 },
      affinity: spread("vault-inject"),
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
      securityContext: {
        container: {
          allowPrivilegeEscalation: false,
          capabilities: { drop: ["ALL"] },
          seccompProfile: { type: "RuntimeDefault" },
        },
      },
      extraEnvironmentVars: {},
      webhook: {
        failurePolicy: "Fail",
        timeoutSeconds: 10,
        namespaceSelector: {
          matchExpressions: [
            { key: "kubernetes.io/metadata.name", operator: "In", values: ["istio-system"] },
          ],
        },
        objectSelector: { matchLabels: { "istio-vault-injection": "enabled" } },
      },
    },
    server: { serviceAccount: { create: false }, authDelegator: { enabled: false } },
  });
});

test("spreads over nodes where it can, by the release's name", () => {
  expect(synthesize({ releaseName: "agent" }).helmValues().injector.affinity).toEqual(spread("agent"));
});

test("a single one is there until the next one is", () => {
  expect(synthesize({ replicas: 1 }).helmValues().injector).not.toHaveProperty("strategy");
});

test("Helm waits as long as it is told to", () => {
  expect(release({ timeout: Duration.minutes(15) }).timeout).toBe(900);
});

test("knows Vault's private CA and namespace by its own environment", () => {
  const { injector } = synthesize({ vaultCaCertificate: CA_PEM, vaultNamespace: "platform" }).helmValues();
  expect(injector.extraEnvironmentVars).toEqual({
    AGENT_INJECT_VAULT_CACERT_BYTES: CA_PEM,
    AGENT_INJECT_VAULT_NAMESPACE: "platform",
  });
});

test("takes a CA certificate Terraform will know, and stays JSON", () => {
  const stack = testStack();
  const pem = new TerraformVariable(stack, "pem", {});
  new VaultAgentInjector(stack, "Injector", {
    vaultAddress: "https://vault",
    vaultCaCertificate: pem.stringValue,
  });
  const [text] = new Synthesized(stack).only("helm_release").values;
  expect(JSON.parse(text).injector.extraEnvironmentVars.AGENT_INJECT_VAULT_CACERT_BYTES).toBe(
    "${substr(jsonencode(tostring(var.pem)), 1, length(jsonencode(tostring(var.pem))) - 2)}",
  );
});

test("watches other namespaces", () => {
  const { injector } = synthesize({ watchedNamespaces: ["istio-system", "istio-ingress"] }).helmValues();
  expect(injector.webhook.namespaceSelector.matchExpressions[0].values).toEqual([
    "istio-system",
    "istio-ingress",
  ]);
});

test.each([
  [
    "registry.example.com:5000/hashicorp/vault-k8s:1.7.6",
    "registry.example.com:5000/hashicorp/vault-k8s",
    "1.7.6",
  ],
  [
    "registry.example.com:5000/hashicorp/vault-k8s",
    "registry.example.com:5000/hashicorp/vault-k8s",
    undefined,
  ],
])("takes the image %s", (image, repository, tag) => {
  expect(synthesize({ image }).helmValues().injector.image).toEqual({ repository, tag });
});

test("takes pull secrets and another number of pods", () => {
  const values = synthesize({ imagePullSecrets: ["pull"], replicas: 3 }).helmValues();
  expect(values.global.imagePullSecrets).toEqual([{ name: "pull" }]);
  expect(values.injector.replicas).toBe(3);
});

test("merges the user's values, which win over what is only suggested", () => {
  const { injector } = synthesize({
    values: { injector: { logLevel: "debug", webhook: { timeoutSeconds: 5 } } },
  }).helmValues();
  expect(injector).toMatchObject({
    logLevel: "debug",
    webhook: { timeoutSeconds: 5, failurePolicy: "Fail" },
  });
});

test.each([
  ["injector.webhook.failurePolicy", { injector: { webhook: { failurePolicy: "Ignore" } } }],
  [
    "injector.webhook.namespaceSelector.matchExpressions",
    { injector: { webhook: { namespaceSelector: { matchExpressions: [] } } } },
  ],
  ["injector.enabled", { injector: { enabled: false } }],
  ["server.authDelegator.enabled", { server: { authDelegator: { enabled: true } } }],
  ["global.externalVaultAddr", { global: { externalVaultAddr: "https://other" } }],
])("fails where values would overwrite %s", (path, values) => {
  expect(() => synthesize({ values })).toThrow(
    `Helm value "${path}" would override a value that makes the pod use its files from Vault; remove it, and use the property or mesh.yaml key with the same meaning if there is one (IV0401 at test/Injector; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0401)`,
  );
});

test("fails for a CA certificate that is none", () => {
  expect(() => synthesize({ vaultCaCertificate: "x" })).toThrow(
    '"vaultCaCertificate" holds no PEM certificate; give the public certificate of the CA, which begins with -----BEGIN CERTIFICATE----- (IV0303 at test/Injector; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0303)',
  );
});

test("fails for no pods", () => {
  expect(() => synthesize({ replicas: 0 })).toThrow(
    '"replicas" is 0; write a whole number of at least 1 (IV0403 at test/Injector; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0403)',
  );
});
