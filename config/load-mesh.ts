import { dirname, resolve } from "node:path";
import { reason } from "../lib/private/text";
import type { Finding } from "../lib/rules";
import { expand, freeFormKey } from "./expand";
import { issueOf } from "./found";
import { type Checked, type Mesh, toMesh } from "./mesh";
import { MeshFileError, type Path, pathText, type Problem } from "./mesh-file-error";
import { type Raw, readMapping } from "./mesh-text";
import { rules } from "./rules";
import { foundAcrossKeys } from "./rules-across-keys";
import { expandedMesh } from "./schema";
import { schemaProblems, shown } from "./schema-problems";
import { readTextFile } from "./text-file";

/** A mesh.yaml that was read, and what became of it. */
export interface ReadMesh {
  readonly mesh: Mesh;
  /** As the schema reads it, with every default. */
  readonly checked: Checked;
  /** The file, expanded. */
  readonly document: Raw;
  /** The file itself. */
  readonly written: Raw;
}

/**
 * Reads and validates a mesh.yaml and the files it names.
 *
 * @param file path of the mesh.yaml
 * @throws MeshFileError with everything that is wrong with it
 */
export function loadMesh(file: string): Mesh {
  return readMesh(file).mesh;
}

/**
 * The same, with where its values come from.
 *
 * @throws MeshFileError with everything that is wrong with the file
 */
export function readMesh(file: string): ReadMesh {
  const written = read(file);
  // A file of another version cannot be checked any further.
  if (written.version !== 1) {
    throw new MeshFileError(file, [{ path: "version", finding: rules.fileVersion(shown(written.version)) }]);
  }
  const document = expand(written, dirname(resolve(file)));
  const schema = expandedMesh.superRefine(
    (parsed, context) => {
      for (const found of foundAcrossKeys(document, parsed)) context.addIssue(issueOf(found));
    },
    // A mistake in one key must not hide another elsewhere.
    { when: () => true },
  );
  const result = schema.safeParse(document);
  const problems = [
    ...schemaProblems(result.error?.issues ?? [], document, written),
    ...terraformExpressions(written),
  ];
  if (!result.success || problems.length > 0) throw new MeshFileError(file, withoutRepetitions(problems));
  return { mesh: toMesh(result.data), checked: result.data, document, written };
}

function read(file: string): Raw {
  const fail = (findings: readonly Finding[]) =>
    new MeshFileError(
      file,
      findings.map((finding) => ({ path: "", finding })),
    );
  let text: string;
  try {
    text = readTextFile(file);
  } catch (error) {
    throw fail([rules.fileUnreadable(reason(error))]);
  }
  const raw = readMapping(text);
  if (Array.isArray(raw)) throw fail(raw);
  return raw;
}

/** A mesh-wide mistake is found once for each cluster. */
function withoutRepetitions(problems: readonly Problem[]): Problem[] {
  return [
    ...new Map(problems.map((problem) => [`${problem.path} ${problem.finding.message}`, problem])).values(),
  ];
}

/**
 * Where a file holds what Terraform would evaluate, or cdktf would take for a token of its own. Helm
 * values are written so that Terraform leaves `${...}` alone; cdktf's tokens are found there too.
 */
function terraformExpressions(value: unknown, path: Path = []): Problem[] {
  const mark = freeFormKey(path) === "values" ? /TfToken\[/ : /[$%]\{|TfToken\[/;
  const problems = (text: unknown, at: Path): Problem[] => {
    const received = typeof text === "string" ? mark.exec(text)?.[0] : undefined;
    return received === undefined
      ? []
      : [{ path: pathText(at), finding: rules.terraformExpression(received) }];
  };
  if (typeof value !== "object" || value === null) return problems(value, path);
  return Object.entries(value).flatMap(([key, below]) => {
    const here = [...path, Array.isArray(value) ? Number(key) : key];
    return [...problems(key, here), ...terraformExpressions(below, here)];
  });
}
