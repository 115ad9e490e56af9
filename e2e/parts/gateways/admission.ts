import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import type { Check, Part } from "../../checks";
import type { Cluster } from "../../cluster";
import { run } from "../../command";
import type { Container, Pod } from "../../kubernetes-objects";
import { waitFor } from "../../wait";
import type { World } from "../../world";
import { GATEWAY_NEEDS } from "../needs";
import { INGRESS, withGateways } from "./settings";

/** A pod that one of the stack's releases would have. */
export interface PodTemplate {
  readonly metadata: { readonly labels: object; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: Pod["spec"];
}

const RELEASES = { "istio-istiod": "istio-system", [INGRESS]: INGRESS, "vault-inject": "vault" };
export type ReleaseName = keyof typeof RELEASES;

const POLICIES = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies";
const BINDINGS = `${POLICIES.slice(0, -"policies".length)}policybindings`;
const POLICY = "restricted-v2";

/** The users OpenShift assigns a namespace; istiod takes one of them for a gateway's proxy. */
const USERS = { first: 1_000_680_000, count: 10_000 };

/** What OpenShift's restricted-v2 demands, but for what it fills in itself. */
const DEMANDS = [
  `!has(container.securityContext.runAsUser) || (container.securityContext.runAsUser >= ${USERS.first} && container.securityContext.runAsUser <= ${USERS.first + USERS.count})`,
  "container.securityContext.runAsNonRoot == true || object.spec.?securityContext.?runAsNonRoot.orValue(false)",
  "container.securityContext.allowPrivilegeEscalation == false",
  "container.securityContext.capabilities.drop == ['ALL'] && !has(container.securityContext.capabilities.add)",
  "container.securityContext.?seccompProfile.?type.orValue(object.spec.?securityContext.?seccompProfile.?type.orValue('')) == 'RuntimeDefault'",
];

/** Pods of the stacks under the admission of platforms, after the injector and istiod have had them. */
export const gatewaysAdmission: Part = {
  name: "pods that platforms let in",
  needs: [...GATEWAY_NEEDS, "helm"],
  checks: [
    {
      name: "stacks are synthesized: cluster1's pods have Istio's user, cluster2's the platform's",
      prerequisite: true,
      run: async ({ rig, deployment }) => {
        const settings = withGateways(rig);
        const cluster2 = {
          ...settings.overrides!.cluster2,
          agent: { user: "platform", renderInterval: "10s" },
        };
        deployment.configure({ ...settings, overrides: { ...settings.overrides, cluster2 } });
        await deployment.synth();
      },
    },
    {
      name: "Pod Security restricted is in force: it refuses istiod's pod without the guard's seccomp profile",
      prerequisite: true,
      run: async (world) => {
        const cluster = world.rig.cluster("cluster1");
        for (const namespace of Object.values(RELEASES)) {
          const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
          await cluster.api.patch(`/api/v1/namespaces/${namespace}`, { metadata: { labels } });
        }
        const pod = await podOf(world, "cluster1", "istio-istiod");
        const [guard] = pod.spec.initContainers!;
        const bare = { ...guard!, securityContext: { ...guard!.securityContext, seccompProfile: undefined } };
        const changed = { ...pod, spec: { ...pod.spec, initContainers: [bare] } };
        await assert.rejects(
          admit(cluster, "istio-istiod", changed),
          /violates PodSecurity "restricted:latest": seccompProfile .*"require-plugged-in-ca"/,
        );
      },
    },
    ...admitted("cluster1", "Pod Security restricted"),
    {
      name: "a quota and a range are in force: they refuse the pod of istiod where its own container has no limits",
      prerequisite: true,
      run: async (world) => {
        const cluster = world.rig.cluster("cluster1");
        for (const namespace of Object.values(RELEASES)) await limit(cluster, namespace);
        const pod = withResources(await podOf(world, "cluster1", "istio-istiod"), undefined);
        await refused(cluster, pod, "must specify limits.cpu for: discovery");
      },
    },
    ...admitted("cluster1", "a quota and a range"),
    {
      name: "a policy like restricted-v2 is in force: it refuses Istio's user",
      prerequisite: true,
      run: async (world) => {
        const cluster = world.rig.cluster("cluster2");
        const annotations = { "openshift.io/sa.scc.uid-range": `${USERS.first}/${USERS.count}` };
        for (const namespace of Object.values(RELEASES)) {
          await cluster.api.patch(`/api/v1/namespaces/${namespace}`, { metadata: { annotations } });
        }
        await forbidOtherUsers(cluster);
        const pod = await podOf(world, "cluster1", "istio-istiod");
        await refused(cluster, pod, POLICY);
      },
    },
    ...admitted("cluster2", "a policy like restricted-v2"),
  ],
};

/** Each release's pod is created, by a dry run with all webhooks, its agents among its containers. */
function admitted(clusterName: string, by: string): Check[] {
  return (Object.keys(RELEASES) as ReleaseName[]).map((release) => ({
    name: `${by} lets in the pod of ${release}`,
    run: async (world) => {
      const template = await podOf(world, clusterName, release);
      const { spec } = await admit(world.rig.cluster(clusterName), release, withResources(template, LIMITS));
      const containers = [...(spec.initContainers ?? []), ...spec.containers].map(({ name }) => name);
      assert.deepEqual(
        containers.filter((name) => name.startsWith("vault-agent")),
        release === "vault-inject" ? [] : ["vault-agent-init", "vault-agent"],
      );
    },
  }));
}

/** Waits until the API server knows why it is to refuse a pod of istiod. */
function refused(cluster: Cluster, pod: PodTemplate, why: string): Promise<unknown> {
  return waitFor(`a refusal: ${why}`, 60, () =>
    admit(cluster, "istio-istiod", pod).then(
      () => false,
      (error: Error) => error.message.includes(why),
    ),
  );
}

export const LIMITS = { requests: { cpu: "100m", memory: "64Mi" }, limits: { cpu: "1", memory: "512Mi" } };

/** Resources of the charts' own containers, which are the user's values. */
export function withResources({ metadata, spec }: PodTemplate, resources: object | undefined): PodTemplate {
  const containers = spec.containers.map((container): Container => ({ ...container, ...{ resources } }));
  return { metadata, spec: { ...spec, containers } };
}

export async function admit(
  cluster: Cluster,
  release: ReleaseName,
  { metadata, spec }: PodTemplate,
): Promise<Pod> {
  return cluster.api.create<Pod>(`/api/v1/namespaces/${RELEASES[release]}/pods?dryRun=All`, {
    metadata: { ...metadata, name: "probe" },
    spec,
  });
}

/** The pod of a release as Helm makes it from what is synthesized. */
export async function podOf(
  { rig, deployment }: World,
  clusterName: string,
  release: ReleaseName,
): Promise<PodTemplate> {
  const stack = join(deployment.outputDirectory, "stacks", clusterName);
  const { resource } = JSON.parse(readFileSync(join(stack, "cdk.tf.json"), "utf8")) as {
    resource: { helm_release: Record<string, { name: string; chart: string; values: string[] }> };
  };
  const { chart, values } = Object.values(resource.helm_release).find(({ name }) => name === release)!;
  const file = join(mkdtempSync(join(rig.directory, "values-")), "values.json");
  writeFileSync(file, values[0]!);
  const namespace = RELEASES[release];
  const { code, stdout, stderr } = await run(
    rig.programs.path("helm"),
    ["template", release, chart, "--namespace", namespace, "--values", file],
    { cwd: stack },
  );
  assert.equal(code, 0, stderr);
  const objects = parseAllDocuments(stdout).map((document) => document.toJS() as KindOfObject | null);
  return objects.find((object) => object?.kind === "Deployment")!.spec.template;
}

interface KindOfObject {
  readonly kind: string;
  readonly spec: { readonly template: PodTemplate };
}

async function limit({ api }: Cluster, namespace: string): Promise<void> {
  const hard = {
    "requests.cpu": "10",
    "requests.memory": "10Gi",
    "limits.cpu": "20",
    "limits.memory": "20Gi",
  };
  const quotas = `/api/v1/namespaces/${namespace}/resourcequotas`;
  await api.create(quotas, { metadata: { name: "platform" }, spec: { hard } });
  // No controller counts here.
  const used = Object.fromEntries(Object.keys(hard).map((resource) => [resource, "0"]));
  await api.patch(`${quotas}/platform/status`, { status: { hard, used } });
  // A maximum would be everybody's default.
  const range = { type: "Container", min: { cpu: "20m", memory: "32Mi" } };
  await api.create(`/api/v1/namespaces/${namespace}/limitranges`, {
    metadata: { name: "platform" },
    spec: { limits: [range] },
  });
}

async function forbidOtherUsers({ api }: Cluster): Promise<void> {
  const every = (demand: string) =>
    `(object.spec.containers + object.spec.?initContainers.orValue([])).all(container, ${demand})`;
  await api.create(POLICIES, {
    metadata: { name: POLICY },
    spec: {
      failurePolicy: "Fail",
      matchConstraints: {
        resourceRules: [
          { apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] },
        ],
      },
      validations: DEMANDS.map((demand) => ({ expression: every(demand), message: demand })),
    },
  });
  await api.create(BINDINGS, {
    metadata: { name: POLICY },
    spec: { policyName: POLICY, validationActions: ["Deny"] },
  });
}
