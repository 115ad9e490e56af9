import parse from "semver/functions/parse";
import satisfies from "semver/functions/satisfies";
import { isMap } from "./helm-values";
import { type GoingHost, GOING_HOSTS, type ReleaseLine, VAULT_CHANGES, type VaultChange } from "./upstream";

/** Until when a version is supported. */
export interface Support {
  readonly line: string;
  /** As in {@link ReleaseLine}; undefined where no last day is known. */
  readonly lastDay: string | undefined;
  readonly expected: boolean;
}

/**
 * Until when upstream supports a version; undefined for one that is newer than all lines.
 *
 * @param lines in order
 * @param version `x.y.z`, perhaps with a suffix
 */
export function supportOf(lines: readonly ReleaseLine[], version: string): Support | undefined {
  const { major, minor } = parse(version)!;
  const line = `${major}.${minor}`;
  const known = lines.find((row) => row.line === line);
  if (known) return { line, lastDay: known.lastDay, expected: known.expected ?? false };
  const [oldest] = lines;
  // The one before was supported at most until then.
  return satisfies(`${major}.${minor}.0`, `<${oldest.line}.0`)
    ? { line, lastDay: oldest.firstDay, expected: false }
    : undefined;
}

/** The version of a free Vault that an image holds; undefined of any other, and of a tag that is no version. */
export function vaultVersionOf(image: string): string | undefined {
  const tag = /(?:^|\/)vault:([^:@/]+)(?:@[^@]+)?$/.exec(image)?.[1];
  const version = tag === undefined ? null : parse(tag);
  return version && version.raw === version.version && !version.prerelease.includes("ent")
    ? version.version
    : undefined;
}

/** Why an agent of this image does not start in an injected pod. */
export function agentTrap(image: string): VaultChange | undefined {
  const version = vaultVersionOf(image);
  if (version === undefined) return undefined;
  return VAULT_CHANGES.find(({ versions, instead }) => instead && satisfies(version, versions));
}

/** Where a host that is shut down is used. */
export interface HostNamed extends GoingHost {
  /** Path of the text, as a message names it: `values.global.hub`. */
  readonly path: string;
}

/** Every text within `value`, at any depth, that uses a host that is shut down. */
export function goingHosts(value: unknown, path: string): HostNamed[] {
  if (typeof value === "string") {
    const named = GOING_HOSTS.find(({ host }) => names(value, host));
    return named ? [{ path, ...named }] : [];
  }
  if (Array.isArray(value)) return value.flatMap((item, index) => goingHosts(item, `${path}[${index}]`));
  // What Terraform fills in later is an object of cdktf's, without end.
  if (!isMap(value) || value.constructor !== Object) return [];
  return Object.entries(value).flatMap(([key, below]) => goingHosts(below, `${path}.${key}`));
}

/** Not as the end of another host's name, nor as the beginning of another path's. */
function names(text: string, host: string): boolean {
  return new RegExp(`(?<![\\w.-])${host.replaceAll(".", "\\.")}(?![\\w-]|\\.\\w)`).test(text);
}
