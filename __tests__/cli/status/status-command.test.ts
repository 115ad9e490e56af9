import "reflect-metadata";
import { join } from "node:path";
import { ExitCode } from "../../../cli/command-line/exit-code";
import type { ClusterApi } from "../../../cli/kubernetes/cluster-api";
import type { GateVerdict } from "../../../cli/status/gate";
import { rules } from "../../../cli/status/rules";
import { codeOf } from "../../../cli/status/status-command";
import { findingsAt } from "../../../cli/status/status-finding";
import { RULES_PAGE } from "../../../lib/private/pages";
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

function status(args: readonly string[], bundle?: string[], token?: string) {
  return ofMesh(["status", ...args], bundle, token);
}

function ofMesh(args: readonly string[], bundle = ["a"], token = "vault-token") {
  const directory = meshDirectory((mesh) => {
    mesh.roots.push({ ...mesh.roots[0], name: "b" });
    mesh.trust = { signing: "a", bundle };
    mesh.istio.version = UNKNOWN_VERSION;
    mesh.agent = { image: `hashicorp/vault:${UNKNOWN_VERSION}` };
  });
  return runCommand(args, {
    MESH_FILE: join(directory, "mesh.yaml"),
    VAULT_ADDR: answering.vault.address,
    VAULT_TOKEN: token,
  });
}

test("a mesh that is well ends with 0, its table on stdout and the count on stderr", async () => {
  const { code, stdout, stderr } = await status([]);
  expect(stdout).toMatch(/^cluster1 {2}serial \S+ +a /m);
  expect(stdout.split("\n")).toHaveLength(3);
  expect(stderr).toBe("\nall well.");
  expect(code).toBe(ExitCode.FINE);
  expect(new Set(answering.asked)).toEqual(new Set(["istio-vault/status"]));
});

test("the exit code does not hang on the format, and data stands alone on stdout", async () => {
  for (const format of ["table", "short", "json", "prometheus"]) {
    const { code, stdout, stderr } = await status(["-o", format], ["a", "b"]);
    expect(code).toBe(ExitCode.REFUSED);
    expect(stdout).toContain("IV0714");
    expect(stderr).toBe(format === "table" ? `\n3 errors. Rules: ${RULES_PAGE}` : "");
  }
});

test("what could not be asked ends with 1", async () => {
  expect((await status([], ["a"], "another")).code).toBe(ExitCode.UNKNOWN);
});

test("asks istiod as another ServiceAccount", async () => {
  answering.asked.splice(0);
  expect((await status(["--service-account", "mesh/probe"])).code).toBe(ExitCode.FINE);
  expect(answering.asked).toEqual(["mesh/probe", "mesh/probe"]);
});

test("--gate ends by the next step alone", async () => {
  const allowed = await status(["--gate"], ["a", "b"]);
  expect([allowed.code, allowed.stdout.split("\n").at(-1)]).toEqual([
    ExitCode.FINE,
    "next step, add b in every cluster: now",
  ]);
  expect(allowed.stderr).toBe("");
});

test("--wait ends at once where all is well, and with 124 and the last state where it runs out", async () => {
  expect((await status(["--wait", "1h"])).code).toBe(ExitCode.FINE);
  const { code, stdout } = await status(["--wait", "1s"], ["a", "b"]);
  expect(code).toBe(ExitCode.TIMEOUT);
  expect(stdout).toContain("IV0714");
});

test.each([
  [
    ["--wait", "soon"],
    '--wait: "soon" is not a duration; write a whole number and s, m, h, d or y, such as "90d"',
  ],
  [
    ["--service-account", "probe"],
    '--service-account is "probe"; write namespace and name, such as "istio-vault/status"',
  ],
  [
    ["--gate", "-o", "prometheus"],
    "-o prometheus cannot be used with --gate: it reports the running mesh; remove one of them",
  ],
  [["--fail-on", "nothing"], "Allowed choices are error, warning."],
])("fails on %j", async (args, message) => {
  const { code, stdout, stderr } = await status(args);
  expect(code).toBe(ExitCode.USAGE);
  expect(stderr).toContain(message);
  expect(stdout).toBe("");
});

describe("exit codes", () => {
  const { found, notFoundOut } = findingsAt("cluster", "cluster1");
  const [error, warning] = [found(rules.noIstiodReady(0, "24h")), found(rules.istiodNotReady(1, 2))];
  const unknown = notFoundOut(rules.vaultNotAsked("sealed"));
  const of = (findings: Parameters<typeof codeOf>[0]["findings"], verdict?: GateVerdict["verdict"]) => ({
    ...{ mesh: "mesh1", at: new Date(), clusters: [], lifetimes: [], findings },
    next: verdict && { verdict, changes: [], lacking: [], findings: [], until: undefined },
  });

  test.each([
    ["nothing", of([]), "error", ExitCode.FINE],
    ["a warning", of([warning]), "error", ExitCode.FINE],
    ["a warning that counts", of([warning]), "warning", ExitCode.REFUSED],
    ["an error", of([error]), "error", ExitCode.REFUSED],
    ["something unknown", of([unknown]), "error", ExitCode.UNKNOWN],
    ["something unknown beside an error", of([unknown, error]), "error", ExitCode.REFUSED],
    ["a step that may be taken, in a mesh with a fault", of([error], "now"), "error", ExitCode.FINE],
    ["nothing to do", of([], "nothing to do"), "error", ExitCode.FINE],
    ["an emergency", of([], "emergency"), "error", ExitCode.FINE],
    ["a step that may not be taken", of([], "not yet"), "error", ExitCode.REFUSED],
    ["a step that cannot be judged", of([], "unknown"), "error", ExitCode.UNKNOWN],
  ] as const)("%s", (_, it, failOn, code) => {
    expect(codeOf(it, failOn)).toBe(code);
  });
});

describe("istio-vault report --live", () => {
  test("shows the same mesh as a page, with its drift and its next step, and ends with 0", async () => {
    answering.asked.splice(0);
    const { code, stdout, stderr } = await ofMesh(
      ["report", "--live", "--service-account", "mesh/probe"],
      ["a", "b"],
    );
    expect([code, stderr]).toEqual([ExitCode.FINE, ""]);
    expect(stdout).toContain("as it ran at");
    expect(stdout).toContain("IV0714</a>");
    expect(stdout).toContain("Next step, add b in every cluster: now.");
    expect(answering.asked).toEqual(["mesh/probe", "mesh/probe"]);
  });

  test("shows what could not be asked as unknown, and ends with 0 as well", async () => {
    const { code, stdout } = await ofMesh(["report", "--live"], ["a"], "another");
    expect(code).toBe(ExitCode.FINE);
    expect(stdout).toContain('<span class="badge unknown">2 unknown</span>');
    expect(stdout).toContain("Next step: none, the mesh runs as mesh.yaml says.");
  });

  test("fails on a --service-account of another form, and prints no page", async () => {
    expect(await ofMesh(["report", "--service-account", "probe"])).toEqual({
      code: ExitCode.USAGE,
      stdout: "",
      stderr: '--service-account is "probe"; write namespace and name, such as "istio-vault/status"',
    });
  });
});
