import { serialPairs } from "../lib/private/serial";
import { type Found, repeated, string, strings } from "./found";
import { list, mapping, type Raw } from "./mesh-text";
import { rules } from "./rules";

/** Whether every CA of every chain can have a list, without which proxies refuse the chain. */
export function revocationFound(revocation: Raw, clusters: readonly Raw[], roots: readonly Raw[]): Found[] {
  if (revocation.lists === undefined) return [];
  return [...terraformIssued(clusters), ...rootsWithoutLists(clusters, roots), ...namedTwice(revocation)];
}

function terraformIssued(clusters: readonly Raw[]): Found[] {
  return clusters.flatMap(({ name, intermediates }, index) =>
    mapping(intermediates).issuance === "terraform"
      ? [
          {
            path: ["clusters", index, "intermediates", "issuance"],
            finding: rules.terraformSignsNoList(string(name) ?? `clusters[${index}]`),
          },
        ]
      : [],
  );
}

/** One that nobody trusts needs none. */
function rootsWithoutLists(clusters: readonly Raw[], roots: readonly Raw[]): Found[] {
  const trusted = new Set(clusters.flatMap(({ trust }) => strings(mapping(trust).bundle) ?? []));
  return roots.flatMap(({ name, source }, index) =>
    typeof name === "string" && trusted.has(name) && (source === "offline" || source === "tls-provider")
      ? [{ path: ["roots", index, "source"], finding: rules.rootCannotSignList(name) }]
      : [],
  );
}

function namedTwice(revocation: Raw): Found[] {
  const pairs = ({ serial }: Raw) => serialPairs(string(serial) ?? "")?.join("");
  return repeated(list(revocation.revoked), pairs).map(({ item, index, first }) => ({
    path: ["revocation", "revoked", index, "serial"],
    finding: rules.duplicate(`${item.serial as string}`, `revocation.revoked[${first}]`),
  }));
}
