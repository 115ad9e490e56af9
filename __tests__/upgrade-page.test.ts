import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { revisionFindings } from "../config/revision-transition";
import { meshWith } from "./support/mesh-file";

const page = readFileSync(join(__dirname, "..", "docs", "upgrade-istio.md"), "utf8");

test("each state of a canary upgrade the page shows is a mesh.yaml, and each step between two is allowed", () => {
  const samples = [...page.matchAll(/^```yaml\n([\s\S]*?)\n```$/gm)]
    .map(([, sample]) => parse(sample))
    .filter(({ istio }) => "revisions" in istio);
  const states = [{}, ...samples].map(
    (sections) => meshWith((mesh) => Object.assign(mesh, sections)).clusters,
  );
  expect(
    states.map(([{ istio }]) => [istio.defaultRevision, ...istio.revisions.map(({ name }) => name)]),
  ).toEqual([
    ["default", "default"],
    ["default", "default", "1-31-1"],
    ["1-31-1", "default", "1-31-1"],
    ["1-31-1", "1-31-1"],
  ]);
  for (let step = 1; step < states.length; step++) {
    expect(revisionFindings(states[step - 1], states[step])).toEqual([]);
  }
});
