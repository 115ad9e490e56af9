import type { ClusterConfig, Mesh } from "../../config/mesh";
import { clusterVaultNames, GATEWAY_CA_MOUNT, gatewayVaultNames, rootMount } from "../../lib/names";
import { signPath } from "../../lib/private/intermediate";
import { kvData } from "../../lib/private/kv";
import { type Identity, identityPolicy } from "../../stacks/identity-policies";
import { nearestCluster, type VaultSide, withoutName } from "../review/access-changes";
import { groupBy } from "../../lib/private/group-by";
import { allows, type Grant, policyOf } from "../review/vault-access";

/** One thing that may be done in Vault, to each of several things. */
export interface Action {
  readonly title: string;
  readonly capabilities: readonly string[];
  /** Paths, each by what is named there: a cluster, a root, a gateway of a cluster. */
  readonly targets: ReadonlyMap<string, string>;
}

/** To which of an action's targets somebody may do it. */
export type Reach = "none" | "own" | "every" | readonly string[];

/** Somebody who logs in to Vault, or several alike in as many clusters. */
export interface AccessRow {
  readonly who: string;
  /** Whoever this is: ServiceAccounts, claims, or the one that holds a token. */
  readonly accounts: string;
  readonly login: string;
  /** How many clusters have it. */
  readonly clusters: number;
  /** One for each action. */
  readonly reaches: readonly Reach[];
}

/** The matrix of who may do what. */
export interface Access {
  readonly actions: readonly string[];
  readonly rows: readonly AccessRow[];
}

interface Subject {
  readonly who: string;
  readonly accounts: string;
  readonly login: string;
  /** The cluster whose auth mount it logs in by. */
  readonly cluster: Pick<ClusterConfig, "name" | "nameInVault"> | undefined;
  readonly grants: readonly Grant[];
}

/** Who may read, issue and log in, from the very policies and roles that the stacks make. */
export function access(mesh: Mesh, vault: VaultSide): Access {
  const actions = actionsOf(mesh).filter(({ targets }) => targets.size > 0);
  const rows = [...identities(mesh), ...logins(mesh, vault)].map((subject): AccessRow => {
    const { who, accounts, login, cluster } = subject;
    return {
      who,
      accounts: withoutName(accounts, cluster?.nameInVault),
      login: withoutName(login, cluster?.nameInVault),
      clusters: cluster === undefined ? 0 : 1,
      reaches: actions.map((action) => reach(subject, action)),
    };
  });
  const alike = groupBy(rows, (row) => JSON.stringify(row));
  return {
    actions: actions.map(({ title }) => title),
    rows: [...alike.values()].map((group) => ({
      ...group[0],
      clusters: group.reduce((sum, { clusters }) => sum + clusters, 0),
    })),
  };
}

function actionsOf({ clusters, roots }: Mesh): Action[] {
  const ofClusters = (path: (names: ReturnType<typeof clusterVaultNames>) => string) =>
    new Map(clusters.map(({ name, nameInVault }) => [name, path(clusterVaultNames(nameInVault))]));
  const signers = roots.flatMap((root): [string, string][] => {
    if (root.source === "vault-pki") {
      return [[root.name, signPath({ mountPath: rootMount(root.name), issuer: root.name })]];
    }
    return root.source === "existing" ? [[root.name, signPath(root)]] : [];
  });
  return [
    {
      title: "reads the CA key",
      capabilities: ["read"],
      targets: ofClusters(({ secretsMount, certificatesPath }) => kvData(secretsMount, certificatesPath)),
    },
    { title: "has a CA signed by root", capabilities: ["update"], targets: new Map(signers) },
    {
      title: "writes CA files",
      capabilities: ["create", "update"],
      targets: ofClusters(({ secretsMount, certificatesPath }) => kvData(secretsMount, certificatesPath)),
    },
    {
      title: "reads the trust bundle",
      capabilities: ["read"],
      targets: ofClusters(({ secretsMount, trustBundlePath }) => kvData(secretsMount, trustBundlePath)),
    },
    {
      title: "gets a gateway's certificate",
      capabilities: ["read", "update"],
      targets: new Map(clusters.flatMap(gatewayPaths)),
    },
    {
      title: "writes policies and logins",
      capabilities: ["update"],
      targets: ofClusters(({ readPolicy }) => `sys/policies/acl/${readPolicy}`),
    },
  ];
}

function gatewayPaths({
  name: cluster,
  nameInVault,
  gateways,
}: Mesh["clusters"][number]): [string, string][] {
  return gateways.flatMap(({ name, certificate }): [string, string][] => {
    const names = gatewayVaultNames(nameInVault, name);
    const key = gatewayKey(cluster, name);
    if (certificate.source === "vault-pki") {
      return [[key, `${certificate.mountPath ?? GATEWAY_CA_MOUNT}/issue/${names.pkiRole}`]];
    }
    if (certificate.source === "none") return [];
    const mount = certificate.mountPath ?? clusterVaultNames(nameInVault).secretsMount;
    return [[key, kvData(mount, certificate.path ?? names.secretPath)]];
  });
}

function gatewayKey(cluster: string, gateway: string): string {
  return `${gateway} of ${cluster}`;
}

/** Those whose tokens no stack makes: docs/identities.md says how to create them. */
function identities(mesh: Mesh): Subject[] {
  return (["deployer", "planner", "status"] as const).map((identity: Identity) => ({
    who: identity,
    accounts: `whoever holds its token, with the policy of "istio-vault policy ${identity}"`,
    login: "a token",
    cluster: undefined,
    grants: policyOf(identity, identityPolicy(identity, [mesh])).grants,
  }));
}

function logins(mesh: Mesh, { roles, policies, clusters }: VaultSide): Subject[] {
  const byName = new Map(policies.map(({ name, grants }) => [name, grants]));
  const byNameInVault = new Map(mesh.clusters.map((cluster) => [cluster.nameInVault, cluster]));
  return roles.map(({ mount, name, accounts, policies: held }) => ({
    who: name,
    accounts: accounts.join(", "),
    login: `auth/${mount}`,
    cluster: byNameInVault.get(nearestCluster(mount, clusters) ?? ""),
    grants: held.flatMap((policy) => byName.get(policy) ?? []),
  }));
}

function reach({ who, cluster, grants }: Subject, { capabilities, targets }: Action): Reach {
  const reached = [...targets]
    .filter(([, path]) =>
      grants.some((grant) => capabilities.some((capability) => allows(grant, capability, path))),
    )
    .map(([name]) => name);
  if (reached.length === 0) return "none";
  const own = cluster !== undefined && [cluster.name, gatewayKey(cluster.name, who)].includes(reached[0]);
  if (reached.length === 1 && own) return "own";
  return reached.length === targets.size && targets.size > 1 ? "every" : reached;
}
