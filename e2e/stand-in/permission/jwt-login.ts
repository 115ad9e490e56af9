import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { madeIn, withClaims } from "../../service-account-jwt";
import type { World } from "../world";
import { ACCEPTED, type Mend, type PermissionCase } from "./case";
import { DiscoveryServer } from "./discovery-server";
import {
  ISTIOD,
  ISTIOD_FOR_VAULT,
  JWT_CLUSTER,
  JWT_MOUNT,
  jwtLogin,
  KUBERNETES_CLUSTER,
  tokenOf,
} from "./logins";
import { changes, reload } from "./vault-objects";

const CONFIG = `auth/${JWT_MOUNT}/config`;

/** Refused logins at a mount of Vault's JWT method. */
export const jwtLogins: readonly PermissionCase[] = [
  {
    row: "jwt-role",
    refused: jwtLogin({ role: "istoid" }),
    accepted: jwtLogin(),
  },
  {
    row: "jwt-service-account",
    refused: jwtLogin({ token: tokenOf(JWT_CLUSTER, { ...ISTIOD_FOR_VAULT, serviceAccount: "default" }) }),
    accepted: jwtLogin(),
  },
  {
    row: "jwt-audience",
    refused: jwtLogin({ token: tokenOf(JWT_CLUSTER, ISTIOD) }),
    accepted: jwtLogin(),
  },
  {
    row: "jwt-issuer",
    bring: changes(CONFIG, () => ({ bound_issuer: "https://oidc.example.com/cluster2" })),
    refused: jwtLogin(),
    accepted: jwtLogin(),
  },
  {
    row: "jwt-keys",
    bring: changes(CONFIG, ({ rig }) => ({
      jwt_validation_pubkeys: [
        readFileSync(rig.cluster(KUBERNETES_CLUSTER).controlPlane.tokenKeyFile, "utf8"),
      ],
    })),
    refused: jwtLogin(),
    accepted: jwtLogin(),
  },
  {
    row: "jwt-other-cluster",
    refused: jwtLogin({ token: tokenOf(KUBERNETES_CLUSTER, ISTIOD_FOR_VAULT) }),
    accepted: jwtLogin(),
  },
  {
    row: "jwt-discovery",
    bring: discoveryStops,
    refused: jwtLogin(),
    accepted: jwtLogin(),
  },
  {
    row: "jwt-expired",
    refused: jwtLogin({ token: tokenMade(-7200) }),
    accepted: jwtLogin({ token: tokenMade(0) }),
  },
  {
    row: "jwt-clock",
    refused: jwtLogin({ token: tokenMade(1800) }),
    accepted: jwtLogin({ token: tokenMade(0) }),
  },
];

/** Vault gets the keys from the issuer's URL, which then is out of reach. */
async function discoveryStops(world: World): Promise<Mend> {
  const keys = await world.rig.cluster(JWT_CLUSTER).api.get<object>("/openid/v1/jwks");
  const issuer = await DiscoveryServer.start(join(world.rig.directory, "issuer"), keys);
  const mend = await changes(CONFIG, () => ({
    jwt_validation_pubkeys: [],
    oidc_discovery_url: issuer.url,
    oidc_discovery_ca_pem: issuer.caCertificate,
  }))(world);
  const answer = await jwtLogin()(world);
  await issuer.stop();
  // Vault keeps the keys it has fetched until it starts anew.
  await reload(world, JWT_MOUNT);
  assert.equal(answer, ACCEPTED);
  return mend;
}

/** istiod's token, as if made this many seconds from now. */
function tokenMade(seconds: number) {
  return async (world: World): Promise<string> => {
    const token = await tokenOf(JWT_CLUSTER, ISTIOD_FOR_VAULT)(world);
    const key = readFileSync(join(world.rig.cluster(JWT_CLUSTER).directory, "sa.key"), "utf8");
    return withClaims(token, madeIn(seconds), key);
  };
}
