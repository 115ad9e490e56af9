import { Duration } from "../lib";
import { longest } from "./longest";
import type { Mesh } from "./mesh";

/**
 * How long a list takes to every proxy, once the agents beside the istiods have rendered it: the leading istiod writes
 * ConfigMaps, up to 16 s after a roll-out, and kubelet, which looks each minute or so, brings them into the pods.
 */
const FROM_AGENT_TO_PROXIES = Duration.minutes(2);

/** How long until every proxy has a list that is in Vault; undefined where no istiod hands out any. */
export function listsSpread({ revocation, clusters }: Mesh): Duration | undefined {
  if (revocation?.lists !== "served") return undefined;
  const rendered = longest(clusters.map(({ agent }) => agent.renderInterval));
  return Duration.seconds(rendered.toSeconds() + FROM_AGENT_TO_PROXIES.toSeconds());
}
