import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { V1Container } from "@kubernetes/client-node";
import { parseAllDocuments } from "yaml";
import type { Cluster, Pod } from "../../cluster";
import { output } from "../../command";
import type { MeshSettings } from "../../mesh-file";
import type { Rig } from "../../rig";
import { check, part, step, type World } from "../../scenario";
import { waitFor } from "../../wait";
import { INGRESS, withGateways } from "./settings";

/** A pod that one of the stack's releases would have. */
export interface PodTemplate {
  readonly metadata: { readonly labels: object; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: Pod["spec"];
}

const RELEASES = { "istio-istiod": "istio-system", [INGRESS]: INGRESS, "vault-inject": "vault" };
export type ReleaseName = keyof typeof RELEASES;
const NAMESPACES = Object.values(RELEASES);

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
export function gatewaysAdmission(): void {
  part("pods that platforms let in", () => {
    step(
      "cluster2's istiod learns its platform, of which it asks for the users of a namespace",
      async ({ rig, deployment, traffic }) => {
        deployment.configure(onPlatform(rig, {}));
        await traffic.unbroken(() => deployment.deploy("cluster2"));
      },
    );
    step(
      "stacks are synthesized: cluster1's pods have Istio's user, cluster2's the platform's",
      async ({ rig, deployment }) => {
        deployment.configure(onPlatform(rig, { agent: { user: "platform", renderInterval: "10s" } }));
        await deployment.synth();
      },
      ["helm"],
    );
    step(
      "Pod Security restricted is in force: it refuses istiod's pod without the guard's seccomp profile",
      async (world) => {
        const cluster = world.rig.cluster("cluster1");
        for (const namespace of NAMESPACES) {
          await cluster.kubectl(`label namespace ${namespace} pod-security.kubernetes.io/enforce=restricted`);
        }
        const { metadata, spec } = await podOf(world, "cluster1", "istio-istiod");
        const [guard] = spec.initContainers!;
        const bare = { ...guard!, securityContext: { ...guard!.securityContext, seccompProfile: undefined } };
        await assert.rejects(
          admit(cluster, "istio-istiod", { metadata, spec: { ...spec, initContainers: [bare] } }),
          /violates PodSecurity "restricted:latest": seccompProfile .*"require-plugged-in-ca"/,
        );
      },
    );
    admitted("cluster1", "Pod Security restricted");
    step(
      "a quota and a range are in force: they refuse the pod of istiod where its own container has no limits",
      async (world) => {
        const cluster = world.rig.cluster("cluster1");
        for (const namespace of NAMESPACES) await cluster.apply(...limits(namespace));
        const pod = withResources(await podOf(world, "cluster1", "istio-istiod"), undefined);
        await refused(cluster, pod, "must specify limits.cpu for: discovery");
      },
    );
    admitted("cluster1", "a quota and a range");
    step("a policy like restricted-v2 is in force: it refuses Istio's user", async (world) => {
      const cluster = world.rig.cluster("cluster2");
      for (const namespace of NAMESPACES) {
        const users = `openshift.io/sa.scc.uid-range=${USERS.first}/${USERS.count}`;
        await cluster.kubectl(`annotate namespace ${namespace} ${users}`);
      }
      await cluster.apply(...otherUsersForbidden());
      await refused(cluster, await podOf(world, "cluster1", "istio-istiod"), POLICY);
    });
    admitted("cluster2", "a policy like restricted-v2");
  });
}

/** cluster2 on a platform whose CNI plugin is not run here: sidecars were injected before, and gateways need none. */
function onPlatform(rig: Rig, ofCluster2: object): MeshSettings {
  const settings = withGateways(rig);
  const cluster2 = {
    ...settings.overrides!.cluster2,
    istio: { values: { global: { platform: "openshift" } } },
    ...ofCluster2,
  };
  return { ...settings, overrides: { ...settings.overrides, cluster2 } };
}

/** Each release's pod is created, by a dry run with all webhooks, its agents among its containers. */
function admitted(clusterName: string, by: string): void {
  for (const release of Object.keys(RELEASES) as ReleaseName[]) {
    check(`${by} lets in the pod of ${release}`, async (world) => {
      const template = await podOf(world, clusterName, release);
      const { spec } = await admit(world.rig.cluster(clusterName), release, withResources(template, LIMITS));
      const containers = [...(spec.initContainers ?? []), ...spec.containers].map(({ name }) => name);
      assert.deepEqual(
        containers.filter((name) => name.startsWith("vault-agent")),
        release === "vault-inject" ? [] : ["vault-agent-init", "vault-agent"],
      );
    });
  }
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
  const containers = spec.containers.map((container): V1Container => ({ ...container, ...{ resources } }));
  return { metadata, spec: { ...spec, containers } };
}

export async function admit(
  cluster: Cluster,
  release: ReleaseName,
  { metadata, spec }: PodTemplate,
): Promise<Pod> {
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { ...metadata, name: "probe", namespace: RELEASES[release] },
    spec,
  };
  return JSON.parse(
    await cluster.kubectl("create --dry-run=server -o json -f -", JSON.stringify(pod)),
  ) as Pod;
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
  const manifest = await output(
    rig.programs.path("helm"),
    ["template", release, chart, "--namespace", namespace, "--values", file],
    { cwd: stack },
  );
  const objects = parseAllDocuments(manifest).map((document) => document.toJS() as KindOfObject | null);
  return objects.find((object) => object?.kind === "Deployment")!.spec.template;
}

interface KindOfObject {
  readonly kind: string;
  readonly spec: { readonly template: PodTemplate };
}

function limits(namespace: string): object[] {
  const metadata = { name: "platform", namespace };
  const hard = {
    "requests.cpu": "10",
    "requests.memory": "10Gi",
    "limits.cpu": "20",
    "limits.memory": "20Gi",
  };
  // A maximum would be everybody's default.
  const range = { type: "Container", min: { cpu: "20m", memory: "32Mi" } };
  return [
    { apiVersion: "v1", kind: "ResourceQuota", metadata, spec: { hard } },
    { apiVersion: "v1", kind: "LimitRange", metadata, spec: { limits: [range] } },
  ];
}

function otherUsersForbidden(): object[] {
  const apiVersion = "admissionregistration.k8s.io/v1";
  const metadata = { name: POLICY };
  const pods = { apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] };
  const every = (demand: string) =>
    `(object.spec.containers + object.spec.?initContainers.orValue([])).all(container, ${demand})`;
  return [
    {
      apiVersion,
      kind: "ValidatingAdmissionPolicy",
      metadata,
      spec: {
        failurePolicy: "Fail",
        matchConstraints: { resourceRules: [pods] },
        validations: DEMANDS.map((demand) => ({ expression: every(demand), message: demand })),
      },
    },
    {
      apiVersion,
      kind: "ValidatingAdmissionPolicyBinding",
      metadata,
      spec: { policyName: POLICY, validationActions: ["Deny"] },
    },
  ];
}
