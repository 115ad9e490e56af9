import "reflect-metadata";
import { readFileSync, writeFileSync } from "node:fs";
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
  file = meshYaml();
  answering.lists = "";
});

function meshYaml(change: NonNullable<Parameters<typeof meshDirectory>[0]> = () => {}): string {
  const directory = meshDirectory((mesh, where) => {
    mesh.istio.version = UNKNOWN_VERSION;
    mesh.agent = { image: `hashicorp/vault:${UNKNOWN_VERSION}` };
    change(mesh, where);
  });
  return join(directory, "mesh.yaml");
}

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
  expect(stdout).toContain(`intermediate ${serial} of cluster1, step 1 of 3

  next  issue another intermediate  (cluster1)
        renew every certificate
        revoke the stolen one

next step, issue another intermediate: now
this step is taken by hand: raise intermediates.generation of cluster1 by one, and deploy vault-cluster1`);
  expect(stdout).toMatch(
    /^whoever has the key of intermediate \S+ can .* until it expires, or its root is dropped: no revocation lists are served, so nothing refuses it\.\n/,
  );
  const asOpenSsl = serial.toUpperCase().match(/../g)!.join(":");
  expect((await rotate(["--stolen-intermediate", `cluster1/${asOpenSsl}`])).stdout).toBe(stdout);
});

describe("a serial number that no root in Vault has signed", () => {
  const MISTYPED = ["--stolen-intermediate", "cluster1/0a1c"];

  test.each([[MISTYPED], [[...MISTYPED, "--back"]]])("is refused: %j", async (args) => {
    const { code, stdout, stderr } = await rotate(args);
    expect(stderr).toBe(
      "no root of the mesh has signed an intermediate 0a1c: istio-root-a in Vault has no such certificate; write --stolen-intermediate cluster1 alone for what it signs with now",
    );
    expect({ code, stdout }).toEqual({ code: ExitCode.USAGE, stdout: "" });
  });

  test("is taken where a root signs outside of Vault", async () => {
    file = meshYaml((mesh, where) => {
      writeFileSync(join(where, "offline.pem"), answering.root.pem);
      mesh.roots.push({ name: "offline", source: "offline", certificateFile: "offline.pem" });
    });
    expect((await rotate(MISTYPED)).stdout).toContain("intermediate 0a1c of cluster1");
  });
});

describe("an intermediate that nobody signs with any more", () => {
  const STOLEN = ["--stolen-intermediate", "cluster1/0a1b"];
  const served = () =>
    meshYaml((mesh) => {
      mesh.intermediates = { issuance: "deploy" };
      mesh.revocation = { lists: "served" };
    });

  test("is revoked, with who is left said first", async () => {
    file = served();
    const { stdout, code } = await rotate(STOLEN);
    expect(stdout)
      .toBe(`whoever has the key of intermediate 0a1b can play any workload of every cluster until step 3, revoke the stolen one, is in effect everywhere; the steps cost no connection.
connections that stand are kept, whatever signed for them: afterwards restart what holds long ones.
agents and istiods look at no list either: docs/revocation.md#what-a-revocation-does-not-reach.

intermediate 0a1b of cluster1, step 3 of 3

  done  issue another intermediate
  done  renew every certificate
  next  revoke the stolen one  (cluster1, cluster2)

next step, revoke intermediate 0a1b of cluster1 in every cluster: now
mesh.yaml does not say so yet: --write makes the change
to the end: about 2m 50s, without deploys and reviews, where every proxy can be seen`);
    expect(code).toBe(ExitCode.FINE);
    const written = await rotate([...STOLEN, "--write"]);
    expect(written.stdout).toMatch(
      /^Rotate intermediate 0a1b of cluster1: revoke the stolen one\n\nStep 3 of 3: revoke intermediate 0a1b of cluster1 in every cluster\./,
    );
    expect(written.stderr).toContain(`${file}: revocation.revoked: [{ cluster: cluster1, serial: 0a1b }]\n`);
    expect((await rotate(STOLEN)).stdout).toContain("mesh.yaml says so already: deploy 'vault-*'");
  });

  test("is refused once every cluster hands out the list, and accepted again on the way back", async () => {
    file = served();
    await rotate([...STOLEN, "--write"]);
    answering.lists = await answering.root.list({ revoked: ["0a1b"] });
    const { stdout } = await rotate(STOLEN);
    expect(stdout).toMatch(
      /^the lists are in every pod about a minute after .*\nconnections that stand are kept/,
    );
    expect(stdout).toContain("finished: nothing is left to do");
    const back = await rotate([...STOLEN, "--back"]);
    expect(back.stdout).toMatch(
      /can play any workload .* once it is accepted again.\n.* are not taken back\./,
    );
    expect(back.stdout).toContain("next  accept it again  (cluster1, cluster2)");
    await rotate([...STOLEN, "--back", "--write"]);
    expect((await rotate([...STOLEN, "--back"])).stdout).toContain(
      "next step, accept intermediate 0a1b again in every cluster: now\nmesh.yaml says so already",
    );
    answering.lists = await answering.root.list();
    expect((await rotate([...STOLEN, "--back"])).stdout).toContain("finished: nothing is left to do");
  });

  test("goes on being accepted where no lists are served, and that is said", async () => {
    const { stdout } = await rotate(STOLEN);
    expect(stdout).toContain(
      "next step, revoke the stolen one: now\nthis step is taken by hand: no revocation lists are served, and until they are nothing refuses the stolen one: docs/revocation.md#turn-it-on,",
    );
    expect(await rotate([...STOLEN, "--write"])).toMatchObject({
      code: ExitCode.USAGE,
      stderr: expect.stringMatching(/^this step is taken by hand: no revocation lists are served/),
    });
    const { steps, finished, instead } = JSON.parse((await rotate([...STOLEN, "--json"])).stdout);
    expect([steps.at(-1).state, finished, instead]).toEqual([
      ...["next", false, expect.stringMatching(/^no revocation lists are served/)],
    ]);
  });
});

test("ends with 1 where too much is unknown", async () => {
  const { code, stdout } = await rotate(["--to", "b"], "another");
  expect(stdout).toBe(
    "next step: unknown without Vault's secrets of cluster1, Vault's secrets of cluster2\nistio-vault status says why",
  );
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
