import type { X509Certificate } from "node:crypto";
import type { Cluster, Pod } from "../../cluster";
import { OTHER_CLOCK } from "../../nodes/images";
import { service, TRAFFIC_NAMESPACE, workload } from "../../traffic/objects";
import { ask, type Counts, type Envoy, envoyOf, roundOf } from "../../traffic/traffic";
import { delay, waitFor } from "../../wait";
import { certificates } from "../../x509";

/** A request that failed. */
export interface Refusal {
  /** Seconds that the Envoy's clock is ahead which refused it; negative where it is behind. */
  readonly clock: number;
  readonly by: "client" | "server";
  /** Milliseconds of that clock. */
  readonly at: number;
  readonly what: string;
  /** What was shown to it around then, each a leaf and its intermediate. */
  readonly shown: readonly Chain[];
}

type Chain = readonly X509Certificate[];

interface Shown {
  /** Milliseconds of this machine's clock. */
  readonly at: number;
  readonly to: Refusal["by"];
  readonly chain: Chain;
}

const RIGHT = "right";
const VERIFY_ERROR = /verification_error_at_depth_(\d):_([\w:]+):TLS_error_end/;

/**
 * Clients and servers beside those of a cluster, whose Envoys have wrong clocks, and nothing else in their pods. These clients
 * ask the cluster's server, and one more client, whose clock is right, these servers.
 */
export class WrongClocks {
  private readonly seen: Shown[] = [];
  private readonly pods = new Map<string, Pod>();

  constructor(
    private readonly cluster: Cluster,
    private readonly clocks: readonly number[],
  ) {}

  public async start(): Promise<void> {
    const { cluster, clocks } = this;
    const names = clocks.map(nameOf);
    await cluster.apply(
      workload("client", RIGHT, `client-${RIGHT}`),
      ...clocks.flatMap((clock) => {
        const [name, env] = [nameOf(clock), { LD_PRELOAD: OTHER_CLOCK, DATEFUDGE: `${-clock}` }];
        return [
          workload("client", name, `client-${name}`, env),
          workload("server", name, `server-${name}`, env),
          ...service(name, `server-${name}`),
        ];
      }),
    );
    for (const app of [`client-${RIGHT}`, ...names.flatMap((name) => [`client-${name}`, `server-${name}`])])
      this.pods.set(app, (await cluster.readyPods(TRAFFIC_NAMESPACE, `app=${app}`))[0]!);
    await ask(this.right, "/targets", JSON.stringify(names));
    for (const clock of clocks)
      await ask(this.pod("client", clock), "/targets", JSON.stringify([cluster.name]));
    await Promise.all(clocks.map((clock) => this.answered(clock)));
  }

  public pod(role: Refusal["by"], clock: number): Pod {
    return this.pods.get(`${role}-${nameOf(clock)}`)!;
  }

  /** Waits until this client is answered, and this server answers, by each kind of connection. */
  public async answered(clock: number): Promise<void> {
    await waitFor(`${nameOf(clock)} to be answered and to answer`, 150, async () => {
      const from = Date.now();
      await roundOf([this.pod("client", clock), this.right]);
      const failed = (await this.refusals(from)).find((refusal) => refusal.clock === clock);
      if (failed) throw new Error(failed.what);
      return true;
    });
  }

  /** What failed while `action` ran. */
  public async during(action: () => Promise<unknown>): Promise<readonly Refusal[]> {
    const from = Date.now();
    let ended = false;
    const watching = (async () => {
      while (!ended) {
        await this.look();
        await delay(1);
      }
    })();
    await action().finally(() => (ended = true));
    await watching;
    return this.refusals(from);
  }

  /** Why such a client refused servers since then, by this machine's clock: `0: certificate is not yet valid`, as Envoy logs it. */
  public async reasons(clock: number, from: number): Promise<readonly string[]> {
    const log = await this.cluster.log(this.pod("client", clock), "istio-proxy");
    const reasons = log.split("\n").flatMap((line) => {
      const [, depth, reason] = VERIFY_ERROR.exec(line) ?? [];
      // Its own clock wrote the line.
      const at = Date.parse(/^\[(\S+)\]/.exec(line)?.[1] ?? "") - clock * 1000;
      return reason !== undefined && at >= from ? [`${depth}: ${reason.replaceAll("_", " ")}`] : [];
    });
    return [...new Set(reasons)];
  }

  /** Of all of these. */
  public envoys(): Promise<readonly Envoy[]> {
    return Promise.all([...this.pods.values()].map(envoyOf));
  }

  private get right(): Pod {
    return this.pods.get(`client-${RIGHT}`)!;
  }

  private async refusals(from: number): Promise<readonly Refusal[]> {
    const asked = this.clocks.map(async (clock) => ({
      clocks: [clock],
      by: "client" as const,
      ...(await ask<Counts>(this.pod("client", clock), "/counts")),
    }));
    const ofRight = {
      clocks: this.clocks,
      by: "server" as const,
      ...(await ask<Counts>(this.right, "/counts")),
    };
    return [...(await Promise.all(asked)), ofRight].flatMap(({ clocks, by, failures }) =>
      failures
        .filter(({ at }) => at >= from)
        .map(({ at, what }) => {
          const clock =
            by === "client" ? clocks[0]! : clocks.find((each) => what.includes(`to ${nameOf(each)}:`))!;
          const near = this.seen.filter((shown) => shown.to === by && Math.abs(shown.at - at) < 4000);
          return { clock, by, at: at + clock * 1000, what, shown: near.map(({ chain }) => chain) };
        }),
    );
  }

  /** At what is shown to them now. */
  private async look(): Promise<void> {
    const servers = await this.cluster.pods(TRAFFIC_NAMESPACE, "app=server");
    const shown = [...servers.map((pod) => [pod, "client"] as const), [this.right, "server"] as const];
    // One may just be starting, or ending.
    await Promise.allSettled(
      shown.map(async ([pod, to]) => {
        const chain = certificates((await envoyOf(pod)).chain).slice(0, 2);
        this.seen.push({ at: Date.now(), to, chain });
      }),
    );
  }
}

function nameOf(clock: number): string {
  return clock < 0 ? `behind-${-clock}` : `ahead-${clock}`;
}
