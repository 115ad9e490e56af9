import assert from "node:assert/strict";
import { join } from "node:path";
import { Duration } from "../../../lib";
import { intermediateIdentity, signParameters } from "../../../lib/private/intermediate";
import { output } from "../../command";
import { ISTIO_NAMESPACE } from "../istiod";
import type { World } from "../world";
import type { Attempt, PermissionCase } from "./case";
import { JWT_CLUSTER, said } from "./logins";
import { administer, capabilities, tokenWith } from "./vault-objects";

const POLICY = `istio-issuer-${JWT_CLUSTER}`;
const MOUNT = `kubernetes-${JWT_CLUSTER}-secrets`;
const SECRET = "istiod-service/certs";

/** What an issuer sends beside its request. */
const PARAMETERS = signParameters(intermediateIdentity(JWT_CLUSTER, ISTIO_NAMESPACE), Duration.days(90));

/** What an external issuer is refused. */
export const issuings: readonly PermissionCase[] = [
  {
    row: "issuer-policy",
    refused: sign({}, ["default"]),
    accepted: sign(),
    tell: (world) => maySign(world, ["default"], "deny"),
  },
  parametersRefused("issuer-parameter-value", { ttl: "8760h" }),
  parametersRefused("issuer-parameter-missing", { ttl: undefined }),
  parametersRefused("issuer-parameter-unlisted", { ou: "mesh" }),
  parametersRefused("issuer-parameter-number", { max_path_length: 0 }),
  {
    row: "issuer-path",
    refused: sign({}, [POLICY], () => Promise.resolve("istio-root-a/root/sign-intermediate")),
    accepted: sign(),
  },
  { row: "issuer-reads", refused: readsBack, accepted: write(currentVersion) },
  { row: "issuer-cas-missing", refused: write(), accepted: write(currentVersion) },
  { row: "issuer-cas-stale", refused: write(() => Promise.resolve(0)), accepted: write(currentVersion) },
];

function parametersRefused(row: string, change: object): PermissionCase {
  return {
    row,
    refused: sign(change),
    accepted: sign(),
    tell: (world) => maySign(world, [POLICY], "update"),
  };
}

function sign(change: object = {}, policies: readonly string[] = [POLICY], path = signPath): Attempt {
  return async (world) => {
    const content = { csr: await certificateRequest(world), ...PARAMETERS, ...change };
    const token = await tokenWith(world, policies);
    return said(await world.rig.vault.client.send("POST", await path(world), { token, content }));
  };
}

/** The one path the policy lets an issuer sign at. */
async function signPath(world: World): Promise<string> {
  const { data } = await administer(world, "GET", `sys/policies/acl/${POLICY}`);
  return /path "([^"]+\/sign-intermediate)"/.exec(data.policy)![1]!;
}

async function certificateRequest({ rig }: World): Promise<string> {
  const key = join(rig.directory, "request.key");
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"];
  return output("openssl", ["req", "-new", ...curve, "-keyout", key, "-subj", "/CN=request"]);
}

function write(version?: (world: World) => Promise<number>): Attempt {
  return async (world) => {
    const options = version ? { cas: await version(world) } : {};
    const token = await tokenWith(world, [POLICY]);
    const content = { options, data: { ca_cert: "public" } };
    return said(await world.rig.vault.client.send("POST", `${MOUNT}/data/${SECRET}`, { token, content }));
  };
}

async function readsBack(world: World): Promise<string> {
  const token = await tokenWith(world, [POLICY]);
  return said(await world.rig.vault.client.send("GET", `${MOUNT}/data/${SECRET}`, { token }));
}

async function currentVersion(world: World): Promise<number> {
  const token = await tokenWith(world, [POLICY]);
  const { body } = await world.rig.vault.client.send("GET", `${MOUNT}/metadata/${SECRET}`, { token });
  return body.data?.current_version ?? 0;
}

/** What `vault token capabilities` prints for the path. */
async function maySign(world: World, policies: readonly string[], capability: string): Promise<void> {
  const token = await tokenWith(world, policies);
  assert.deepEqual(await capabilities(world, token, await signPath(world)), [capability]);
}
