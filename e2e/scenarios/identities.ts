import assert from "node:assert/strict";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { type Deployment, PlanOutcome, VAULT_STACKS } from "../deployment";
import { type ByPath, IdentityOfVault } from "../identity";
import type { Rig } from "../rig";
import { check, part, scenario, step, type World } from "../scenario";
import { EXISTING_MOUNT, identityMeshes, type IdentityMeshes, REVIEWER } from "./identities/meshes";

const SECRETS = ["istiod-service/certs", "istiod-service/trust-bundle"];

/** What the checks hand on to each other. */
interface Identities {
  readonly meshes: IdentityMeshes;
  readonly planner: IdentityOfVault;
  readonly deployer: IdentityOfVault;
}
let made: Promise<Identities> | undefined;

async function make(rig: Rig): Promise<Identities> {
  return {
    meshes: await identityMeshes(rig),
    planner: new IdentityOfVault(rig, "planner"),
    deployer: new IdentityOfVault(rig, "deployer"),
  };
}

type Run = (world: World, identities: Identities) => Promise<void>;

const withIdentities =
  (declare: typeof check) =>
  (name: string, run: Run): void =>
    declare(name, async (world) => run(world, await (made ??= make(world.rig))));
const [does, shows] = [withIdentities(step), withIdentities(check)];

/** docs/identities.md. No cluster of these meshes runs. */
scenario({ clusters: [] }, () => {
  part("planner and deployer, with tokens that hold their policies alone", () => {
    does(
      "the deployer deploys a mesh of every kind of root in Vault and two kinds of login",
      async ({ deployment }, { meshes, deployer }) => {
        deployment.configure(meshes.first);
        await deployer.allow(deployment.meshFile);
        deployment.variables = { ...REVIEWER, VAULT_TOKEN: deployer.token };
        await deployment.deploy(VAULT_STACKS);
        await planIsEmpty(deployment, deployer.token);
      },
    );
    does("the planner sees that nothing would change", async ({ deployment }, { planner }) => {
      await planner.allow(deployment.meshFile);
      await planIsEmpty(deployment, planner.token);
    });
    shows(
      "the planner plans a root and an issuer's login as an administrator would",
      async ({ rig, deployment }, { meshes, planner }) => {
        deployment.configure(meshes.changed);
        await deployment.synth();
        const changes = await plannedBy(deployment, planner.token, "vault-shared");
        assert.deepEqual(changes, await plannedBy(deployment, rig.vault.rootToken, "vault-shared"));
        assert.deepEqual(kindsOf("Roots_b", changes), [
          "create vault_mount",
          "create vault_pki_secret_backend_root_cert",
        ]);
        assert.ok(isNew("Issuer", changes));
      },
    );
    does(
      "once the root is deployed, it plans new clusters, a key and login lifetimes in the same way",
      async ({ rig, deployment }, { planner, deployer }) => {
        await deployer.allow(deployment.meshFile);
        await deployment.deploy("vault-shared");
        await planner.allow(deployment.meshFile);
        const changes = await plannedBy(deployment, planner.token);
        assert.deepEqual(changes, await plannedBy(deployment, rig.vault.rootToken));
        assert.deepEqual(kindsOf("cluster1", changes), [
          "delete+create tls_cert_request",
          "delete+create tls_private_key",
          "delete+create vault_pki_secret_backend_root_sign_intermediate",
          "update terraform_data",
          "update vault_kubernetes_auth_backend_role",
          "update vault_kv_secret_v2",
        ]);
        assert.deepEqual(kindsOf("cluster2", changes), [
          "update vault_jwt_auth_backend_role",
          "update vault_kv_secret_v2",
        ]);
        for (const name of ["cluster3", "cluster4", "cluster5"]) assert.ok(isNew(name, changes), name);
      },
    );
    shows("the planner changes nothing of what it read", async ({ rig }, { planner }) => {
      const paths = [...planner.used().keys()];
      assert.ok(paths.length > 10);
      const attempts = paths.flatMap((path): Attempt[] => [
        ["POST", path],
        ["DELETE", path],
      ]);
      await refused(rig, planner.token, [...attempts, ["POST", "sys/policies/acl/istio-planner"]]);
    });
    does(
      "the deployer deploys that change, and the planner sees nothing left to do",
      async ({ deployment }, { deployer, planner }) => {
        await deployer.allow(deployment.meshFile);
        await deployment.deploy(VAULT_STACKS);
        await planner.allow(deployment.meshFile);
        await planIsEmpty(deployment, planner.token);
      },
    );
    shows(
      "neither reads a secret of any cluster, whoever issued it",
      async ({ rig }, { planner, deployer }) => {
        await writeAsIssuer(rig, "cluster4");
        for (const { token } of [planner, deployer]) await readsNoSecret(rig, token);
      },
    );
    shows(
      "the deployer deletes no root and no secrets while preventDestroy holds, and touches nothing else",
      async ({ rig }, { deployer }) =>
        refused(rig, deployer.token, [
          ["DELETE", "sys/mounts/istio-root-a"],
          ["DELETE", "sys/mounts/kubernetes-cluster1-secrets"],
          ["DELETE", "kubernetes-cluster1-secrets/metadata/istiod-service/certs"],
          ["LIST", "istio-root-a/keys"],
          ["POST", "istio-root-a/root/sign-intermediate"],
          ["POST", `${EXISTING_MOUNT}/issuer/default/sign-intermediate`],
          ["DELETE", `${EXISTING_MOUNT}/issuer/mesh`],
          ["POST", "sys/mounts/other"],
          ["POST", "sys/auth/other"],
          ["GET", "sys/mounts"],
          ["POST", "sys/policies/acl/istio-deployer"],
          ["POST", "auth/token/create"],
          ["POST", "auth/kubernetes-cluster1/role/other"],
        ]),
    );
    does(
      "with preventDestroy: false it takes a cluster away, and changes how one logs in and who issues for one",
      async ({ deployment }, { meshes, deployer }) => {
        deployment.configure(meshes.reduced);
        const after = join(deployment.directory, "after.yaml");
        copyFileSync(deployment.meshFile, after);
        deployment.configure(meshes.destroyable);
        await deployer.allow(deployment.meshFile, after);
        await deployment.destroy("vault-cluster3");
        deployment.configure(meshes.reduced);
        await deployment.deploy(VAULT_STACKS);
        await planIsEmpty(deployment, deployer.token);
      },
    );
    does(
      "it destroys the rest, someone else's PKI mount excepted",
      async ({ rig, deployment }, { deployer }) => {
        await deployer.allow(deployment.meshFile);
        await deployment.destroy(VAULT_STACKS);
        const { data } = await rig.vault.client.require("GET", "sys/mounts", { token: rig.vault.rootToken });
        const left = Object.keys(data).filter((mount) => !/^(cubbyhole|identity|sys)\/$/.test(mount));
        assert.deepEqual(left, [`${EXISTING_MOUNT}/`]);
      },
    );
    shows("each was allowed what it used, and not a path or capability more", async (_, identities) => {
      for (const identity of [identities.planner, identities.deployer]) {
        assert.deepEqual(kinds(identity.used(), identity.allowed), kinds(identity.allowed, identity.allowed));
      }
    });
  });
});

async function planIsEmpty(deployment: Deployment, token: string): Promise<void> {
  const { outcome, text } = await deployment.plan(VAULT_STACKS, token);
  assert.equal(outcome, PlanOutcome.EMPTY, text);
}

/** Each change a plan with this token finds, as "action address". */
async function plannedBy(deployment: Deployment, token: string, stacks = VAULT_STACKS): Promise<string[]> {
  const deployers = deployment.variables;
  deployment.variables = { ...REVIEWER, VAULT_TOKEN: token };
  const changes = await deployment.plannedChanges(stacks);
  deployment.variables = deployers;
  return changes.map(({ address, actions }) => `${actions.join("+")} ${address}`).sort();
}

/** What of one owner would change, by kind. */
function kindsOf(owner: string, changes: readonly string[]): string[] {
  const ofOwner = changes.filter((change) => change.includes(`.${owner}_`));
  return [...new Set(ofOwner.map((change) => change.slice(0, change.indexOf("."))))];
}

function isNew(owner: string, changes: readonly string[]): boolean {
  const kinds = kindsOf(owner, changes);
  return kinds.length > 0 && kinds.every((change) => change.startsWith("create "));
}

/** What a cluster's issuer would leave there. */
async function writeAsIssuer({ vault }: Rig, cluster: string): Promise<void> {
  await vault.client.require("POST", `kubernetes-${cluster}-secrets/data/${SECRETS[0]}`, {
    token: vault.rootToken,
    content: { options: { cas: 0 }, data: { ca_key: "a key" } },
  });
}

/** Refused at every secret of the five clusters, each of which is there to be read; bundles are public. */
async function readsNoSecret(rig: Rig, token: string): Promise<void> {
  const paths = [1, 2, 3, 4, 5].flatMap((number) =>
    SECRETS.slice(0, number === 5 ? 1 : 2).flatMap((secret) =>
      ["data", "subkeys"].map((by) => `kubernetes-cluster${number}-secrets/${by}/${secret}`),
    ),
  );
  for (const path of paths) await rig.vault.client.require("GET", path, { token: rig.vault.rootToken });
  await refused(
    rig,
    token,
    paths.map((path): Attempt => ["GET", path]),
  );
}

type Attempt = readonly [method: string, path: string];

/** Every attempt is refused for want of a right, by a token that is good before and after. */
async function refused(rig: Rig, token: string, attempts: readonly Attempt[]): Promise<void> {
  const { client } = rig.vault;
  await client.require("GET", "auth/token/lookup-self", { token });
  for (const [method, path] of attempts) {
    const content = method === "POST" ? {} : undefined;
    const { status, body } = await client.send(method, path, { token, content });
    assert.equal(status, 403, `${method} ${path}`);
    assert.match(`${body.errors}`, /permission denied/, `${method} ${path}`);
  }
  await client.require("GET", "auth/token/lookup-self", { token });
}

/** Capabilities by kind of path, whichever cluster or root it is of; `+` takes in what it stands for. */
function kinds(paths: ByPath, patterns: ByPath): Record<string, string[]> {
  const result = new Map<string, Set<string>>();
  for (const [path, capabilities] of paths) {
    const pattern = [...patterns.keys()].find((candidate) => stands(candidate, path)) ?? path;
    const kind = pattern.replace(/cluster\d/g, "cluster").replace(/^(.*istio-root-)\w/, "$1");
    const all = result.get(kind) ?? new Set();
    // Not an operation: Vault asks for it besides one.
    for (const capability of capabilities) if (capability !== "sudo") all.add(capability);
    result.set(kind, all);
  }
  return Object.fromEntries([...result].map(([kind, all]) => [kind, [...all].sort()] as const).sort());
}

function stands(pattern: string, path: string): boolean {
  const [wanted, given] = [pattern.split("/"), path.split("/")];
  return (
    wanted.length === given.length &&
    wanted.every((segment, index) => segment === "+" || segment === given[index])
  );
}
