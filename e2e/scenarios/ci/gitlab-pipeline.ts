import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { approleCredential } from "../../approle";
import { check, part } from "../../scenario";
import { gitlab, GITLAB_JOBS, VAULT_ENVIRONMENT } from "../../ci/identities";
import { generatedJob, gitlabScript } from "../../ci/samples";
import type { WorkingCopy } from "../../ci/working-copy";
import type { Rig } from "../../rig";
import { isOneComment } from "./comments";
import { converges, isVault, type Pipeline } from "./convergence";
import { CLUSTER, workingCopy } from "./mesh";

export function gitlabPipeline(): void {
  part("the GitLab pipeline, command by command", () => {
    job("review: says what the branch changes, and which stacks", async (copy) => {
      await copy.git("checkout", "--quiet", "-b", "another-change");
      copy.changeMesh((mesh) => (mesh.vaultAuth = { tokenTtl: "45m" }));
      await copy.commit("Another change");
      await copy.output("git fetch --quiet origin main");
      await copy.output(gitlabScript("review"));
      assert.match(
        readFileSync(join(copy.directory, "review.md"), "utf8"),
        /^<!-- istio-vault review mesh1 -->\n/,
      );
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
      const planned = await copy.output(gitlabScript("plan"), identity("istio-planner"));
      assert.match(planned, /^ *Plan: 0 to add, 1 to change, 0 to destroy\.$/m);
      assert.doesNotMatch(planned, /^cluster1 /m);
      const stacks = join(copy.directory, "cdktf.out", "stacks");
      assert.deepEqual(
        readdirSync(stacks).filter((stack) => existsSync(join(stacks, stack, "plan"))),
        [],
      );
      await copy.git("checkout", "--quiet", "main");
    });
    job("gate: the mesh as it runs allows the next step", async (copy, rig) => {
      await pipeline.outstanding(copy, "all");
      const KUBECONFIG = rig.cluster(CLUSTER).kubeconfig;
      await copy.output(`rm -f gate.env\n${gitlabScript("gate")}`, {
        ...identity("istio-status"),
        KUBECONFIG,
      });
      assert.equal(readFileSync(join(copy.directory, "gate.env"), "utf8"), "go=true\n");
    });
    job("issue: finds nothing due", async (copy, rig) => {
      assert.match(
        await copy.output(gitlabScript("issue"), await approleCredential(rig)),
        /^cluster1 +not due/,
      );
    });
    converges(pipeline, { minutes: 100, label: "c-of-gitlab" });
  });
}

const pipeline: Pipeline = {
  async outstanding(copy, which) {
    await copy.output(gitlabScript("synth"), { CI_PIPELINE_SOURCE: which === "all" ? "web" : "push" });
    const { vault, clusters } = JSON.parse(readFileSync(join(copy.directory, "stacks.json"), "utf8")) as {
      vault: string[];
      clusters: string[];
    };
    return [...vault, ...clusters];
  },
  async begin(copy, stacks) {
    const { script, variables } = await generated(copy, "begin");
    assert.equal(variables.STACKS, stacks.join(" "));
    await copy.output(script, variables);
  },
  async deploy(copy, rig, stacks) {
    const { script, variables } = await generated(copy, `deploy ${environmentOf(stacks)}`);
    const KUBE_CONFIG_PATH = rig.cluster(CLUSTER).kubeconfig;
    assert.equal(variables.STACKS, stacks.join(" "));
    return copy.output(script, {
      ...variables,
      ...(stacks.some(isVault) ? identity("istio-deployer") : { KUBE_CONFIG_PATH }),
    });
  },
  async record(copy, stacks) {
    const { script, variables } = await generated(copy, `record ${environmentOf(stacks)}`);
    await copy.output(script, variables);
  },
  async drift(copy, rig) {
    const KUBE_CONFIG_PATH = rig.cluster(CLUSTER).kubeconfig;
    const node = { CI_NODE_INDEX: "1", CI_NODE_TOTAL: "1" };
    const { code, stdout } = await copy.run(gitlabScript("drift"), {
      ...identity("istio-drift"),
      ...node,
      KUBE_CONFIG_PATH,
    });
    return { code, stdout };
  },
};

function environmentOf([stack]: readonly string[]): string {
  return isVault(stack!) ? VAULT_ENVIRONMENT : stack!;
}

/** A job of the pipeline that deploy-jobs generates from what synth handed on. */
async function generated(copy: WorkingCopy, name: string) {
  return generatedJob(await copy.output(gitlabScript("deploy-jobs")), name);
}

function job(name: string, run: (copy: WorkingCopy, rig: Rig) => Promise<void>): void {
  check(name, ({ rig }) => run(workingCopy(rig), rig));
}

/** What GitLab sets for a job with `id_tokens`, and where its jobs log in here. */
function identity(role: keyof typeof GITLAB_JOBS): NodeJS.ProcessEnv {
  const VAULT_ID_TOKEN = gitlab.tokens.token({ aud: role, ...GITLAB_JOBS[role] });
  return { VAULT_ID_TOKEN, VAULT_AUTH_PATH: gitlab.mount };
}
