import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { IssuerLogin } from "../../../lib";
import { check, part, step } from "../../scenario";
import { CiTokens } from "../../ci-tokens";
import { IstioVault } from "../../istio-vault";
import { deployLogin } from "../../login-stacks";
import type { Rig } from "../../rig";

const POLICIES = ["istio-issuer-cluster1", "istio-issuer-cluster2"];
const ROLE = "istio-issuer";
const MANAGEMENT = "management";
const ISSUER = { namespace: "default", serviceAccount: "istio-issuer" };

const github = new CiTokens({
  iss: "https://token.actions.githubusercontent.com",
  aud: "istio-issuer",
  sub: "repo:acme/mesh:environment:issuer",
  repository: "acme/mesh",
  repository_id: "4711",
  environment: "issuer",
  ref: "refs/heads/main",
  event_name: "schedule",
  runner_environment: "github-hosted",
});

const gitlab = new CiTokens({
  iss: "https://gitlab.example.com",
  aud: "istio-issuer",
  sub: "project_path:acme/mesh:ref_type:branch:ref:main",
  project_id: "4711",
  environment: "issuer",
  environment_protected: "true",
  ref: "main",
  ref_type: "branch",
  ref_protected: "true",
  pipeline_source: "schedule",
});

export function issuerLogins(): void {
  part("who may log in as the issuer", () => {
    deployed("github", (rig) =>
      deployLogin(rig, {
        mountPath: "github",
        login: IssuerLogin.githubActions({ repositoryId: "4711", environment: "issuer" }),
        policies: POLICIES,
        publicKey: github.publicKey,
      }),
    );
    onlyTheJob("github", github, {
      "another repository": { repository_id: "4712" },
      "another repository of the same name": { repository_id: "4713", repository: "acme/mesh" },
      "another branch": { ref: "refs/heads/feature" },
      "a tag": { ref: "refs/tags/main" },
      "another environment": { environment: "test" },
      "no environment": { environment: undefined },
      "a pull request": { event_name: "pull_request", ref: "refs/pull/7/merge" },
      "a closed pull request, which carries main": { event_name: "pull_request" },
      "a push": { event_name: "push" },
      "GitHub's own audience": { aud: "https://github.com/acme" },
      "no audience": { aud: undefined },
      "another issuer": { iss: "https://token.example.com" },
      "a token that has expired": { iat: 1_700_000_000, nbf: 1_700_000_000, exp: 1_700_000_300 },
    });
    deployed("gitlab", (rig) =>
      deployLogin(rig, {
        mountPath: "gitlab",
        login: IssuerLogin.gitlab({
          url: "https://gitlab.example.com",
          projectId: "4711",
          environment: "issuer",
        }),
        policies: POLICIES,
        publicKey: gitlab.publicKey,
      }),
    );
    onlyTheJob("gitlab", gitlab, {
      "another project": { project_id: "4712" },
      "another branch": { ref: "feature" },
      "a tag named like the branch": { ref_type: "tag" },
      "an unprotected branch": { ref_protected: "false" },
      "another environment": { environment: "test" },
      "an unprotected environment": { environment_protected: "false" },
      "no environment": { environment: undefined, environment_protected: undefined },
      "a merge request": { pipeline_source: "merge_request_event" },
      "a push": { pipeline_source: "push" },
      "another audience": { aud: "https://vault.example.com" },
      "another instance": { iss: "https://gitlab.com" },
    });
    check("a token signed by another key logs in nowhere", async ({ rig }) => {
      for (const mount of ["github", "gitlab"]) {
        const forged = new CiTokens({}).token(claimsOf(mount === "github" ? github : gitlab));
        assert.notEqual((await rig.vault.client.login(mount, ROLE, forged)).status, 200);
      }
    });
    check("istio-vault issue logs in with a job's token", async ({ rig, deployment }) => {
      for (const [mount, tokens] of [["github", github] as const, ["gitlab", gitlab] as const]) {
        const credential = { VAULT_ID_TOKEN: tokens.token(), VAULT_AUTH_PATH: mount };
        const command = new IstioVault(rig, deployment, credential);
        assert.match(await command.output(["issue", "--due", "-o", "short"]), /^cluster1 not due/);
      }
    });
    deployed("a management cluster", deployManagement);
    check(
      "one ServiceAccount of the management cluster logs in; another one, and a cluster of the mesh, do not",
      async ({ rig }) => {
        const management = rig.cluster(MANAGEMENT);
        const status = async (jwt: string) => (await rig.vault.client.login(MANAGEMENT, ROLE, jwt)).status;
        assert.equal(await status(await management.token(ISSUER)), 200);
        assert.equal(await status(await management.token({ ...ISSUER, serviceAccount: "default" })), 403);
        assert.equal(
          await status(await rig.cluster("cluster1").token({ ...ISSUER, serviceAccount: "default" })),
          403,
        );
        assert.equal(await status(await management.token(ISSUER)), 200);
      },
    );
  });
}

function deployed(name: string, deploy: (rig: Rig) => Promise<void>): void {
  step(`the login of ${name} deploys`, ({ rig }) => deploy(rig));
}

function onlyTheJob(mount: string, tokens: CiTokens, others: Readonly<Record<string, object>>): void {
  check(`${mount}: the job logs in; not ${Object.keys(others).join("; ")}`, async ({ rig }) => {
    const login = async (change: object) => rig.vault.client.login(mount, ROLE, tokens.token({ ...change }));
    const { status, body } = await login({});
    assert.equal(status, 200, JSON.stringify(body.errors));
    assert.deepEqual(body.auth!.policies, POLICIES);
    for (const [name, change] of Object.entries(others)) {
      assert.notEqual((await login(change)).status, 200, name);
    }
    assert.equal((await login({})).status, 200);
  });
}

function claimsOf(tokens: CiTokens): Record<string, unknown> {
  const [, payload] = tokens.token().split(".");
  return JSON.parse(Buffer.from(payload!, "base64url").toString()) as Record<string, unknown>;
}

async function deployManagement(rig: Rig): Promise<void> {
  const cluster = await rig.addCluster(MANAGEMENT);
  const { namespace, serviceAccount } = ISSUER;
  await cluster.kubectl(`create serviceaccount ${serviceAccount} -n ${namespace}`);
  const reviews = "--verb=create --resource=tokenreviews.authentication.k8s.io";
  await cluster.kubectl(`create clusterrole ${serviceAccount} ${reviews}`);
  const to = `--clusterrole=${serviceAccount} --serviceaccount=${namespace}:${serviceAccount}`;
  await cluster.kubectl(`create clusterrolebinding ${serviceAccount} ${to}`);
  await deployLogin(rig, {
    mountPath: MANAGEMENT,
    login: IssuerLogin.kubernetes({
      kubernetesHost: cluster.address,
      kubernetesCaCertificate: readFileSync(cluster.caFile, "utf8"),
      ...ISSUER,
    }),
    policies: POLICIES,
  });
}
