import { isVendorsBuild } from "../lib/private/istio-version";
import { ISTIO_MINORS, type ReleaseLine, VAULT_LINES } from "../lib/private/upstream";
import { supportOf, vaultVersionOf } from "../lib/private/upstream-facts";
import { agentImageFindings, hostFindings } from "../lib/private/upstream-warnings";
import type { Finding } from "../lib/private/rule";
import { rules } from "./rules";
import type { ClusterConfig, Mesh } from "./mesh";

/** A finding about a cluster. */
export interface ClusterFinding {
  readonly cluster: string;
  readonly finding: Finding;
}

/** How many days before the end of a version's support it is reported. */
const NOTICE_DAYS = 60;

/**
 * What a mesh uses that upstream no longer supports, soon will not, shuts down, or published with a fault.
 * Warnings, since none of it makes the mesh wrong.
 *
 * @param today of whom only the day counts, in UTC
 */
export function upstreamWarnings({ clusters }: Mesh, today: Date): ClusterFinding[] {
  return clusters.flatMap((cluster) =>
    [
      ...istioFindings(cluster, today),
      ...agentFindings(cluster, today),
      ...placesOf(cluster).flatMap(([key, value]) => hostFindings(key, value)),
    ].map((finding) => ({ cluster: cluster.name, finding })),
  );
}

function istioFindings({ istio }: ClusterConfig, today: Date): Finding[] {
  // A vendor supports its builds for as long as it sells them.
  const versions = istio.revisions
    .map(({ version }) => version)
    .filter((version) => !isVendorsBuild(version));
  return [...new Set(versions)].flatMap((version) =>
    supportFindings(`Istio ${version}`, ISTIO_MINORS, version, today),
  );
}

function agentFindings({ agent }: ClusterConfig, today: Date): Finding[] {
  const version = vaultVersionOf(agent.image);
  return [
    ...agentImageFindings("agent.image", agent.image),
    ...(version === undefined ? [] : supportFindings(`Vault Agent ${version}`, VAULT_LINES, version, today)),
  ];
}

function supportFindings(
  what: string,
  lines: readonly ReleaseLine[],
  version: string,
  today: Date,
): Finding[] {
  const support = supportOf(lines, version);
  if (support?.lastDay === undefined) return [];
  const { line, lastDay, expected } = support;
  const daysLeft = Math.round(
    (Date.parse(lastDay) - Date.parse(today.toISOString().slice(0, 10))) / 86_400_000,
  );
  const newest = lines.at(-1)!.line;
  const instead = line === newest ? "a newer one, which a newer version of this program knows" : newest;
  const shown = expected ? `about ${lastDay}` : lastDay;
  if (daysLeft < 0) return [rules.supportEnded(what, shown, instead)];
  return daysLeft <= NOTICE_DAYS ? [rules.supportEnds(what, shown, daysLeft, instead)] : [];
}

/** What a cluster may name hosts in, each by its key in mesh.yaml. */
function placesOf({ istio, injector, agent, gateways }: ClusterConfig): [key: string, value: unknown][] {
  return [
    ...istio.revisions.flatMap(({ name, charts, imageHub, values }): [string, unknown][] => {
      const key = istio.isListed ? `istio.revisions.${name}` : "istio";
      return [
        [`${key}.chartRepository`, charts.kind === "repository" ? charts.url : undefined],
        [`${key}.imageHub`, imageHub],
        [`${key}.values`, values],
      ];
    }),
    ["injector.chartRepository", injector.charts.kind === "repository" ? injector.charts.url : undefined],
    ["injector.image", injector.image],
    ["injector.values", injector.values],
    ["agent.image", agent.image],
    ...gateways.map(({ name, values }): [string, unknown] => [`gateways.${name}.values`, values]),
  ];
}
