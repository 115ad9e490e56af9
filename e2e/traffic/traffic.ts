import assert from "node:assert/strict";
import type { Cluster, Pod } from "../cluster";
import { ISTIO_NAMESPACE } from "../istiod";
import { introduce } from "../remote-secret";
import { note } from "../note";
import { waitFor } from "../wait";
import { service, TRAFFIC_NAMESPACE, workloads } from "./objects";
import { CONTROL_PORT } from "./pod/control";

/** What clients asked for in some time, and what of it failed. */
export interface Outcome {
  readonly requests: number;
  readonly failures: readonly Failure[];
}

/** What a client has counted. */
export interface Counts extends Outcome {
  /** How often it has asked the target that it asked least often. */
  readonly rounds: number;
}

export interface Failure {
  /** Milliseconds of this machine's clock. */
  readonly at: number;
  /** `from cluster1, TCP, new, to cluster2: connection closed`. */
  readonly what: string;
}

/** What the Envoy beside a client or server holds, all PEM. */
export interface Envoy {
  readonly cluster: string;
  readonly app: string;
  /** Its own certificate first, then what leads to the root. */
  readonly chain: string;
  readonly roots: string;
  /** The revocation lists; empty where it looks at none. */
  readonly lists: string;
}

/** Requests without a pause, from a client in each cluster to a server in each, by mutual TLS between Envoys. */
export class Traffic {
  private readonly clients = new Map<Cluster, Pod>();
  /** What was counted until it was stopped. */
  private past: Outcome = { requests: 0, failures: [] };
  /** When requests could fail without a fault of the mesh. */
  private readonly accounted: { readonly from: number; readonly to: number }[] = [];

  /** Begins in these clusters, which know each other, and those where it is already, from now on. */
  public async start(added: readonly Cluster[]): Promise<void> {
    const all = [...this.clients.keys(), ...added];
    for (const one of all) {
      for (const other of all) {
        if (one !== other && (added.includes(one) || added.includes(other))) await introduce(one, other);
      }
    }
    const services = all.flatMap(({ name }) => service(name));
    await Promise.all(all.map((cluster) => cluster.apply(...workloads(cluster.name), ...services)));
    for (const cluster of added) {
      await cluster.readyPods(TRAFFIC_NAMESPACE, "app=server");
      this.clients.set(cluster, (await cluster.readyPods(TRAFFIC_NAMESPACE, "app=client"))[0]!);
    }
    const names = JSON.stringify(all.map(({ name }) => name));
    await waitFor("each client to be answered by each server", 60, async () => {
      const refusals = await Promise.all(this.pods.map((pod) => ask<string[]>(pod, "/try", names)));
      if (refusals.flat().length > 0) throw new Error(refusals.flat().join("; "));
      return true;
    });
    await Promise.all(this.pods.map((pod) => ask(pod, "/targets", names)));
  }

  /** Has no client ask this cluster any more, and its own nobody. What `start` brought stays. */
  public async leave(cluster: Cluster): Promise<void> {
    const others = [...this.clients].filter(([other]) => other !== cluster);
    const names = JSON.stringify(others.map(([{ name }]) => name));
    await Promise.all(others.map(([, pod]) => ask(pod, "/targets", names)));
    await ask(this.clients.get(cluster)!, "/targets", "[]");
    const total = await this.total();
    this.clients.delete(cluster);
    const left = await this.total();
    const failures = total.failures.filter(({ what }) => what.startsWith(`from ${cluster.name}, `));
    this.past = {
      requests: this.past.requests + total.requests - left.requests,
      failures: [...this.past.failures, ...failures],
    };
  }

  /** Takes everything away that `start` brought. */
  public async stop(): Promise<void> {
    this.past = await this.total();
    const names = [...this.clients.keys()].map(({ name }) => `istio-remote-secret-${name}`).join(" ");
    await Promise.all(
      [...this.clients.keys()].map(async (cluster) => {
        await cluster.kubectl(`delete namespace ${TRAFFIC_NAMESPACE}`);
        await cluster.kubectl(`delete secret -n ${ISTIO_NAMESPACE} --ignore-not-found ${names}`);
      }),
    );
    this.clients.clear();
  }

  /** Starts a cluster's server anew, with another proxy. */
  public async restartServer(cluster: Cluster): Promise<Pod> {
    await cluster.kubectl(`rollout restart deployment server -n ${TRAFFIC_NAMESPACE}`);
    await cluster.kubectl(`rollout status deployment server -n ${TRAFFIC_NAMESPACE}`);
    return (await cluster.readyPods(TRAFFIC_NAMESPACE, "app=server"))[0]!;
  }

  /** What clients saw while `action` ran; what failed is the caller's to judge. */
  public async during(action: () => Promise<unknown>): Promise<Outcome> {
    const before = await this.total();
    const from = Date.now();
    await action();
    const after = await this.total();
    this.accounted.push({ from, to: Date.now() });
    const failures = after.failures.filter(({ at }) => at >= from);
    return { requests: after.requests - before.requests, failures };
  }

  /** Throws if a request failed while `action` ran. */
  public async unbroken(action: () => Promise<unknown>): Promise<void> {
    const { requests, failures } = await this.during(action);
    note(`${requests} requests, ${failures.length} failed`);
    assert.deepEqual(failures, []);
  }

  /** Waits until requests fail. */
  public async failing(): Promise<void> {
    const from = Date.now();
    await waitFor("requests that fail", 240, async () =>
      (await this.total()).failures.some(({ at }) => at >= from),
    );
  }

  /** Waits until no request fails any more. */
  public async healed(): Promise<void> {
    await waitFor("each client to be answered by each server again", 300, async () => {
      const from = Date.now();
      await this.round();
      const failed = (await this.total()).failures.filter(({ at }) => at >= from);
      if (failed.length > 0) throw new Error(failed.at(-1)!.what);
      return true;
    });
  }

  /** Waits until every server was asked again by every client, by each kind of connection. */
  public round(): Promise<void> {
    return roundOf(this.pods);
  }

  /** Of every client and server. */
  public async envoys(): Promise<readonly Envoy[]> {
    const servers = await Promise.all(
      [...this.clients.keys()].map((cluster) => cluster.pods(TRAFFIC_NAMESPACE, "app=server")),
    );
    return Promise.all([...this.pods, ...servers.flat()].map(envoyOf));
  }

  /** Throws if a request failed outside the actions above, from the start to now. */
  public async end(): Promise<void> {
    const { requests, failures } = await this.total();
    const left = failures.filter(({ at }) => !this.accounted.some(({ from, to }) => from <= at && at <= to));
    note(`traffic: ${requests} requests, ${failures.length} failed, ${left.length} of them unexpected`);
    assert.deepEqual(left, []);
  }

  private get pods(): readonly Pod[] {
    return [...this.clients.values()];
  }

  private async total(): Promise<Outcome> {
    const counts = await Promise.all(this.pods.map((pod) => ask<Counts>(pod, "/counts")));
    return {
      requests: counts.reduce((sum, { requests }) => sum + requests, this.past.requests),
      failures: counts.reduce((all, { failures }, index) => {
        const from = [...this.clients.keys()][index]!.name;
        return [...all, ...failures.map(({ at, what }) => ({ at, what: `from ${from}, ${what}` }))];
      }, this.past.failures),
    };
  }
}

/** Waits until each of these clients has asked again whom it asks. */
export async function roundOf(clients: readonly Pod[]): Promise<void> {
  const rounds = async () =>
    (await Promise.all(clients.map((pod) => ask<Counts>(pod, "/counts")))).map(({ rounds }) => rounds);
  const before = await rounds();
  // One may be under way.
  await waitFor("another round of requests", 60, async () =>
    (await rounds()).every((now, index) => now >= before[index]! + 2),
  );
}

/** Straight to the pod's address: this port is none of the proxy's. */
export async function ask<Answer>({ metadata, status }: Pod, path: string, body = ""): Promise<Answer> {
  const response = await fetch(`http://${status.podIP}:${CONTROL_PORT}${path}`, {
    method: "POST",
    body,
    signal: AbortSignal.timeout(20_000),
  });
  if (!response.ok) throw new Error(`${metadata.name} ${path}: ${await response.text()}`);
  return (await response.json()) as Answer;
}

export async function envoyOf(pod: Pod): Promise<Envoy> {
  const { cluster, app } = pod.metadata.labels!;
  return { cluster: cluster!, app: app!, ...secretsIn(await ask<SecretsDump>(pod, "/envoy")) };
}

/** What its admin interface says that an Envoy holds. */
export function secretsIn({ configs }: SecretsDump): Pick<Envoy, "chain" | "roots" | "lists"> {
  const text = (name: string, bytes: (secret: Secret) => string | undefined) => {
    const found = configs.find((config) => config.name === name);
    return Buffer.from((found && bytes(found.secret)) ?? "", "base64").toString();
  };
  return {
    chain: text("default", ({ tls_certificate }) => tls_certificate?.certificate_chain.inline_bytes),
    roots: text("ROOTCA", ({ validation_context }) => validation_context?.trusted_ca.inline_bytes),
    lists: text("ROOTCA", ({ validation_context }) => validation_context?.crl?.inline_bytes),
  };
}

/** Envoy's own view, of which this much is read. */
export interface SecretsDump {
  readonly configs: readonly { readonly name: string; readonly secret: Secret }[];
}

interface Secret {
  readonly tls_certificate?: { readonly certificate_chain: { readonly inline_bytes: string } };
  readonly validation_context?: {
    readonly trusted_ca: { readonly inline_bytes: string };
    readonly crl?: { readonly inline_bytes?: string };
  };
}
