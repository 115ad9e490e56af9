import { VaultSide } from "../review/access-changes";
import type { Checkout } from "../review/checkout";
import { type Commits, reviewOf } from "../review/review";
import { clusterChanges } from "../review/trust-table";
import type { ReportedChange, ReportFacts } from "./facts";

/** What a report says of a change: the mesh after it, from the stacks its own program makes, and what was before. */
export function changeFacts(
  base: Checkout,
  head: Checkout,
  commits: Commits,
): Pick<ReportFacts, "mesh" | "vault"> & { readonly change: ReportedChange } {
  const mesh = head.mesh!;
  return {
    mesh,
    vault: new VaultSide(head.stacks, mesh.clusters),
    change: {
      review: reviewOf(base, head, commits, "error"),
      clusters: clusterChanges(base.mesh, mesh),
      mesh: base.mesh,
      vault: new VaultSide(base.stacks, base.mesh?.clusters ?? []),
    },
  };
}
