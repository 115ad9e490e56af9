import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import { programFiles } from "../cli/init/program-files";
import { findTool } from "./support/tool";
import { unpinned, violations } from "./support/workflow-rules";

const PROJECT = join(__dirname, "..");
const SAMPLES = join(PROJECT, "examples", "ci");
const WORKFLOWS = [
  "pull-request.yml",
  "plan.yml",
  "deploy.yml",
  "deploy-stacks.yml",
  "drift.yml",
  "issue.yml",
  "rotate.yml",
];
/** This repository's own. */
const OWN_WORKFLOWS = ["ci.yml", "release.yml"].map((file) => join(PROJECT, ".github", "workflows", file));
const read = (...path: string[]) => readFileSync(join(SAMPLES, ...path), "utf8");

interface GithubJob {
  readonly environment?: string;
  readonly permissions: Readonly<Record<string, string>>;
  readonly steps?: readonly { readonly run?: string }[];
}

const githubJobs = WORKFLOWS.flatMap((workflow) =>
  Object.entries<GithubJob>(parse(read("github", workflow)).jobs).map(
    ([name, job]) => [`${workflow}, ${name}`, job] as const,
  ),
);

const actionlint = findTool("actionlint");

describe("the GitHub workflows", () => {
  const workflows = [...WORKFLOWS.map((file) => join(SAMPLES, "github", file)), ...OWN_WORKFLOWS];
  const program = mkdtempSync(join(tmpdir(), "istio-vault-ci-"));
  afterAll(() => rmSync(program, { recursive: true }));

  beforeAll(() => {
    for (const [file, text] of programFiles(program, "github")) {
      mkdirSync(dirname(join(program, file)), { recursive: true });
      writeFileSync(join(program, file), text);
    }
    execFileSync("git", ["init", "--quiet"], { cwd: program });
  });

  const inPlace = [...WORKFLOWS.map((file) => join(".github", "workflows", file)), ...OWN_WORKFLOWS];
  const lint = actionlint === undefined ? test.skip.each(inPlace) : test.each(inPlace);
  lint(
    "%s has nothing that actionlint objects to (skipped where it is neither in E2E_BIN nor in PATH)",
    (file) => {
      const { stdout, status } = spawnSync(actionlint!, ["-no-color", file], {
        cwd: program,
        encoding: "utf8",
      });
      expect({ stdout, status }).toEqual({ stdout: "", status: 0 });
    },
  );

  test.each(workflows)("%s keeps to the rules", (file) => {
    expect(violations(readFileSync(file, "utf8"))).toEqual([]);
  });

  test("the cloud logins are pinned", () => {
    expect(unpinned(read("github", "actions", "cloud-login", "action.yml"))).toEqual([]);
  });

  const mayPush = githubJobs.filter(
    ([, { permissions, steps }]) => steps && permissions.contents === "write",
  );

  test("one job opens pull requests, and runs no code of the repository", () => {
    const opening = mayPush.filter(([, { permissions }]) => permissions["pull-requests"] === "write");
    expect(opening.map(([name, { environment }]) => [name, environment])).toEqual([
      ["rotate.yml, pull-request", undefined],
    ]);
    expect(JSON.stringify(opening)).not.toMatch(/actions\/checkout|npm|npx|ci\//);
  });

  test.each(mayPush.filter(([, { permissions }]) => permissions["pull-requests"] === undefined))(
    "%s, which may write to the repository, runs no package and holds no other credential",
    (_, { permissions, environment, steps = [] }) => {
      expect({ permissions, environment }).toEqual({
        permissions: { contents: "write" },
        environment: undefined,
      });
      const scripts = steps.flatMap(({ run }) => run ?? []);
      expect(scripts.filter((script) => !/xargs ci\/stacks (begin|record)\b/.test(script))).toEqual([]);
    },
  );

  test.each(githubJobs)("%s names no stack", (_, { steps = [] }) => {
    expect(steps.filter(({ run }) => /vault-shared|cluster1/.test(run ?? ""))).toEqual([]);
  });
});

describe("the scripts", () => {
  test.each(["deploy", "plan"])("%s neither synthesizes nor installs", (name) => {
    expect(read(name)).toMatch(/npx cdktf (deploy|diff)/);
    expect(read(name)).not.toMatch(/cdktf (deploy|diff)(?!.*--skip-synth)|npm|cdktf synth/);
  });

  const shellcheck = findTool("shellcheck");
  const scripts = ["", "github/ci", "gitlab/ci"].flatMap((directory) =>
    readdirSync(join(SAMPLES, directory), { withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.includes("."))
      .map(({ name }) => join(directory, name)),
  );
  (shellcheck === undefined ? test.skip.each(scripts) : test.each(scripts))(
    "%s has nothing that shellcheck objects to (skipped where it is neither in E2E_BIN nor in PATH)",
    (file) => {
      const { stdout, status } = spawnSync(shellcheck!, ["--shell=sh", "--severity=warning", file], {
        cwd: SAMPLES,
        encoding: "utf8",
      });
      expect({ stdout, status }).toEqual({ stdout: "", status: 0 });
    },
  );
});

interface GitlabJob {
  readonly stage: string;
  readonly rules: readonly { readonly if: string; readonly when?: string }[];
  readonly script: readonly string[];
  readonly extends?: string;
  readonly environment?: string | { readonly name: string };
  readonly id_tokens?: { readonly VAULT_ID_TOKEN?: { readonly aud: string } };
  readonly resource_group?: string;
  readonly variables?: Readonly<Record<string, string>>;
  readonly artifacts?: { readonly paths: readonly string[] };
}

describe("the GitLab pipeline", () => {
  const common = parse(read("gitlab", "ci", "jobs.gitlab-ci.yml")) as Record<string, unknown> & {
    default: { image: string };
  };
  const pipeline = parse(read("gitlab", ".gitlab-ci.yml")) as Record<string, unknown> & { stages: string[] };
  const jobs = [...Object.entries(pipeline), ...Object.entries(common)].filter(
    (entry): entry is [string, GitlabJob] => (entry[1] as GitlabJob).script !== undefined,
  );
  const text = ({ script }: GitlabJob) => script.join("\n");
  const environmentOf = (job: GitlabJob) =>
    job.environment ??
    (job.extends === ".records" ? (common[".records"] as GitlabJob).environment : undefined);
  const withCredential = jobs.filter(([, job]) => environmentOf(job) !== undefined);

  test("has a job for each thing to do, in this order", () => {
    const order = jobs
      .filter(([name]) => !name.startsWith("."))
      .sort(([, a], [, b]) => pipeline.stages.indexOf(a.stage) - pipeline.stages.indexOf(b.stage));
    expect(order.map(([name]) => name)).toEqual([
      "review",
      "synth",
      "comment",
      "plan",
      "gate",
      "deploy-jobs",
      "issue",
      "drift",
      "rotate",
      "rotate-merge-request",
    ]);
  });

  test("names its image by digest", () => {
    expect(common.default.image).toMatch(/@sha256:[0-9a-f]{64}$/);
  });

  test("asks of each of Vault's tokens one audience, that of one role", () => {
    const all = [...Object.entries(pipeline), ...Object.entries(common)] as [string, GitlabJob][];
    expect(
      all.flatMap(([name, { id_tokens: { VAULT_ID_TOKEN } = {} }]) =>
        VAULT_ID_TOKEN ? [[name, VAULT_ID_TOKEN.aud]] : [],
      ),
    ).toEqual([
      ["plan", "istio-planner"],
      ["gate", "istio-status"],
      ["issue", "istio-issuer"],
      ["drift", "istio-drift"],
      ["rotate", "istio-status"],
      [".vault", "istio-deployer"],
    ]);
  });

  test("gives a token to jobs of an environment alone", () => {
    expect(withCredential.map(([name]) => name)).toEqual([
      "plan",
      "gate",
      "issue",
      "drift",
      "rotate",
      "rotate-merge-request",
      ".begin",
      ".record",
    ]);
    // Each job that extends .deploy has the environment that ci/deploy-jobs gives it.
    const elsewhere = jobs.filter(([, job]) => (job.id_tokens ?? job.extends) && !environmentOf(job));
    expect(elsewhere.map(([name]) => name)).toEqual([".deploy"]);
  });

  test.each(withCredential)("%s neither synthesizes nor runs packages' scripts", (_, job) => {
    expect(text(job)).not.toMatch(/npm start|cdktf|-- review/);
    expect(text(job)).not.toMatch(/npm (ci|install)(?!.*--ignore-scripts)/);
  });

  test.each(jobs.filter(([, job]) => job.extends === ".records"))(
    "%s, which may write to the repository, runs no package",
    (_, { script }) => {
      expect(script).toEqual([expect.stringMatching(/^ci\/stacks (begin|record) \$STACKS$/)]);
    },
  );

  test("one job opens merge requests, and runs no code of the repository", () => {
    const opening = jobs.filter(([, job]) => text(job).includes('/merge_requests"'));
    expect(opening.map(([name, { environment }]) => [name, environment])).toEqual([
      ["rotate-merge-request", { name: "rotate", action: "access" }],
    ]);
    const [[, { variables, script }]] = opening as [[string, GitlabJob]];
    expect(variables).toEqual({ GIT_STRATEGY: "none" });
    expect(script.join("\n")).not.toMatch(/npm|npx|\bci\/|^\s*\. /m);
  });

  test("plans what the project's own members ask for, once a person releases it", () => {
    const { rules } = pipeline.plan as GitlabJob;
    expect(rules).toEqual([
      {
        if: '$CI_PIPELINE_SOURCE == "merge_request_event" && $CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_PROJECT_ID',
        when: "manual",
      },
    ]);
  });

  test("deploys and issues for no merge request", () => {
    for (const name of [
      "synth",
      "gate",
      "deploy-jobs",
      "deploy",
      "issue",
      "drift",
      "rotate",
      "rotate-merge-request",
    ]) {
      for (const { if: condition, when } of (pipeline[name] as GitlabJob).rules) {
        expect([name, when === "never" || condition]).toEqual([
          name,
          expect.not.stringMatching(/== "merge_request_event"/),
        ]);
      }
    }
  });

  test("fails where the deploy does, in the pipeline of its own", () => {
    expect(pipeline.deploy).toMatchObject({ trigger: { strategy: "depend" } });
  });

  test("issues in one job at a time, as it deploys", () => {
    expect((pipeline.issue as GitlabJob).resource_group).toBe("mesh-issue");
  });

  test("names no stack", () => {
    expect(jobs.filter(([, job]) => /vault-shared|cluster1/.test(text(job)))).toEqual([]);
  });

  test("hands on what holds no secret, and no plan", () => {
    expect([...new Set(jobs.flatMap(([, { artifacts }]) => artifacts?.paths ?? []))]).toEqual([
      "report.html",
      "review.md",
      "stacks.json",
      "cdktf.out",
      "gate.env",
      "deploy.yml",
      "rotate.env",
      "step",
    ]);
  });
});

describe("the roles in Vault", () => {
  const roles = ["github", "gitlab"].flatMap((system) =>
    readdirSync(join(SAMPLES, system, "vault")).map((file) => [`${system}/vault/${file}`, file.slice(0, -5)]),
  );

  test("are the same four for both", () => {
    const four = ["istio-deployer", "istio-drift", "istio-planner", "istio-status"];
    expect(roles.map(([, name]) => name)).toEqual([...four, ...four]);
  });

  test.each(roles)("%s takes tokens made for %s alone, to the letter, and gives its policy", (file, name) => {
    const role = JSON.parse(read(file));
    expect(role).toMatchObject({
      role_type: "jwt",
      bound_audiences: [name],
      bound_claims_type: "string",
      token_policies: [name === "istio-drift" ? "istio-planner" : name],
      token_no_default_policy: true,
    });
    const { repository_id, project_id } = role.bound_claims;
    expect([repository_id ?? project_id, JSON.stringify(role)]).toEqual([
      expect.stringMatching(/^\d+$/),
      expect.not.stringContaining("*"),
    ]);
  });

  test.each(roles)("%s is one that a job of %s's environment can have", (file, name) => {
    const environments: Record<string, string> = {
      "istio-deployer": "vault-stacks",
      "istio-drift": "drift",
      "istio-planner": "plan",
      "istio-status": "status",
    };
    const { bound_claims: claims } = JSON.parse(read(file));
    expect(claims.environment).toBe(environments[name]);
  });

  test.each([
    ["istio-drift", "drift", "drift"],
    ["istio-planner", "plan", "plan"],
    ["istio-status", "gate|rotate", "status"],
    // Called for Vault's stacks, and for each cluster.
    ["istio-deployer", "deploy", "${{ inputs.environment }}"],
  ])("%s is asked for by ci/%s, in jobs of one environment alone", (role, script, environment) => {
    const askers = readdirSync(SAMPLES).filter(
      (file) => /^[a-z]+$/.test(file) && !["github", "gitlab"].includes(file) && read(file).includes(role),
    );
    expect(askers).toEqual(script.split("|"));
    const runs = (text: string) => new RegExp(`ci/(${script})(?![\\w-])`).test(text);
    const ofGithub = githubJobs.filter(([, { steps = [] }]) => steps.some(({ run = "" }) => runs(run)));
    expect([...new Set(ofGithub.map(([, job]) => job.environment))]).toEqual([environment]);
    const gitlab = {
      ...parse(read("gitlab", ".gitlab-ci.yml")),
      ...parse(read("gitlab", "ci", "jobs.gitlab-ci.yml")),
    };
    const ofGitlab = Object.values<Partial<GitlabJob>>(gitlab).filter((job) =>
      runs(job.script?.join("\n") ?? ""),
    );
    // ci/deploy-jobs gives the job that deploys its environment.
    const names = ofGitlab.map((job) => (job.environment as { name: string } | undefined)?.name);
    expect([...new Set(names)]).toEqual([script === "deploy" ? undefined : environment]);
  });

  test("are given to Vault's stacks by one environment, whatever they are called", () => {
    const { jobs } = parse(read("github", "deploy.yml"));
    expect(jobs["vault-stacks"].with).toEqual({
      environment: "vault-stacks",
      stacks: "${{ needs.synth.outputs.vault }}",
    });
    expect(jobs.cluster.with).toEqual({ environment: "${{ matrix.stack }}", stacks: "${{ matrix.stack }}" });
    for (const name of ["vault-stacks", "cluster"]) {
      expect(jobs[name].concurrency).toEqual({
        group: expect.stringMatching(/^mesh-deploy-/),
        "cancel-in-progress": false,
      });
    }
  });

  test("are asked for only after a synth that succeeded, since the gate is skipped after one that failed", () => {
    const { jobs } = parse(read("github", "deploy.yml"));
    expect(jobs.begin.if).toContain("needs.synth.result == 'success' &&");
    expect([jobs["vault-stacks"].if, jobs.cluster.if]).toEqual([
      expect.stringContaining("needs.begin.result == 'success'"),
      expect.stringContaining("needs.begin.result == 'success'"),
    ]);
  });

  test("are for main alone, but for the planner's", () => {
    for (const [file, name] of roles.filter(([, role]) => role !== "istio-planner")) {
      const { bound_claims: claims } = JSON.parse(read(file));
      expect([name, claims.ref]).toEqual([name, file.startsWith("github") ? "refs/heads/main" : "main"]);
      expect(JSON.stringify(claims)).not.toMatch(/pull_request|merge_request/);
    }
    expect(JSON.parse(read("github/vault/istio-planner.json")).bound_claims.job_workflow_ref).toBe(
      "acme/mesh/.github/workflows/plan.yml@refs/heads/main",
    );
  });
});
