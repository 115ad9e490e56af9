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

/** What a GitLab job of the pipeline runs, as one script, without what prepares the runner. */
export function gitlabScript(job: string): string {
  return scriptOf(gitlabJobs(".gitlab-ci.yml")[job]!);
}

interface GitlabJob {
  readonly script?: readonly string[];
  readonly extends?: string | readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
}

/** What a job of the generated pipeline runs, with the variables that it sets. */
export function generatedJob(pipeline: string, name: string) {
  const { [name]: job, ...others } = JSON.parse(pipeline) as Record<string, GitlabJob>;
  if (!job) throw new Error(`there is no job ${name}, only ${Object.keys(others).join(", ")}`);
  const templates = gitlabJobs(join("ci", "jobs.gitlab-ci.yml"));
  const [template] = [job.extends!].flat();
  return { script: scriptOf(templates[template!]!), variables: job.variables ?? {} };
}

function gitlabJobs(file: string): Record<string, GitlabJob> {
  return parse(readFileSync(join(SAMPLES, "gitlab", file), "utf8")) as Record<string, GitlabJob>;
}

function scriptOf({ script = [] }: GitlabJob): string {
  return script.filter((line) => !isPreparation(line)).join("\n");
}

/** The packages are installed, and the commit is checked out. */
function isPreparation(run: string): boolean {
  return /^(npm ci |git (fetch|checkout) )/.test(run);
}
