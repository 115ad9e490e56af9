import { CiTokens } from "../ci-tokens";

/** A CI system: who signs its jobs' tokens, and what all jobs of the repository have in common. */
export interface CiSystem {
  readonly name: "github" | "gitlab";
  /** Mount its jobs log in at. */
  readonly mount: string;
  readonly issuer: string;
  readonly tokens: CiTokens;
}

const GITHUB = "https://token.actions.githubusercontent.com";
const GITLAB = "https://gitlab.example.com";

export const github: CiSystem = {
  name: "github",
  mount: "ci",
  issuer: GITHUB,
  tokens: new CiTokens({
    iss: GITHUB,
    repository: "acme/mesh",
    repository_id: "123456789",
    runner_environment: "github-hosted",
  }),
};

export const gitlab: CiSystem = {
  name: "gitlab",
  mount: "ci-gitlab",
  issuer: GITLAB,
  tokens: new CiTokens({ iss: GITLAB, project_path: "acme/mesh", project_id: "123456789" }),
};

/** The environment of the jobs that deploy Vault's stacks. */
export const VAULT_ENVIRONMENT = "vault-stacks";

/** The claims of the jobs that may log in as each role. */
export const GITHUB_JOBS = {
  "istio-planner": {
    event_name: "pull_request",
    environment: "plan",
    ref: "refs/pull/7/merge",
    base_ref: "main",
    workflow_ref: "acme/mesh/.github/workflows/pull-request.yml@refs/pull/7/merge",
    job_workflow_ref: "acme/mesh/.github/workflows/plan.yml@refs/heads/main",
  },
  "istio-deployer": pushed(VAULT_ENVIRONMENT),
  "istio-status": pushed("status"),
  "istio-drift": {
    ...pushed("drift"),
    event_name: "schedule",
    job_workflow_ref: "acme/mesh/.github/workflows/drift.yml@refs/heads/main",
  },
} as const;

export const GITLAB_JOBS = {
  "istio-planner": {
    pipeline_source: "merge_request_event",
    environment: "plan",
    environment_protected: "true",
    ref: "a-change",
    ref_type: "branch",
    ref_protected: "false",
  },
  // A job of the pipeline that ci/deploy-jobs generates.
  "istio-deployer": { ...merged(VAULT_ENVIRONMENT), pipeline_source: "parent_pipeline" },
  "istio-status": merged("status"),
  "istio-drift": { ...merged("drift"), pipeline_source: "schedule" },
} as const;

function pushed(environment: string) {
  const job_workflow_ref = "acme/mesh/.github/workflows/deploy.yml@refs/heads/main";
  return { event_name: "push", environment, ref: "refs/heads/main", job_workflow_ref };
}

function merged(environment: string) {
  const branch = { ref: "main", ref_type: "branch", ref_protected: "true" };
  return { pipeline_source: "push", environment, environment_protected: "true", ...branch };
}
