import type { ClusterConfig, IntermediateConfig } from "../../config/mesh";
import { DAY, HOUR, MINUTE } from "./alert";

/** Longest interval between two runs of istio-vault status; docs/alerts.md says so. */
export const CHECK_SECONDS = 5 * MINUTE;

/** When what istio-vault status found is too old to rely on. */
export const STALE_SECONDS = 6 * CHECK_SECONDS;

/**
 * What an intermediate must have left. With an external issuer a fifth, as in istio-vault status: renewal was
 * due with a third left. If renewing is a reviewed change, a fifth, but at most 30 days.
 */
export function intermediateLeft({ issuance, validFor }: IntermediateConfig): number {
  const fifth = validFor.toSeconds() / 5;
  return Math.floor(issuance === "external" ? fifth : Math.min(fifth, 30 * DAY));
}

/** Share of its lifetime that a revocation list has left, and at most how long that is, as of an intermediate. */
export const LIST_LEFT = { share: 1 / 5, atMost: 30 * DAY };

/** Share of that which is left when on-call is paged. */
export const PAGE_AT = 1 / 4;

/** Share of its lifetime that an intermediate in Vault has left when renewal is overdue by a quarter of its window. */
export const OVERDUE_LEFT = 1 / 4;

/** Share of its lifetime that a root has left when it is to be rotated. */
export const ROOT_LEFT = 1 / 10;

/** What a root must have left for its intermediates to live as long as they are declared: theirs, and a month to rotate it. */
export function signingRootLeft(clusters: readonly ClusterConfig[]): number {
  const longest = Math.max(...clusters.map(({ intermediates }) => intermediates.validFor.toSeconds()));
  return longest + 30 * DAY;
}

/** When an expiring root pages on-call: a rotation takes two days where proxies cannot be seen, and planning it longer. */
export const ROOT_PAGE_LEFT = 30 * DAY;

/**
 * How long what is in Vault may not be served: three of the agent's intervals and its longest pause after
 * a failure, and three runs of istio-vault status.
 */
export function behindVault({ agent }: ClusterConfig): number {
  return Math.max(3 * agent.renderInterval.toSeconds() + 2 * MINUTE, 3 * CHECK_SECONDS);
}

/** Long enough for a renewal at the last moment to arrive, short against the time that is left. */
export function patience(leftSeconds: number): number {
  return Math.max(MINUTE, Math.min(HOUR, Math.floor(leftSeconds / 10)));
}
