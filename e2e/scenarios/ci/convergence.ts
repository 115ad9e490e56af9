import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { check, step } from "../../scenario";
import type { WorkingCopy } from "../../ci/working-copy";
import type { Rig } from "../../rig";
import { CLUSTER, pageBlocks, workingCopy } from "./mesh";

/** The jobs of a CI system that deploy, run as it runs them. */
export interface Pipeline {
  /** The stacks that the job synth hands on, in order; for a run started by hand, with "all". */
  outstanding(copy: WorkingCopy, which?: "all"): Promise<string[]>;
  begin(copy: WorkingCopy, stacks: readonly string[]): Promise<void>;
  /** What the deploy of one environment's stacks prints; throws where the job fails. */
  deploy(copy: WorkingCopy, rig: Rig, stacks: readonly string[]): Promise<string>;
  record(copy: WorkingCopy, stacks: readonly string[]): Promise<void>;
  drift(
    copy: WorkingCopy,
    rig: Rig,
    stacks: readonly string[],
  ): Promise<{ code: number | null; stdout: string }>;
}

const ROLE = `auth/kubernetes-${CLUSTER}/role/istiod`;

export const isVault = (stack: string) => stack.startsWith("vault-");

/** Every deploy happens: whichever run was to do it, whatever became of that. Begins with a mesh that is deployed. */
export function converges(
  pipeline: Pipeline,
  values: { readonly minutes: number; readonly label: string },
): void {
  const { minutes, label } = values;
  const run = async (copy: WorkingCopy, rig: Rig) => {
    const outstanding = await pipeline.outstanding(copy);
    await pipeline.begin(copy, outstanding);
    for (const stacks of byEnvironment(outstanding)) {
      await pipeline.deploy(copy, rig, stacks);
      await pipeline.record(copy, stacks);
    }
    return outstanding;
  };
  const tokenTtl = async (rig: Rig) => (await rig.vault.ask("GET", ROLE)).data!.token_ttl;

  step(
    "B waits for a day, C is pushed: B stops, and C's run deploys what is outstanding of B",
    async ({ rig }) => {
      const copy = workingCopy(rig);
      const before = await tokenTtl(rig);
      copy.changeMesh((mesh) => {
        mesh.vaultAuth = { tokenTtl: `${minutes - 5}m` };
        mesh.clusters[0].istio = {
          ...mesh.istio,
          // Nothing that proxies are told.
          values: { ...mesh.istio.values, deploymentLabels: { run: label } },
        };
      });
      const b = await copy.push("B");
      const ofB = await pipeline.outstanding(copy);
      assert.deepEqual(ofB.map(isVault), [true, false]);
      copy.changeMesh((mesh) => (mesh.vaultAuth = { tokenTtl: `${minutes}m` }));
      const c = await copy.push("C");

      await copy.git("checkout", "--quiet", b);
      for (const stack of ofB) await assert.rejects(pipeline.deploy(copy, rig, [stack]), /main has moved on/);
      assert.equal(await tokenTtl(rig), before);

      await copy.git("checkout", "--quiet", "-B", "main", c);
      assert.deepEqual(await run(copy, rig), ofB);
      assert.equal(await tokenTtl(rig), minutes * 60);
      assert.equal(await rig.cluster(CLUSTER).exists(`deployment -n istio-system -l run=${label}`), true);
      assert.deepEqual(await pipeline.outstanding(copy), []);
    },
  );
  check("a deploy that is lost is outstanding, even after main is what it was before", async ({ rig }) => {
    const copy = workingCopy(rig);
    copy.changeMesh((mesh) => (mesh.vaultAuth = { tokenTtl: `${minutes + 5}m` }));
    await copy.push("D");
    const ofD = await pipeline.outstanding(copy);
    assert.deepEqual(ofD.map(isVault), [true]);
    await pipeline.begin(copy, ofD);
    // D has reached Vault, and its job is lost before it is recorded.
    await pipeline.deploy(copy, rig, ofD);
    copy.changeMesh((mesh) => (mesh.vaultAuth = { tokenTtl: `${minutes}m` }));
    await copy.push("Revert D");
    assert.deepEqual(await run(copy, rig), ofD);
    assert.equal(await tokenTtl(rig), minutes * 60);
    assert.deepEqual(await pipeline.outstanding(copy), []);
  });
  check("drift is found and named, without a value, and a run by hand takes it away", async ({ rig }) => {
    const copy = workingCopy(rig);
    const all = await pipeline.outstanding(copy, "all");
    assert.deepEqual(await pipeline.drift(copy, rig, all), {
      code: 0,
      stdout: `- no drift; stacks planned: ${all.length}\n`,
    });
    await rig.vault.ask("POST", ROLE, { ...(await rig.vault.ask("GET", ROLE)).data, token_ttl: 77 });
    const { code, stdout } = await pipeline.drift(copy, rig, all);
    assert.notEqual(code, 0);
    assert.match(
      stdout,
      /^- vault-\S+ differs in 1 of its resources: update vault_kubernetes_auth_backend_role\.\S+\n$/,
    );
    await pipeline.deploy(copy, rig, all.filter(isVault));
    assert.equal(await tokenTtl(rig), minutes * 60);
  });
  check(
    "docs/ci.md destroys a stack from its record, though its deploy failed, and the program no longer has it",
    async ({ rig }) => {
      const copy = workingCopy(rig);
      const stack = join(copy.directory, "cdktf.out", "stacks", "cluster3");
      const state = join(copy.directory, "terraform.cluster3.tfstate");
      mkdirSync(stack);
      writeFileSync(
        join(stack, "cdk.tf.json"),
        JSON.stringify({
          terraform: { backend: { local: { path: state } } },
          resource: { terraform_data: { what_it_had: { input: "something" } } },
        }),
      );
      const terraform = "terraform -chdir=cdktf.out/stacks/cluster3";
      await copy.output(`${terraform} init && ${terraform} apply -auto-approve && ci/stacks begin cluster3`);
      rmSync(stack, { recursive: true });
      const { stderr } = await copy.run("ci/stacks list");
      assert.match(stderr, /^cluster3 was deployed and is no longer in the program/);

      const commands = pageBlocks.find((block) => block.includes("refs/deployed/"))!;
      await copy.output(commands.replace(/ destroy$/m, " destroy -auto-approve"));
      assert.deepEqual((JSON.parse(readFileSync(state, "utf8")) as { resources: unknown[] }).resources, []);
      assert.equal((await copy.run("ci/stacks list")).stderr, "");
    },
  );
}

/** The stacks that one job deploys: Vault's, and each cluster's. */
function byEnvironment(stacks: readonly string[]): string[][] {
  const vault = stacks.filter(isVault);
  const clusters = stacks.filter((stack) => !isVault(stack)).map((stack) => [stack]);
  return vault.length > 0 ? [vault, ...clusters] : clusters;
}
