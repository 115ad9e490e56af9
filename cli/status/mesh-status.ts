import type { GateVerdict } from "./gate";
import type { ClusterLifetimes } from "./lifetimes";
import type { StatusFinding } from "./status-finding";
import type { ClusterView } from "./view";

/** The result of an inspection. */
export interface MeshStatus {
  readonly mesh: string;
  readonly at: Date;
  readonly clusters: readonly ClusterView[];
  /** Not for people who read a table. */
  readonly lifetimes: readonly ClusterLifetimes[];
  readonly findings: readonly StatusFinding[];
  /** Only where the next step was asked for. */
  readonly next: GateVerdict | undefined;
}
