import type { ClusterConfig } from "../../config/mesh";
import { clusterVaultNames, clusterVaultStack, VAULT_ROOT_STACK } from "../../lib/names";
import { intermediateIdentity } from "../../lib/private/intermediate";
import { mapping } from "./synthesized";

/** What a cluster is called, here and in Vault. */
export type Names = Pick<ClusterConfig, "name" | "nameInVault">;

/** What is one cluster's as if it were another's. */
export class Renaming {
  private readonly word: RegExp;
  private readonly to: string;
  private readonly ours: RegExp;
  private readonly theirs: readonly string[];

  /** @param nameOf which of the two names is meant by one that stands alone */
  constructor(from: Names, to: Names, nameOf: (names: Names) => string) {
    this.word = new RegExp(`${START}${nameOf(from)}${END}`, "g");
    this.to = nameOf(to);
    const [was, is] = [from, to].map(({ nameInVault }) => ownNames(nameInVault));
    const places = [
      ...was.map((name) => `${START}${name}${END}`),
      // The stack in a reference to one of its resources.
      `(?<=\\w\\.)${nameOf(from)}(?=/)`,
      // A gateway's role in a path. Where it stands alone, two stacks would write it, which is seen apart.
      `(?<=[^/]/)${from.nameInVault}(?=\\.)`,
    ];
    this.ours = new RegExp(places.map((place) => `(${place})`).join("|"), "g");
    this.theirs = [...is, nameOf(to), to.nameInVault];
  }

  /**
   * What this program names after the cluster always gets the other's name. The name in any other text may mean something
   * else, such as a part of a host's name: there the text may stay as well.
   *
   * @param now what the other has, to be compared with
   */
  public of(value: unknown, now: unknown): unknown {
    if (typeof value === "string") {
      const everywhere = value.replace(this.word, this.to);
      return everywhere === now ? everywhere : value.replace(this.ours, (...match) => this.theirName(match));
    }
    if (Array.isArray(value)) {
      return value.map((item, index) => this.of(item, Array.isArray(now) ? now[index] : undefined));
    }
    if (typeof value !== "object" || value === null) return value;
    const others = mapping(now);
    return Object.fromEntries(
      Object.entries(value).map(([key, below]) => {
        const name = Object.hasOwn(others, key) ? key : key.replace(this.word, this.to);
        return [name, this.of(below, others[name])];
      }),
    );
  }

  /** Of the one place that matched. */
  private theirName([, ...groups]: readonly unknown[]): string {
    return this.theirs[groups.findIndex((group) => group !== undefined)];
  }
}

const START = "(?<![A-Za-z0-9])";
const END = "(?![A-Za-z0-9])";

/** What this program calls after a cluster's name in Vault; of two that begin alike, the longer first. */
function ownNames(name: string): string[] {
  const { kubernetesAuthMount, jwtAuthMount, readPolicy, issuerPolicy } = clusterVaultNames(name);
  const { locality } = intermediateIdentity(name, "").subject;
  return [
    `${clusterVaultStack(name)}/${name}`,
    `${VAULT_ROOT_STACK}/${name}`,
    clusterVaultStack(name),
    kubernetesAuthMount,
    jwtAuthMount,
    readPolicy,
    issuerPolicy,
    `gateway-certs-${name}`,
    locality,
  ];
}
