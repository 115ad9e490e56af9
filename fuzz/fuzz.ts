import fc from "fast-check";
import { MeshFileError } from "../config/mesh-file-error";
import { asText, dataDamage, textDamage } from "./damage";
import { meshFiles } from "./files";
import { rightMesh } from "./meshes";
import { load, synthesize } from "./verdict";

/** Files made of each right mesh: itself, two with changed data, two with torn text. */
const FILES_PER_MESH = 5;

/** How many files that load are synthesized: one in so many, since a synth costs as much as thirty loads. */
const SYNTH_EVERY = 40;

/** Ten times what one takes; a failing file is made smaller until the time of all is over. */
const MOST_MS_PER_FILE = 100;

/** What came of the files. */
export interface Tally {
  files: number;
  loaded: number;
  refused: number;
  synthesized: number;
  /** Ids of the rules that were broken. */
  readonly rules: Set<string>;
}

/**
 * Loads mesh files, right ones and damaged ones: every right one loads, every other loads or ends in an
 * error for people; of those that load a sample is synthesized, whole or not at all.
 *
 * @param report called after each file
 */
export function fuzz(files: number, seed: number, report: (tally: Tally) => void = () => {}): Tally {
  const directory = meshFiles();
  const tally: Tally = { files: 0, loaded: 0, refused: 0, synthesized: 0, rules: new Set() };

  const tryOut = (text: string, isRight: boolean) => {
    const outcome = load(directory, text);
    tally.files++;
    if (outcome instanceof MeshFileError) {
      if (isRight) throw outcome;
      tally.refused++;
      for (const { finding } of outcome.problems) tally.rules.add(finding.rule);
    } else if (++tally.loaded % SYNTH_EVERY === 1) {
      const made = synthesize(directory, outcome);
      if (isRight && made !== "whole") throw made;
      tally.synthesized++;
    }
    report(tally);
  };

  const [changes, tears] = [fc.tuple(dataDamage, dataDamage), fc.tuple(textDamage, textDamage)];
  const everyFile = fc.property(rightMesh, changes, tears, (mesh, changed, torn) => {
    const text = asText(mesh);
    tryOut(text, true);
    for (const damage of changed) tryOut(asText(damage(mesh)), false);
    for (const damage of torn) tryOut(damage(text), false);
  });
  fc.assert(everyFile, {
    numRuns: Math.ceil(files / FILES_PER_MESH),
    seed,
    interruptAfterTimeLimit: files * MOST_MS_PER_FILE,
    markInterruptAsFailure: true,
  });
  return tally;
}
