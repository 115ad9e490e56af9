import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { groupBy } from "../../lib/private/group-by";
import { CommandError } from "../command-line/command-error";
import { CONFIGURATION, mapping, SynthesizedStack } from "./synthesized";

/** Everything a program wrote for cdktf and Terraform to read. */
export interface SynthesizedOutput {
  /** By name. */
  readonly stacks: ReadonlyMap<string, SynthesizedStack>;
  /** What cdktf would be led to beside them. */
  readonly faults: readonly string[];
}

const MANIFEST = "manifest.json";

/** Keys of a stack in the manifest that decide nothing of what is read. */
const TOLD = ["name", "constructPath", "annotations", "dependencies", "nestedStacks"];

/**
 * Reads the directory a program synthesized into, whole: the stacks that its manifest names, each file of theirs,
 * and what is there beside them.
 *
 * @param directory where the program ran; no file names it, or two checkouts would differ everywhere
 * @param commit how the checkout is called in messages
 * @throws CommandError where there is no manifest
 */
export function readOutput(outdir: string, directory: string, commit: string): SynthesizedOutput {
  const faults: string[] = [];
  // Gone, or a link to what is no output: as good as empty.
  const isThere = lstatSync(outdir, { throwIfNoEntry: false })?.isDirectory();
  const files = new Map(isThere ? filesBelow(outdir, "", directory, faults) : []);
  const manifest = parsed(files.get(MANIFEST), commit);
  for (const key of Object.keys(manifest)) {
    if (key !== "version" && key !== "stacks") faults.push(`${MANIFEST} has the key "${key}"`);
  }
  files.delete(MANIFEST);

  const byDirectory = groupBy([...files.keys()], (file) => file.split("/")[1]);
  const stacks = new Map<string, SynthesizedStack>();
  for (const [name, entry] of Object.entries(mapping(manifest.stacks))) {
    const home = `stacks/${name}`;
    faults.push(...entryFaults(name, mapping(entry), home));
    const own = (byDirectory.get(name.split("/")[0]) ?? []).filter(
      (file) => file.startsWith(`${home}/`) && files.has(file),
    );
    stacks.set(name, new SynthesizedStack(name, taken(files, own, home)));
  }
  faults.push(...[...files.keys()].map((file) => `the file ${file} belongs to no stack`));
  return { stacks, faults };
}

/** cdktf runs Terraform where the manifest says, so it must be where the stack was read. */
function entryFaults(name: string, entry: Readonly<Record<string, unknown>>, home: string): string[] {
  const expected: Record<string, string> = {
    name,
    workingDirectory: home,
    synthesizedStackPath: `${home}/${CONFIGURATION}`,
    stackMetadataPath: `${home}/metadata.json`,
  };
  const keys = new Set([...Object.keys(entry), "name", "workingDirectory", "synthesizedStackPath"]);
  return [...keys]
    .filter((key) => (key in expected ? entry[key] !== expected[key] : !TOLD.includes(key)))
    .map((key) => `${MANIFEST} gives stack "${name}" the ${key} ${JSON.stringify(entry[key]) ?? "of none"}`);
}

function taken(files: Map<string, string>, own: readonly string[], home: string): Map<string, string> {
  const stack = new Map(own.map((file) => [file.slice(home.length + 1), files.get(file)!]));
  for (const file of own) files.delete(file);
  // cdktf alone reads it, and of it the annotations.
  stack.delete("metadata.json");
  return stack;
}

function filesBelow(outdir: string, path: string, directory: string, faults: string[]): [string, string][] {
  return readdirSync(join(outdir, path), { withFileTypes: true }).flatMap((entry): [string, string][] => {
    const below = path === "" ? entry.name : `${path}/${entry.name}`;
    if (entry.isDirectory()) return filesBelow(outdir, below, directory, faults);
    if (entry.isFile()) return [[below, contents(join(outdir, below), directory)]];
    faults.push(`${below} is a link or no file`);
    return [];
  });
}

/** As a text without the directory in it; of what is no text, its bytes. */
function contents(file: string, directory: string): string {
  const bytes = readFileSync(file);
  const text = bytes.toString("utf8");
  return Buffer.from(text).equals(bytes) ? text.replaceAll(directory, ".") : bytes.toString("base64");
}

function parsed(text: string | undefined, commit: string): Readonly<Record<string, unknown>> {
  try {
    return mapping(JSON.parse(text!));
  } catch {
    throw new CommandError(`the program of ${commit} wrote no ${MANIFEST}: no stack can be read`);
  }
}
