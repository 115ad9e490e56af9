import type { Mesh } from "../../config/mesh";
import { isVendorsBuild } from "../../lib/private/istio-version";
import { ISTIO_MINORS, VAULT_LINES } from "../../lib/private/upstream";
import { type Support, supportOf, vaultVersionOf } from "../../lib/private/upstream-facts";
import { groupBy } from "../../lib/private/group-by";

/** A version that clusters use, and until when upstream supports it. */
export interface VersionRow {
  readonly what: string;
  readonly version: string;
  readonly clusters: readonly string[];
  /** Undefined for what upstream does not support itself, or is newer than what is known here. */
  readonly support: Support | undefined;
}

export function versionsOf({ clusters }: Mesh): VersionRow[] {
  const used = clusters.flatMap(({ name, istio, agent }) => [
    ...istio.revisions.map(({ version }) => ({
      cluster: name,
      what: "Istio",
      version,
      support: isVendorsBuild(version) ? undefined : supportOf(ISTIO_MINORS, version),
    })),
    { cluster: name, what: "Vault Agent", version: agent.image, support: agentSupport(agent.image) },
  ]);
  return [...groupBy(used, ({ what, version }) => `${what} ${version}`).values()]
    .map((group) => ({
      what: group[0].what,
      version: group[0].version,
      clusters: [...new Set(group.map(({ cluster }) => cluster))],
      support: group[0].support,
    }))
    .sort((one, other) => (one.what < other.what ? -1 : one.what > other.what ? 1 : 0));
}

function agentSupport(image: string): Support | undefined {
  const version = vaultVersionOf(image);
  return version === undefined ? undefined : supportOf(VAULT_LINES, version);
}
