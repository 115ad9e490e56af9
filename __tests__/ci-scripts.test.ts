import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { PipelineCopy } from "./support/pipeline-copy";
import { StubServer } from "./support/stub-server";
import { findTool } from "./support/tool";

/** Vault's stacks, the shared one and one for each cluster, and the clusters'. */
const MESH = {
  cluster1: ["vault-cluster1"],
  cluster2: ["vault-cluster2"],
  "vault-cluster1": ["vault-shared"],
  "vault-cluster2": ["vault-shared"],
  "vault-shared": [],
};

const TOOLS = ["git", "jq", "curl"].filter((name) => findTool(name) === undefined);
const scripts = TOOLS.length > 0 ? describe.skip : describe;

let copy: PipelineCopy;
afterEach(() => copy.remove());

scripts("ci/stacks (skipped without git, jq and curl)", () => {
  beforeEach(async () => {
    copy = new PipelineCopy("github");
    copy.synthesize(MESH);
    await copy.publish();
  });

  const list = async (...args: string[]) =>
    JSON.parse(await copy.output(["ci/stacks list", ...args].join(" "))) as Record<string, string[]>;
  const outstanding = async () => {
    const { vault, clusters } = await list();
    return [...vault!, ...clusters!];
  };
  const everything = Object.keys(MESH).join(" ");

  test("lists what was never deployed, in the order of dependencies", async () => {
    expect(await list()).toEqual({
      vault: ["vault-shared", "vault-cluster1", "vault-cluster2"],
      clusters: ["cluster1", "cluster2"],
      deployed: [],
      removed: [],
    });
  });

  test("deploys what an earlier run left, whichever commit changed it", async () => {
    await copy.output(`ci/stacks record ${everything}`);
    expect(await outstanding()).toEqual([]);

    copy.change("cluster1", "B");
    copy.change("vault-cluster1", "B");
    const b = await copy.push("B, which waits at the gate");
    expect(await outstanding()).toEqual(["vault-cluster1", "cluster1"]);
    copy.change("cluster2", "C");
    await copy.push("C");
    await copy.output(`git checkout --quiet ${b}`);
    expect(await copy.run("ci/stacks current")).toEqual({
      code: 1,
      stdout: "",
      stderr: "main has moved on: its own run deploys what is outstanding\n",
    });

    await copy.output("git checkout --quiet main");
    expect(await outstanding()).toEqual(["vault-cluster1", "cluster1", "cluster2"]);
    await copy.output("ci/stacks record vault-cluster1 cluster1 cluster2");
    expect(await outstanding()).toEqual([]);
  });

  test("deploys a stack whose deploy failed, even if main is as it was before", async () => {
    await copy.output(`ci/stacks record ${everything}`);
    copy.change("cluster1", "B");
    await copy.push("B, whose deploy fails halfway");
    await copy.output("ci/stacks begin cluster1");
    copy.change("cluster1", "as it was");
    await copy.push("Revert B");
    expect(await outstanding()).toEqual(["cluster1"]);
  });

  test("a stale run neither begins nor records", async () => {
    await copy.output("ci/stacks record cluster1");
    const stale = await copy.output("git rev-parse HEAD");
    await copy.push("The next");
    await copy.output(`git checkout --quiet ${stale}`);
    expect((await copy.run("ci/stacks begin cluster1")).code).toBe(1);
    expect((await copy.run("ci/stacks record cluster2")).code).toBe(0);
    expect((await list()).deployed).toEqual(["cluster1"]);
  });

  test("fails if it cannot record", async () => {
    const reject =
      "printf '#!/bin/sh\\nexit 1\\n' > ../origin/hooks/pre-receive && chmod +x ../origin/hooks/pre-receive";
    await copy.output(reject);
    expect((await copy.run("ci/stacks record cluster1")).code).not.toBe(0);
    await copy.output("rm -r ../origin");
    expect((await copy.run("ci/stacks record cluster1")).code).toBe(1);
  });

  test("says which stack is not there, or that none is named, and pushes nothing", async () => {
    expect(await copy.run("ci/stacks begin cluster1 cluster9")).toEqual({
      code: 64,
      stdout: "",
      stderr: '"cluster9" is no stack in cdktf.out\n',
    });
    for (const command of ["begin", "record"]) {
      expect(await copy.run(`ci/stacks ${command}`)).toEqual({
        code: 64,
        stdout: "",
        stderr: `ci/stacks ${command}: which stacks?\n`,
      });
    }
    expect(await copy.output("git ls-remote origin 'refs/deployed/*'")).toBe("");
  });

  test("names a cluster whose deploy failed before it was taken out, and keeps what destroys it", async () => {
    await copy.output("ci/stacks begin cluster1 cluster2 && ci/stacks record cluster1");
    copy.synthesize({ cluster1: ["vault-shared"], "vault-shared": [] });
    await copy.push("Take cluster2 out");
    expect((await copy.run("ci/stacks list")).stderr).toMatch(/^cluster2 was deployed and is no longer/);
    expect(await list()).toMatchObject({ deployed: ["cluster1"], removed: ["cluster2"] });
    expect(await copy.output("git ls-tree -r --name-only refs/deployed/cluster2")).toBe(
      "cdk.tf.json\nunfinished\n",
    );
  });

  test("copes with a thousand clusters, and with busybox", async () => {
    const names = Array.from({ length: 2000 }, (_, index) => `a-rather-long-name-of-a-stack-${index}`);
    copy.write("cdktf.out/refs", names.map((name) => `create refs/deployed/${name} main\n`).join(""));
    await copy.output("git -C ../origin update-ref --stdin < cdktf.out/refs");
    for (const name of ["grep", "sed", "awk", "cut", "find", "mktemp"]) {
      if (findTool("busybox")) copy.program(name, `exec busybox ${name} "$@"`);
    }
    await copy.output("ci/stacks record cluster1");
    const { clusters, deployed, removed } = await list();
    expect([clusters, deployed, removed!.length]).toEqual([["cluster2"], ["cluster1"], names.length]);
  });

  test("fails, and calls nothing outstanding, where it cannot read what is synthesized", async () => {
    await copy.output("rm -r cdktf.out/stacks");
    expect(await copy.run("ci/stacks list")).toMatchObject({ code: expect.any(Number), stdout: "" });
    expect((await copy.run("ci/stacks list")).code).not.toBe(0);
  });

  test("refuses a cluster with the name of another job's environment, which may need no approval", async () => {
    copy.synthesize({ ...MESH, status: [] });
    expect(await copy.run("ci/stacks list")).toEqual({
      code: 1,
      stdout: "",
      stderr:
        "the stack status has the name of an environment that is not its own (docs/ci.md): give it another\n",
    });
  });

  test("says that the branch is called otherwise", async () => {
    await copy.output(
      "git push --quiet origin main:trunk && git -C ../origin symbolic-ref HEAD refs/heads/trunk",
    );
    await copy.output("git push --quiet origin :main");
    expect(await copy.run("ci/stacks current")).toEqual({
      code: 1,
      stdout: "",
      stderr: "the branch main of origin cannot be read\n",
    });
  });

  test("lists every stack if asked to, and what is recorded and no longer there", async () => {
    await copy.output(`ci/stacks record ${everything}`);
    copy.synthesize({ cluster1: ["vault-shared"], "vault-shared": [] });
    expect((await copy.run("ci/stacks list")).stderr).toBe(
      ["cluster2", "vault-cluster1", "vault-cluster2"]
        .map(
          (stack) =>
            `${stack} was deployed and is no longer in the program: docs/ci.md says how to destroy it\n`,
        )
        .join(""),
    );
    expect(await list("all")).toEqual({
      vault: ["vault-shared"],
      clusters: ["cluster1"],
      deployed: ["vault-shared", "cluster1"],
      removed: ["cluster2", "vault-cluster1", "vault-cluster2"],
    });
  });

  test("counts files that the configuration names, and nothing that Terraform leaves", async () => {
    copy.write("cdktf.out/stacks/cluster1/assets/chart/Chart.yaml", "name: chart");
    await copy.output("ci/stacks record cluster1");
    copy.write("cdktf.out/stacks/cluster1/.terraform/providers", "");
    copy.write("cdktf.out/stacks/cluster1/plan", "");
    await copy.output("chmod +x cdktf.out/stacks/cluster1/assets/chart/Chart.yaml");
    expect((await list()).deployed).toEqual(["cluster1"]);
    copy.write("cdktf.out/stacks/cluster1/assets/chart/Chart.yaml", "name: changed");
    expect((await list()).deployed).toEqual([]);
    expect(await copy.output("git ls-tree -r --name-only refs/deployed/cluster1")).toBe(
      "assets/chart/Chart.yaml\ncdk.tf.json\n",
    );
    expect(await copy.output("git status --porcelain")).toBe("");
  });

  test("says which can be deployed side by side", async () => {
    expect(await copy.output("ci/stacks waves vault-cluster2 vault-shared vault-cluster1")).toBe(
      "vault-shared\nvault-cluster1 vault-cluster2\n",
    );
  });

  test("gives git the token when it asks for it", async () => {
    const server = await StubServer.start(() => ({
      status: 401,
      headers: { "www-authenticate": 'Basic realm="git"' },
    }));
    await copy.run("ci/stacks current", { GIT_REMOTE: `${server.url}/acme/mesh.git`, GIT_TOKEN: "a-token" });
    server.stop();
    const basic = `Basic ${Buffer.from("x-access-token:a-token").toString("base64")}`;
    expect(server.received.map(({ headers }) => headers.authorization)).toEqual([undefined, basic]);
  });

  test("rejects a command it does not know", async () => {
    expect(await copy.run("ci/stacks destroy cluster1")).toEqual({
      code: 64,
      stdout: "",
      stderr: "ci/stacks destroy: unknown; write list, waves, begin, record or current\n",
    });
  });
});

scripts("ci/deploy", () => {
  beforeEach(async () => {
    copy = new PipelineCopy("github");
    copy.synthesize(MESH);
    await copy.publish();
    copy.program("npx", 'echo "$* ${VAULT_TOKEN:-without Vault}" | tee -a npx.log; [ -z "${FAILS:-}" ]');
  });

  test("deploys Vault's stacks in order, by one login, and a cluster without one", async () => {
    copy.write("ci/vault-login", "#!/bin/sh\necho token-of-$1; echo login >&2");
    const flags = "--skip-synth --auto-approve --ignore-missing-stack-dependencies --parallelism 10";
    const vault = await copy.run("ci/deploy vault-cluster1 vault-shared vault-cluster2");
    expect(vault).toEqual({
      code: 0,
      stdout: `cdktf deploy vault-shared ${flags} token-of-istio-deployer\ncdktf deploy vault-cluster1 vault-cluster2 ${flags} token-of-istio-deployer\n`,
      stderr: "login\n",
    });
    expect(await copy.output("ci/deploy cluster1")).toBe(`cdktf deploy cluster1 ${flags} without Vault\n`);
  });

  test("stops at the first failure", async () => {
    copy.write("ci/vault-login", "#!/bin/sh\necho token");
    const { code } = await copy.run("ci/deploy vault-shared vault-cluster1", { FAILS: "yes" });
    expect(code).not.toBe(0);
    expect(readFileSync(join(copy.directory, "npx.log"), "utf8").trim().split("\n")).toHaveLength(1);
  });

  test("deploys nothing where main has moved on", async () => {
    await copy.output("git checkout --quiet --detach && git commit-tree -m 'The next' HEAD^{tree} > next", {
      GIT_AUTHOR_NAME: "a",
      GIT_AUTHOR_EMAIL: "a@example.com",
      GIT_COMMITTER_NAME: "a",
      GIT_COMMITTER_EMAIL: "a@example.com",
    });
    await copy.output("git push --quiet --force origin $(cat next):refs/heads/main");
    expect(await copy.run("ci/deploy cluster1")).toEqual({
      code: 1,
      stdout: "",
      stderr: "main has moved on: its own run deploys what is outstanding\n",
    });
  });

  test.each(["$(touch pwned)", "x; touch pwned", "--app=touch pwned", ""])(
    "takes %j for no stack",
    async (stack) => {
      expect(await copy.run('ci/plan "$STACK"', { STACK: stack })).toEqual({
        code: 64,
        stdout: "",
        stderr: `"${stack}" is no name of a stack\n`,
      });
    },
  );
});

scripts("ci/gate", () => {
  beforeEach(() => {
    copy = new PipelineCopy("gitlab");
    copy.write("ci/vault-login", "#!/bin/sh\necho token");
  });

  const gate = async (code: number, next: object) => {
    const answer = { next: { changes: ["drop a in cluster1"], lacking: [], findings: [], ...next } };
    copy.write("answer.json", JSON.stringify(answer));
    copy.program("npm", `cat answer.json; exit ${code}`);
    const { stdout, ...result } = await copy.run("rm -f gate.env; ci/gate");
    const handedOn = await copy.run("cat gate.env");
    return { ...result, stdout, handedOn: handedOn.stdout };
  };
  const waits = { message: "Leaves under root a are in use until then." };

  test("ends well while a step has to wait, and lets it pass when its time has come", async () => {
    const until = "2027-01-02T03:04:05.000Z";
    expect(await gate(3, { findings: [waits], until })).toEqual({
      code: 0,
      stdout: `drop a in cluster1\n${waits.message}\nnot before ${until}; the first scheduled run after that deploys it\n`,
      stderr: "",
      handedOn: "go=false\n",
    });
    expect(await gate(0, {})).toMatchObject({ code: 0, handedOn: "go=true\n" });
  });

  test("fails where no time helps, or nobody knows", async () => {
    expect(await gate(3, { findings: [waits] })).toMatchObject({ code: 3, handedOn: "" });
    expect(await gate(1, { lacking: ["cluster2"] })).toMatchObject({
      code: 1,
      stdout: "drop a in cluster1\ncluster2\n",
      handedOn: "",
    });
  });
});

scripts("ci/rotate", () => {
  beforeEach(() => {
    copy = new PipelineCopy("github");
    copy.write("ci/vault-login", "#!/bin/sh\necho token");
    copy.write("mesh.yaml", "as it was\n");
  });

  const rotate = async (code: number, told: object) => {
    const steps = [{ state: "next", text: "trust b" }];
    const next = { lacking: [], findings: [], ...(told as { next?: object }).next };
    copy.write("answer.json", JSON.stringify({ steps, finished: false, inMeshYaml: false, ...told, next }));
    const writes = `echo "$*" > asked; echo "edited" > mesh.yaml; echo "Rotate" > step/message.md`;
    copy.program("npm", `case "$*" in *--write*) ${writes} ;; *) cat answer.json; exit ${code} ;; esac`);
    const result = await copy.run("rm -rf step rotate.env; ci/rotate b");
    const handedOn = await copy.run("cat rotate.env; cat step/* 2>/dev/null");
    return { ...result, handedOn: handedOn.stdout };
  };

  test("hands on a step that may be taken, with its message", async () => {
    expect(await rotate(0, {})).toEqual({
      code: 0,
      stdout: "next: trust b\n",
      stderr: "",
      handedOn: "go=true\nedited\nRotate\n",
    });
    expect(await copy.output("cat asked")).toBe(
      "run --silent istio-vault -- rotate --to b --write --message step/message.md\n",
    );
  });

  test("ends well, with nothing, where a step waits, is merged already, or none is left", async () => {
    const waits = { findings: [{ message: "root b may not sign yet" }] };
    expect(await rotate(3, { next: waits })).toEqual({
      code: 0,
      stdout: "next: trust b\nroot b may not sign yet\n",
      stderr: "",
      handedOn: "go=false\n",
    });
    expect(await rotate(0, { inMeshYaml: true })).toMatchObject({ code: 0, handedOn: "go=false\n" });
    expect(await rotate(0, { finished: true })).toMatchObject({ code: 0, handedOn: "go=false\n" });
  });

  test("fails where nobody knows", async () => {
    expect(await rotate(1, { steps: undefined, next: { lacking: ["cluster2"] } })).toEqual({
      code: 1,
      stdout: "cluster2\n",
      stderr: "",
      handedOn: "",
    });
  });
});

scripts("the job rotate-merge-request of GitLab", () => {
  const { script } = parse(
    readFileSync(join(__dirname, "..", "examples", "ci", "gitlab", ".gitlab-ci.yml"), "utf8"),
  )["rotate-merge-request"] as { script: string[] };
  const MAIN = "c".repeat(40);
  let open: object[];
  let server: StubServer;

  beforeEach(async () => {
    copy = new PipelineCopy("gitlab");
    copy.write("rotate.env", "go=true\n");
    copy.write("step/mesh.yaml", 'trust: { bundle: [a, b] } # "as it is"\n');
    copy.write("step/message.md", "Rotate root a to b: trust b\n\nStep 1 of 6.\n\nIn mesh.yaml:\n");
    open = [];
    const answers: Record<string, unknown> = {
      "/projects/7/repository/branches/main": { commit: { id: MAIN } },
      "/projects/7/repository/commits": {},
      "/projects/7/merge_requests": { web_url: "https://gitlab.example.com/acme/mesh/-/merge_requests/1" },
    };
    server = await StubServer.start(({ path, headers }) => ({
      status: headers["private-token"] === "a-token" ? 200 : 401,
      body: path === "/projects/7/merge_requests?state=opened&source_branch=rotation" ? open : answers[path],
    }));
  });
  afterEach(() => server.stop());

  const run = (env: NodeJS.ProcessEnv = {}) =>
    copy.run(script.join("\n"), {
      ...{ CI_API_V4_URL: server.url, CI_PROJECT_ID: "7", CI_COMMIT_SHA: MAIN, MESH_ROTATE_TOKEN: "a-token" },
      ...env,
    });

  test("opens a merge request with the step, on a branch from the commit that was looked at", async () => {
    expect(await run()).toEqual({
      code: 0,
      stdout: "https://gitlab.example.com/acme/mesh/-/merge_requests/1\n",
      stderr: "",
    });
    expect(server.changes).toEqual([
      {
        request: "POST /projects/7/repository/commits",
        body: {
          ...{ branch: "rotation", start_sha: MAIN, force: true },
          commit_message: "Rotate root a to b: trust b\n\nStep 1 of 6.\n\nIn mesh.yaml:\n",
          actions: [
            { action: "update", file_path: "mesh.yaml", content: 'trust: { bundle: [a, b] } # "as it is"\n' },
          ],
        },
      },
      {
        request: "POST /projects/7/merge_requests",
        body: {
          ...{ title: "Rotate root a to b: trust b", description: "Step 1 of 6.\n\nIn mesh.yaml:\n" },
          ...{ source_branch: "rotation", target_branch: "main", remove_source_branch: true },
        },
      },
    ]);
  });

  test("opens none while one is open, main has moved on, or there is no step", async () => {
    open = [{ iid: 1 }];
    expect((await run()).stdout).toBe(
      "a step is open, or main has moved on: the next pipeline looks again\n",
    );
    open = [];
    expect(await run({ CI_COMMIT_SHA: "b".repeat(40) })).toMatchObject({ code: 0 });
    copy.write("rotate.env", "go=false\n");
    expect(await run()).toEqual({ code: 0, stdout: "no step to take\n", stderr: "" });
    expect(server.changes).toEqual([]);
  });

  test("fails where the token is refused", async () => {
    expect((await run({ MESH_ROTATE_TOKEN: "another" })).code).not.toBe(0);
    expect(server.changes).toEqual([]);
  });
});

scripts("ci/vault-login", () => {
  test("does not ask Vault where the CI system gives no token", async () => {
    copy = new PipelineCopy("github");
    const server = await StubServer.start(() => ({ status: 503 }));
    const { code, stdout, stderr } = await copy.run("ci/vault-login istio-drift", {
      VAULT_ADDR: server.url,
      ACTIONS_ID_TOKEN_REQUEST_URL: `${server.url}/token?api=2`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: "a-secret",
    });
    server.stop();
    expect([code === 0, stdout, stderr]).toEqual([false, "", expect.stringMatching(/^curl: .*503$/m)]);
    expect(server.received.map(({ path }) => path)).toEqual(["/token?api=2&audience=istio-drift"]);
  });
});

scripts("ci/drift", () => {
  beforeEach(() => {
    copy = new PipelineCopy("github");
    copy.synthesize(MESH);
    copy.write("ci/vault-login", "#!/bin/sh\necho token-of-$1");
    copy.program(
      "terraform",
      'stack=${1##*/}; [ "$2" = plan ] || { cat "init-$stack" 2>/dev/null && exit 1; exit 0; }; echo "$* ${VAULT_TOKEN:-}" >> asked; cat "plan-$stack"; exit "$(cat "code-$stack")"',
    );
  });

  const answers = (stack: string, code: number, lines: readonly object[]) => {
    copy.write(`plan-${stack}`, lines.map((line) => JSON.stringify(line)).join("\n"));
    copy.write(`code-${stack}`, `${code}`);
  };
  const change = (type: string, addr: string, action: string) => ({
    type,
    "@message": "the secret is hunter2",
    change: { resource: { addr }, action },
  });

  test("names what differs, in the same words each time, and no value", async () => {
    answers("vault-shared", 0, []);
    answers("cluster1", 2, [
      change("resource_drift", "helm_release.b", "update"),
      change("planned_change", "helm_release.b", "update"),
      change("planned_change", "helm_release.a", "create"),
      { type: "change_summary", changes: { add: 1, change: 1 } },
    ]);
    const result = await copy.run("ci/drift vault-shared cluster1", { GITHUB_STEP_SUMMARY: "summary.md" });
    const line = "- cluster1 differs in 2 of its resources: create helm_release.a, update helm_release.b\n";
    expect(result).toEqual({ code: 2, stdout: line, stderr: "" });
    expect(readFileSync(join(copy.directory, "summary.md"), "utf8")).toBe(line);
    const flags = "plan -input=false -lock=false -detailed-exitcode -json";
    expect(readFileSync(join(copy.directory, "asked"), "utf8")).toBe(
      `-chdir=cdktf.out/stacks/vault-shared ${flags} token-of-istio-drift\n-chdir=cdktf.out/stacks/cluster1 ${flags} \n`,
    );
  });

  test("names at most ten resources of a stack", async () => {
    const many = Array.from({ length: 12 }, (_, index) =>
      change("planned_change", `vault_policy.p${String(index).padStart(2, "0")}`, "update"),
    );
    answers("vault-shared", 2, many);
    const { stdout } = await copy.run("ci/drift vault-shared");
    expect(stdout).toMatch(
      /^- vault-shared differs in 12 of its resources: .*vault_policy\.p09 and 2 more\n$/,
    );
  });

  test("goes on after a stack that cannot be planned, and says so", async () => {
    const error = { summary: "Kubernetes cluster unreachable", detail: "at 10.0.0.1" };
    answers("cluster1", 1, [{ type: "diagnostic", "@level": "error", diagnostic: error }]);
    copy.write("init-cluster2", "Error: Failed to get existing workspaces\n");
    answers("vault-shared", 2, [change("planned_change", "vault_mount.a", "delete")]);
    expect(await copy.run("ci/drift cluster1 cluster2 vault-shared")).toEqual({
      code: 1,
      stdout: [
        "- cluster1 could not be planned: Kubernetes cluster unreachable",
        "- cluster2 could not be planned: the log says why",
        "- vault-shared differs in 1 of its resources: delete vault_mount.a",
        "",
      ].join("\n"),
      stderr: "Error: Failed to get existing workspaces\n",
    });
  });

  test("fails for one that the program no longer has, and for an answer it cannot read", async () => {
    answers("cluster1", 2, []);
    copy.write("plan-cluster1", "Terraform crashed\n");
    expect(await copy.run("ci/drift cluster9 cluster1")).toMatchObject({
      code: 2,
      stdout: [
        "- cluster9 was deployed and is no longer in the program: docs/ci.md says how to destroy it",
        "- cluster1 differs in what the log says",
        "",
      ].join("\n"),
    });
  });

  test("is none where a deploy has begun since the stacks were listed", async () => {
    await copy.publish();
    await copy.output("ci/stacks record cluster1 cluster2 && ci/stacks begin cluster2");
    for (const stack of ["cluster1", "cluster2"]) {
      answers(stack, 2, [change("planned_change", "helm_release.a", "update")]);
    }
    expect(await copy.run("ci/drift cluster2 cluster1")).toEqual({
      code: 2,
      stdout: [
        "- cluster2 is being deployed: the next run plans it",
        "- cluster1 differs in 1 of its resources: update helm_release.a",
        "",
      ].join("\n"),
      stderr: "",
    });
  });

  test("says that it cannot log in, and not that nothing differs", async () => {
    copy.write("ci/vault-login", "#!/bin/sh\necho 'Vault rejected the login' >&2; exit 1");
    answers("vault-shared", 0, []);
    expect(await copy.run("ci/drift vault-shared")).toEqual({
      code: 1,
      stdout: "- vault-shared could not be planned: the log says why\n",
      stderr: "Vault rejected the login\n",
    });
  });

  test("says that nothing differs", async () => {
    answers("cluster1", 0, []);
    expect(await copy.run("ci/drift cluster1")).toEqual({
      code: 0,
      stdout: "- no drift; stacks planned: 1\n",
      stderr: "",
    });
  });
});

scripts("ci/waiting-runs", () => {
  const SHA = "c".repeat(40);
  const B = "b".repeat(40);
  let server: StubServer;
  let same: (status: string) => void;
  let cancel: number;

  beforeEach(async () => {
    copy = new PipelineCopy("github");
    const runs: Record<string, object[]> = {
      waiting: [
        { id: 11, run_number: 1, head_sha: B },
        { id: 14, run_number: 4, head_sha: "d".repeat(40) },
      ],
      in_progress: [{ id: 13, run_number: 3, head_sha: SHA }],
      queued: [],
    };
    cancel = 202;
    same = (status) => runs[status]!.push({ id: 12, run_number: 2, head_sha: SHA });
    server = await StubServer.start(({ headers, path, method }) => ({
      status: headers.authorization !== "Bearer a-token" ? 401 : method === "POST" ? cancel : 200,
      body: { workflow_runs: runs[/status=(\w+)/.exec(path)?.[1] ?? "none"] },
    }));
  });
  afterEach(() => server.stop());

  const waiting = (event: string, env: NodeJS.ProcessEnv = {}) =>
    copy.run("ci/waiting-runs && cat outputs", {
      GITHUB_API_URL: server.url,
      GITHUB_REPOSITORY: "acme/mesh",
      GITHUB_WORKFLOW_REF: "acme/mesh/.github/workflows/deploy.yml@refs/heads/main",
      GITHUB_RUN_NUMBER: "3",
      GITHUB_SHA: SHA,
      GITHUB_EVENT_NAME: event,
      GITHUB_OUTPUT: "outputs",
      GH_TOKEN: "a-token",
      ...env,
    });

  test("cancels an earlier run of another commit, and no later one", async () => {
    expect(await waiting("push")).toEqual({
      code: 0,
      stdout: `cancelled run 11 of ${B}: what it did not deploy, this one does\ngo=true\n`,
      stderr: "",
    });
    expect(server.received[0]!.path).toBe(
      "/repos/acme/mesh/actions/workflows/deploy.yml/runs?status=waiting&per_page=100",
    );
    expect(server.changes.map(({ request }) => request)).toEqual([
      "POST /repos/acme/mesh/actions/runs/11/cancel",
    ]);
  });

  test("goes on where a run has gone on meanwhile, and cannot be cancelled any more", async () => {
    cancel = 409;
    expect(await waiting("push")).toMatchObject({
      code: 0,
      stdout: `run 11 of ${B} could not be cancelled\ngo=true\n`,
    });
  });

  test.each(["push", "schedule"])("fails where it cannot ask, by a %s", async (event) => {
    const { code, stdout } = await waiting(event, { GH_TOKEN: "another" });
    expect([code === 0, stdout]).toEqual([false, ""]);
  });

  test.each(["waiting", "in_progress", "queued"])(
    "keeps a scheduled run from doing again what one of the same commit does, which is %s",
    async (status) => {
      expect((await waiting("schedule")).stdout).toMatch(/^go=true$/m);
      await copy.output("rm outputs");
      same(status);
      expect((await waiting("schedule")).stdout).toMatch(
        /^run 12 of the same commit is not done\ngo=false$/m,
      );
      await copy.output("rm outputs");
      expect((await waiting("workflow_dispatch")).stdout).toMatch(/^go=true$/m);
    },
  );
});

describe.each(["github", "gitlab"] as const)("ci/environments for %s", (system) => {
  if (TOOLS.length > 0) return test.skip("needs git, jq and curl", () => {});

  const project =
    system === "github" ? "/repos/acme/mesh/environments" : "/projects/123456789/protected_environments";
  const approvers = system === "github" ? [{ type: "Team", id: 7 }] : [{ group_id: 7 }];
  const environments = new Map<string, object>();
  let server: StubServer;

  beforeEach(async () => {
    copy = new PipelineCopy(system);
    copy.synthesize(MESH);
    environments.clear();
    server = await StubServer.start(({ method, path, body, headers }) => {
      const allowed = headers.authorization === "Bearer a-token" || headers["private-token"] === "a-token";
      if (!allowed) return { status: 401 };
      const name = path.slice(project.length + 1);
      if (method === "GET")
        return environments.has(name) ? { status: 200, body: environments.get(name) } : { status: 404 };
      const { reviewers, deployment_branch_policy, ...rest } = JSON.parse(body);
      const rules = reviewers?.length > 0 ? [{ type: "required_reviewers", reviewers }] : [];
      if (method === "PUT") environments.set(name, { protection_rules: rules, deployment_branch_policy });
      else if (system === "gitlab") environments.set(rest.name, rest);
      return { status: 200, body: {} };
    });
  });
  afterEach(() => server.stop());

  const run = (flag: string, env: NodeJS.ProcessEnv = {}) =>
    copy.run(`ci/environments ${flag}`, {
      ...{ GITHUB_API_URL: server.url, GITHUB_REPOSITORY: "acme/mesh", GH_TOKEN: "a-token" },
      ...{ CI_API_V4_URL: server.url, CI_PROJECT_ID: "123456789", GITLAB_TOKEN: "a-token" },
      ...{ APPROVERS: JSON.stringify(approvers), ...env },
    });
  const names = [
    ...["plan", "vault-stacks", "status", "drift", "istio-issuer"],
    ...(system === "gitlab" ? ["record", "rotate"] : []),
    ...["cluster1", "cluster2"],
  ];
  const creates = system === "github" ? "create" : "protect";

  test("shows what it would do, and changes nothing", async () => {
    expect(await run("")).toEqual({
      code: 0,
      stdout: [...names.map((name) => `${name}: ${creates}`), "nothing is changed yet: add --apply", ""].join(
        "\n",
      ),
      stderr: "",
    });
    expect(server.changes).toEqual([]);
  });

  test("makes them once, and the next time finds them as they should be", async () => {
    expect((await run("--apply")).code).toBe(0);
    expect([...environments.keys()]).toEqual(names);
    const cluster = server.changes.filter(({ request, body }) =>
      JSON.stringify([request, body]).includes("cluster1"),
    );
    expect(cluster).toEqual(
      system === "github"
        ? [
            {
              request: `PUT ${project}/cluster1`,
              body: {
                ...{ reviewers: approvers, wait_timer: 0, prevent_self_review: false },
                deployment_branch_policy: { protected_branches: false, custom_branch_policies: true },
              },
            },
            { request: `POST ${project}/cluster1/deployment-branch-policies`, body: { name: "main" } },
          ]
        : [
            {
              request: `POST ${project}`,
              body: {
                name: "cluster1",
                deploy_access_levels: [{ access_level: 40 }],
                approval_rules: [{ group_id: 7, required_approvals: 1 }],
              },
            },
          ],
    );
    const done = server.changes.length;
    expect(await run("--apply")).toEqual({
      code: 0,
      stdout: names.map((name) => `${name}: as it should be\n`).join(""),
      stderr: "",
    });
    expect(server.changes).toHaveLength(done);
  });

  if (system === "github")
    test("adds what is missing, and takes nothing away", async () => {
      const reviewers = [{ type: "User", reviewer: { id: 9, login: "a-person" } }];
      environments.set("drift", {
        protection_rules: [
          { type: "wait_timer", wait_timer: 30 },
          { type: "required_reviewers", prevent_self_review: true, reviewers },
        ],
        deployment_branch_policy: null,
      });
      environments.set("cluster1", {
        protection_rules: [{ type: "branch_policy" }],
        deployment_branch_policy: { protected_branches: true, custom_branch_policies: false },
      });
      expect((await run("--apply")).stdout).toMatch(/^drift: change$[^]*^cluster1: change$/m);
      expect(server.changes.filter(({ request }) => /\/(drift|cluster1)\b/.test(request))).toEqual([
        {
          request: `PUT ${project}/drift`,
          body: {
            ...{ reviewers: [{ type: "User", id: 9 }], wait_timer: 30, prevent_self_review: true },
            deployment_branch_policy: { protected_branches: false, custom_branch_policies: true },
          },
        },
        { request: `POST ${project}/drift/deployment-branch-policies`, body: { name: "main" } },
        {
          request: `PUT ${project}/cluster1`,
          body: {
            ...{ reviewers: approvers, wait_timer: 0, prevent_self_review: false },
            deployment_branch_policy: { protected_branches: true, custom_branch_policies: false },
          },
        },
      ]);
    });

  test("says what is wrong with the approvers, or the token", async () => {
    expect(await run("", { APPROVERS: "[]" })).toMatchObject({
      code: 64,
      stderr: expect.stringMatching(/^APPROVERS is no list; write \[\{/),
    });
    expect(await run("", { GH_TOKEN: "another", GITLAB_TOKEN: "another" })).toMatchObject({
      code: 1,
      stderr: `${system === "github" ? "GitHub" : "GitLab"} answers 401 for environment plan\n`,
    });
  });
});

scripts("GitLab's own", () => {
  beforeEach(() => {
    copy = new PipelineCopy("gitlab");
  });

  test("synth lists every stack if started by hand, but for a new cluster, without the gate, what is outstanding", async () => {
    copy.synthesize(MESH);
    await copy.publish();
    await copy.output("ci/stacks record cluster1");
    const { synth } = parse(readFileSync(join(copy.directory, ".gitlab-ci.yml"), "utf8"));
    const script = (synth.script as string[]).filter((line) => !line.startsWith("npm "));
    const clusters = async (env: NodeJS.ProcessEnv) =>
      JSON.parse(await copy.output(script.join("\n"), env)).clusters as string[];
    expect(await clusters({ CI_PIPELINE_SOURCE: "push" })).toEqual(["cluster2"]);
    expect(await clusters({ CI_PIPELINE_SOURCE: "web" })).toEqual(["cluster1", "cluster2"]);
    expect(await clusters({ CI_PIPELINE_SOURCE: "web", WITHOUT_GATE: "true" })).toEqual(["cluster2"]);
  });

  const jobs = async (stacks: object, env?: NodeJS.ProcessEnv) => {
    copy.write("stacks.json", JSON.stringify(stacks));
    return JSON.parse(await copy.output("ci/deploy-jobs", env)) as Record<string, Record<string, unknown>>;
  };

  test("pipeline has one job for Vault's stacks, one for each cluster, and records each", async () => {
    const pipeline = await jobs(
      { vault: ["vault-shared", "vault-cluster1"], clusters: ["cluster1"] },
      { RUNNERS: JSON.stringify({ cluster1: ["inside-eu"] }) },
    );
    const output = { pipeline: "$PARENT_PIPELINE", job: "synth" };
    expect(pipeline).toEqual({
      include: [{ local: "ci/jobs.gitlab-ci.yml" }],
      begin: {
        extends: ".begin",
        variables: { STACKS: "vault-shared vault-cluster1 cluster1" },
        needs: [output],
      },
      "deploy vault-stacks": {
        extends: [".deploy", ".vault"],
        environment: "vault-stacks",
        resource_group: "mesh-vault-stacks",
        variables: { STACKS: "vault-shared vault-cluster1" },
        needs: [output, "begin"],
      },
      "record vault-stacks": {
        extends: ".record",
        variables: { STACKS: "vault-shared vault-cluster1" },
        needs: [output, "deploy vault-stacks"],
      },
      "deploy cluster1": {
        extends: [".deploy"],
        environment: "cluster1",
        resource_group: "mesh-cluster1",
        tags: ["inside-eu"],
        variables: { STACKS: "cluster1" },
        needs: [output, "begin", "deploy vault-stacks"],
      },
      "record cluster1": {
        extends: ".record",
        variables: { STACKS: "cluster1" },
        needs: [output, "deploy cluster1"],
      },
    });
  });

  test("pipeline deploys a cluster where none of Vault's stacks is outstanding", async () => {
    const { "deploy cluster1": job } = await jobs({ vault: [], clusters: ["cluster1"] });
    expect(job!.needs).toEqual([{ pipeline: "$PARENT_PIPELINE", job: "synth" }, "begin"]);
  });

  test("pipeline has the same jobs where a cluster is called like one, or like a word of GitLab's", async () => {
    const pipeline = await jobs({ vault: ["vault-shared"], clusters: ["begin", "include", "note"] });
    expect(Object.keys(pipeline)).toEqual([
      ...["include", "begin", "deploy vault-stacks", "record vault-stacks"],
      ...["begin", "include", "note"].flatMap((name) => [`deploy ${name}`, `record ${name}`]),
    ]);
    expect(pipeline.begin!.extends).toBe(".begin");
  });

  test("pipeline says that there is nothing to do, or not yet", async () => {
    const include = [{ local: "ci/jobs.gitlab-ci.yml" }];
    expect(await jobs({ vault: [], clusters: [] })).toEqual({
      include,
      note: { script: "echo 'every stack is deployed'" },
    });
    copy.write("gate.env", "go=false\n");
    expect(await jobs({ vault: ["vault-shared"], clusters: [] })).toEqual({
      include,
      note: { script: "echo 'not yet: the gate says until when, and a scheduled pipeline deploys it then'" },
    });
  });

  test("cloud logins use the job's tokens where the environment has the variables", async () => {
    const show = (names: string) =>
      `. ci/cloud-login; for name in ${names}; do echo "$name=$(printenv $name)"; done; cat $TOKEN_FILE`;
    expect(
      await copy.output(
        show("AWS_ROLE_SESSION_NAME").replace("$TOKEN_FILE", "$AWS_WEB_IDENTITY_TOKEN_FILE"),
        { AWS_ROLE_ARN: "arn:aws:iam::1:role/mesh", AWS_ID_TOKEN: "an-aws-token", CI_JOB_ID: "7" },
      ),
    ).toBe("AWS_ROLE_SESSION_NAME=gitlab-7\nan-aws-token");
    const google = await copy.output(
      ". ci/cloud-login; cat $CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE; cat $(jq -r .credential_source.file $GOOGLE_APPLICATION_CREDENTIALS)",
      {
        GOOGLE_PROVIDER: "projects/1/locations/global/workloadIdentityPools/ci/providers/gitlab",
        GOOGLE_SERVICE_ACCOUNT: "mesh@acme.iam.gserviceaccount.com",
        GOOGLE_ID_TOKEN: "a-google-token",
      },
    );
    expect(google).toMatch(/"audience": "\/\/iam\.googleapis\.com\/projects\/1\/.*gitlab"/);
    expect(google).toMatch(/serviceAccounts\/mesh@acme\.iam\.gserviceaccount\.com:generateAccessToken"/);
    expect(google).toMatch(/\na-google-token$/);
    expect(
      await copy.output(
        show("AAD_LOGIN_METHOD ARM_USE_OIDC ARM_CLIENT_ID ARM_TENANT_ID ARM_SUBSCRIPTION_ID").replace(
          "$TOKEN_FILE",
          "$ARM_OIDC_TOKEN_FILE_PATH",
        ),
        {
          AZURE_CLIENT_ID: "client",
          AZURE_TENANT_ID: "tenant",
          AZURE_SUBSCRIPTION_ID: "subscription",
          AZURE_ID_TOKEN: "an-azure-token",
        },
      ),
    ).toBe(
      [
        "AAD_LOGIN_METHOD=workloadidentity",
        "ARM_USE_OIDC=true",
        "ARM_CLIENT_ID=client",
        "ARM_TENANT_ID=tenant",
        "ARM_SUBSCRIPTION_ID=subscription",
        "an-azure-token",
      ].join("\n"),
    );
    expect(await copy.output(". ci/cloud-login; env | grep -E '^(AWS|ARM|AZURE|GOOGLE|AAD)' || true")).toBe(
      "",
    );
  });
});
