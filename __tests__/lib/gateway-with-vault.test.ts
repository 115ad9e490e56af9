import { KubernetesProvider } from "@cdktf/provider-kubernetes/lib/provider";
import { TerraformVariable } from "cdktf";
import {
  DEFAULT_AGENT_IMAGE,
  Duration,
  GatewayCertificate,
  GatewayCertificateSource,
  GatewayWithVault,
  type GatewayWithVaultProps,
  HelmCharts,
  VaultAuthMethod,
  VaultK8sAuth,
  type VaultK8sAuthAttributes,
} from "../../lib";
import { AGENT_PATCH } from "../support/restricted";
import { CA_PEM, Synthesized, testStack } from "../support/synth";

function synthesize(
  props: Partial<GatewayWithVaultProps> = {},
  auth: Partial<VaultK8sAuthAttributes> = {},
): Synthesized {
  const stack = testStack();
  new KubernetesProvider(stack, "Kubernetes");
  new GatewayWithVault(stack, "Gateway", {
    gatewayName: "istio-ingress",
    certificate: GatewayCertificate.fromGatewayCertificateAttributes(stack, "Certificate", {
      clusterName: "cluster1",
      gatewayName: "istio-ingress",
      source: GatewayCertificateSource.vaultKv(),
    }),
    auth: VaultK8sAuth.fromVaultK8sAuthAttributes(stack, "Auth", {
      mountPath: "kubernetes-cluster1",
      ...auth,
    }),
    istioVersion: "1.29.6",
    ...props,
  });
  return new Synthesized(stack);
}

const values = (...args: Parameters<typeof synthesize>) => synthesize(...args).helmValues();
const annotation = (name: string, props?: Partial<GatewayWithVaultProps>) =>
  values(props).podAnnotations[`vault.hashicorp.com/${name}`];

const release = (props?: Partial<GatewayWithVaultProps>) => {
  const { values: _values, ...rest } = synthesize(props).only("helm_release");
  return rest;
};

describe("the release", () => {
  test("waits, is taken back where it fails, and follows its right to review tokens", () => {
    expect(release()).toEqual({
      name: "istio-ingress",
      namespace: "istio-ingress",
      chart: "gateway",
      repository: "https://blob.istio.io/istio-release/charts",
      version: "1.29.6",
      wait: true,
      atomic: true,
      depends_on: [expect.stringMatching(/^kubernetes_cluster_role_binding_v1\.Gateway_TokenReviewer/)],
    });
  });

  test("takes another namespace, version and repository", () => {
    const charts = HelmCharts.repository("oci://registry.example.com/charts");
    expect(release({ namespace: "edge", istioVersion: "1.30.0", charts })).toMatchObject({
      namespace: "edge",
      version: "1.30.0",
      repository: "oci://registry.example.com/charts",
    });
  });

  test("waits for what it is told to as well", () => {
    const { depends_on } = release({ dependsOn: [{ fqn: "helm_release.Istiod" }] });
    expect(depends_on).toEqual([expect.stringContaining("TokenReviewer"), "helm_release.Istiod"]);
  });
});

describe("the pod", () => {
  test("is labelled for the injector, told where its certificate is, and guarded", () => {
    const prefix = (annotations: Record<string, string>) =>
      Object.fromEntries(
        Object.entries(annotations).map(([name, text]) => [`vault.hashicorp.com/${name}`, text]),
      );
    const file = (name: string, key: string) => ({
      [`agent-inject-template-${name}`]: `{{- with secret "kubernetes-cluster1-secrets/data/gateways/istio-ingress" -}}\n{{ .Data.data.${key} }}\n{{ end -}}`,
      [`agent-inject-perms-${name}`]: "0400",
      [`error-on-missing-key-${name}`]: "true",
    });
    const { initContainers, ...rest } = values();
    expect(rest).toEqual({
      labels: { "istio-vault-injection": "enabled" },
      serviceAccount: { name: "istio-ingress" },
      autoscaling: { minReplicas: 2, maxReplicas: 5 },
      replicaCount: 2,
      podDisruptionBudget: { maxUnavailable: 1 },
      securityContext: {
        sysctls: [{ name: "net.ipv4.ip_unprivileged_port_start", value: "0" }],
        seccompProfile: { type: "RuntimeDefault" },
      },
      podAnnotations: prefix({
        "agent-json-patch": AGENT_PATCH,
        "agent-init-json-patch": AGENT_PATCH,
        "agent-inject": "true",
        "agent-inject-containers": "istio-proxy",
        "agent-init-first": "true",
        "agent-image": DEFAULT_AGENT_IMAGE,
        "agent-run-as-user": "1337",
        "agent-run-as-group": "1337",
        role: "istio-ingress",
        "auth-path": "auth/kubernetes-cluster1",
        "template-static-secret-render-interval": "30s",
        "template-config-exit-on-retry-failure": "false",
        ...file("tls.crt", "tls_crt"),
        ...file("tls.key", "tls_key"),
        ...file("ca.crt", "ca_crt"),
      }),
    });
    expect(initContainers).toMatchObject([
      { name: "require-certificate", image: DEFAULT_AGENT_IMAGE, securityContext: { runAsUser: 1337 } },
    ]);
    expect(initContainers[0].command[2]).toBe(
      [
        "cd /vault/secrets || exit 1",
        "for file in tls.crt tls.key ca.crt; do",
        '  [ -s "$file" ] && continue',
        '  echo "/vault/secrets/$file is missing or empty: this gateway must not start without its certificate from Vault" >&2',
        "  exit 1",
        "done",
      ].join("\n"),
    );
  });

  test("has no replicas of its own as a DaemonSet", () => {
    expect(values({ values: { kind: "DaemonSet" } })).not.toHaveProperty("replicaCount");
  });

  test("takes the platform's user, and this Vault whatever else injects", () => {
    const vault = { address: "https://vault.example.com:8200", namespace: "mesh" };
    const pod = values({ agentUser: "platform", vault });
    expect(pod.initContainers[0].securityContext).not.toHaveProperty("runAsUser");
    expect(pod.podAnnotations).toMatchObject({
      "vault.hashicorp.com/agent-set-security-context": "false",
      "vault.hashicorp.com/service": vault.address,
      "vault.hashicorp.com/namespace": "mesh",
    });
  });

  test("takes another role, image, interval and number of pods", () => {
    expect(annotation("role", { roleName: "edge" })).toBe("edge");
    const agentImage = "registry.example.com/vault:1.20.0";
    expect(annotation("agent-image", { agentImage })).toBe(agentImage);
    expect(values({ agentImage }).initContainers[0].image).toBe(agentImage);
    const renderInterval = Duration.seconds(30);
    expect(annotation("template-static-secret-render-interval", { renderInterval })).toBe("30s");
    expect(values({ replicas: 7 }).autoscaling).toEqual({ minReplicas: 7, maxReplicas: 7 });
  });

  test("projects a token of its own where another audience is asked for", () => {
    const { volumes, podAnnotations } = values({}, { type: "jwt", mountPath: "jwt-cluster1" });
    expect(podAnnotations).toMatchObject({
      "vault.hashicorp.com/auth-type": "jwt",
      "vault.hashicorp.com/agent-service-account-token-volume-name": "vault-token",
    });
    const serviceAccountToken = { path: "token", audience: "vault", expirationSeconds: 3600 };
    expect(volumes).toEqual([{ name: "vault-token", projected: { sources: [{ serviceAccountToken }] } }]);
  });
});

describe("the right to review tokens", () => {
  test("is that verb alone, and the gateway's ServiceAccount's alone", () => {
    const stack = synthesize({ namespace: "edge" });
    const name = "vault-token-reviewer:edge:istio-ingress";
    expect(stack.only("kubernetes_cluster_role_v1")).toEqual({
      metadata: { name },
      rule: [{ api_groups: ["authentication.k8s.io"], resources: ["tokenreviews"], verbs: ["create"] }],
    });
    expect(stack.only("kubernetes_cluster_role_binding_v1")).toEqual({
      metadata: { name },
      role_ref: {
        api_group: "rbac.authorization.k8s.io",
        kind: "ClusterRole",
        name: expect.stringMatching(/^\$\{kubernetes_cluster_role_v1\..+\.metadata\[0\]\.name\}$/),
      },
      subject: [{ kind: "ServiceAccount", name: "istio-ingress", namespace: "edge" }],
    });
  });

  test.each<[string, Partial<VaultK8sAuthAttributes>]>([
    ["the JWT method", { type: "jwt" }],
    ["a reviewer's token", { podTokenReviews: false }],
    ["a custom audience", { audience: "vault" }],
  ])("is not given for %s", (_name, auth) => {
    const stack = synthesize({}, auth);
    expect(stack.counts()).toEqual({ helm_release: 1 });
    expect(stack.only("helm_release").depends_on).toBeUndefined();
  });

  test.each([true, false])("follows the auth mount itself, reviewer's token: %s", (reviewer) => {
    const stack = testStack();
    const method = VaultAuthMethod.kubernetes({
      kubernetesHost: "https://10.0.0.1:6443",
      kubernetesCaCertificate: CA_PEM,
      ...(reviewer && { tokenReviewerJwt: new TerraformVariable(stack, "jwt", { sensitive: true }) }),
    });
    const auth = new VaultK8sAuth(stack, "Auth", { clusterName: "cluster1", method });
    expect(auth.podTokenReviews).toBe(!reviewer);
  });

  test("is never needed by Vault's JWT method", () => {
    const method = VaultAuthMethod.jwt({ issuer: "https://oidc.example.com" });
    expect(method.podTokenReviews).toBe(false);
  });
});

describe("the user's values", () => {
  test("are merged, and win over what is only suggested", () => {
    const merged = values({
      values: {
        service: { type: "ClusterIP" },
        revision: "canary",
        labels: { team: "edge" },
        serviceAccount: { annotations: { a: "b" } },
        autoscaling: { maxReplicas: 9 },
        podDisruptionBudget: { minAvailable: 1 },
        initContainers: [{ name: "own" }],
        volumes: [{ name: "own" }],
      },
    });
    expect(merged).toMatchObject({
      service: { type: "ClusterIP" },
      revision: "canary",
      labels: { team: "edge", "istio-vault-injection": "enabled" },
      serviceAccount: { name: "istio-ingress", annotations: { a: "b" } },
      autoscaling: { minReplicas: 2, maxReplicas: 9 },
      podDisruptionBudget: { minAvailable: 1 },
      volumes: [{ name: "own" }],
    });
    expect(merged.initContainers.map(({ name }: { name: string }) => name)).toEqual([
      "require-certificate",
      "own",
    ]);
  });

  test.each<[string, Record<string, unknown>]>([
    ["labels.istio-vault-injection", { labels: { "istio-vault-injection": "no" } }],
    ["serviceAccount.name", { serviceAccount: { name: "other" } }],
    [
      "podAnnotations.vault.hashicorp.com/agent-inject-containers",
      { podAnnotations: { "vault.hashicorp.com/agent-inject-containers": "all" } },
    ],
  ])("fail where they would overwrite %s", (path, user) => {
    expect(() => values({ values: user })).toThrow(
      `Helm value "${path}" would override a value that makes the pod use its files from Vault; remove it, and use the property or mesh.yaml key with the same meaning if there is one (IV0401 at test/Gateway; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0401)`,
    );
  });
});

test.each<[string, Partial<GatewayWithVaultProps>, string]>([
  [
    "a name that is none",
    { gatewayName: "Ingress" },
    '"gatewayName" is "Ingress"; write at most 40 lower-case letters, digits and dashes, a letter or digit first and last, since Vault mounts, policies and stacks are named after it (IV0110 at test/Gateway; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0110)',
  ],
  [
    "istiod's name",
    { gatewayName: "istiod" },
    'a gateway is named "istiod", like istiod\'s role in Vault or its ServiceAccount; use another name, such as "istio-ingress" (IV0801 at test/Gateway; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0801)',
  ],
  [
    "an old Istio",
    { istioVersion: "1.26.0" },
    '"1.26.0" is not a supported Istio version; write x.y.z of at least 1.27.0, or a build of one such as 1.29.6-solo, since older ones start on an incomplete set of CA files (IV0402 at test/Gateway; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0402)',
  ],
  [
    "no pods",
    { replicas: 0 },
    '"replicas" is 0; write a whole number of at least 1 (IV0403 at test/Gateway; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0403)',
  ],
  [
    "a directory without the chart",
    { charts: HelmCharts.directory("/nowhere") },
    'no chart at /nowhere/gateway: it has no Chart.yaml; give the directory that "helm pull --untar" filled (IV0404 at test/Gateway; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0404)',
  ],
  [
    "an interval too short",
    { renderInterval: Duration.seconds(9) },
    '"renderInterval" is 9s; write at least 10s and at most 1d (IV0405 at test/Gateway; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0405)',
  ],
])("fails for %s", (_name, props, message) => {
  expect(() => synthesize(props)).toThrow(message);
});
