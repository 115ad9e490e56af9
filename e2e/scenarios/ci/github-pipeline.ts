import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { approleCredential } from "../../approle";
import { check, part, step, type World } from "../../scenario";
import { github, GITHUB_JOBS } from "../../ci/identities";
import { githubScripts, providerSettings } from "../../ci/samples";
import { TokenService } from "../../ci/token-service";
import type { WorkingCopy } from "../../ci/working-copy";
import { IntermediateSecret } from "../../intermediate-secret";
import type { Rig } from "../../rig";
import { readerToken } from "../../status-reader";
import { isOneComment } from "./comments";
import { converges, isVault, type Pipeline } from "./convergence";
import { CLUSTER, workingCopy } from "./mesh";

type Job = Pick<World, "rig" | "traffic"> & { readonly copy: WorkingCopy };

export function githubPipeline(): void {
  part("the GitHub workflows, command by command", () => {
    needed(
      "deploy.yml, synth: at first, it hands on every stack; Vault's are deployed with the token their job was signed",
      async ({ copy, rig }) => {
        const all = await pipeline.outstanding(copy);
        assert.deepEqual([all[0], all.at(-1)], ["vault-shared", CLUSTER]);
        await pipeline.begin(copy, all);
        await pipeline.deploy(copy, rig, all.filter(isVault));
        assert.equal(existsSync(planFile(copy, "vault-shared")), false);
        await pipeline.record(copy, all.filter(isVault));
        assert.deepEqual(await pipeline.outstanding(copy), [CLUSTER]);
      },
    );
    needed("issue.yml: issues what is due", async ({ copy, rig }) => {
      const [issue] = [...githubScripts("issue.yml", "issue").values()];
      await copy.output(issue!, await approleCredential(rig));
      assert.equal(await new IntermediateSecret(rig, CLUSTER).version(), 1);
    });
    needed(
      "deploy-stacks.yml: deploys a cluster with its kubeconfig and nothing of Vault's, and a workload is answered",
      async ({ copy, rig, traffic }) => {
        await pipeline.deploy(copy, rig, [CLUSTER]);
        await pipeline.record(copy, [CLUSTER]);
        assert.deepEqual(await pipeline.outstanding(copy), []);
        await traffic.start(rig.clusters);
      },
    );
    job("deploy.yml, gate: the mesh as it runs allows the next step", async ({ copy, rig }) => {
      await gate(copy, await statusKubeconfig(rig));
    });
    needed(
      "pull-request.yml, review: says what changes, and hands on the affected stacks",
      async ({ copy }) => {
        await copy.git("checkout", "--quiet", "-b", "a-change");
        await copy.git("fetch", "--quiet", "origin");
        copy.changeMesh((mesh) => {
          mesh.vaultAuth = { tokenTtl: "30m" };
          mesh.clusters[0].istio = {
            ...mesh.istio,
            values: { meshConfig: { accessLogFile: "/dev/stdout" } },
          };
        });
        await copy.commit("A change");
        const { any, matrix, batches } = await handedOn(copy, "pull-request.yml", "review");
        assert.equal(any, "true");
        assert.deepEqual(JSON.parse(batches!), [JSON.parse(matrix!)]);
        const { include } = JSON.parse(matrix!) as { include: { stack: string }[] };
        assert.deepEqual(include.map(({ stack }) => isVault(stack)).sort(), [false, true]);
        const comment = readFileSync(join(copy.directory, "review.md"), "utf8");
        assert.match(comment, /^<!-- istio-vault review mesh1 -->\n/);
      },
    );
    job("pull-request.yml, comment: one comment, replaced by the next", async ({ copy }) => {
      const comment = githubScripts("pull-request.yml", "comment").get("Comment")!;
      await isOneComment(copy, comment, (url, token) => ({
        GITHUB_API_URL: url,
        GITHUB_REPOSITORY: "acme/mesh",
        NUMBER: "7",
        TOKEN: token,
      }));
    });
    job("plan.yml: plans Vault's stack by the planner's token, and leaves no plan file", async ({ copy }) => {
      const plan = githubScripts("plan.yml", "plan").get("Plan")!;
      const { stdout } = await asJob("istio-planner", (identity) =>
        succeeding(copy, plan, { ...identity, STACK: homeOfRole(copy) }),
      );
      assert.match(stdout, /token_ttl += 1200 -> 1800$/m);
      assert.match(stdout, /^ *Plan: 0 to add, 1 to change, 0 to destroy\.$/m);
      assert.equal(existsSync(planFile(copy, homeOfRole(copy))), false);
    });
    job("plan.yml: the job's log does not show the token, but where it has it hidden", async ({ copy }) => {
      const login = "VAULT_TOKEN=$(ci/vault-login istio-planner)\nprintf '%s' \"$VAULT_TOKEN\" > token";
      const { stdout, stderr } = await asJob("istio-planner", (identity) =>
        succeeding(copy, login, { ...identity, GITHUB_ACTIONS: "true" }),
      );
      const token = readFileSync(join(copy.directory, "token"), "utf8");
      assert.equal(stdout, "");
      assert.equal(stderr, `::add-mask::${token}\n`);
      await copy.output("rm token");
    });
    job("plan.yml: plans a cluster with a kubeconfig, and nothing of Vault's", async ({ copy, rig }) => {
      const plan = githubScripts("plan.yml", "plan").get("Plan")!;
      const { kubeconfig } = rig.cluster(CLUSTER);
      const { stdout } = await succeeding(copy, plan, {
        STACK: CLUSTER,
        KUBECONFIG_TEXT: readFileSync(kubeconfig, "utf8"),
      });
      assert.match(stdout, /accessLogFile/);
    });
    job("plan.yml: a stack's name that is a command is not run", async ({ copy }) => {
      const plan = githubScripts("plan.yml", "plan").get("Plan")!;
      for (const STACK of ["x; touch pwned", "$(touch pwned)", "--app=touch pwned", ""]) {
        assert.notEqual((await copy.run(plan, { STACK, KUBECONFIG_TEXT: "" })).code, 0, STACK);
      }
      assert.equal(existsSync(join(copy.directory, "pwned")), false);
    });
    job("plan.yml: a provider the request brings is not installed, though it is there", async ({ copy }) => {
      const terraform = { required_providers: { external: { source: "hashicorp/external" } } };
      const stack = join(copy.directory, "foreign");
      const mirror = join(stack, "mirror", "registry.terraform.io/hashicorp/external/1.0.0/linux_amd64");
      mkdirSync(mirror, { recursive: true });
      writeFileSync(join(mirror, "terraform-provider-external_v1.0.0"), "", { mode: 0o755 });
      writeFileSync(join(stack, "main.tf.json"), JSON.stringify({ terraform }));
      const init = async (settings: string) => {
        const TF_CLI_CONFIG_FILE = join(stack, "terraform.rc");
        writeFileSync(TF_CLI_CONFIG_FILE, settings);
        return copy.run("terraform -chdir=foreign init -input=false", { TF_CLI_CONFIG_FILE });
      };
      const from = `filesystem_mirror {\n    path = "${join(stack, "mirror")}"`;
      const restricted = await init(providerSettings.replace("direct {", from));
      assert.notEqual(restricted.code, 0);
      assert.match(restricted.stderr, /hashicorp\/external/);
      const open = await init(`provider_installation {\n  ${from}\n  }\n}\n`);
      assert.equal(open.code, 0, open.stderr);
      rmSync(stack, { recursive: true });
    });
    job("a job with another's claims gets no token, and is told what Vault said", async ({ copy }) => {
      await copy.git("checkout", "--quiet", "main");
      const deploy = githubScripts("deploy-stacks.yml", "deploy").get("Deploy")!;
      const { code, stderr } = await asJob("istio-planner", (identity) =>
        copy.run(deploy, { ...identity, STACKS: "vault-shared" }),
      );
      assert.notEqual(code, 0);
      assert.match(
        stderr,
        /^Vault rejected the login of this job as istio-deployer: \["error validating claims/m,
      );
    });
    converges(pipeline, { minutes: 50, label: "c-of-github" });
  });
}

const pipeline: Pipeline = {
  async outstanding(copy, which) {
    const { vault, clusters, any } = await handedOn(copy, "deploy.yml", "synth", { ALL: which });
    const stacks = [
      ...vault!.split(" ").filter((name) => name !== ""),
      ...(JSON.parse(clusters!) as string[]),
    ];
    assert.equal(any, `${stacks.length > 0}`);
    return stacks;
  },
  async begin(copy, stacks) {
    const [begin] = [...githubScripts("deploy.yml", "begin").values()];
    await copy.output(begin!, {
      VAULT_STACKS: stacks.filter(isVault).join(" "),
      CLUSTERS: JSON.stringify(stacks.filter((stack) => !isVault(stack))),
    });
  },
  async deploy(copy, rig, stacks) {
    const deploy = githubScripts("deploy-stacks.yml", "deploy").get("Deploy")!;
    const STACKS = stacks.join(" ");
    if (stacks.some(isVault)) {
      return asJob("istio-deployer", (identity) => copy.output(deploy, { ...identity, STACKS }));
    }
    const KUBECONFIG_TEXT = readFileSync(rig.cluster(CLUSTER).kubeconfig, "utf8");
    return copy.output(deploy, { STACKS, KUBECONFIG_TEXT });
  },
  async record(copy, stacks) {
    const record = githubScripts("deploy-stacks.yml", "record").get("Record")!;
    await copy.output(record, { STACKS: stacks.join(" ") });
  },
  async drift(copy, rig, stacks) {
    const drift = githubScripts("drift.yml", "drift").get("Drift")!;
    const KUBECONFIG_TEXT = readFileSync(rig.cluster(CLUSTER).kubeconfig, "utf8");
    const { code, stdout } = await asJob("istio-drift", (identity) =>
      copy.run(drift, { ...identity, STACKS: stacks.join(" "), KUBECONFIG_TEXT }),
    );
    return { code, stdout };
  },
};

function job(name: string, run: (job: Job) => Promise<void>): void {
  check(name, ({ rig, traffic }) => run({ copy: workingCopy(rig), rig, traffic }));
}

/** One that those after it stand on. */
function needed(name: string, run: (job: Job) => Promise<void>): void {
  step(name, ({ rig, traffic }) => run({ copy: workingCopy(rig), rig, traffic }));
}

/** Runs something with the place to ask for a token that this role's job has. */
async function asJob<Result>(
  role: keyof typeof GITHUB_JOBS,
  run: (identity: NodeJS.ProcessEnv) => Promise<Result>,
): Promise<Result> {
  const service = await TokenService.start(github.tokens, GITHUB_JOBS[role]);
  try {
    return await run(service.environment);
  } finally {
    service.stop();
  }
}

/** Where cdktf puts it, and the state with it. */
function planFile({ directory }: WorkingCopy, stack: string): string {
  return join(directory, "cdktf.out", "stacks", stack, "plan");
}

/** The stack of Vault's that the cluster's role is in. */
function homeOfRole({ directory }: WorkingCopy): string {
  const home = join(directory, "cdktf.out", "stacks");
  const text = (stack: string) => readFileSync(join(home, stack, "cdk.tf.json"), "utf8");
  return readdirSync(home).find((stack) => text(stack).includes("vault_kubernetes_auth_backend_role"))!;
}

async function gate(copy: WorkingCopy, KUBECONFIG_TEXT: string): Promise<void> {
  const script = githubScripts("deploy.yml", "gate").get("gate")!;
  const GITHUB_OUTPUT = copy.handOnFile();
  await asJob("istio-status", (identity) =>
    copy.output(script, { ...identity, KUBECONFIG_TEXT, GITHUB_OUTPUT }),
  );
  assert.equal(readFileSync(GITHUB_OUTPUT, "utf8"), "go=true\n");
}

/** Of who may ask istiod, and no more. */
async function statusKubeconfig(rig: Rig): Promise<string> {
  const cluster = rig.cluster(CLUSTER);
  const kubeconfig = parse(readFileSync(cluster.kubeconfig, "utf8"));
  kubeconfig.users[0].user = { token: await readerToken(cluster) };
  return stringify(kubeconfig);
}

async function succeeding(copy: WorkingCopy, script: string, env: NodeJS.ProcessEnv) {
  const result = await copy.run(script, env);
  assert.equal(result.code, 0, result.stdout + result.stderr);
  return result;
}

/** Runs all of a job's own scripts, and gives what it hands on to the next jobs. */
async function handedOn(
  copy: WorkingCopy,
  file: string,
  name: string,
  env: NodeJS.ProcessEnv = {},
): Promise<Record<string, string>> {
  const outputs = copy.handOnFile();
  const summary = join(copy.directory, "cdktf.out", "summary");
  for (const script of githubScripts(file, name).values()) {
    await copy.output(script, { ...env, GITHUB_OUTPUT: outputs, GITHUB_STEP_SUMMARY: summary });
  }
  const lines = readFileSync(outputs, "utf8").trim().split("\n");
  return Object.fromEntries(lines.map((line) => line.split(/=(.*)/s).slice(0, 2)));
}
