import assert from "node:assert/strict";
import type { World } from "../world";
import { agent } from "./agent";
import type { Attempt, PermissionCase } from "./case";
import { KUBERNETES_CLUSTER, KUBERNETES_MOUNT, said, tokenOf } from "./logins";
import { capabilities, changes, changesPolicy, tokenWith } from "./vault-objects";

const MOUNT = `kubernetes-${KUBERNETES_CLUSTER}-secrets`;
const CERTIFICATES = `${MOUNT}/data/istiod-service/certs`;
const READ_POLICY = `istiod-certs-${KUBERNETES_CLUSTER}`;

/** The login is accepted, the read refused. */
export const readings: readonly PermissionCase[] = [
  {
    row: "policy-path",
    bring: changesPolicy(READ_POLICY, (text) =>
      text.replace(CERTIFICATES, `${MOUNT}/data/istiod-service/cert`),
    ),
    refused: agent(),
    accepted: agent(),
    tell: async (world) => allows(world, [READ_POLICY], CERTIFICATES, "deny"),
  },
  {
    row: "kv-v1-path",
    bring: changesPolicy(READ_POLICY, (text) => text.replaceAll(`${MOUNT}/data/`, `${MOUNT}/`)),
    refused: agent(),
    // The agent asks for the data of a KV v2 secret, also where a template does not.
    accepted: agent(replacing(`${MOUNT}/data/`, `${MOUNT}/`)),
  },
  {
    row: "policy-deleted",
    bring: changesPolicy(READ_POLICY),
    refused: agent(),
    accepted: agent(),
  },
  {
    row: "role-policies",
    bring: changes(`auth/${KUBERNETES_MOUNT}/role/istiod`, () => ({ token_policies: [] })),
    refused: agent(),
    accepted: agent(),
    tell: async (world) => assert.deepEqual(await loginPolicies(world), ["default"]),
  },
  {
    row: "secrets-mount",
    refused: agent(replacing(MOUNT, "kubernetes-cluster9-secrets")),
    accepted: agent(),
  },
  {
    row: "other-cluster-secrets",
    refused: agent(replacing(MOUNT, "kubernetes-cluster2-secrets")),
    accepted: agent(),
  },
  {
    row: "login-ended",
    refused: read(async (world) => {
      const token = await tokenWith(world, [READ_POLICY]);
      await world.rig.vault.client.require("POST", "auth/token/revoke-self", { token });
      return token;
    }),
    accepted: read((world) => tokenWith(world, [READ_POLICY])),
  },
  {
    row: "no-token",
    refused: read(() => Promise.resolve("")),
    accepted: read((world) => tokenWith(world, [READ_POLICY])),
  },
];

function replacing(one: string, other: string) {
  return ({ template }: { template: { contents: string }[] }) => {
    for (const entry of template) entry.contents = entry.contents.replaceAll(one, other);
  };
}

function read(token: (world: World) => Promise<string>): Attempt {
  return async (world) =>
    said(await world.rig.vault.client.send("GET", CERTIFICATES, { token: await token(world) }));
}

async function allows(world: World, policies: readonly string[], path: string, capability: string) {
  assert.deepEqual(await capabilities(world, await tokenWith(world, policies), path), [capability]);
}

async function loginPolicies(world: World): Promise<readonly string[]> {
  const { body } = await world.rig.vault.client.login(KUBERNETES_MOUNT, "istiod", await tokenOf()(world));
  return body.auth?.policies ?? [];
}
