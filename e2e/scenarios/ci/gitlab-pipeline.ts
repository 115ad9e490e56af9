import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { approleCredential } from "../../approle";
import { check, part } from "../../scenario";
import { gitlab, GITLAB_JOBS } from "../../ci/identities";
import { gitlabScript } from "../../ci/samples";
import type { WorkingCopy } from "../../ci/working-copy";
import { VAULT_STACK } from "../../deployment";
import type { Rig } from "../../rig";
import { isOneComment } from "./comments";
import { CLUSTER, workingCopy } from "./mesh";

export function gitlabPipeline(): void {
  part("the GitLab pipeline, command by command", () => {
    job("review: says what the branch changes, and which stacks", async (copy) => {
      await copy.output("git fetch --quiet . main");
      await copy.output(gitlabScript("review"));
      assert.match(
        readFileSync(join(copy.directory, "review.md"), "utf8"),
        /^<!-- istio-vault review mesh1 -->\n/,
      );
      assert.deepEqual(affected(copy), [VAULT_STACK]);
    });
    job("comment: one note, replaced by the next", async (copy) => {
      await isOneComment(copy, gitlabScript("comment"), (url, token) => ({
        CI_API_V4_URL: url,
        CI_PROJECT_ID: "123456789",
        CI_MERGE_REQUEST_IID: "7",
        MESH_REVIEW_TOKEN: token,
      }));
    });
    job("plan: plans the affected stack by the planner's token, and no other", async (copy) => {
      const plan = gitlabScript("plan");
      const planned = await copy.output(plan, { ...identity("istio-planner"), STACK: VAULT_STACK });
      assert.match(planned, /^ *Plan: 0 to add, 1 to change, 0 to destroy\.$/m);
      assert.equal(existsSync(join(copy.directory, "cdktf.out/stacks/vault-root/plan")), false);
      assert.match(await copy.output(plan, { STACK: CLUSTER }), /^cluster1 is not affected$/m);
    });
    job("synth: a push hands on what it changed; started by hand, every stack", async (copy) => {
      const CI_COMMIT_BEFORE_SHA = await copy.git("rev-parse", "main");
      await copy.output(gitlabScript("synth"), { CI_PIPELINE_SOURCE: "web" });
      assert.deepEqual(affected(copy), [CLUSTER, VAULT_STACK]);
      await copy.output(gitlabScript("synth"), { CI_PIPELINE_SOURCE: "push", CI_COMMIT_BEFORE_SHA });
      assert.deepEqual(affected(copy), [VAULT_STACK]);
    });
    job("gate: the mesh as it runs allows the next step", async (copy, rig) => {
      const KUBECONFIG = rig.cluster(CLUSTER).kubeconfig;
      await copy.output(gitlabScript("gate"), { ...identity("istio-status"), KUBECONFIG });
    });
    job("vault-root: deploys with the token its job was signed", async (copy) => {
      await copy.output(gitlabScript("vault-root"), identity("istio-deployer"));
    });
    job("issue: finds nothing due", async (copy, rig) => {
      assert.match(
        await copy.output(gitlabScript("issue"), await approleCredential(rig)),
        /^cluster1 +not due/,
      );
    });
    job("cluster: deploys where its stack is affected", async (copy, rig) => {
      const KUBE_CONFIG_PATH = rig.cluster(CLUSTER).kubeconfig;
      const deploy = () => copy.output(gitlabScript("cluster"), { STACK: CLUSTER, KUBE_CONFIG_PATH });
      assert.match(await deploy(), /^cluster1 is not affected$/m);
      await copy.output(gitlabScript("synth"), { CI_PIPELINE_SOURCE: "web" });
      assert.doesNotMatch(await deploy(), /not affected/);
    });
  });
}

function job(name: string, run: (copy: WorkingCopy, rig: Rig) => Promise<void>): void {
  check(name, ({ rig }) => run(workingCopy(rig), rig));
}

/** What GitLab sets for a job with `id_tokens`, and where its jobs log in here. */
function identity(role: keyof typeof GITLAB_JOBS): NodeJS.ProcessEnv {
  const VAULT_ID_TOKEN = gitlab.tokens.token({ aud: role, ...GITLAB_JOBS[role] });
  return { VAULT_ID_TOKEN, VAULT_AUTH_PATH: gitlab.mount };
}

function affected(copy: WorkingCopy): string[] {
  const { stacks } = JSON.parse(readFileSync(join(copy.directory, "stacks.json"), "utf8")) as {
    stacks: { stack: string }[];
  };
  return stacks.map(({ stack }) => stack).sort();
}
