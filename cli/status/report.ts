import { ROWS_SHOWN, sharedName } from "../../lib/private/folded-rows";
import { groupBy } from "../../lib/private/group-by";
import { nameList } from "../../lib/private/text";
import { columns } from "../command-line/columns";
import { plural, shortSerial, span } from "../command-line/text";
import type { GateVerdict } from "./gate";
import type { MeshStatus } from "./mesh-status";
import { metrics } from "./metrics";
import { bundleText } from "./root-certificates";
import { CATEGORIES, type StatusFinding } from "./status-finding";
import type { ClusterView, IstiodView } from "./view";

export type ReportFormat = "table" | "short" | "json" | "prometheus";

/** @param width of the terminal, if it is one */
export function report(status: MeshStatus, format: ReportFormat, width?: number): string {
  if (format === "json") return json(status);
  if (format === "prometheus") return metrics(status);
  return format === "short" ? short(status) : full(status, width);
}

function full(status: MeshStatus, width: number | undefined): string {
  const findings = findingLines([...status.findings, ...(status.next?.findings ?? [])]);
  return [
    ...columns([HEADINGS, ...rows(status)], width),
    ...(findings.length > 0 ? ["", ...findings] : []),
    ...(status.next ? ["", nextStep(status.next)] : []),
  ].join("\n");
}

/** One line for the mesh where all is well, and one for each finding. */
function short(status: MeshStatus): string {
  const { clusters, next } = status;
  const findings = [...status.findings, ...(next?.findings ?? [])];
  return [
    `${status.mesh}: ${plural(clusters.length, "cluster")}, ${counted(findings)}`,
    ...grouped(findings).map(
      ({ finding, clusters }) => `${finding.rule} ${finding.level} ${placed(clusters, finding)}`,
    ),
    ...(next ? [nextStep(next)] : []),
  ].join("\n");
}

export function counted(findings: readonly StatusFinding[]): string {
  if (findings.length === 0) return "all well";
  const count = (level: StatusFinding["level"]) =>
    findings.filter((finding) => finding.level === level).length;
  const texts = [plural(count("error"), "error"), plural(count("warning"), "warning")];
  return texts.filter((text) => !text.startsWith("0 ")).join(", ");
}

const HEADINGS = [
  "cluster",
  "istiod answers with",
  "signed by",
  "intermediate until",
  "bundle",
  "declared",
  "proxies",
  "Vault",
];

/** A row for each cluster; in a fleet, one for those of which nothing but the same is known. */
function rows({ clusters, at }: MeshStatus): string[][] {
  const all = clusters.flatMap((view) => rowsOf(view, at));
  if (all.length <= ROWS_SHOWN) return all;
  const names = new Set(clusters.map(({ cluster }) => cluster));
  const alike = groupBy(all, ([name, ...cells]) =>
    cells.length === 1 && names.has(name!) ? nameless(cells[0]!, name!) : name!,
  );
  return [...alike].map(([text, group]) => (group.length === 1 ? group[0]! : [sharedName(group), text]));
}

/** What is said of a cluster, as it would be of any other. */
function nameless(text: string, cluster: string): string {
  return text.replace(new RegExp(`(?<![\\w-])${cluster}(?![\\w-])`, "g"), "<cluster>");
}

/** One row if all istiods of a cluster give the same answer, else one for each; two cells if its state is unknown. */
function rowsOf(view: ClusterView, at: Date): string[][] {
  const { cluster, unreachable, istiods } = view;
  if (unreachable !== undefined) return [[cluster, `unreachable: ${unreachable}`]];
  const answers = new Map(istiods.map((istiod) => [istiod.intermediate?.sha256 ?? istiod.silence, istiod]));
  if (answers.size === 0) return [[cluster, "no istiod is ready"]];
  return [...answers.values()].map((istiod) => {
    const name = answers.size === 1 ? cluster : `${cluster} ${istiod.pod}`;
    return istiod.intermediate
      ? [
          name,
          ...answerCells(istiod.intermediate, at),
          ...bundleCells(view),
          proxiesCell(view),
          vaultCell(view, istiod, at),
        ]
      : [name, `ready, but ${istiod.silence ?? "shows no CA it signs with"}`];
  });
}

function answerCells(
  { serial, root, notAfter }: NonNullable<IstiodView["intermediate"]>,
  at: Date,
): string[] {
  const left = span(Math.max(0, notAfter.getTime() - at.getTime())).split(" ")[0];
  return [`serial ${shortSerial(serial)}`, root, `${notAfter.toISOString().slice(0, 10)} (${left})`];
}

function bundleCells({ published, declared, leafLines }: ClusterView): string[] {
  const live = bundleText(published ?? [], leafLines.published);
  const wanted = bundleText(declared.bundle, leafLines.declared);
  return [live, `${wanted}  ${live === wanted ? "ok" : "differs"}`];
}

function proxiesCell({ proxies }: ClusterView): string {
  if (!proxies) return "unknown";
  return proxies.current === proxies.total ? `${proxies.total}` : `${proxies.current} of ${proxies.total}`;
}

function vaultCell({ vault }: ClusterView, { step }: IstiodView, at: Date): string {
  if (!vault) return "not asked";
  if (step === "in step") return step;
  if (step === "unknown") return `version ${vault.version}`;
  const age = vault.writtenAt ? ` (written ${span(at.getTime() - vault.writtenAt.getTime())} ago)` : "";
  return `version ${vault.version} ${step}${age}`;
}

/** Findings under their category; one line for those that say the same of several clusters. */
export function findingLines(findings: readonly StatusFinding[]): string[] {
  return CATEGORIES.flatMap((category) => {
    const groups = grouped(findings.filter((finding) => finding.category === category));
    if (groups.length === 0) return [];
    return [
      category,
      ...groups.map(
        ({ finding, clusters }) =>
          `  ${finding.level.padEnd(7)}  ${placed(clusters, finding)} (${finding.rule}, ${finding.page})`,
      ),
    ];
  });
}

function placed(clusters: readonly string[], { message }: StatusFinding): string {
  return clusters.length === 0 ? message : `${nameList(clusters)}: ${message}`;
}

/** Findings that say the same of several clusters, as one. */
export function grouped(findings: readonly StatusFinding[]) {
  const textOf = ({ message, cluster }: StatusFinding) =>
    cluster === undefined ? message : nameless(message, cluster);
  const groups = groupBy(findings, (finding) => `${finding.rule} ${textOf(finding)}`);
  return [...groups.values()].map((group) => {
    const [first] = group as [StatusFinding];
    const finding = group.length === 1 ? first : { ...first, message: textOf(first) };
    return { finding, clusters: group.flatMap(({ cluster }) => cluster ?? []) };
  });
}

/** Whether the next step may be taken now, in a sentence. */
export function nextStep({ verdict, changes, lacking, until }: GateVerdict): string {
  const step = `next step, ${changes.join("; ")}`;
  switch (verdict) {
    case "nothing to do":
      return "next step: none, the mesh runs as mesh.yaml says";
    case "unknown":
      return `next step: unknown without ${nameList(lacking)}`;
    case "now":
      return `${step}: now`;
    case "emergency":
      return `${step}: now, since mesh.yaml declares an emergency; what is listed above will break`;
    case "not yet":
      return `${step}: not ${until ? `before ${until.toISOString()}` : "yet"}`;
  }
}

function json({ mesh, at, clusters, findings, next }: MeshStatus): string {
  return JSON.stringify({ schemaVersion: 1, mesh, at, clusters, findings, next }, undefined, 2);
}
