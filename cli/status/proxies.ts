import { LEAF_LIFETIME, REQUESTED_LIFETIME_VARIABLE } from "../../lib/private/leaf-lifetime";
import { groupBy } from "../../lib/private/group-by";
import { nameList } from "../../lib/private/text";
import type { ProxyPod } from "../kubernetes/cluster-api";
import { arrivalSeconds, type ClusterState, loadedAt } from "./cluster-state";
import { type ClusterFacts, type ConnectedProxy, valueOf } from "./facts";

/** How many names a sentence has: each is a pod to look at. */
export const PROXIES_SHOWN = 10;

/** How long istiod gathers changes before it pushes them, at most, and some seconds to send them. */
export const PUSH_SECONDS = 30;

/** How long a pod may take until its proxy is connected, on a busy node. */
const STARTING_SECONDS = 120;

/** What istiod's own certificate is dated in. */
const SECOND = 1000;

/** Leaves an istiod signs in a second: it asks its API server about each proxy's token, 80 times a second at most. */
const LEAVES_PER_SECOND = { ecdsa: 80, rsa: 50 };

/** Why the bundle of a proxy cannot be seen. */
export type Unseen = "not connected" | "injected before" | "turned off";

/** What a cluster's proxies have of the bundle that their istiods answer with. */
export interface ProxyState {
  readonly total: number;
  /** Those that were not sent it, or did not acknowledge it. */
  readonly behind: readonly string[];
  readonly unseen: ReadonlyMap<Unseen, readonly string[]>;
  /** How long istiod takes to renew the leaves of all that are connected to it, in seconds. */
  readonly renewalSeconds: number;
  /** When every connected proxy has a leaf of its own after the last change that istiods took. */
  readonly renewedAt: Date;
}

/** Undefined where it cannot be told: pods could not be listed, or an istiod not asked. */
export function proxyState({ facts }: ClusterState, now: Date): ProxyState | undefined {
  const pods = valueOf(valueOf(facts.kubernetes)?.proxies ?? UNKNOWN);
  const lists = facts.istiods.map(({ connected }) => valueOf(connected));
  const loaded = facts.istiods.map((istiod) => loadedAt(istiod));
  if (!pods || lists.length === 0 || lists.includes(undefined) || loaded.includes(undefined)) {
    return undefined;
  }
  const connected = lists.flatMap((proxies, index) =>
    proxies!.map((proxy) => ({ ...proxy, has: hasBundle(proxy, loaded[index]!, facts, now) })),
  );
  // Of a proxy that has just changed its istiod both may tell: the later word counts.
  const byName = new Map(
    connected.toSorted((one, other) => time(one) - time(other)).map((proxy) => [proxy.name, proxy]),
  );
  const running = pods.filter(({ runs }) => runs);
  const podNames = new Set(running.map(nameOf));
  const starting: string[] = [];
  const unseen = new Map<Unseen, string[]>();
  for (const pod of running) {
    const reason = whyUnseen(pod, byName.get(nameOf(pod)));
    if (reason === "not connected" && isStarting(pod, now)) starting.push(nameOf(pod));
    else if (reason) unseen.set(reason, [...(unseen.get(reason) ?? []), nameOf(pod)]);
  }
  const hidden = new Set([...unseen.values()].flat());
  const behind = [...byName.values()].filter(({ name, has }) => !has && !hidden.has(name));
  const most = Math.max(...lists.map((proxies) => proxies!.length));
  const renewalSeconds = Math.ceil(most / leavesPerSecond(facts));
  const last = Math.max(...loaded.map((date) => date!.getTime()));
  return {
    total: new Set([...podNames, ...byName.keys()]).size,
    behind: [...starting, ...behind.map(({ name }) => name)],
    unseen,
    renewalSeconds,
    renewedAt: new Date(last + (PUSH_SECONDS + renewalSeconds) * SECOND),
  };
}

/** Whether each proxy that can be asked for has the bundle. */
export function isProven(state: ProxyState | undefined): boolean {
  return state !== undefined && state.behind.length === 0 && state.unseen.size === 0;
}

/** Pods whose proxies request certificates that live longer than istiod would sign for, by what they request. */
export function requestLonger({ cluster, kubernetes }: ClusterFacts): ReadonlyMap<string, readonly string[]> {
  const pods = valueOf(valueOf(kubernetes)?.proxies ?? UNKNOWN) ?? [];
  const longer = pods
    .map((pod) => ({
      name: nameOf(pod),
      requested: pod.variables[REQUESTED_LIFETIME_VARIABLE] ?? LEAF_LIFETIME.toGoString(),
    }))
    .filter(({ requested }) => (goSeconds(requested) ?? 0) > cluster.maxLeafLifetime.toSeconds());
  const byRequest = groupBy(longer, ({ requested }) => requested);
  return new Map([...byRequest].map(([requested, found]) => [requested, found.map(({ name }) => name)]));
}

/** Pods whose proxies look at no revocation list: no file of it is in their place for it. */
export function withoutLists({ kubernetes }: ClusterFacts): readonly string[] {
  const pods = valueOf(valueOf(kubernetes)?.proxies ?? UNKNOWN) ?? [];
  return pods.filter(({ looksAtLists }) => !looksAtLists).map(nameOf);
}

/** Names of proxies for a sentence. */
export function proxyList(names: readonly string[]): string {
  return nameList(names, PROXIES_SHOWN);
}

const UNKNOWN = { known: false, reason: "" } as const;

/** The variable by which a proxy asks istiod for bundles. */
const PUSHED = "PROXY_CONFIG_XDS_AGENT";

function nameOf({ namespace, name }: ProxyPod): string {
  return `${namespace}/${name}`;
}

function time({ sentAt }: ConnectedProxy): number {
  return sentAt?.getTime() ?? 0;
}

/**
 * istiod sends a bundle that it loads to all that are connected, and to each that connects; so what was sent after it
 * loaded the last change is the bundle it answers with. Where that change was another intermediate, nothing was
 * sent: then what was sent since the bundle exists counts, once a push would be over.
 */
function hasBundle(
  { sentAt, acknowledged }: ConnectedProxy,
  loaded: Date,
  facts: ClusterFacts,
  now: Date,
): boolean {
  if (!sentAt || !acknowledged) return false;
  if (sentAt.getTime() >= loaded.getTime() - SECOND) return true;
  const since = bundleSince(facts);
  return since !== undefined && sentAt >= since && now.getTime() > loaded.getTime() + PUSH_SECONDS * SECOND;
}

/** Since when a cluster's istiods can have had their bundle; undefined if that is not known. */
function bundleSince(facts: ClusterFacts): Date | undefined {
  const writtenAt = valueOf(facts.vault)?.bundleWrittenAt;
  if (writtenAt) return writtenAt;
  // The one that publishes may be the last to load it.
  const publishedAt = valueOf(facts.kubernetes)?.publishedAt;
  return publishedAt && new Date(publishedAt.getTime() - arrivalSeconds(facts) * SECOND);
}

function whyUnseen(pod: ProxyPod, proxy: ConnectedProxy | undefined): Unseen | undefined {
  if (pod.variables[PUSHED] !== "true") {
    return pod.ownConfig?.includes(PUSHED) ? "turned off" : "injected before";
  }
  return proxy ? undefined : "not connected";
}

/** A new proxy is connected some seconds after its pod has started. */
function isStarting({ startedAt }: ProxyPod, now: Date): boolean {
  return now.getTime() < startedAt.getTime() + STARTING_SECONDS * SECOND;
}

function leavesPerSecond({ cluster }: ClusterFacts): number {
  return `${cluster.intermediates.keyAlgorithm}`.startsWith("rsa")
    ? LEAVES_PER_SECOND.rsa
    : LEAVES_PER_SECOND.ecdsa;
}

const UNITS = { h: 3600, m: 60, s: 1 } as const;

/** A length of time as Go writes it, such as `1h30m`, in seconds; undefined for what is none. */
function goSeconds(text: string): number | undefined {
  const parts = [...text.matchAll(/(\d+)([hms])/g)];
  if (text === "" || parts.map(([part]) => part).join("") !== text) return undefined;
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * UNITS[unit as keyof typeof UNITS], 0);
}
