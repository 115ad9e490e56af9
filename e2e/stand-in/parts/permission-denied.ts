import type { Part } from "../checks";
import type { Cluster } from "../cluster";
import { TOKEN_ISSUER } from "../control-plane";
import { VAULT_STACK } from "../deployment";
import { type PermissionCase, permissionCheck } from "../permission/case";
import { issuings } from "../permission/issuer";
import { jwtLogins } from "../permission/jwt-login";
import { ELSEWHERE, kubernetesLogins, reviewedLogins } from "../permission/kubernetes-login";
import { LoginLog } from "../permission/login-log";
import { CLUSTERS, JWT_CLUSTER, KUBERNETES_CLUSTER } from "../permission/logins";
import { lookAlikes } from "../permission/look-alikes";
import { otherLogs } from "../permission/other-logs";
import { readings } from "../permission/reading";
import { terraforms } from "../permission/terraform";
import { ISTIO_NAMESPACE } from "../istiod";
import type { World } from "../world";
import { MESH_NEEDS } from "./needs";

const log = new LoginLog();

const ground: Part = {
  name: "permission denied: a mesh of both login methods, and both kinds of issuance",
  needs: MESH_NEEDS,
  foundation: true,
  checks: [
    {
      name: "it deploys",
      prerequisite: true,
      run: deploy,
    },
    {
      name: "vault monitor shows Vault's debug log",
      prerequisite: true,
      run: async (world) => log.start(world),
    },
  ],
};

/** Each cause in docs/permission-denied.md, with the texts its row gives. */
export const permissionDeniedParts: readonly Part[] = [
  ground,
  part("logins refused, the pod's own token being the reviewer", kubernetesLogins),
  part("logins refused, with a reviewer of Vault's own", reviewedLogins),
  part("logins refused by the JWT method", jwtLogins),
  part("reads refused", readings),
  part("an issuer refused", issuings),
  part("Terraform refused", terraforms),
  {
    name: "permission denied: what else tells why",
    needs: [...MESH_NEEDS, "kubectl"],
    checks: otherLogs(log),
  },
  part("what only looks like it", lookAlikes),
];

async function deploy({ rig, deployment }: World): Promise<void> {
  await Promise.all(CLUSTERS.map((name) => rig.addCluster(name)));
  const publicKeysFile = rig.cluster(JWT_CLUSTER).controlPlane.tokenKeyFile;
  deployment.configure({
    clusters: CLUSTERS,
    overrides: {
      [JWT_CLUSTER]: {
        vaultAuth: { method: "jwt", issuer: TOKEN_ISSUER, publicKeysFile },
        intermediates: { issuance: "external" },
      },
    },
  });
  await deployment.deploy(VAULT_STACK);
  await deployment.deploy(KUBERNETES_CLUSTER);
  await createIstiodAccount(rig.cluster(JWT_CLUSTER), ISTIO_NAMESPACE);
  await createIstiodAccount(rig.cluster(KUBERNETES_CLUSTER), ELSEWHERE);
}

async function createIstiodAccount({ api }: Cluster, namespace: string): Promise<void> {
  await api.create("/api/v1/namespaces", { metadata: { name: namespace } });
  await api.create(`/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name: "istiod" } });
}

function part(name: string, cases: readonly PermissionCase[]): Part {
  return {
    name: `permission denied: ${name}`,
    needs: MESH_NEEDS,
    checks: cases.map((tested) => permissionCheck(tested, log)),
  };
}
