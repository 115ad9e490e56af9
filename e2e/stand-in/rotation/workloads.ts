import type { Cluster } from "../cluster";
import { handshake } from "../handshake";
import { delay } from "../../wait";
import { publishedRoots, signWorkload, type WorkloadCertificate } from "../workload-certificate";
import { certificates } from "../../x509";
import type { RootNames } from "./root-names";

/** How long a leaf lives: short, so that the last one under a root ends within the run. */
const LEAF_SECONDS = 30;
const RENEWAL_SECONDS = 5;
const AT_ONCE = 8;

/** A workload: its certificate, and the bundle istiod sent along, which it keeps as long as that. */
export interface Workload {
  readonly cluster: string;
  /** Name of the root its certificate chains to. */
  readonly root: string;
  readonly certificate: WorkloadCertificate;
  /** Names of the roots istiod sent along, in order: `a+b`. */
  readonly bundle: string;
  readonly until: number;
}

/** Every handshake that was tried at one moment. */
export interface Tried {
  readonly leaves: number;
  readonly bundles: readonly string[];
  /** `cluster1 under a`, of every leaf that was tried. */
  readonly signers: readonly string[];
  readonly handshakes: number;
  readonly failures: readonly string[];
}

/**
 * Workloads of several clusters that ask istiod for a new certificate every few seconds, so that at any
 * moment there are certificates of every age.
 */
export class Workloads {
  /** Requests for a certificate that failed. */
  public readonly refusals: string[] = [];
  public requests = 0;
  private readonly issued: Workload[] = [];
  private loops: Promise<void>[] = [];
  private running = false;

  constructor(
    private readonly clusters: readonly Cluster[],
    private readonly names: RootNames,
  ) {}

  public start(): void {
    this.running = true;
    this.loops = this.clusters.map((cluster) => this.loop(cluster));
  }

  public async stop(): Promise<void> {
    this.running = false;
    await Promise.all(this.loops);
  }

  /** Every workload whose certificate has not ended. */
  public get alive(): readonly Workload[] {
    return this.issued.filter(isAlive);
  }

  /** What istiod of a cluster handed out last. */
  public latest(cluster: string): Workload | undefined {
    return this.issued.findLast((workload) => workload.cluster === cluster);
  }

  /**
   * Each leaf that is alive with each, either as client, by each bundle that a workload may hold now. What
   * one side holds has no influence on the other's verdict, so that both sides hold the same in each.
   */
  public async tryAll(): Promise<Tried> {
    const alive = this.alive;
    const bundles = await this.bundlesHeld(alive);
    const pairs = alive.flatMap((client) => alive.map((server) => ({ client, server })));
    const trials = pairs.flatMap((pair) => [...bundles].map(([name, roots]) => ({ ...pair, name, roots })));
    const tried: (typeof trials)[number][] = [];
    const failures: string[] = [];
    const next = trials.values();
    const worker = async () => {
      for (const trial of next) {
        const { client, server, name, roots } = trial;
        const ended = () => !(isAlive(client) && isAlive(server));
        if (ended()) continue;
        const error = await refusal(client, server, roots);
        if (error !== undefined && ended()) continue; // meanwhile
        tried.push(trial);
        if (error !== undefined) failures.push(`${nameOf(client)} to ${nameOf(server)} by ${name}: ${error}`);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    const distinct = <Item>(items: readonly Item[]) => [...new Set(items)].sort();
    return {
      leaves: new Set(tried.map(({ client }) => client)).size,
      bundles: distinct(tried.map(({ name }) => name)),
      signers: distinct(tried.map(({ client }) => nameOf(client))),
      handshakes: tried.length,
      failures,
    };
  }

  /** By name, with their text: those of the workloads that are alive, and those published now. */
  private async bundlesHeld(alive: readonly Workload[]): Promise<Map<string, string>> {
    const published = await Promise.all(this.clusters.map((cluster) => publishedRoots(cluster, "default")));
    const texts = [...alive.map(({ certificate }) => certificate.root), ...published];
    return new Map(texts.map((text) => [this.names.bundle(text), text]));
  }

  private async loop(cluster: Cluster): Promise<void> {
    while (this.running) {
      this.requests++;
      try {
        this.issued.push(await newWorkload(cluster, this.names, LEAF_SECONDS));
      } catch (error) {
        this.refusals.push(`${cluster.name}: ${(error as Error).message}`);
      }
      for (let waited = 0; this.running && waited < RENEWAL_SECONDS; waited += 0.5) await delay(0.5);
    }
  }
}

/** A workload with what a cluster's istiod hands out now. */
export async function newWorkload(
  cluster: Cluster,
  names: RootNames,
  validSeconds?: number,
): Promise<Workload> {
  const certificate = await signWorkload(cluster, "default", "default", validSeconds);
  const chain = certificates(certificate.chain);
  return {
    cluster: cluster.name,
    root: names.signer(chain.at(-1)!),
    certificate,
    bundle: names.bundle(certificate.root),
    until: Date.parse(chain[0]!.validTo),
  };
}

/** Why two workloads refuse each other, if they do, both holding these roots. */
async function refusal(client: Workload, server: Workload, roots: string): Promise<string | undefined> {
  const peer = ({ certificate }: Workload) => ({ certificate, roots });
  return handshake(peer(client), peer(server)).then(
    () => undefined,
    (error: Error) => error.message,
  );
}

export function nameOf({ cluster, root }: Pick<Workload, "cluster" | "root">): string {
  return `${cluster} under ${root}`;
}

function isAlive({ until }: Workload): boolean {
  return until > Date.now();
}
