import { isMap, parse, parseDocument } from "yaml";

/** A GitHub workflow, as far as the rules look at it. */
interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions?: unknown;
  readonly defaults?: { readonly run?: { readonly shell?: string } };
  readonly jobs: Readonly<Record<string, Job>>;
}

interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly environment?: string;
  readonly uses?: string;
  readonly secrets?: unknown;
  readonly steps?: readonly Step[];
  readonly "timeout-minutes"?: number;
}

interface Step {
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Events whose jobs hold the repository's rights while they work on what a stranger wrote. */
const DANGEROUS_EVENTS = ["pull_request_target", "workflow_run", "issue_comment"];

/** What may be handed on between jobs, or to people. A plan holds the state, keys and all. */
const ARTIFACTS = ["report.html", "review.md", "cdktf.out", "step"];

/** A workflow of this repository's own, at the branch that Vault's role names, or of the commit that runs. */
const OWN =
  /^(acme\/mesh\/\.github\/workflows\/[a-z-]+\.yml@main|\.\/\.github\/(workflows\/[a-z-]+\.yml|actions\/[a-z-]+))$/;

/** The steps of an action that must be told something, and what. */
const REQUIRED_INPUTS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "actions/checkout": { "persist-credentials": false },
  "actions/setup-node": { "package-manager-cache": false },
  "hashicorp/setup-terraform": { terraform_wrapper: false },
};

/** What of the hardening rules a workflow breaks. */
export function violations(text: string): string[] {
  const workflow = parse(text) as Workflow;
  const events = Object.keys(workflow.on).filter((event) => DANGEROUS_EVENTS.includes(event));
  return [
    ...events.map((event) => `starts on ${event}`),
    ...(isEmptyMap(text, "permissions") ? [] : ["permissions at the top are not {}"]),
    ...unpinned(text),
    ...Object.entries(workflow.jobs).flatMap(([name, job]) =>
      jobViolations(job, workflow.defaults?.run?.shell === "bash").map((what) => `${name} ${what}`),
    ),
  ];
}

function isEmptyMap(text: string, key: string): boolean {
  const value = parseDocument(text).get(key);
  return isMap(value) && value.items.length === 0;
}

/** The actions of a workflow, or of an action, that are not pinned by commit. */
export function unpinned(text: string): string[] {
  return [...text.matchAll(/^.*\buses: (.*)$/gm)]
    .map(([, use]) => use!)
    .filter((use) => !/^[\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+(\.\d+)?$/.test(use) && !OWN.test(use))
    .map((use) => `"${use}" is no commit with its version`);
}

/** @param pipefail - whether a pipe fails where any of its programs does, as with the shell "bash", but not with the default */
function jobViolations(job: Job, pipefail: boolean): string[] {
  const { permissions = {}, steps = [] } = job;
  const scripts = steps.flatMap(({ run }) => (run === undefined ? [] : [run]));
  const text = scripts.join("\n");
  const problems: string[] = [];
  const check = (sound: boolean, what: string) => {
    if (!sound) problems.push(what);
  };

  check(job.permissions !== undefined, "has no permissions of its own");
  check(job.uses !== undefined || job["timeout-minutes"] !== undefined, "has no end");
  check(job.secrets === undefined, "hands on secrets");
  check(pipefail || !/[^|]\|[^|]/.test(text), "loses the failure of a program in a pipe");
  check(!text.includes("${{"), "puts an expression into a script");
  check(!/npm (ci|install)(?!.*--ignore-scripts)/.test(text), "runs packages' install scripts");
  for (const step of steps) {
    const [action = ""] = step.uses?.split("@") ?? [];
    for (const [name, value] of Object.entries(REQUIRED_INPUTS[action] ?? {})) {
      check(step.with?.[name] === value, `uses ${action} without ${name}: ${value}`);
    }
    if (action === "actions/upload-artifact") {
      check(ARTIFACTS.includes(step.with?.path as string), `uploads ${step.with?.path as string}`);
    }
  }

  if (job.uses === undefined && holdsCredential(job)) {
    check(job.environment !== undefined, "holds a credential outside of an environment");
    check(!/npm start|cdktf|istio-vault -- review/.test(text), "synthesizes with a credential");
  }
  if (permissions["pull-requests"] === "write") {
    check(!/\b(npm|npx|node)\b/.test(text) && !uses(job, "actions/checkout"), "runs code and may write");
    check(!/plan|diff/.test(text), "may post a plan");
  }
  return problems;
}

function holdsCredential({ permissions, steps = [] }: Job): boolean {
  const ofVault = permissions?.["id-token"] === "write";
  return (
    ofVault || steps.some(({ env }) => Object.values(env ?? {}).some((value) => value.includes("secrets.")))
  );
}

function uses({ steps = [] }: Job, action: string): boolean {
  return steps.some((step) => step.uses?.startsWith(`${action}@`));
}
