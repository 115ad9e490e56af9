import type { Finding } from "../lib/rules";

/** One problem of a mesh.yaml. */
export interface Problem {
  /** Where in the file: `clusters[1].name`; empty for the file as a whole. */
  readonly path: string;
  readonly finding: Finding;
}

/** Everything that is wrong with a mesh.yaml, at once. Its message is meant to be shown as it is. */
export class MeshFileError extends Error {
  public override readonly name = "MeshFileError";

  constructor(
    public readonly file: string,
    public readonly problems: readonly Problem[],
  ) {
    super(render(file, problems));
  }
}

function render(file: string, problems: readonly Problem[]): string {
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  const width = Math.max(...problems.map(({ path }) => path.length));
  const lines = problems.map(({ path, finding }) => {
    const gap = width > 0 ? `${path.padEnd(width)}  ` : "";
    return `  ${gap}${finding.message}  (${finding.rule}, ${finding.page})`;
  });
  return withoutSecrets([`${file} has ${count}:`, "", ...lines, "", "Nothing was written."].join("\n"));
}

/** A value pasted into the wrong place may be a key or a token; a message must not repeat it. */
function withoutSecrets(text: string): string {
  return text
    .replace(/-----BEGIN [A-Z ]*PRIVATE KEY-----[^"]*/g, "(not shown)")
    .replace(/\b(hv[sbr]\.[\w-]+|s\.[A-Za-z0-9]{20,}|eyJ[\w-]+\.[\w.-]+)/g, "(not shown)");
}
