import { altered, checkoutOf, resource, reviewed, said } from "../../support/checkout";
import { clusterLike, type MeshChange, type MeshData } from "../../support/mesh-file";

/** The one provisioner that a stack may hold: the issuer of issuance `deploy`, as mesh.yaml declares it. */

const deployed = (change: MeshChange = () => {}) =>
  checkoutOf((mesh, directory) => {
    mesh.intermediates = { issuance: "deploy" };
    change(mesh, directory);
  });
const plain = deployed();
const terraform = checkoutOf();
const external = checkoutOf((mesh) => (mesh.intermediates = { issuance: "external", validFor: "2y" }));

const twoRoots = (mesh: MeshData) => {
  mesh.roots.push({ name: "b", source: "vault-pki" });
  mesh.trust.bundle = ["a", "b"];
};
const signing = (root: string) =>
  deployed((mesh) => {
    twoRoots(mesh);
    mesh.trust.signing = root;
  });

test.each([
  ["another generation", plain, deployed((mesh) => (mesh.intermediates.generation = 2))],
  ["another key", plain, deployed((mesh) => (mesh.intermediates.keyAlgorithm = "ecdsa-p256"))],
  ["the way to issuance external", plain, external],
  ["the way from issuance external", external, plain],
  ["a mesh that nothing changes in", plain, plain],
])("has nothing against %s", (_, base, head) => {
  expect(said(base, head)).toEqual([]);
  expect(reviewed(base, head).accounts?.unexplained).toBe(0);
});

const SIGNS = (root: string) =>
  `the policy istio-issuer-cluster1, istio-issuer-cluster2 would newly allow update on istio-root-${root}/issuer/${root}/sign-intermediate; whoever holds it can do that as soon as this is deployed; make sure that it is intended (IV0610)`;

test("shows another signing root as with an external issuer: by its policy", () => {
  expect(said(signing("a"), signing("b"))).toEqual([SIGNS("b")]);
});

test("shows another lifetime", () => {
  const head = deployed((mesh) => (mesh.intermediates.validFor = "1y"));
  // Once for all clusters, whose stacks say the same.
  const changed =
    'vault-cluster1, vault-cluster2: Trust/Issue.triggers_replace.valid_for changes from "17520h" to "8760h"; it decides how long what Vault issues lives; make sure that it is intended (IV0624)';
  expect(said(plain, head)).toEqual([SIGNS("a"), changed]);
});

test.each([
  ["from", terraform, plain],
  ["to", plain, terraform],
])("says %s issuance terraform what it says of issuance external", (way, base, head) => {
  const asExternal = way === "from" ? said(terraform, external) : said(external, terraform);
  expect(said(base, head)).toEqual(asExternal);
  expect(reviewed(base, head).accounts?.unexplained).toBe(0);
});

test("has nothing against a cluster that joins", () => {
  const three = deployed((mesh) => mesh.clusters.push(clusterLike(mesh.clusters[0], "cluster3")));
  const findings = said(plain, three).join("\n");
  expect(findings).not.toContain("Issue");
  expect(reviewed(plain, three).accounts?.unexplained).toBe(0);
});

describe("refuses", () => {
  const issue = (json: MeshData) => resource(json, "terraform_data", /^cluster1_Trust_Issue/);
  const run = (json: MeshData) => issue(json).provisioner[0]["local-exec"];

  test.each<[string, (json: MeshData) => void]>([
    ["another command", (json) => (run(json).command += "; id")],
    ["another command for a shell to read", (json) => (run(json).interpreter = ["sh", "-c"])],
    ["another directory to find the command in", (json) => (run(json).working_dir = "/tmp")],
    ["a run that fails unnoticed", (json) => (run(json).on_failure = "continue")],
    ["a run when it is destroyed", (json) => (run(json).when = "destroy")],
    ["a second program", (json) => issue(json).provisioner.push({ "local-exec": { command: "id" } })],
    ["a program elsewhere", (json) => (issue(json).provisioner = [{ "remote-exec": { inline: ["id"] } }])],
    ["a connection", (json) => (issue(json).connection = { host: "evil" })],
    ["a variable more", (json) => (run(json).environment.NODE_OPTIONS = "--require /tmp/x")],
    ["another Vault", (json) => (run(json).environment.VAULT_ADDR = "https://evil.example.com")],
    ["a namespace of Vault", (json) => (run(json).environment.VAULT_NAMESPACE = "other")],
    ["another CA of Vault", (json) => (run(json).environment.VAULT_CACERT = "/tmp/ca.pem")],
    [
      "another declaration than the trigger",
      (json) => (run(json).environment.ISTIO_VAULT_INTERMEDIATE = "{}"),
    ],
    ["another root", (json) => (issue(json).triggers_replace.root_issuer = "default")],
    ["another path", (json) => (issue(json).triggers_replace.secrets_mount = "kubernetes-cluster2-secrets")],
    ["another lifetime", (json) => (issue(json).triggers_replace.valid_for = "87600h")],
    ["many of it", (json) => (issue(json).count = 9)],
    ["a trigger more", (json) => (issue(json).lifecycle = { replace_triggered_by: ["vault_mount.x"] })],
  ])("%s", (_, change) => {
    expect(said(plain, altered(plain, "vault-cluster1", change))).toContain(
      "vault-cluster1 would hold a provisioner of cluster1/Trust/Issue; a plan would run it with the planner's credentials, before anybody has read the change; remove it, and keep it in a program of its own (IV0607)",
    );
  });

  test("the same in another place", () => {
    const moved = altered(plain, "vault-cluster1", (json) => {
      json.resource.terraform_data.x = structuredClone(issue(json));
      json.resource.terraform_data.x["//"].metadata.path = "vault-cluster1/cluster1/Trust/Again";
    });
    expect(said(plain, moved).join()).toContain("would hold a provisioner of cluster1/Trust/Again");
  });

  test("the same for a cluster whose issuance is another", () => {
    const declared = deployed((mesh) => (mesh.clusters[0].intermediates = { issuance: "external" }));
    const stacks = new Map([...declared.stacks, ["vault-cluster1", plain.stacks.get("vault-cluster1")!]]);
    expect(said(declared, { ...declared, stacks }).join()).toContain(
      "would hold a provisioner of cluster1/Trust/Issue",
    );
  });
});

test.each([[0], [null], ["vault"], [{}], [[]], [[0]]])(
  "takes a provider that Terraform would refuse, %j, for none",
  (provider) => {
    const head = altered(plain, "vault-cluster1", (json) => (json.provider.vault = provider));
    expect(reviewed(plain, head).verdict).toBe("refused");
  },
);
