import type { Finding } from "../../lib/rules";

/** What findings are grouped by, in the order they are shown. */
export const CATEGORIES = [
  "roots",
  "Vault",
  "cluster",
  "istiod",
  "trust",
  "proxies",
  "differs from mesh.yaml",
  "versions",
  "next step",
] as const;

export type Category = (typeof CATEGORIES)[number];

/** Something that is wrong, and where. */
export interface StatusFinding extends Finding {
  readonly category: Category;
  /** Undefined for what concerns the mesh. */
  readonly cluster: string | undefined;
  /** Whether the state is unknown, rather than wrong. */
  readonly unknown: boolean;
}

/** Findings of one category and place. */
export function findingsAt(category: Category, cluster: string | undefined) {
  const at =
    (unknown: boolean) =>
    (finding: Finding): StatusFinding => ({ ...finding, category, cluster, unknown });
  return { found: at(false), notFoundOut: at(true) };
}
