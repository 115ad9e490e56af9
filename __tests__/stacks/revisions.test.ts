import { Testing } from "cdktf";
import { composeMesh } from "../../stacks/compose-mesh";
import { summary } from "../../stacks/summary";
import { type MeshChange, type MeshData, meshWith } from "../support/mesh-file";
import { vaultSide } from "../support/vault-stacks";

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Resources = Record<string, any>;

/** A mesh whose istiods are of 1.29.6 unless they say otherwise. */
const meshFrom = (change: MeshChange) =>
  meshWith((mesh, directory) => {
    mesh.istio.version = "1.29.6";
    change(mesh, directory);
  });

function synthesize(change: MeshChange): Record<"vault" | "cluster1", Record<string, Resources>> {
  const mesh = meshFrom(change);
  const [cluster1] = composeMesh(Testing.app(), mesh).clusters;
  return { vault: vaultSide(mesh).resource, cluster1: JSON.parse(Testing.synth(cluster1, true)).resource };
}

const BOTH = { default: {}, "1-30-0": { version: "1.30.0" } };
const istio = (section: object) => synthesize((mesh) => Object.assign(mesh.istio, section));
const none = istio({});
const listed = istio({ revisions: BOTH });
const promoted = istio({ revisions: BOTH, defaultRevision: "1-30-0" });
const removed = istio({ revisions: { "1-30-0": BOTH["1-30-0"] }, defaultRevision: "1-30-0" });

/** Addresses of a stack's resources, and which of them differ in two. */
function ids(stack: Record<string, Resources>): string[] {
  return Object.entries(stack)
    .flatMap(([type, byId]) => Object.keys(byId).map((id) => `${type}.${id}`))
    .sort();
}
function changed(before: Record<string, Resources>, after: Record<string, Resources>): string[] {
  return ids(before).filter((address) => {
    const [type, id] = address.split(".");
    const now = after[type]?.[id];
    return now !== undefined && JSON.stringify(now) !== JSON.stringify(before[type][id]);
  });
}
const without = (more: readonly string[], less: readonly string[]) =>
  more.filter((address) => !less.includes(address));

// eslint-disable-next-line @typescript-eslint/no-explicit-any
const release = (stack: Record<string, Resources>, name: string): any => {
  const found = Object.values(stack.helm_release).find((one) => one.name === name);
  return found && { ...found, values: JSON.parse(found.values[0]) };
};
const tagOf = (stack: Record<string, Resources>) =>
  Object.values(stack.kubernetes_mutating_webhook_configuration_v1)[0];
const role = (change: MeshChange, type: string) => Object.values(synthesize(change).vault[type])[0];

test("listing adds a release and the tag, under ids that are a contract", () => {
  const more = without(ids(listed.cluster1), ids(none.cluster1));
  expect(more).toMatchInlineSnapshot(`
   [
     "helm_release.Revisions_1-30-0_801BAA21",
     "kubernetes_mutating_webhook_configuration_v1.DefaultRevision_0001F4D9",
   ]
  `);
  expect(without(ids(none.cluster1), ids(listed.cluster1))).toEqual([]);
  expect(changed(none.cluster1, listed.cluster1).map((address) => address.slice(0, -9))).toEqual([
    "helm_release.IstioBase",
    "helm_release.Istiod",
  ]);
});

test("promotion changes the tag and istio-base, and nothing in Vault", () => {
  expect(ids(promoted.cluster1)).toEqual(ids(listed.cluster1));
  expect(changed(listed.cluster1, promoted.cluster1).map((address) => address.slice(0, -9))).toEqual([
    "helm_release.IstioBase",
    "kubernetes_mutating_webhook_configuration_v1.DefaultRevision",
  ]);
  expect(promoted.vault).toEqual(listed.vault);
  expect(tagOf(promoted.cluster1).metadata.labels["istio.io/rev"]).toBe("1-30-0");
  expect(release(promoted.cluster1, "istio-base").values).toEqual({ defaultRevision: "1-30-0" });
});

test("removal takes away one release, and changes nothing else of the cluster", () => {
  expect(
    without(ids(promoted.cluster1), ids(removed.cluster1)).map((address) => address.slice(0, -9)),
  ).toEqual(["helm_release.Istiod"]);
  expect(changed(promoted.cluster1, removed.cluster1)).toEqual([]);
});

test("Vault knows the ServiceAccounts of what is listed, and no others", () => {
  const bound = (stacks: typeof none) =>
    Object.values(stacks.vault.vault_kubernetes_auth_backend_role).map(
      (one) => one.bound_service_account_names,
    );
  expect(bound(none)).toEqual([["istiod"], ["istiod"]]);
  expect(bound(listed)).toEqual([
    ["istiod", "istiod-1-30-0"],
    ["istiod", "istiod-1-30-0"],
  ]);
  expect(bound(removed)).toEqual([["istiod-1-30-0"], ["istiod-1-30-0"]]);
  const jwt = role((mesh) => {
    mesh.istio.revisions = BOTH;
    mesh.clusters[0].vaultAuth = { method: "jwt", issuer: "https://oidc.example.com" };
  }, "vault_jwt_auth_backend_role");
  expect(jwt.bound_claims).toEqual({
    sub: "system:serviceaccount:istio-system:istiod,system:serviceaccount:istio-system:istiod-1-30-0",
  });
});

test("each istiod has its own settings, the cluster's files, and waits for the same", () => {
  const { cluster1 } = synthesize((mesh) => {
    mesh.istio.imageHub = "registry.example.com/istio";
    mesh.istio.revisions = {
      default: {},
      "1-30-0": { version: "1.30.0", replicas: 3, values: { own: true } },
    };
  });
  const [old, canary] = ["istio-istiod", "istio-istiod-1-30-0"].map((name) => release(cluster1, name));
  expect([old.version, canary.version]).toEqual(["1.29.6", "1.30.0"]);
  expect(canary.values).toMatchObject({
    revision: "1-30-0",
    autoscaleMin: 3,
    own: true,
    podAnnotations: old.values.podAnnotations,
    initContainers: old.values.initContainers,
    global: { tag: "1.30.0", hub: "registry.example.com/istio", multiCluster: { clusterName: "cluster1" } },
  });
  expect(old.values).not.toHaveProperty("own");
  expect(canary.depends_on).toEqual(old.depends_on);
  expect(old.depends_on.map((address: string) => address.slice(0, -9))).toEqual([
    "helm_release.Injector",
    "helm_release.IstioBase",
    "kubernetes_mutating_webhook_configuration_v1.DefaultRevision",
  ]);
});

test("istio-base is of the newest version that is listed", () => {
  expect([none, listed, promoted].map(({ cluster1 }) => release(cluster1, "istio-base").version)).toEqual([
    "1.29.6",
    "1.30.0",
    "1.30.0",
  ]);
});

test("what the default revision's values say of injection, the tag says too", () => {
  const tagWith = (values: object, defaultRevision = "1-30-0") =>
    tagOf(istio({ revisions: { default: {}, "1-30-0": { values } }, defaultRevision }).cluster1);
  const own = { enableNamespacesByDefault: true, reinvocationPolicy: "IfNeeded" };
  for (const values of [{ sidecarInjectorWebhook: own }, { pilot: { sidecarInjectorWebhook: own } }]) {
    expect(tagWith(values).webhook).toHaveLength(5);
    expect(tagWith(values).webhook[0].reinvocation_policy).toBe("IfNeeded");
    expect(tagWith(values, "default").webhook).toHaveLength(4);
  }
  expect(tagWith({ sidecarInjectorWebhook: "none" }).webhook).toHaveLength(4);
});

describe("gateways", () => {
  const gateways = (section: object) =>
    synthesize((mesh) => {
      Object.assign(mesh.istio, section);
      mesh.gateways = { ingress: { certificate: { source: "vault-kv" } } };
    }).cluster1;

  test("take the charts of the default revision, and name none", () => {
    expect(release(gateways({ revisions: BOTH }), "ingress").version).toBe("1.29.6");
    const after = release(gateways({ revisions: BOTH, defaultRevision: "1-30-0" }), "ingress");
    expect(after.version).toBe("1.30.0");
    expect(after.values).not.toHaveProperty("revision");
  });

  test("wait for every istiod", () => {
    const { depends_on: dependsOn } = release(gateways({ revisions: BOTH }), "ingress");
    expect(dependsOn.map((address: string) => address.slice(0, -9))).toEqual(
      expect.arrayContaining(["helm_release.Istiod", "helm_release.Revisions_1-30-0"]),
    );
  });
});

test("a cluster that is adopted takes over the istiod made by hand, and no other", () => {
  const mesh = meshWith((data: MeshData) => {
    data.istio.revisions = BOTH;
    data.clusters[0].adopt = true;
  });
  const [stack] = composeMesh(Testing.app(), mesh).clusters;
  const { import: blocks } = JSON.parse(Testing.synth(stack, true));
  expect(blocks.map(({ id }: { id: string }) => id)).toEqual([
    "vault",
    "istio-system",
    "vault/vault-inject",
    "istio-system/istio-base",
    "istio-system/istio-istiod",
  ]);
});

test("the summary names each istiod", () => {
  const mesh = meshFrom((data) => (data.istio.revisions = BOTH));
  expect(summary(mesh, composeMesh(Testing.app(), mesh), "cdktf.out", 100, new Date("2026-11-28"))).toMatch(
    /^cluster1 +7 {2}namespaces, injector, istio-base, istiod 1\.29\.6, istiod 1-30-0 \(1\.30\.0\)$/m,
  );
});
