import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { revisionFindings } from "../config/revision-transition";
import { meshWith } from "./support/mesh-file";

const page = readFileSync(join(__dirname, "..", "docs", "upgrade-istio.md"), "utf8");

test("each state the page shows is a mesh.yaml, and each step between two is allowed", () => {
  const samples = [...page.matchAll(/^```yaml\n([\s\S]*?)\n```$/gm)].map(([, sample]) => parse(sample));
  const states = [{}, ...samples].map(
    (sections) => meshWith((mesh) => Object.assign(mesh, sections)).clusters,
  );
  expect(
    states.map(([{ istio }]) => [istio.defaultRevision, ...istio.revisions.map(({ name }) => name)]),
  ).toEqual([
    ["default", "default"],
    ["default", "default", "1-30-0"],
    ["1-30-0", "default", "1-30-0"],
    ["1-30-0", "1-30-0"],
  ]);
  for (let step = 1; step < states.length; step++) {
    expect(revisionFindings(states[step - 1], states[step])).toEqual([]);
  }
});
