import assert from "node:assert/strict";
import { join } from "node:path";
import type { V1Deployment } from "@kubernetes/client-node";
import { Duration } from "../../../lib";
import { intermediateIdentity, signParameters } from "../../../lib/private/intermediate";
import { output } from "../../command";
import { VAULT_STACKS } from "../../deployment";
import { IdentityOfVault } from "../../identity";
import { scaleInjector } from "../../injector";
import { IntermediateSecret } from "../../intermediate-secret";
import { ISTIO_NAMESPACE } from "../../istiod";
import { writeMeshFile } from "../../mesh-file";
import type { World } from "../../scenario";
import { agent, type AgentChange } from "./agent";
import {
  capabilities,
  changes,
  changesPolicy,
  JWT_CLUSTER,
  KUBERNETES_CLUSTER,
  KUBERNETES_MOUNT,
  oneLine,
  said,
  tokenOf,
  tokenWith,
} from "./attempts";
import { ACCEPTED, type Attempt, broken, type Cause, wrong } from "./cause";

const MOUNT = `kubernetes-${KUBERNETES_CLUSTER}-secrets`;
export const CERTIFICATES = `${MOUNT}/data/istiod-service/certs`;
export const READ_POLICY = `istiod-certs-${KUBERNETES_CLUSTER}`;

/** The login is accepted, the read refused. */
export const readings: readonly Cause[] = [
  broken(
    "policy-path",
    agent,
    changesPolicy(READ_POLICY, (text) => text.replace(CERTIFICATES, `${MOUNT}/data/istiod-service/cert`)),
    async (world) => assert.deepEqual(await capabilities(world, READ_POLICY, CERTIFICATES), ["deny"]),
  ),
  {
    row: "kv-v1-path",
    bring: changesPolicy(READ_POLICY, (text) => text.replaceAll(`${MOUNT}/data/`, `${MOUNT}/`)),
    refused: agent(),
    // The agent asks for the data of a KV v2 secret, also where a template does not.
    accepted: agent(replacing(`${MOUNT}/data/`, `${MOUNT}/`)),
  },
  broken("policy-deleted", agent, changesPolicy(READ_POLICY)),
  broken(
    "role-policies",
    agent,
    changes(`auth/${KUBERNETES_MOUNT}/role/istiod`, () => ({ token_policies: [] })),
    async (world) => {
      const token = await tokenOf()(world);
      const { body } = await world.rig.vault.client.login(KUBERNETES_MOUNT, "istiod", token);
      assert.deepEqual(body.auth?.policies, ["default"]);
    },
  ),
  wrong("secrets-mount", agent, replacing(MOUNT, "kubernetes-cluster9-secrets")),
  wrong("other-cluster-secrets", agent, replacing(MOUNT, "kubernetes-cluster2-secrets")),
  wrong("login-ended", read, async (world) => {
    const token = await tokenWith(world, READ_POLICY);
    await world.rig.vault.client.require("POST", "auth/token/revoke-self", { token });
    return token;
  }),
  wrong("no-token", read, () => Promise.resolve("")),
];

function replacing(one: string, other: string): AgentChange {
  return ({ template }) => {
    for (const entry of template) entry.contents = entry.contents.replaceAll(one, other);
  };
}

function read(token = (world: World) => tokenWith(world, READ_POLICY)): Attempt {
  return async (world) =>
    said(await world.rig.vault.client.send("GET", CERTIFICATES, { token: await token(world) }));
}

const ISSUER_POLICY = `istio-issuer-${JWT_CLUSTER}`;
const ISSUED = `kubernetes-${JWT_CLUSTER}-secrets/data/istiod-service/certs`;

/** What an issuer sends beside its request. */
const PARAMETERS = signParameters(intermediateIdentity(JWT_CLUSTER, ISTIO_NAMESPACE), Duration.days(90));

/** What an external issuer is refused. */
export const issuings: readonly Cause[] = [
  wrong("issuer-policy", sign, { policy: "default" }, maySign("default", "deny")),
  ...Object.entries({
    "issuer-parameter-value": { ttl: "8760h" },
    "issuer-parameter-missing": { ttl: undefined },
    "issuer-parameter-unlisted": { ou: "mesh" },
    "issuer-parameter-number": { max_path_length: 0 },
  }).map(([row, parameters]) => wrong(row, sign, { parameters }, maySign(ISSUER_POLICY, "update"))),
  wrong("issuer-path", sign, { path: "istio-root-a/root/sign-intermediate" }),
  { row: "issuer-reads", refused: readsBack, accepted: write() },
  wrong("issuer-cas-missing", write, () => Promise.resolve({})),
  wrong("issuer-cas-stale", write, () => Promise.resolve({ cas: 0 })),
];

interface Signing {
  readonly parameters?: object;
  readonly policy?: string;
  readonly path?: string;
}

function sign({ parameters, policy = ISSUER_POLICY, path }: Signing = {}): Attempt {
  return async (world) => {
    const key = join(world.rig.directory, "request.key");
    const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"];
    const csr = await output("openssl", ["req", "-new", ...curve, "-keyout", key, "-subj", "/CN=request"]);
    const content = { csr, ...PARAMETERS, ...parameters };
    const token = await tokenWith(world, policy);
    const at = path ?? (await signPath(world));
    return said(await world.rig.vault.client.send("POST", at, { token, content }));
  };
}

/** The one path the policy lets an issuer sign at. */
async function signPath({ rig }: World): Promise<string> {
  const { data } = await rig.vault.ask("GET", `sys/policies/acl/${ISSUER_POLICY}`);
  return /path "([^"]+\/sign-intermediate)"/.exec(data.policy as string)![1]!;
}

function maySign(policy: string, capability: string): Cause["tell"] {
  return async (world) =>
    assert.deepEqual(await capabilities(world, policy, await signPath(world)), [capability]);
}

async function readsBack(world: World): Promise<string> {
  const token = await tokenWith(world, ISSUER_POLICY);
  return said(await world.rig.vault.client.send("GET", ISSUED, { token }));
}

function write(options = currentVersion): Attempt {
  return async (world) => {
    const token = await tokenWith(world, ISSUER_POLICY);
    const content = { options: await options(world), data: { ca_cert: "public" } };
    return said(await world.rig.vault.client.send("POST", ISSUED, { token, content }));
  };
}

async function currentVersion(world: World): Promise<{ cas?: number }> {
  const token = await tokenWith(world, ISSUER_POLICY);
  const metadata = ISSUED.replace("/data/", "/metadata/");
  const { body } = await world.rig.vault.client.send("GET", metadata, { token });
  return { cas: (body.data?.current_version as number | undefined) ?? 0 };
}

/** What Terraform is refused as deployer or planner of Vault's stacks. */
export const terraforms: readonly Cause[] = [
  { row: "terraform-no-token", refused: plan(() => Promise.resolve("")), accepted: plan() },
  wrong("terraform-token", plan, async (world) => {
    const token = await tokenWith(world, "root");
    await world.rig.vault.ask("POST", "auth/token/revoke", { token });
    return token;
  }),
  wrong("terraform-policy", plan, (world) => tokenWith(world, "default")),
  broken("terraform-old-policy", plan, async (world) => {
    const { rig, deployment } = world;
    const before = join(deployment.directory, "before.yaml");
    writeMeshFile(before, rig, { clusters: [KUBERNETES_CLUSTER] });
    const planner = await identity(world, "planner");
    await planner.allow(before);
    return () => planner.allow(deployment.meshFile);
  }),
  {
    row: "terraform-planner",
    // Something for the plan to put right.
    bring: changesPolicy(READ_POLICY),
    refused: apply("planner"),
    accepted: apply("deployer"),
  },
];

const identities = new Map<string, Promise<IdentityOfVault>>();

/** Planner or deployer, with its policy for the mesh as it is deployed. */
function identity({ rig, deployment }: World, name: "planner" | "deployer"): Promise<IdentityOfVault> {
  const allowed = async () => {
    const one = new IdentityOfVault(rig, name);
    await one.allow(deployment.meshFile);
    return one;
  };
  identities.set(name, identities.get(name) ?? allowed());
  return identities.get(name)!;
}

function plan(token = async (world: World) => (await identity(world, "planner")).token): Attempt {
  return async (world) => {
    const { outcome, text } = await world.deployment.plan(VAULT_STACKS, await token(world));
    return outcome === 1 ? firstError(text) : ACCEPTED;
  };
}

function apply(name: "planner" | "deployer"): Attempt {
  return async (world) => {
    const { token } = await identity(world, name);
    const { code, stdout, stderr } = await world.deployment.apply(`vault-${KUBERNETES_CLUSTER}`, token);
    return code === 0 ? ACCEPTED : firstError(stdout + stderr);
  };
}

/** The first error without its frame, in one line. */
function firstError(text: string): string {
  const lines = text.split("\n").map((line) => line.replace(/^[\s│╷╵]*/, ""));
  const first = lines.findIndex((line) => line.startsWith("Error: "));
  const end = lines.findIndex((line, index) => index > first && line.startsWith("with "));
  return oneLine(lines.slice(first, end === -1 ? undefined : end).join(" "));
}

/** No refusal of Vault's, though istiod waits just the same. */
export const lookAlikes: readonly Cause[] = [
  broken("secret-deleted", agent, async ({ rig: { vault } }) => {
    const { version } = (await vault.ask("GET", CERTIFICATES)).data.metadata as { version: number };
    await vault.ask("DELETE", CERTIFICATES);
    return () => vault.ask("POST", CERTIFICATES.replace("/data/", "/undelete/"), { versions: [version] });
  }),
  broken("key-missing", agent, async ({ rig }) => {
    const secret = new IntermediateSecret(rig, KUBERNETES_CLUSTER);
    const { root_cert: _bundle, ...data } = await secret.files();
    const { cert_chain: _, ...others } = data;
    await secret.overwrite(others);
    return () => secret.overwrite(data);
  }),
  wrong<AgentChange>("vault-ca", agent, ({ vault }) => {
    delete vault.ca_cert;
    return "VAULT_CACERT_BYTES";
  }),
  wrong<AgentChange>("vault-name", agent, ({ vault }) => {
    vault.address = "https://vault.invalid:8200";
  }),
  broken("vault-down", agent, async ({ rig }) => {
    await rig.vault.stop();
    return () => rig.vault.restart();
  }),
  broken("vault-sealed", agent, async ({ rig }) => {
    await rig.vault.seal();
    return () => rig.vault.unseal();
  }),
  broken(
    "webhook-down",
    () => makesAPod,
    async ({ rig }) => {
      const cluster = rig.cluster(KUBERNETES_CLUSTER);
      await scaleInjector(cluster, 0);
      return () => scaleInjector(cluster, 1);
    },
  ),
];

/** Makes a pod of istiod's Deployment, but for keeping it. */
async function makesAPod({ rig }: World): Promise<string> {
  const cluster = rig.cluster(KUBERNETES_CLUSTER);
  const { spec } = await cluster.get<V1Deployment>(`deployment istiod -n ${ISTIO_NAMESPACE}`);
  const { metadata, spec: podSpec } = spec!.template;
  const named = { ...metadata, name: "istiod-dry-run", namespace: ISTIO_NAMESPACE };
  const pod = { apiVersion: "v1", kind: "Pod", metadata: named, spec: podSpec };
  return cluster.kubectl("create --dry-run=server -f -", JSON.stringify(pod)).then(
    () => ACCEPTED,
    (error: Error) => error.message,
  );
}
