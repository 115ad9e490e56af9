import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { Construct } from "constructs";
import * as library from "../lib";
import { anchors } from "./support/anchors";

const PROJECT = join(__dirname, "..");
const read = (file: string) => readFileSync(join(PROJECT, file), "utf8");

/** Every page of this project, by its path. examples/charts, where one was made, holds other people's. */
const documents = ["", "docs", "e2e", "examples"]
  .flatMap((directory) => {
    const recursive = directory !== "";
    const names = readdirSync(join(PROJECT, directory), { recursive, encoding: "utf8" });
    return names.map((name) => join(directory, name));
  })
  .filter((file) => file.endsWith(".md") && !file.startsWith(join("examples", "charts")));

const programs = ["examples", join("e2e", "scenarios", "article")].flatMap((directory) =>
  readdirSync(join(PROJECT, directory))
    .filter((file) => file.endsWith(".ts"))
    .map((file) => read(join(directory, file))),
);

/** Lines without the indentation they share. */
function dedent(lines: readonly string[]): string {
  const indents = lines.filter((line) => line.trim() !== "").map((line) => line.search(/\S/));
  const shared = Math.min(...indents);
  return lines.map((line) => line.slice(shared).trimEnd()).join("\n");
}

/** Whether a sample is a contiguous piece of a program, apart from the indentation of the whole. */
function isPieceOf(sample: string, program: string): boolean {
  const wanted = sample.split("\n");
  const lines = program.split("\n");
  return lines.some((_, start) => dedent(lines.slice(start, start + wanted.length)) === dedent(wanted));
}

describe("every document", () => {
  test.each(documents)("%s: its samples are pieces of the examples", (document) => {
    const samples = [...read(document).matchAll(/^```ts\n([\s\S]*?)\n```$/gm)].map(([, sample]) => sample);
    expect(samples.filter((sample) => !programs.some((program) => isPieceOf(sample, program)))).toEqual([]);
  });

  test.each(documents)("%s links to files and headings that exist", (document) => {
    const links = [...read(document).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, target]) => target);
    for (const link of links) {
      const [file, heading] = link.split("#");
      const target = file === "" ? document : join(dirname(document), file);
      const directory = statSync(join(PROJECT, target)).isDirectory();
      if (heading) expect(directory ? [] : anchors(read(target))).toContain(heading);
    }
  });
});

describe("the pages on pipelines", () => {
  const pipelines = ["github/issue.yml", "gitlab/.gitlab-ci.yml"].map((file) => read(`examples/ci/${file}`));

  test.each(["docs/issuance.md"])("%s: its samples are pieces of the pipelines", (page) => {
    const samples = [...read(page).matchAll(/^```yaml\n([\s\S]*?)\n```$/gm)].map(([, sample]) => sample);
    expect(samples.length).toBeGreaterThan(0);
    expect(samples.filter((sample) => !pipelines.some((text) => isPieceOf(sample, text)))).toEqual([]);
  });
});

test("the page on clouds: its samples are pieces of the example", () => {
  const samples = [...read("docs/clouds.md").matchAll(/^```yaml\n([\s\S]*?)\n```$/gm)].map(
    ([, sample]) => sample,
  );
  expect(samples).toHaveLength(3);
  expect(samples.filter((sample) => !isPieceOf(sample, read("examples/clouds.mesh.yaml")))).toEqual([]);
});

test("decisions are numbered one after the other, each in its title too", () => {
  const files = readdirSync(join(PROJECT, "docs", "decisions")).sort();
  expect(files.map((file) => parseInt(file, 10))).toEqual(files.map((_, index) => index + 1));
  const titles = files.map((file) => /^# (\d+)\./.exec(read(`docs/decisions/${file}`))?.[1]);
  expect(titles).toEqual(files.map((_, index) => `${index + 1}`));
});

describe("the constructs' pages", () => {
  const pages = documents.filter((file) => dirname(file) === join("docs", "constructs"));

  test("are one for each construct", () => {
    const constructs = Object.entries(library as Record<string, unknown>)
      .filter(([, value]) => typeof value === "function" && value.prototype instanceof Construct)
      .map(([name]) => name);
    const titles = pages.map((page) => /^# (\S+)$/m.exec(read(page))?.[1]);
    expect(titles.sort()).toEqual(constructs.sort());
  });

  test.each([...pages, "README.md"])("%s has a sample", (page) => {
    expect(read(page)).toContain("\n```ts\n");
  });

  test.each(pages)(
    "%s begins with a sample and ends with what it creates, destroys and what an imported one lacks",
    (page) => {
      const headings = read(page).match(/^## .+$/gm) ?? [];
      expect(headings.slice(-3)).toEqual([
        "## What it creates",
        "## What replacing it destroys",
        "## Imported instances",
      ]);
      expect(read(page).indexOf("```ts")).toBeLessThan(read(page).indexOf("\n## "));
    },
  );
});
