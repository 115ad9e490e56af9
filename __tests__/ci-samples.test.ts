import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { FIXTURES } from "./support/fixtures";
import { findTool } from "./support/tool";
import { violations } from "./support/workflow-rules";

const PROJECT = join(__dirname, "..");
const SAMPLES = join(PROJECT, "examples", "ci");
const WORKFLOWS = ["pull-request.yml", "plan.yml", "deploy.yml", "issue.yml"];
/** This repository's own. */
const OWN_WORKFLOWS = ["ci.yml", "release.yml"].map((file) => join(PROJECT, ".github", "workflows", file));
const read = (...path: string[]) => readFileSync(join(SAMPLES, ...path), "utf8");

const actionlint = findTool("actionlint");

describe("the GitHub workflows", () => {
  const workflows = [...WORKFLOWS.map((file) => join(SAMPLES, "github", file)), ...OWN_WORKFLOWS];
  const lint = actionlint === undefined ? test.skip.each(workflows) : test.each(workflows);
  lint(
    "%s has nothing that actionlint objects to (skipped where it is neither in E2E_BIN nor in PATH)",
    (file) => {
      const { stdout, status } = spawnSync(actionlint!, ["-no-color", file], {
        encoding: "utf8",
      });
      expect({ stdout, status }).toEqual({ stdout: "", status: 0 });
    },
  );

  test.each(workflows)("%s keeps to the rules", (file) => {
    expect(violations(readFileSync(file, "utf8"))).toEqual([]);
  });
});

interface GitlabJob {
  readonly stage: string;
  readonly rules: readonly { readonly if: string; readonly when?: string }[];
  readonly script: readonly string[];
  readonly environment?: string | { readonly name: string };
  readonly id_tokens?: { readonly VAULT_ID_TOKEN: { readonly aud: string } };
  readonly resource_group?: string;
  readonly parallel?: { readonly matrix: readonly { readonly STACK: readonly string[] }[] };
  readonly artifacts?: { readonly paths: readonly string[] };
}

describe("the GitLab pipeline", () => {
  const pipeline = parse(read("gitlab", ".gitlab-ci.yml")) as Record<string, unknown> & {
    stages: string[];
    default: { image: string };
  };
  const jobs = Object.entries(pipeline).filter(
    (entry): entry is [string, GitlabJob] => (entry[1] as GitlabJob).script !== undefined,
  );
  const text = ({ script }: GitlabJob) => script.join("\n");
  const withCredential = jobs.filter(([, { environment }]) => environment !== undefined);

  test("has a job for each thing to do, in this order", () => {
    const order = [...jobs].sort(
      ([, a], [, b]) => pipeline.stages.indexOf(a.stage) - pipeline.stages.indexOf(b.stage),
    );
    expect(order.map(([name]) => name)).toEqual([
      "review",
      "synth",
      "comment",
      "plan",
      "gate",
      "vault-root",
      "issue",
      "cluster",
    ]);
  });

  test("names its image by digest", () => {
    expect(pipeline.default.image).toMatch(/@sha256:[0-9a-f]{64}$/);
  });

  test("asks of each token one audience, that of one role", () => {
    expect(
      jobs.flatMap(([name, { id_tokens }]) => (id_tokens ? [[name, id_tokens.VAULT_ID_TOKEN.aud]] : [])),
    ).toEqual([
      ["plan", "istio-planner"],
      ["gate", "istio-status"],
      ["vault-root", "istio-deployer"],
      ["issue", "istio-issuer"],
    ]);
  });

  test("gives a token to jobs of an environment alone", () => {
    expect(withCredential.map(([name]) => name)).toEqual(["plan", "gate", "vault-root", "issue", "cluster"]);
    expect(jobs.filter(([, job]) => job.id_tokens && !job.environment)).toEqual([]);
  });

  test.each(withCredential)("%s neither synthesizes nor runs packages' scripts", (_, job) => {
    expect(text(job)).not.toMatch(/npm start|cdktf synth|-- review/);
    expect(text(job)).not.toMatch(/npm (ci|install)(?!.*--ignore-scripts)/);
    expect(text(job)).not.toMatch(/cdktf (diff|deploy)(?!.*--skip-synth)/);
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
    for (const name of ["gate", "vault-root", "issue", "cluster"]) {
      expect((pipeline[name] as GitlabJob).rules.filter((rule) => rule.if.includes("merge_request"))).toEqual(
        [],
      );
    }
  });

  test("plans and deploys the article's clusters", () => {
    const { clusters } = parse(readFileSync(join(FIXTURES, "mesh.yaml"), "utf8")) as {
      clusters: { name: string }[];
    };
    const names = clusters.map(({ name }) => name);
    expect((pipeline.plan as GitlabJob).parallel).toEqual({ matrix: [{ STACK: ["vault-root", ...names] }] });
    expect((pipeline.cluster as GitlabJob).parallel).toEqual({ matrix: [{ STACK: names }] });
  });

  test("runs one job at a time for each thing that is changed", () => {
    for (const name of ["vault-root", "issue", "cluster"]) {
      expect((pipeline[name] as GitlabJob).resource_group).toMatch(/^mesh-/);
    }
  });

  test("hands on what holds no secret, and no plan", () => {
    expect([...new Set(jobs.flatMap(([, { artifacts }]) => artifacts?.paths ?? []))]).toEqual([
      "review.md",
      "stacks.json",
      "cdktf.out",
    ]);
  });
});

describe("the roles in Vault", () => {
  const roles = ["github", "gitlab"].flatMap((system) =>
    readdirSync(join(SAMPLES, system, "vault")).map((file) => [`${system}/vault/${file}`, file.slice(0, -5)]),
  );

  test("are the same three for both", () => {
    const three = ["istio-deployer", "istio-planner", "istio-status"];
    expect(roles.map(([, name]) => name)).toEqual([...three, ...three]);
  });

  test.each(roles)("%s takes tokens made for %s alone, to the letter, and gives its policy", (file, name) => {
    const role = JSON.parse(read(file));
    expect(role).toMatchObject({
      role_type: "jwt",
      bound_audiences: [name],
      bound_claims_type: "string",
      token_policies: [name],
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
      "istio-deployer": "vault-root",
      "istio-planner": "plan",
      "istio-status": "status",
    };
    const { bound_claims: claims } = JSON.parse(read(file));
    expect(claims.environment).toBe(environments[name]);
    const jobs = file.startsWith("github")
      ? WORKFLOWS.flatMap((workflow) =>
          Object.values<Record<string, unknown>>(parse(read("github", workflow)).jobs),
        )
      : Object.values<Record<string, unknown>>(parse(read("gitlab", ".gitlab-ci.yml")));
    const users = jobs.filter((job) => JSON.stringify(job).includes(`ci/vault-login ${name}`));
    expect(users.map(({ environment }) => (environment as { name?: string }).name ?? environment)).toEqual([
      claims.environment,
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
