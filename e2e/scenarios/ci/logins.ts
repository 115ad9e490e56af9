import assert from "node:assert/strict";
import { join } from "node:path";
import { check, part, step } from "../../scenario";
import { CiTokens } from "../../ci-tokens";
import {
  type CiSystem,
  github,
  GITHUB_JOBS,
  gitlab,
  GITLAB_JOBS,
  VAULT_ENVIRONMENT,
} from "../../ci/identities";
import { pageBlocks, pipelineMesh, workingCopy } from "./mesh";

type Role = keyof typeof GITHUB_JOBS;
type Claims = Readonly<Record<string, string | undefined>>;

const ANY_GITHUB_JOB: Readonly<Record<string, Claims>> = {
  "another repository": { repository_id: "123456780" },
  "another repository of the same name": { repository_id: "987654321", repository: "acme/mesh" },
  "another environment": { environment: "test" },
  "no environment": { environment: undefined },
  "a stranger's event": { event_name: "pull_request_target" },
  "GitHub's own audience": { aud: "https://github.com/acme" },
  "no audience": { aud: undefined },
  "another issuer": { iss: "https://token.example.com" },
};

const PUSHED_GITHUB_JOB: Readonly<Record<string, Claims>> = {
  ...ANY_GITHUB_JOB,
  "another branch": { ref: "refs/heads/a-change" },
  "a tag": { ref: "refs/tags/main" },
  "a pull request": { event_name: "pull_request", ref: "refs/pull/7/merge" },
  "a closed pull request, which carries main": { event_name: "pull_request" },
  "the planner's environment": { environment: "plan" },
  "the issuer's environment": { environment: "istio-issuer" },
  "the planner's audience": { aud: "istio-planner" },
};

const ANY_GITLAB_JOB: Readonly<Record<string, Claims>> = {
  "another project": { project_id: "123456780" },
  "another environment": { environment: "test" },
  "an unprotected environment": { environment_protected: "false" },
  "no environment": { environment: undefined, environment_protected: undefined },
  "a pipeline of another project": { pipeline_source: "pipeline" },
  "another audience": { aud: "https://vault.example.com" },
  "another instance": { iss: "https://gitlab.com" },
};

const MERGED_GITLAB_JOB: Readonly<Record<string, Claims>> = {
  ...ANY_GITLAB_JOB,
  "another branch": { ref: "a-change" },
  "a tag named like the branch": { ref_type: "tag" },
  "an unprotected branch": { ref_protected: "false" },
  "a merge request": { pipeline_source: "merge_request_event" },
  "the planner's environment": { environment: "plan" },
};

export function ciLogins(): void {
  part("who may log in as planner, deployer and status", () => {
    step("docs/ci.md writes policies and roles, for GitHub and for GitLab", async ({ rig }) => {
      const copy = workingCopy(rig);
      copy.configure(pipelineMesh);
      await copy.publish();
      for (const system of [github, gitlab]) {
        const keyFile = join(rig.directory, `${system.name}.pem`);
        const commands = setUp()
          .replaceAll("@ci/vault/", `@examples/ci/${system.name}/vault/`)
          .replaceAll("-path=ci ", `-path=${system.mount} `)
          .replaceAll("auth/ci/", `auth/${system.mount}/`)
          // The system's own URL is out of reach here; its key is not fetched from there, but given.
          .replace(
            /oidc_discovery_url=\S+ bound_issuer=\S+/,
            `jwt_validation_pubkeys=@${keyFile} bound_issuer=${system.issuer}`,
          );
        assert.match(commands, /jwt_validation_pubkeys/);
        await copy.output(`printf '%s' "$KEY" > ${keyFile}\n${commands}`, {
          KEY: system.tokens.publicKey,
          VAULT_TOKEN: rig.vault.rootToken,
        });
      }
    });
    onlyTheJob(github, "istio-planner", {
      ...ANY_GITHUB_JOB,
      "a schedule": { event_name: "schedule" },
      "a push": { event_name: "push", ref: "refs/heads/main" },
      "the request's copy of the workflow": {
        job_workflow_ref: "acme/mesh/.github/workflows/plan.yml@refs/pull/7/merge",
      },
      "another branch's copy of it": {
        job_workflow_ref: "acme/mesh/.github/workflows/plan.yml@refs/heads/a-change",
      },
      "another workflow": {
        job_workflow_ref: "acme/mesh/.github/workflows/pull-request.yml@refs/heads/main",
      },
      "another repository's workflow": {
        job_workflow_ref: "mallory/mesh/.github/workflows/plan.yml@refs/heads/main",
      },
      "no reusable workflow": { job_workflow_ref: undefined },
      "the deployer's environment": { environment: VAULT_ENVIRONMENT },
      "the deployer's audience": { aud: "istio-deployer" },
    });
    onlyTheJob(github, "istio-deployer", PUSHED_GITHUB_JOB);
    onlyTheJob(github, "istio-status", PUSHED_GITHUB_JOB);
    onlyTheJob(github, "istio-drift", { ...PUSHED_GITHUB_JOB, "a push": { event_name: "push" } });
    onlyTheJob(gitlab, "istio-planner", {
      ...ANY_GITLAB_JOB,
      "a schedule": { pipeline_source: "schedule" },
      "a push": { pipeline_source: "push" },
      "the deployer's environment": { environment: VAULT_ENVIRONMENT },
      "the deployer's audience": { aud: "istio-deployer" },
    });
    onlyTheJob(gitlab, "istio-deployer", { ...MERGED_GITLAB_JOB, "a push": { pipeline_source: "push" } });
    onlyTheJob(gitlab, "istio-status", MERGED_GITLAB_JOB);
    onlyTheJob(gitlab, "istio-drift", { ...MERGED_GITLAB_JOB, "a push": { pipeline_source: "push" } });
    check(
      "a token signed by another key logs in nowhere, nor does one system's at the other",
      async ({ rig }) => {
        const jobs = { [github.mount]: GITHUB_JOBS, [gitlab.mount]: GITLAB_JOBS };
        for (const { mount, tokens } of [github, gitlab]) {
          const claims = { aud: "istio-deployer", ...jobs[mount]!["istio-deployer"] };
          const login = async (at: string, jwt: string) =>
            (await rig.vault.client.login(at, "istio-deployer", jwt)).status;
          const genuine = tokens.token(claims);
          assert.equal(await login(mount, genuine), 200);
          assert.notEqual(await login(mount === "ci" ? gitlab.mount : github.mount, genuine), 200);
          const [, payload] = genuine.split(".");
          const forged = new CiTokens(JSON.parse(Buffer.from(payload!, "base64url").toString())).token();
          assert.notEqual(await login(mount, forged), 200);
        }
      },
    );
  });
}

/** The commands of docs/ci.md that set Vault up. */
function setUp(): string {
  return pageBlocks.filter((block) => /vault (auth|write)/.test(block)).join("");
}

function onlyTheJob(system: CiSystem, role: Role, others: Readonly<Record<string, Claims>>): void {
  const { name, mount, tokens } = system;
  const claims = { aud: role, ...(system === github ? GITHUB_JOBS : GITLAB_JOBS)[role] };
  check(`${name}: its job logs in as ${role}; not ${Object.keys(others).join("; ")}`, async ({ rig }) => {
    const login = async (change: Claims) =>
      rig.vault.client.login(mount, role, tokens.token({ ...claims, ...change }));
    const { status, body } = await login({});
    assert.equal(status, 200, JSON.stringify(body.errors));
    assert.deepEqual(body.auth!.policies, [role === "istio-drift" ? "istio-planner" : role]);
    for (const [what, change] of Object.entries(others)) {
      assert.notEqual((await login(change)).status, 200, what);
    }
    assert.equal((await login({})).status, 200);
  });
}
