import { isDeepStrictEqual } from "node:util";
import type { ClusterConfig } from "../../config/mesh";
import { tokenSettings } from "../../lib/private/agent-annotations";
import { GUARD_NAMES } from "../../lib/private/guard";
import {
  DEFAULT_LIFETIME_VARIABLE,
  MAX_LIFETIME_VARIABLE,
  REQUESTED_LIFETIME_VARIABLE,
} from "../../lib/private/leaf-lifetime";
import type { Difference } from "./differences";
import { changeText, type Explanation, harmless, type Sides, told, toRead, weakened } from "./explanation";
import { shown } from "./shown";
import { chartOf, entryOf, mapping } from "./synthesized";

/** What is made of a release's values, key by key. */

const SCHEDULING = [
  "resources",
  "nodeSelector",
  "tolerations",
  "affinity",
  "topologySpreadConstraints",
  "priorityClassName",
  "strategy",
  "podDisruptionBudget",
];

/** Keys, with all below them, that decide neither who signs, nor what is trusted, nor what runs in a pod. */
const HARMLESS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  istiod: {
    scheduling: [
      ...SCHEDULING,
      "pdb",
      "rollingMaxSurge",
      "rollingMaxUnavailable",
      "global.defaultPodDisruptionBudget",
      "global.priorityClassName",
      "global.defaultResources",
      "global.proxy.resources",
      ...["affinity", "nodeSelector", "resources", "tolerations", "topologySpreadConstraints"].map(
        (key) => `global.waypoint.${key}`,
      ),
    ],
    scaling: ["autoscaleMax", "autoscaleBehavior", "cpu", "memory"],
    "telemetry and logs": [
      "traceSampling",
      "telemetry",
      "global.logging",
      "global.logAsJson",
      "global.proxy.logLevel",
      "global.proxy.componentLogLevel",
      "meshConfig.accessLogFile",
      "meshConfig.accessLogFormat",
      "meshConfig.accessLogEncoding",
      "meshConfig.enablePrometheusMerge",
      "meshConfig.enableTracing",
      "podAnnotations.prometheus.io/port",
      "podAnnotations.prometheus.io/scrape",
      "podAnnotations.prometheus.io/path",
    ],
    "how images are pulled": ["global.imagePullPolicy", "global.imagePullSecrets"],
    "memory and processors of istiod": [
      "env.GOMEMLIMIT",
      "env.GOGC",
      "env.GOMAXPROCS",
      "env.PILOT_TRACE_SAMPLING",
    ],
  },
  vault: {
    scheduling: SCHEDULING.map((key) => `injector.${key}`),
    "probes of the injector": ["injector.livenessProbe", "injector.readinessProbe", "injector.startupProbe"],
    "telemetry and logs": ["injector.logLevel", "injector.logFormat", "injector.metrics"],
    "how long the webhook is waited for": ["injector.webhook.timeoutSeconds"],
    "how images are pulled": ["global.imagePullSecrets", "injector.image.pullPolicy"],
    "resources of the agent": [
      "cpuLimit",
      "cpuRequest",
      "memLimit",
      "memRequest",
      "ephemeralLimit",
      "ephemeralRequest",
    ].map((key) => `injector.agentDefaults.${key}`),
  },
  gateway: {
    scheduling: [...SCHEDULING, "minReadySeconds", "terminationGracePeriodSeconds"],
    scaling: [
      "autoscaling.maxReplicas",
      "autoscaling.targetCPUUtilizationPercentage",
      "autoscaling.targetMemoryUtilizationPercentage",
      "autoscaling.autoscaleBehavior",
    ],
    "how images are pulled": ["imagePullPolicy", "imagePullSecrets"],
    "telemetry and logs": [
      "podAnnotations.prometheus.io/port",
      "podAnnotations.prometheus.io/scrape",
      "podAnnotations.prometheus.io/path",
    ],
  },
  base: {},
};

/** Settings of the agent that decide neither where files come from nor what is in them. */
const AGENT_HARMLESS = [
  "template-static-secret-render-interval",
  "agent-limits-cpu",
  "agent-limits-mem",
  "agent-limits-ephemeral",
  "agent-requests-cpu",
  "agent-requests-mem",
  "agent-requests-ephemeral",
  "log-level",
  "log-format",
];

/** Settings of the agent that a mesh.yaml may change, and a person should see. */
const AGENT_SOURCE = ["service", "namespace", "tls-secret", "ca-cert", "role", "auth-path", "auth-type"];

/** Settings of the agent that follow from the login method that mesh.yaml says. */
const AGENT_TOKEN = [
  "agent-service-account-token-volume-name",
  "auth-config-path",
  "auth-config-remove-jwt-after-reading",
];

const SOURCE =
  "it decides where pods get their CA files, so whoever runs what is there can give them another CA";
const ISSUED = "it says which certificate the gateway asks for";
const RUNS = "it decides what runs beside the CA key";
const READ = "no rule here calls it harmless";
const COUNTED = [
  "autoscaleMin",
  "autoscaleEnabled",
  "replicaCount",
  "injector.replicas",
  "autoscaling.minReplicas",
  "autoscaling.enabled",
];

/** Keys that have a meaning of their own. */
const MEANINGS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  istiod: {
    initContainers: RUNS,
    volumes: RUNS,
    volumeMounts: RUNS,
    extraContainerArgs: RUNS,
    image: RUNS,
    hub: RUNS,
    "global.hub": "it decides whose images run as istiod and in every proxy",
    "meshConfig.trustDomainAliases": "workloads of these trust domains are taken for the mesh's own",
    "global.multiCluster": "it is the name under which the mesh knows the cluster",
    "global.network": "it decides which workloads are reached by a gateway",
    env: "it decides how istiod works",
    envVarFrom: "it decides how istiod works, and comes after env",
  },
  vault: {
    "global.externalVaultAddr": SOURCE,
    "injector.externalVaultAddr": SOURCE,
    "injector.extraEnvironmentVars": SOURCE,
    "injector.authPath": SOURCE,
    "injector.image": "it decides what writes agents into pods",
    "injector.agentImage": RUNS,
    "injector.certs": "it decides who the API server takes for the injector",
  },
  gateway: {
    initContainers: RUNS,
    additionalContainers: RUNS,
    volumes: RUNS,
    volumeMounts: RUNS,
    service: "it decides who reaches the gateway",
  },
  base: {},
};

/** Where revisions are listed, the stack itself has the webhook of the default one. */
function isWebhooksElsewhere(
  key: string,
  { after }: Difference,
  cluster: ClusterConfig | undefined,
): boolean {
  const isListed = cluster?.istio.isListed ?? false;
  return key === "global.operatorManageWebhooks" && (after === true ? isListed : after === undefined);
}

/** What mesh.yaml says of the lifetime of leaves, where the chart reads it. */
const LEAF_LIFETIMES = [
  `env.${DEFAULT_LIFETIME_VARIABLE}`,
  `env.${MAX_LIFETIME_VARIABLE}`,
  `meshConfig.defaultConfig.proxyMetadata.${REQUESTED_LIFETIME_VARIABLE}`,
];

/** What a rule of its own watches, whichever way it changes. */
const WATCHED: Readonly<Record<string, readonly string[]>> = {
  istiod: [
    "env.ROOT_CA_DIR",
    "env.EXTERNAL_CA",
    "env.K8S_SIGNER",
    "envVarFrom",
    "podLabels.istio-vault-injection",
  ],
  vault: [
    "injector.webhook.failurePolicy",
    "injector.webhook.namespaceSelector",
    "injector.webhook.objectSelector",
  ],
};

/** A difference within the values of a release of one of the project's charts. */
export function explainValue(difference: Difference, { mesh }: Sides): Explanation | undefined {
  const { resource } = difference;
  const chart = resource && chartOf(resource);
  const harmlessKeys = chart === undefined ? undefined : entryOf(HARMLESS, chart);
  if (!chart || !harmlessKeys) return undefined;
  const cluster = mesh.clusters.find(({ name }) => name === difference.stack);
  const path = difference.path.slice(4);
  const key = path.join(".").replace(/^(pilot|_internal_defaults_do_not_set)\./, "");
  if (path.length === 0) {
    return isDeepStrictEqual(difference.before, difference.after)
      ? harmless("the same values, written in another way")
      : undefined;
  }
  const known = Object.entries(harmlessKeys).find(([, keys]) => keys.some((prefix) => isWithin(key, prefix)));
  // Lists of other keys may hold scripts, and are shown.
  if (isWrittenThrough(key, known ? textsIn(difference.after) : [difference.after])) {
    return weakened(
      `the value ${shown(key)} holds a quote or a line's end, and could write anything into the chart`,
    );
  }
  const setting = /^podAnnotations\.vault\.hashicorp\.com\/(.*)$/.exec(key)?.[1];
  if (setting !== undefined) return explainSetting(setting, difference, chart, cluster);
  if (known && !isTemplate(key, difference.after)) return harmless(known[0]);
  if (chart === "base" && key === "defaultRevision" && difference.after === cluster?.istio.defaultRevision) {
    return harmless("the revision that injects by default");
  }
  if (
    chart === "istiod" &&
    (key === "revision" ? difference.isNew : isWebhooksElsewhere(key, difference, cluster))
  ) {
    return harmless("a revision that mesh.yaml lists");
  }
  if (chart === "istiod" && LEAF_LIFETIMES.includes(key)) {
    return told(["IV0623", "IV0627", "IV0628"], harmless("the lifetime of leaves that mesh.yaml says"));
  }
  if (COUNTED.includes(key)) return told("IV0614", harmless("two pods or more"));
  if (key === "initContainers") return explainInitContainers(difference);
  if (difference.isNew && chart === "istiod" && cluster && difference.after === stated(cluster)[key]) {
    return harmless("what mesh.yaml says of a new cluster");
  }
  if (chart === "istiod" && (key === "global.tag" || key === "global.variant" || key === "tag"))
    return harmless("another version by the same publisher");
  if (chart === "vault" && key === "injector.image.tag")
    return harmless("another version by the same publisher");
  const meaning = Object.entries(MEANINGS[chart]).find(([prefix]) => isWithin(key, prefix));
  const read = toRead(
    `the value ${key} of ${releaseName(difference)} ${changeText(difference)}`,
    meaning?.[1] ?? READ,
  );
  if (chart === "istiod" && key === CLUSTER_ID) return told("IV0643", read);
  return WATCHED[chart]?.some((prefix) => isWithin(key, prefix)) ? told("IV0613", read) : read;
}

const CLUSTER_ID = "global.multiCluster.clusterName";

/** What mesh.yaml says of a cluster in istiod's values, by key. */
function stated({ clusterId, network }: ClusterConfig): Readonly<Record<string, unknown>> {
  return { [CLUSTER_ID]: clusterId, ...(network !== undefined && { "global.network": network }) };
}

function statedToken({ vaultAuth }: ClusterConfig): Readonly<Record<string, string>> {
  const audience = "audience" in vaultAuth ? vaultAuth.audience : undefined;
  return tokenSettings({ type: vaultAuth.method, audience });
}

function isWithin(key: string, prefix: string): boolean {
  return key === prefix || key.startsWith(`${prefix}.`);
}

/** Values that the charts turn into YAML as a whole; all others they write between words of their own. */
const WRITTEN_WHOLE =
  /^(meshConfig|\w*[aA]nnotations|resources|nodeSelector|tolerations|affinity|topologySpreadConstraints|sidecarInjectorWebhook|global\.meshNetworks|injector\.(extraEnvironmentVars|affinity|nodeSelector|tolerations|topologySpreadConstraints|strategy|webhook|\w*[aA]nnotations))(\.|$)/;

/** Whether a value could end the line it is written into, and write others after it. */
function isWrittenThrough(key: string, values: readonly unknown[]): boolean {
  if (WRITTEN_WHOLE.test(key)) return false;
  return /["\n\r]/.test(key) || values.some((value) => typeof value === "string" && /["\\\n\r]/.test(value));
}

/** Whether Helm may run what is written: some values are templates, which can change all others. */
function isTemplate(key: string, value: unknown): boolean {
  return [key, ...textsIn(value)].some((text) => text.includes("{{"));
}

/** Every string in a value, keys as well. */
function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, below]) => [key, ...textsIn(below)]);
}

function explainSetting(
  setting: string,
  difference: Difference,
  chart: string,
  cluster: ClusterConfig | undefined,
): Explanation {
  if (AGENT_HARMLESS.includes(setting)) return harmless("how the agent logs, and what it may use");
  const what = `the agent's setting ${setting} of ${releaseName(difference)} ${changeText(difference)}`;
  if (setting === "agent-image") return image(difference, what);
  if (AGENT_SOURCE.includes(setting)) return toRead(what, SOURCE);
  if (AGENT_TOKEN.includes(setting) && cluster && difference.after === statedToken(cluster)[setting])
    return toRead(what, "it decides with which token the agent logs in");
  // A gateway's template holds the names it asks a certificate for; istiod's says where its CA is.
  if (chart === "gateway" && setting.startsWith("agent-inject-template-")) return toRead(what, ISSUED);
  return told("IV0613", weakened(what));
}

function releaseName({ resource }: Difference): string {
  const { name } = resource!.attributes;
  return typeof name === "string" ? name : "a release";
}

/** Another version of the same image is its publisher's; another image is not. */
function image({ before, after }: Pick<Difference, "before" | "after">, what: string): Explanation {
  return typeof before === "string" && repositoryOf(before) === repositoryOf(`${after}`)
    ? harmless("another version by the same publisher")
    : toRead(what, RUNS);
}

function repositoryOf(name: string): string {
  return name.replace(/@.*$/, "").replace(/:[^/:]*$/, "");
}

/** The guard is the construct's; containers beside it are someone's own. */
function explainInitContainers(difference: Difference): Explanation {
  const [was, is] = [containers(difference.before), containers(difference.after)];
  const guard = was.find(({ name }) => GUARD_NAMES.includes(`${name}`));
  const same = is.find(({ name }) => name === guard?.name);
  const where = releaseName(difference);
  if (guard && !same)
    return told("IV0613", weakened(`the guard ${shown(`${guard.name}`)} of ${where} is gone`));
  if (guard && !isDeepStrictEqual(withoutImage(guard), withoutImage(same!))) {
    return weakened(`the guard ${shown(`${guard.name}`)} of ${where} is another one under the same name`);
  }
  const others = (list: readonly Json[]) => list.filter(({ name }) => name !== guard?.name);
  if (!guard || !isDeepStrictEqual(others(was), others(is)) || is[0]?.name !== was[0]?.name) {
    const names = others(is).map(({ name }) => shown(`${name}`));
    return toRead(
      `the init containers of ${where} change, and are now ${names.join(", ") || "the guard alone"}`,
      RUNS,
    );
  }
  return image({ before: guard.image, after: same!.image }, `the image of the guard of ${where} changes`);
}

type Json = Readonly<Record<string, unknown>>;

function containers(list: unknown): Json[] {
  return Array.isArray(list) ? list.map(mapping) : [];
}

function withoutImage({ image: _, ...rest }: Json): Json {
  return rest;
}
