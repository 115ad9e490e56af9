import type { Mesh } from "../../config/mesh";
import type { VaultSide } from "../review/access-changes";
import type { Review } from "../review/review";
import type { ClusterChange } from "../review/trust-table";
import type { MeshStatus } from "../status/mesh-status";

/** All that a report is made from; the same facts make the same bytes. */
export interface ReportFacts {
  readonly mesh: Mesh;
  /** When it is made; what runs was asked then. */
  readonly at: Date;
  readonly vault: VaultSide;
  /** What runs; undefined where only what is declared is shown. */
  readonly status: MeshStatus | undefined;
  /** What a change does; undefined without another commit to compare with. */
  readonly change: ReportedChange | undefined;
}

export interface ReportedChange {
  readonly review: Review;
  readonly clusters: readonly ClusterChange[];
  /** The mesh before; undefined where there was none. */
  readonly mesh: Mesh | undefined;
  readonly vault: VaultSide;
}
