import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parse } from "yaml";

export const SAMPLES = resolve(__dirname, "..", "..", "examples", "ci");

/** Which providers a plan may install, as Terraform's own settings. */
export const providerSettings = readFileSync(join(SAMPLES, "terraform.rc"), "utf8");

interface Step {
  readonly id?: string;
  readonly name?: string;
  readonly run?: string;
}

/** What this project's own steps of a GitHub job run, in order, by their name, id or text. */
export function githubScripts(file: string, job: string): ReadonlyMap<string, string> {
  const { jobs } = parse(readFileSync(join(SAMPLES, "github", file), "utf8")) as {
    jobs: Record<string, { steps: readonly Step[] }>;
  };
  return new Map(
    jobs[job]!.steps.flatMap(({ name, id, run }) =>
      run === undefined || isPreparation(run) ? [] : [[name ?? id ?? run, run] as const],
    ),
  );
}

/** What a GitLab job runs, as one script, without what prepares the runner. */
export function gitlabScript(job: string): string {
  const jobs = parse(readFileSync(join(SAMPLES, "gitlab", ".gitlab-ci.yml"), "utf8")) as Record<
    string,
    { script: readonly string[] }
  >;
  return jobs[job]!.script.filter((line) => !isPreparation(line)).join("\n");
}

/** The packages are installed, the commit is checked out, and GitHub's API is none of ours. */
function isPreparation(run: string): boolean {
  return /^(npm ci |git (fetch|checkout) )|gh api/.test(run);
}
