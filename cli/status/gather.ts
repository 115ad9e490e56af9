import type { ClusterConfig } from "../../config/mesh";
import { DEFAULT_REVISION, ISTIO_NAMESPACE } from "../../lib/names";
import { leafLineOf } from "../../lib/private/leaf-generation";
import { parseCertificates } from "../../lib/private/pem";
import { CommandError } from "../command-line/command-error";
import type { ClusterApi, PodState, ServiceAccount } from "../kubernetes/cluster-api";
import { askIstiod } from "./ask-istiod";
import {
  type Asked,
  type ClusterFacts,
  type Counted,
  type KubernetesFacts,
  known,
  unknown,
  type VaultFacts,
} from "./facts";
import { ISTIO_CA_AUDIENCE } from "./istiod-ca";

/** Where istiod publishes the roots, in each namespace. */
const ROOTS = { configMap: "istio-ca-root-cert", key: "root-cert.pem" };

/** Where istiod publishes revocation lists, in each namespace. */
const LISTS = { configMap: "istio-ca-crl", key: "ca-crl.pem" };

/** The label of an istiod's revision. */
const REVISION = "istio.io/rev";

/** Where istiod keeps the key of a CA that it created itself. */
const SELF_SIGNED_CA = "istio-ca-secret";

export interface Sources {
  readonly vault: (cluster: ClusterConfig) => Promise<VaultFacts>;
  readonly api: (cluster: ClusterConfig) => Promise<ClusterApi>;
  /** The ServiceAccount used for the test request. */
  readonly account: ServiceAccount;
  /** PEM of a certificate signing request. */
  readonly csr: string;
  /** Whether the mesh has revocation lists. */
  readonly withLists: boolean;
}

/** All facts about one cluster; a failed request is a fact as well. */
export async function gather(cluster: ClusterConfig, sources: Sources): Promise<ClusterFacts> {
  const [vault, rest] = await Promise.all([
    asked(() => sources.vault(cluster)),
    asked(() => fromCluster(cluster, sources)),
  ]);
  return {
    cluster,
    vault,
    kubernetes: rest.known ? known(rest.value.kubernetes) : rest,
    istiods: rest.known ? rest.value.istiods : [],
  };
}

async function fromCluster(cluster: ClusterConfig, { api: apiOf, account, csr, withLists }: Sources) {
  const api = await apiOf(cluster);
  const [configMap, lists, pods, selfSignedCaKey, proxies] = await Promise.all([
    api.configMap(ISTIO_NAMESPACE, ROOTS.configMap),
    withLists ? asked(() => publishedLists(api)) : undefined,
    api.pods(ISTIO_NAMESPACE, "app=istiod"),
    asked(() => api.hasSecret(ISTIO_NAMESPACE, SELF_SIGNED_CA)),
    asked(() => api.proxies()),
  ]);
  const roots = configMap?.values[ROOTS.key];
  const published = roots === undefined ? undefined : (parseCertificates(roots) ?? []);
  const ready = pods.filter((pod) => pod.ready);
  const kubernetes: KubernetesFacts = {
    published,
    leafLine: leafLineOf(roots ?? ""),
    publishedAt: configMap?.writtenAt,
    revocationLists: lists,
    selfSignedCaKey,
    proxies,
    istiods: counted(pods),
    revisions: byRevision(pods),
  };
  const token =
    ready.length === 0
      ? unknown("no istiod is ready")
      : await asked(() => api.token(account, ISTIO_CA_AUDIENCE));
  const istiods = await Promise.all(
    ready.map(async (pod) =>
      roots === undefined
        ? notAsked(
            pod,
            `no ${ROOTS.configMap} in namespace ${ISTIO_NAMESPACE} to verify its certificate with`,
          )
        : askIstiod(api, pod, { clusterName: cluster.clusterId, roots, token, csr }),
    ),
  );
  return { kubernetes, istiods };
}

async function publishedLists(api: ClusterApi): Promise<string> {
  const configMap = await api.configMap(ISTIO_NAMESPACE, LISTS.configMap);
  return configMap?.values[LISTS.key] ?? "";
}

function byRevision(pods: readonly PodState[]): Map<string, Counted> {
  const names = pods.map(({ labels }) => labels[REVISION] ?? DEFAULT_REVISION);
  const of = (name: string) => pods.filter((_, index) => names[index] === name);
  return new Map([...new Set(names)].map((name) => [name, counted(of(name))]));
}

function counted(pods: readonly PodState[]): Counted {
  return { ready: pods.filter(({ ready }) => ready).length, total: pods.length };
}

function notAsked({ name, startedAt }: PodState, reason: string) {
  return {
    pod: name,
    startedAt,
    reached: unknown(reason),
    signed: unknown(reason),
    connected: unknown(reason),
  };
}

async function asked<T>(ask: () => Promise<T>): Promise<Asked<T>> {
  try {
    return known(await ask());
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return unknown(error.message);
  }
}
