import type { GithubActionsLoginOptions, GitlabLoginOptions } from "../issuer-login";
import { ISSUER_AUDIENCE } from "../names";
import { GITHUB_EVENTS, GITHUB_REF, GITLAB_BRANCH, GITLAB_SOURCES, GITLAB_URL } from "./defaults";

/** Long enough to issue for a thousand clusters, short enough to be worthless afterwards. */
export const ISSUER_TOKEN_SECONDS = 900;

/** Which tokens of a CI system an issuer logs in with. */
export interface IssuerJwt {
  readonly issuer: string;
  readonly audience: string;
  readonly userClaim: string;
  /** Every one must have one of its values. */
  readonly claims: Readonly<Record<string, readonly string[]>>;
}

/** The token that GitHub signs for a job. */
export function githubJwt(options: GithubActionsLoginOptions): IssuerJwt {
  return {
    issuer: "https://token.actions.githubusercontent.com",
    audience: options.audience ?? ISSUER_AUDIENCE,
    userClaim: "repository_id",
    claims: {
      repository_id: [options.repositoryId],
      environment: [options.environment],
      ref: [options.ref ?? GITHUB_REF],
      event_name: options.events ?? GITHUB_EVENTS,
    },
  };
}

/** The token that GitLab signs for a job. */
export function gitlabJwt(options: GitlabLoginOptions): IssuerJwt {
  return {
    issuer: options.url ?? GITLAB_URL,
    audience: options.audience ?? ISSUER_AUDIENCE,
    userClaim: "project_id",
    claims: {
      project_id: [options.projectId],
      environment: [options.environment],
      environment_protected: ["true"],
      ref: [options.branch ?? GITLAB_BRANCH],
      ref_type: ["branch"],
      ref_protected: ["true"],
      pipeline_source: options.sources ?? GITLAB_SOURCES,
    },
  };
}

/** Claims as a role has them. */
export function boundClaims({ claims }: IssuerJwt): Record<string, string> {
  return Object.fromEntries(Object.entries(claims).map(([name, values]) => [name, values.join(",")]));
}
