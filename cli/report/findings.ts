import { upstreamWarnings } from "../../config/upstream-warnings";
import { findingsAt, type StatusFinding } from "../status/status-finding";
import type { ReportFacts } from "./facts";

/** What is wrong with the mesh: as it runs, where that was asked; else what is known without it. Not the next step's. */
export function findingsOf({ mesh, at, status }: ReportFacts): readonly StatusFinding[] {
  if (status) return status.findings;
  return upstreamWarnings(mesh, at).map(({ cluster, finding }) =>
    findingsAt("versions", cluster).found(finding),
  );
}
