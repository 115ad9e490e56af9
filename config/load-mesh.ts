import { dirname, resolve } from "node:path";
import { reason } from "../lib/private/text";
import type { Finding } from "../lib/rules";
import { expand } from "./expand";
import { issueOf } from "./found";
import { type Mesh, toMesh } from "./mesh";
import { MeshFileError, type Problem } from "./mesh-file-error";
import { type Raw, readMapping } from "./mesh-text";
import { rules } from "./rules";
import { foundAcrossKeys } from "./rules-across-keys";
import { expandedMesh } from "./schema";
import { schemaProblems } from "./schema-problems";
import { readTextFile } from "./text-file";
import { terraformExpressions } from "./terraform-expressions";

/**
 * Reads and validates a mesh.yaml and the files it names.
 *
 * @param file path of the mesh.yaml
 * @throws MeshFileError with everything that is wrong with it
 */
export function loadMesh(file: string): Mesh {
  const written = read(file);
  // Of another version's file nothing can be said.
  if (written.version !== 1) {
    throw new MeshFileError(file, [{ path: "version", finding: rules.fileVersion() }]);
  }
  const document = expand(written, dirname(resolve(file)));
  const schema = expandedMesh.superRefine(
    (parsed, context) => {
      for (const found of foundAcrossKeys(document, parsed)) context.addIssue(issueOf(found));
    },
    // A mistake in one key must not hide another elsewhere.
    { when: () => true },
  );
  const result = schema.transform(toMesh).safeParse(document);
  const problems = [
    ...schemaProblems(result.error?.issues ?? [], document, written),
    ...terraformExpressions(written),
  ];
  if (!result.success || problems.length > 0) throw new MeshFileError(file, withoutRepetitions(problems));
  return result.data;
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

/** What is wrong mesh-wide is found once for each cluster. */
function withoutRepetitions(problems: readonly Problem[]): Problem[] {
  return [
    ...new Map(problems.map((problem) => [`${problem.path} ${problem.finding.message}`, problem])).values(),
  ];
}
