import { RULES_PAGE } from "../lib/private/pages";
import { shown } from "../lib/private/shown";
import type { Finding } from "../lib/rules";

/** One problem of a mesh.yaml. */
export interface Problem {
  /** Where in the file: `clusters[1].name`; empty for the file as a whole. */
  readonly path: string;
  readonly finding: Finding;
}

/** Keys from the top of a document down to a value. */
export type Path = readonly PropertyKey[];

/** `clusters`, 1, `name` as `clusters[1].name`; a key that holds a dot stands between quotes. */
export function pathText(path: Path): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    const name = /^$|\./.test(String(key)) ? JSON.stringify(key) : String(key);
    return text === "" ? name : `${text}.${name}`;
  }, "");
}

/** Everything that is wrong with a mesh.yaml, at once. Its message is meant to be shown as it is. */
export class MeshFileError extends Error {
  public override readonly name = "MeshFileError";

  public readonly problems: readonly Problem[];

  constructor(
    public readonly file: string,
    problems: readonly Problem[],
  ) {
    // A key of the file may be anything; findings hold no secret by themselves.
    const clean = problems.map(({ path, finding }) => ({ path: shown(path), finding }));
    super(render(shown(file), clean));
    this.problems = clean;
  }
}

/** More than anybody reads, and less than what hides the first. */
export const SHOWN = 100;

function render(file: string, problems: readonly Problem[]): string {
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  const first = problems.slice(0, SHOWN);
  const width = Math.max(...first.map(({ path }) => path.length));
  const lines = first.map(({ path, finding }) => {
    const gap = width > 0 ? `${path.padEnd(width)}  ` : "";
    return `  ${gap}${finding.message}  (${finding.rule}, ${finding.page})`;
  });
  const rest = problems.length - first.length;
  if (rest > 0) lines.push(`  and ${rest} more`);
  return [`${file} has ${count}:`, "", ...lines, "", "Nothing was written.", `Rules: ${RULES_PAGE}`].join(
    "\n",
  );
}
