import "reflect-metadata";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ExitCode } from "../../../cli/command-line/exit-code";
import type { ClusterApi } from "../../../cli/kubernetes/cluster-api";
import { AnsweringMesh } from "../../support/answering-mesh";
import { meshDirectory } from "../../support/mesh-file";
import { UNKNOWN_VERSION } from "../../support/running-mesh";
import { runCommand } from "../../support/terminal";

/** The clusters' API servers; the client of real ones is run in e2e. */
let api: ClusterApi;
jest.mock("../../../cli/kubernetes/kube-config", () => ({ kubeConfigOf: async () => undefined }));
jest.mock("../../../cli/kubernetes/kubernetes-api", () => ({ KubernetesApi: { connect: async () => api } }));

let answering: AnsweringMesh;
beforeAll(async () => {
  answering = await AnsweringMesh.start();
  ({ api } = answering);
});
afterAll(() => answering.stop());

let file: string;
beforeEach(() => {
  file = join(
    meshDirectory((mesh) => {
      mesh.istio.version = UNKNOWN_VERSION;
      mesh.agent = { image: `hashicorp/vault:${UNKNOWN_VERSION}` };
    }),
    "mesh.yaml",
  );
});

function rotate(args: readonly string[], token = "vault-token") {
  return runCommand(["rotate", ...args], {
    MESH_FILE: file,
    VAULT_ADDR: answering.vault.address,
    VAULT_TOKEN: token,
  });
}

const STANDING = `root a to b, step 1 of 6

  next  trust b  (cluster1, cluster2)
        sign with b in cluster1
        sign with b in the others
        renew every certificate
        drop a
        renew once more

next step, add b in every cluster: now`;

test("says where a rotation stands, what is next, and how long it takes; and changes nothing", async () => {
  const before = readFileSync(file, "utf8");
  expect(await rotate(["--to", "b"])).toEqual({
    code: ExitCode.FINE,
    stdout: `${STANDING}
mesh.yaml does not say so yet: --write makes the change
to the end: about 8m 33s, without deploys and reviews, where every proxy can be seen`,
    stderr: "",
  });
  expect(readFileSync(file, "utf8")).toBe(before);
});

test("writes the step, with the message of its commit, and then knows that it is written", async () => {
  const { code, stdout, stderr } = await rotate(["--to", "b", "--wait", "10m", "--write"]);
  expect(stdout).toMatch(/^Rotate root a to b: trust b\n\nStep 1 of 6: add b in every cluster\.\n\n/);
  expect(stdout).toContain("    trust.bundle: [a, b]\n");
  expect(stderr).toContain(`${file}: trust.bundle: [a, b]\n`);
  expect(stderr).toContain("no review: MESH_FILE is");
  expect(code).toBe(ExitCode.FINE);
  const again = await rotate(["--to", "b"]);
  expect(again.stdout).toContain(
    `${STANDING}\nmesh.yaml says so already: deploy 'vault-*', or use --deploy\n`,
  );
  const message = join(file, "..", "message.md");
  expect(await rotate(["--to", "b", "--write", "--message", message])).toEqual({
    code: 0,
    stdout: "",
    stderr: "",
  });
  expect(readFileSync(message, "utf8").split("\n")[0]).toBe("Rotate root a to b: trust b");
});

test("takes back what was written and not deployed", async () => {
  await rotate(["--to", "b", "--write"]);
  const { stdout } = await rotate(["--to", "b", "--from", "a", "--back", "--write"]);
  expect(stdout).toContain("trust.bundle: [a]");
  expect((await rotate(["--to", "a"])).stdout).toContain("finished: nothing is left to do");
});

test("gives the same to programs", async () => {
  const { stdout } = await rotate(["--to", "b", "--json"]);
  expect(JSON.parse(stdout)).toMatchObject({
    ...{
      schemaVersion: 1,
      mesh: "mesh1",
      title: "root a to b",
      finished: false,
      inMeshYaml: false,
      first: [],
    },
    ...{ stacks: ["vault-*"], commands: [] },
    steps: [
      { text: "trust b", seconds: 170, clusters: ["cluster1", "cluster2"], state: "next" },
      ...Array(5).fill({ state: "open" }),
    ],
    next: { verdict: "now", changes: ["add b in every cluster"] },
  });
});

test("says first what a thief can do, and what haste breaks", async () => {
  const { stdout } = await rotate(["--to", "b", "--stolen"]);
  const [remains, held, haste] = stdout.split("\n");
  expect(remains).toMatch(
    /^whoever has the old root's key can play any workload .* until step 5, drop a, is in effect/,
  );
  expect(held).toMatch(/^connections that stand are kept/);
  expect(haste).toMatch(/^in one change instead, by trust.emergency: EMERGENCY .* refuse every connection/);
});

test("exchanges an intermediate, whose serial number it asks for", async () => {
  const asked = await rotate(["--stolen-intermediate", "cluster1"]);
  const serial = /write cluster1\/([0-9a-f]+)$/.exec(asked.stderr)![1];
  expect(asked).toMatchObject({
    code: ExitCode.USAGE,
    stderr: `--stolen-intermediate names no serial number; cluster1 signs with ${serial}: write cluster1/${serial}`,
  });
  const { stdout } = await rotate(["--stolen-intermediate", `cluster1/${serial}`]);
  expect(stdout).toContain(`intermediate ${serial} of cluster1, step 1 of 2

  next  issue another intermediate  (cluster1)
        renew every certificate

next step, issue another intermediate: now
this step is no change of mesh.yaml: raise intermediates.generation of cluster1 by one, and deploy vault-cluster1`);
  expect(stdout).toMatch(/^whoever has the key of intermediate/);
  const asOpenSsl = serial.toUpperCase().match(/../g)!.join(":");
  expect((await rotate(["--stolen-intermediate", `cluster1/${asOpenSsl}`])).stdout).toBe(stdout);
});

test("ends with 1 where too much is unknown", async () => {
  const { code, stdout } = await rotate(["--to", "b"], "another");
  expect(stdout).toBe("next step: unknown without Vault's secrets of cluster1, Vault's secrets of cluster2");
  expect(code).toBe(ExitCode.UNKNOWN);
});

test.each<[string, string[], string]>([
  ["no goal", [], "error: write --to <root>, or --stolen-intermediate <cluster/serial> alone"],
  ["two goals", ["--to", "b", "--stolen-intermediate", "cluster1/1"], "error: write --to <root>, or"],
  ["a message of nothing", ["--to", "b", "--message", "m"], "error: --message goes with --write or --deploy"],
  [
    "a cluster that is none",
    ["--stolen-intermediate", "cluster9/1"],
    'no cluster "cluster9"; mesh.yaml has: cluster1, cluster2',
  ],
  [
    "nothing to go back to",
    ["--to", "a", "--back"],
    "--back: which root to go back to is not clear (mesh.yaml has no other); write it with --from",
  ],
])("refuses %s", async (_, args, message) => {
  const { code, stderr } = await rotate(args);
  expect(stderr).toContain(message);
  expect(code).toBe(ExitCode.USAGE);
});
