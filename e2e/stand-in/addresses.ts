import { createServer } from "node:net";

/** The most clusters one run has addresses for. */
export const MAX_CLUSTERS = 7;

/**
 * One 127.x.0.0/16 for the whole run. Every server and every pod gets an address of its own in it, so
 * that each listens on its usual port, two runs do not meet, and nothing leaves the machine.
 */
export class AddressBlock {
  /** Takes a block nobody listens in. */
  public static async free(): Promise<AddressBlock> {
    for (let attempt = 0; attempt < 50; attempt++) {
      const block = new AddressBlock(64 + Math.floor(Math.random() * 190));
      const taken = await Promise.all([
        listens(block.vault, 8200),
        listens(block.etcd, 2379),
        listens(block.cluster(1).apiServer, 443),
      ]);
      if (!taken.includes(true)) return block;
    }
    throw new Error("no free loopback address for Vault (port 8200), etcd (2379) and an API server (443)");
  }

  private constructor(private readonly second: number) {}

  public get vault(): string {
    return `127.${this.second}.0.1`;
  }

  public get etcd(): string {
    return `127.${this.second}.0.2`;
  }

  /** Addresses of the cluster with this number, from 1. */
  public cluster(number: number): ClusterAddresses {
    if (number > MAX_CLUSTERS) throw new Error(`a run has addresses for ${MAX_CLUSTERS} clusters`);
    return new ClusterAddresses(`127.${this.second}`, number * 32);
  }
}

export class ClusterAddresses {
  private pods = 0;

  constructor(
    private readonly prefix: string,
    private readonly third: number,
  ) {}

  /** Range of Service addresses. */
  public get serviceRange(): string {
    return `${this.prefix}.${this.third}.0/20`;
  }

  /** The API server: the first Service address, where pods look for it. */
  public get apiServer(): string {
    return `${this.prefix}.${this.third}.1`;
  }

  /** The node stand-in's own, apart from those of Services and pods. */
  public get node(): string {
    return `${this.prefix}.${this.third + 31}.1`;
  }

  /** An address no pod of this cluster had before. */
  public nextPod(): string {
    this.pods++;
    return `${this.prefix}.${this.third + 16 + Math.floor(this.pods / 250)}.${1 + (this.pods % 250)}`;
  }
}

function listens(address: string, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? resolve(true) : reject(error),
    );
    server.listen(port, address, () => server.close(() => resolve(false)));
  });
}
