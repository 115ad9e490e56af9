import { Lazy } from "cdktf";
import {
  ClusterTrust,
  Duration,
  IstiodWithVault,
  type IstiodWithVaultProps,
  VaultAgentInjector,
  VaultK8sAuth,
} from "../../lib";
import { AGENT_PATCH, RESTRICTED } from "../support/restricted";
import { Synthesized, testStack } from "../support/synth";

type Stack = ReturnType<typeof testStack>;

function istiod(stack: Stack, props: Partial<IstiodWithVaultProps> = {}, id = "Istiod"): IstiodWithVault {
  return new IstiodWithVault(stack, id, {
    trust: ClusterTrust.fromClusterName(stack, `${id}Trust`, "cluster1"),
    auth: VaultK8sAuth.fromVaultK8sAuthAttributes(stack, `${id}Auth`, {
      mountPath: "jwt-cluster1",
      type: "jwt",
      audience: "vault",
    }),
    istioVersion: "1.29.6",
    ...props,
  });
}

function values(props?: Partial<IstiodWithVaultProps>) {
  const stack = testStack();
  istiod(stack, props);
  return new Synthesized(stack).helmValues();
}

const annotated = (annotations: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(annotations).map(([name, value]) => [`vault.hashicorp.com/${name}`, value]),
  );

const names = (list: { name: string }[]) => list.map(({ name }) => name);

describe("order", () => {
  test("is by the constructs themselves: injector, istiod, whatever follows", () => {
    const stack = testStack();
    const injector = new VaultAgentInjector(stack, "Injector", {
      vaultAddress: "https://vault.example.com:8200",
    });
    const first = istiod(stack, { dependsOn: [injector], releaseName: "first" }, "First");
    istiod(stack, { dependsOn: [first], releaseName: "second" }, "Second");
    const releases = new Synthesized(stack).all("helm_release");
    const dependencies = (name: string) => releases.find((release) => release.name === name)!.depends_on;
    expect(dependencies("first")).toEqual([expect.stringMatching(/^helm_release\.Injector(_\w+)?$/)]);
    expect(dependencies("second")).toEqual([expect.stringMatching(/^helm_release\.First(_\w+)?$/)]);
  });
});

describe("the pod", () => {
  test.each(["flat", "prefixed"])("has the construct's volumes and containers first, %s", (form) => {
    const user = { volumes: [{ name: "own" }], initContainers: [{ name: "own" }] };
    const merged = values({ values: form === "flat" ? user : { pilot: user } });
    expect(names(merged.volumes)).toEqual(["vault-token", "own"]);
    expect(names(merged.initContainers)).toEqual(["require-plugged-in-ca", "own"]);
    expect(merged).not.toHaveProperty("pilot");
  });

  test("has a guard of the agent's image, which asks for what the agent does", () => {
    const [guard] = values({ agentImage: "registry.example.com/vault:1.20.0" }).initContainers;
    expect(guard.image).toBe("registry.example.com/vault:1.20.0");
    expect(guard.resources).toEqual({
      requests: { cpu: "250m", memory: "64Mi" },
      limits: { cpu: "500m", memory: "128Mi" },
    });
  });

  test("has a guard within the quotas the agent is told of", () => {
    const podAnnotations = annotated({
      "agent-requests-cpu": "50m",
      "agent-limits-cpu": "",
      "agent-limits-ephemeral": "64Mi",
    });
    const [guard] = values({ values: { pilot: { podAnnotations } } }).initContainers;
    expect(guard.resources).toEqual({
      requests: { cpu: "50m", memory: "64Mi" },
      limits: { memory: "128Mi", "ephemeral-storage": "64Mi" },
    });
  });

  test("passes Pod Security restricted: guard, agents and istiod", () => {
    const { initContainers, podAnnotations, seccompProfile } = values();
    expect(initContainers[0].securityContext).toEqual(RESTRICTED);
    expect(podAnnotations).toMatchObject(
      annotated({ "agent-json-patch": AGENT_PATCH, "agent-init-json-patch": AGENT_PATCH }),
    );
    expect(seccompProfile).toEqual({ type: "RuntimeDefault" });
  });

  test("leaves the user to a platform that assigns one", () => {
    const { initContainers, podAnnotations } = values({ agentUser: "platform" });
    const { runAsUser: _user, runAsGroup: _group, ...context } = RESTRICTED;
    const patch = JSON.stringify([{ op: "add", path: "/securityContext", value: context }]);
    expect(initContainers[0].securityContext).toEqual(context);
    expect(podAnnotations).toMatchObject(
      annotated({
        "agent-set-security-context": "false",
        "agent-json-patch": patch,
        "agent-init-json-patch": patch,
      }),
    );
    expect(podAnnotations).not.toHaveProperty(["vault.hashicorp.com/agent-run-as-user"]);
  });

  test.each([
    "agent-set-security-context",
    "agent-run-as-user",
    "agent-run-as-group",
    "agent-run-as-same-user",
  ])("names the property for %s, since the guard must have the agent's user", (setting) => {
    expect(() => values({ values: { podAnnotations: annotated({ [setting]: "0" }) } })).toThrow(
      `Helm value "podAnnotations.vault.hashicorp.com/${setting}" would override a value that makes the pod use its files from Vault; remove it, and use "agent.user" in mesh.yaml, or the property "agentUser" (IV0401`,
    );
  });

  test("may have another patch of the agent, as HashiCorp shows", () => {
    const own = annotated({ "agent-json-patch": "[]" });
    expect(values({ values: { podAnnotations: own } }).podAnnotations).toMatchObject(own);
  });

  test("stays with its Vault, whichever injector comes first", () => {
    const address = "https://vault.example.com:8200";
    expect(values({ vault: { address } }).podAnnotations).toMatchObject(
      annotated({ service: address, namespace: "" }),
    );
    expect(values({ vault: { address, namespace: "mesh" } }).podAnnotations).toMatchObject(
      annotated({ service: address, namespace: "mesh" }),
    );
    expect(values().podAnnotations).not.toHaveProperty(["vault.hashicorp.com/service"]);
  });

  test("is there as often without the autoscaler", () => {
    expect(values({ replicas: 3, values: { autoscaleEnabled: false } })).toMatchObject({
      replicaCount: 3,
      autoscaleMin: 3,
    });
  });

  test("has as long to start as it is told", () => {
    const stack = testStack();
    istiod(stack, { timeout: Duration.minutes(15) });
    expect(new Synthesized(stack).only("helm_release").timeout).toBe(900);
  });

  test("has a guard that goes no further without the directory", () => {
    // In this order: with "cd" ignored, files of the working directory would do.
    const [guard] = values().initContainers;
    expect(guard.command.slice(0, 2)).toEqual(["/bin/sh", "-c"]);
    expect(guard.command[2].split("\n")[0]).toBe("cd /vault/secrets || exit 1");
  });

  test.each([Duration.seconds(10), Duration.days(1)])("may look for new files every %s", (renderInterval) => {
    expect(() => values({ renderInterval })).not.toThrow();
  });
});

describe("the user's values", () => {
  test("may hold what Terraform knows only later", () => {
    const rootNamespace = Lazy.stringValue({ produce: () => "${var.namespace}" });
    expect(values({ values: { meshConfig: { rootNamespace } } }).meshConfig.rootNamespace).toBe(
      "${substr(jsonencode(tostring(var.namespace)), 1, length(jsonencode(tostring(var.namespace))) - 2)}",
    );
  });

  const inject = "vault.hashicorp.com/agent-inject";
  test.each<[string, Record<string, unknown>]>([
    ["env.ISTIO_MULTIROOT_MESH", { env: { ISTIO_MULTIROOT_MESH: "false" } }],
    [
      "meshConfig.defaultConfig.proxyMetadata.PROXY_CONFIG_XDS_AGENT",
      { meshConfig: { defaultConfig: { proxyMetadata: { PROXY_CONFIG_XDS_AGENT: "false" } } } },
    ],
    [`podAnnotations.${inject}`, { pilot: { podAnnotations: { [inject]: "false" } } }],
    ["podLabels.istio-vault-injection", { pilot: { podLabels: { "istio-vault-injection": "no" } } }],
    ["podLabels", { pilot: { podLabels: null } }],
    ["env.EXTERNAL_CA", { pilot: { env: { EXTERNAL_CA: "ISTIOD_RA_KUBERNETES_API" } } }],
    ["env.K8S_SIGNER", { env: { K8S_SIGNER: "clusterissuers.cert-manager.io/istio-system" } }],
    ["env.ENABLE_CA_SERVER", { env: { ENABLE_CA_SERVER: "false" } }],
    ["global.caAddress", { global: { caAddress: "cert-manager-istio-csr.cert-manager.svc:443" } }],
    ["envVarFrom.EXTERNAL_CA", { envVarFrom: [{ name: "EXTERNAL_CA", valueFrom: {} }] }],
  ])("fail where they would overwrite %s by %j", (path, user) => {
    expect(() => values({ values: user })).toThrow(
      `Helm value "${path}" would override a value that makes the pod use its files from Vault; remove it, and use the property or mesh.yaml key with the same meaning if there is one (IV0401 at test/Istiod; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0401)`,
    );
  });

  test("fail where they name a lifetime of leaves", () => {
    expect(() => values({ values: { pilot: { env: { MAX_WORKLOAD_CERT_TTL: "24h" } } } })).toThrow(
      'Helm value "env.MAX_WORKLOAD_CERT_TTL" names a lifetime of leaves, which istiod and its proxies have to agree on; remove it, and write "leafLifetime" in mesh.yaml, or the property leafLifetime of IstiodWithVault (IV0408 at test/Istiod;',
    );
  });

  test.each<[string, Partial<IstiodWithVaultProps>, Record<string, unknown>]>([
    ["global.meshID", { meshId: "mesh1" }, { meshID: "other" }],
    ["global.network", { network: "network1" }, { network: "other" }],
    [
      "global.multiCluster.clusterName",
      { clusterName: "cluster1" },
      { multiCluster: { clusterName: "other" } },
    ],
  ])("fail where they contradict the property behind %s, and stand in for it else", (path, props, global) => {
    expect(() => values({ ...props, values: { global } })).toThrow(
      `Helm value "${path}" would override a value that makes the pod use its files from Vault; remove it, and use the property or mesh.yaml key with the same meaning if there is one (IV0401 at test/Istiod; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0401)`,
    );
    expect(values({ values: { global } }).global).toMatchObject(global);
  });
});
