import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { App } from "cdktf";
import { parseDocument } from "yaml";
import { loadMesh } from "../config/load-mesh";
import type { Mesh } from "../config/mesh";
import { MeshFileError, SHOWN } from "../config/mesh-file-error";
import { ValidationError } from "../lib";
import { shown } from "../lib/private/shown";
import { composeMesh } from "../stacks/compose-mesh";
import { SECRETS } from "./files";

/** Far above what the slowest takes on a busy machine. */
const MOST_SECONDS = 5;

/** Rules of the file as a whole, which have no path. */
const WHOLE_FILE = ["IV0101", "IV0102", "IV0122"];

/** Loads a mesh.yaml with this text from `directory`: the mesh, or the error meant for people. Throws for all else. */
export function load(directory: string, written: string): Mesh | MeshFileError {
  const file = join(directory, "mesh.yaml");
  writeFileSync(file, written);
  // What is no Unicode does not arrive.
  const text = Buffer.from(written).toString();
  const before = readdirSync(directory).join();
  const started = performance.now();
  let outcome: Mesh | MeshFileError;
  try {
    outcome = loadMesh(file);
  } catch (error) {
    if (!(error instanceof MeshFileError)) throw error;
    outcome = error;
  }
  require((performance.now() - started) / 1000 < MOST_SECONDS, "it took too long");
  require(readdirSync(directory).join() === before, "something was written");
  if (outcome instanceof MeshFileError) checkError(outcome, text);
  return outcome;
}

function checkError({ message, problems }: MeshFileError, text: string): void {
  require(problems.length > 0, "an error without a problem");
  // Above them the count, below them what came of it; of more than are shown, a line says how many.
  const lines = Math.min(problems.length, SHOWN + 1) + 5;
  require(message.split("\n").length === lines, `a problem is not on one line: ${message}`);
  require(!/\n\s+at |\[object |undefined/.test(message), `words for programmers: ${message}`);
  require(!/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/.test(
    message,
  ), "a control character");
  checkSecrets(message, text);
  if (problems.every(({ finding }) => WHOLE_FILE.includes(finding.rule))) return;
  const known = pathsOf(parseDocument(text).toJS({ maxAliasCount: -1 }));
  for (const { path, finding } of problems) {
    require(known.has(path) || known.has(parentOf(path)), `nothing is at "${path}": ${finding.message}`);
  }
}

/** No piece of a planted secret is shown, unless the damage took from the text what tells that it is one. */
function checkSecrets(message: string, text: string): void {
  const squeezed = (lines: string) => lines.replace(/\s+/g, "");
  const isIntact = (secret: string) =>
    secret.includes("\n")
      ? squeezed(text).includes(squeezed(secret))
      : text
          .split(secret)
          .slice(0, -1)
          .every((before) => !/\w$/.test(before)) && text.includes(secret);
  for (const { pieces } of SECRETS.filter((secret) => isIntact(secret.text))) {
    for (const piece of pieces) require(!message.includes(piece), `a secret is shown: ${message}`);
  }
}

/** Every path there is in the file, as messages write them. */
function pathsOf(value: unknown, path = "", found = new Set<string>([""])): Set<string> {
  if (typeof value !== "object" || value === null) return found;
  for (const [key, below] of Object.entries(value)) {
    const name = key === "" || key.includes(".") ? JSON.stringify(key) : key;
    const here = Array.isArray(value) ? `${path}[${key}]` : path === "" ? name : `${path}.${name}`;
    found.add(shown(here));
    pathsOf(below, here, found);
  }
  return found;
}

/** A missing key is named below what should hold it. */
function parentOf(path: string): string {
  return path.replace(/(^|\.)\w+$/, "");
}

/** Synthesizes a mesh below `directory`; whole, or refused for a mistake with nothing written. */
export function synthesize(directory: string, mesh: Mesh): "whole" | ValidationError {
  const outdir = join(directory, "cdktf.out");
  try {
    const app = new App({ outdir });
    const stacks = composeMesh(app, mesh);
    app.synth();
    for (const stack of [...stacks.vault, ...stacks.clusters]) {
      require(existsSync(join(outdir, "stacks", stack.node.id, "cdk.tf.json")), "a stack is missing");
    }
    return "whole";
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    require(!existsSync(join(outdir, "manifest.json")), "something was written");
    return error;
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

function require(isSo: boolean, otherwise: string): asserts isSo {
  if (!isSo) throw new Error(otherwise);
}
