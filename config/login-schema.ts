import { z } from "zod";
import { JWT_AUDIENCE } from "../lib";
import { MERGE_REQUEST_SOURCES, PULL_REQUEST_EVENTS } from "../lib/issuer-login";
import {
  GITHUB_EVENTS,
  GITHUB_REF,
  GITLAB_BRANCH,
  GITLAB_SOURCES,
  GITLAB_URL,
  SECRET_ID_TTL,
  TOKEN_MAX_TTL,
  TOKEN_TTL,
} from "../lib/private/defaults";
import { isHttpsUrl } from "../lib/private/urls";
import { certificateFile, publicKeysFile } from "./file-values";
import { rules } from "./rules";
import { apiServer, checked, duration, text } from "./schema-values";

/** The schema of `vaultAuth` and `issuer` in mesh.yaml: who logs in to Vault, and how. */

const loginTtls = {
  tokenTtl: duration.prefault(`${TOKEN_TTL}`).describe("Lifetime of a login to Vault; the agent renews it."),
  tokenMaxTtl: duration
    .prefault(`${TOKEN_MAX_TTL}`)
    .describe("Maximum lifetime of a login, renewals included."),
};

export const vaultAuth = z.discriminatedUnion("method", [
  z.strictObject({
    method: z
      .literal("kubernetes")
      .optional()
      .describe("Vault has the API server review each token. The default."),
    reviewer: z
      .enum(["pod-token", "variable"])
      .default("pod-token")
      .describe(
        "Token that Vault reviews logins with. pod-token: the pod's own. variable: a long-lived one in TF_VAR_<cluster>_token_reviewer_jwt.",
      ),
    audience: text.optional().describe("Audience of the pods' tokens; requires reviewer: variable."),
    ...loginTtls,
  }),
  z.strictObject({
    method: z.literal("jwt").describe("Vault verifies tokens itself, without the API server."),
    issuer: text.describe(
      'The cluster\'s service-account issuer, the "iss" of its tokens: an https URL, or anything with publicKeysFile.',
    ),
    audience: text.default(JWT_AUDIENCE).describe("Audience of the pods' tokens."),
    publicKeysFile: publicKeysFile
      .optional()
      .describe("Public keys, if Vault cannot reach the issuer's URL: PEM, certificates, or a JWKS."),
    issuerCaCertificateFile: certificateFile
      .optional()
      .describe("PEM file of the private CA that signed the certificate of the issuer's URL."),
    ...loginTtls,
  }),
]);

/** A numeric id, which a rename of the repository or project does not change. */
const ciId = (key: string) =>
  checked(z.union([z.int(), text]).transform(String), (value) =>
    /^[1-9][0-9]*$/.test(value) ? undefined : rules.ciIdForm(key, value),
  );

const triggers = (key: string, forbidden: readonly string[]) =>
  checked(z.array(text), (value) =>
    value.length === 0 || value.some((trigger) => forbidden.includes(trigger))
      ? rules.issuerTriggers(key, value)
      : undefined,
  );

export const issuer = z.discriminatedUnion("method", [
  z.strictObject({
    method: z.literal("approle").describe("A role id and a secret id."),
    secretIdTtl: duration.prefault(`${SECRET_ID_TTL}`).describe("Lifetime of a secret id."),
  }),
  z.strictObject({
    method: z.literal("github-actions").describe("The token that GitHub signs for a job."),
    repositoryId: ciId("repositoryId").describe(
      "Numeric id of the repository: gh api repos/OWNER/NAME --jq .id",
    ),
    environment: text.describe("Environment the job must run in; protect it."),
    ref: text.default(GITHUB_REF).describe("Ref the workflow must run on."),
    events: triggers("events", PULL_REQUEST_EVENTS)
      .default(GITHUB_EVENTS)
      .describe("Events that may trigger it."),
  }),
  z.strictObject({
    method: z.literal("gitlab").describe("The token that GitLab signs for a job."),
    url: checked(text, (value) => (isHttpsUrl(value) ? undefined : rules.gitlabUrlForm(value)))
      .default(GITLAB_URL)
      .describe("URL of the GitLab instance."),
    projectId: ciId("projectId").describe("Numeric id of the project."),
    environment: text.describe("Protected environment the job must run in."),
    branch: text.default(GITLAB_BRANCH).describe("Protected branch the pipeline must run on."),
    sources: triggers("sources", MERGE_REQUEST_SOURCES)
      .default(GITLAB_SOURCES)
      .describe("What may trigger the pipeline."),
  }),
  z.strictObject({
    method: z.literal("kubernetes").describe("The token of a pod in a management cluster."),
    kubernetesHost: apiServer.describe("URL of its API server as Vault reaches it: https://host:port."),
    kubernetesCaCertificateFile: certificateFile.describe(
      "PEM file of the CA that signed its API server's certificate.",
    ),
    serviceAccount: text.describe(
      "ServiceAccount of the issuer's job; must be allowed to create tokenreviews.",
    ),
    namespace: text.describe("Its namespace."),
  }),
]);
