import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { atEnd } from "../processes";

/** Where a node and what runs on it is reached. */
export interface NodeAddresses {
  readonly node: string;
  readonly podRange: string;
  /** Of the Services of the cluster whose first node this is. */
  readonly serviceRange: string;
  /** The API server's Service. */
  readonly apiService: string;
  readonly dnsService: string;
  readonly nodeByIpv6: string;
  readonly podRangeOfIpv6: string;
}

/** The numbers of a run's nodes; each number stands for an address and two ranges. */
export const NODE_NUMBERS = [1, 2, 3, 4, 5, 6, 7, 8, 9];

/**
 * A bridge that joins this machine and the nodes of one run: 10.N.0.0/16 with an N that nobody else has. Vault and
 * Terraform are at its first address, and reach pods and Services without a forward.
 */
export class Network {
  /**
   * Takes the first free one; it is gone with the run.
   *
   * @param ipv6 whether all of it has addresses of IPv6 besides
   */
  public static claim(ipv6 = false): Network {
    const taken = ip("route", "show", "table", "all");
    for (let number = 100; number < 250; number++) {
      if (taken.includes(` 10.${number}.`) || taken.includes(`\n10.${number}.`)) continue;
      const bridge = `e2e${number}`;
      try {
        ip("link", "add", bridge, "type", "bridge");
      } catch {
        continue; // another run was faster
      }
      atEnd(() => ip("link", "delete", bridge));
      const network = new Network(number, bridge, ipv6);
      ip("address", "add", `${network.machine}/24`, "dev", bridge);
      ip("link", "set", bridge, "up");
      if (ipv6) ip("address", "add", `${network.machineByIpv6}/64`, "dev", bridge, "nodad");
      return network;
    }
    throw new Error("no free network from 10.100.0.0/16 to 10.249.0.0/16");
  }

  private constructor(
    private readonly number: number,
    public readonly bridge: string,
    public readonly ipv6: boolean,
  ) {}

  /** This machine's own address. */
  public get machine(): string {
    return this.address(0, 1);
  }

  public get machineByIpv6(): string {
    return `${this.prefixOfIpv6("ff")}1`;
  }

  /** An address that only this machine has, and no other run. */
  public loopback(number: number): string {
    return `127.${this.number}.1.${number}`;
  }

  public node(number: number): NodeAddresses {
    return {
      node: this.address(0, 10 + number),
      podRange: this.address(number, 0) + "/24",
      serviceRange: this.address(100 + number, 0) + "/24",
      apiService: this.address(100 + number, 1),
      dnsService: this.address(100 + number, 10),
      nodeByIpv6: `${this.prefixOfIpv6("ff")}${10 + number}`,
      podRangeOfIpv6: `${this.prefixOfIpv6(number)}/64`,
    };
  }

  /** Plugs a node in, whose first process is `pid` here: its end of the cable is `eth0`. */
  public plugIn(number: number, pid: number): void {
    const cable = `${this.bridge}n${number}`;
    const { node, podRange, serviceRange, nodeByIpv6, podRangeOfIpv6 } = this.node(number);
    ip("link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", `${pid}`);
    // With a node that was lost it is gone already.
    atEnd(() => existsSync(`/sys/class/net/${cable}`) && ip("link", "delete", cable));
    ip("link", "set", cable, "master", this.bridge, "up");
    for (const range of [podRange, serviceRange]) ip("route", "replace", range, "via", node);
    if (this.ipv6) ip("-6", "route", "replace", podRangeOfIpv6, "via", nodeByIpv6);
  }

  private address(third: number, fourth: number): string {
    return `10.${this.number}.${third}.${fourth}`;
  }

  private prefixOfIpv6(fourth: number | "ff"): string {
    return `fd00:e2e:${this.number}:${fourth}::`;
  }
}

function ip(...args: string[]): string {
  return execFileSync("ip", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}
