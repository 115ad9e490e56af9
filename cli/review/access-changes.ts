import { isDeepStrictEqual } from "node:util";
import type { ClusterConfig } from "../../config/mesh";
import { nameList } from "../../lib/private/text";
import { clusterVaultNames } from "../../lib";
import type { Finding } from "../../lib/rules";
import { listChange } from "./list-change";
import { rules } from "./rules";
import { ofEach, shown } from "./shown";
import type { Resource, SynthesizedStack } from "./synthesized";
import {
  type Grant,
  type LoginRole,
  loginRoles,
  ownIstiods,
  policies,
  Readers,
  type VaultPolicy,
} from "./vault-access";

type Stacks = ReadonlyMap<string, SynthesizedStack>;

/** Who may read a cluster's CA key, before and after. */
export interface KeyReaders {
  readonly cluster: string;
  readonly before: readonly KeyReader[];
  readonly after: readonly KeyReader[];
}

export interface KeyReader {
  readonly who: string;
  /** The istiod it is, where it is one of the cluster's own. */
  readonly own: string | undefined;
}

/** The Vault objects of one side. */
export class VaultSide {
  public readonly policies: readonly VaultPolicy[];
  public readonly roles: readonly LoginRole[];
  /** Their names in Vault. */
  public readonly clusters: ReadonlySet<string>;
  private readonly istiods: ReadonlyMap<string, ReadonlyMap<string, string>>;
  private readonly readers: Readers;

  constructor(
    public readonly stacks: Stacks,
    clusters: readonly ClusterConfig[],
  ) {
    this.clusters = new Set(clusters.map(({ nameInVault }) => nameInVault));
    this.istiods = new Map(clusters.map((cluster) => [cluster.nameInVault, ownIstiods(cluster)]));
    this.policies = policies(stacks);
    this.roles = loginRoles(stacks);
    this.readers = new Readers(this.policies, this.roles);
  }

  public keyReaders(cluster: string): KeyReader[] {
    const { secretsMount, certificatesPath } = clusterVaultNames(cluster);
    return this.readers
      .of(`${secretsMount}/data/${certificatesPath}`)
      .map((who) => ({ who, own: this.istiods.get(cluster)?.get(who) }));
  }

  /** Whether a role is for the cluster's own istiods alone. */
  public isForIstiod({ accounts, mount }: LoginRole, cluster: string): boolean {
    return accounts.every((account) => this.istiods.get(cluster)!.has(`${account} by auth/${mount}`));
  }
}

/** Who may read the CA keys of the clusters there are now. */
export function keyReaders(
  before: VaultSide,
  after: VaultSide,
  clusters: readonly Pick<ClusterConfig, "name" | "nameInVault">[],
): KeyReaders[] {
  return clusters.map(({ name: cluster, nameInVault }) => ({
    cluster,
    before: before.keyReaders(nameInVault),
    after: after.keyReaders(nameInVault),
  }));
}

/** Everything that lets more in, or lets them do more, than before. */
export function accessFindings(
  before: VaultSide,
  after: VaultSide,
  readers: readonly KeyReaders[],
): Finding[] {
  return [
    ...foreignReaders(readers),
    ...widenedPolicies(before, after),
    ...changedRoles(before, after),
    ...changedVouchers(before, after),
  ];
}

function foreignReaders(readers: readonly KeyReaders[]): Finding[] {
  return readers.flatMap(({ cluster, before, after }) => {
    const foreign = after
      .filter(({ who, own }) => own === undefined && !before.some((reader) => reader.who === who))
      .map(({ who }) => who);
    return foreign.length === 0 ? [] : [rules.caKeyReadByOthers(cluster, nameList(foreign))];
  });
}

/** Grants that were not there, but for those that every new cluster brings for its own istiod. */
function widenedPolicies(before: VaultSide, after: VaultSide): Finding[] {
  const was = new Map(before.policies.map((policy) => [policy.name, policy]));
  const readPolicies = new Map([...after.clusters].map((one) => [clusterVaultNames(one).readPolicy, one]));
  const facts = after.policies.flatMap(({ name, grants }) => {
    const cluster = readPolicies.get(name) ?? nearestCluster(name, after.clusters);
    const own = cluster === undefined ? [] : ownPaths(cluster, name);
    const earlier = was.get(name)?.grants ?? [];
    return grants
      .filter((grant) => !earlier.some(({ text }) => text === grant.text) && !isOwn(grant, own))
      .map((grant) => ({
        subject: shown(name),
        what: shown(`${grant.capabilities.join(", ")} on ${withoutName(grant.path, cluster)}`),
      }));
  });
  return ofEach(facts, (subjects, { what }) => rules.policyWidened(nameList(subjects), what));
}

function isOwn({ path, capabilities }: Grant, own: readonly string[]): boolean {
  return own.includes(path) && isDeepStrictEqual(capabilities, ["read"]);
}

function ownPaths(cluster: string, policy: string): string[] {
  const names = clusterVaultNames(cluster);
  if (policy !== names.readPolicy) return [];
  return [names.certificatesPath, names.trustBundlePath].map((path) => `${names.secretsMount}/data/${path}`);
}

/** The cluster a policy or mount is named after: the longest of those that its name ends with. */
export function nearestCluster(name: string, clusters: ReadonlySet<string>): string | undefined {
  for (let dash = name.indexOf("-"); dash >= 0; dash = name.indexOf("-", dash + 1)) {
    if (clusters.has(name.slice(dash + 1))) return name.slice(dash + 1);
  }
  return undefined;
}

/** So that the same grant of many clusters is said once. */
export function withoutName(path: string, cluster: string | undefined): string {
  return cluster === undefined ? path : path.replaceAll(`-${cluster}`, "-<its cluster>");
}

const ROLE_ATTRIBUTES: Readonly<Record<string, string>> = {
  bound_service_account_names: "its ServiceAccounts",
  bound_service_account_namespaces: "its namespaces",
  audience: "its audience",
  bound_audiences: "its audiences",
  bound_subject: "its subject",
  bound_claims: "its claims",
  bound_claims_type: "how claims are compared",
  token_policies: "its policies",
  token_ttl: "the seconds a login lasts",
  token_max_ttl: "the seconds a login can be renewed for",
  token_bound_cidrs: "the addresses it may be used from",
  token_no_default_policy: "whether it has Vault's policy default no more",
  secret_id_ttl: "the seconds its secret ids can be used",
  secret_id_bound_cidrs: "the addresses it may be used from",
};

function changedRoles(before: VaultSide, after: VaultSide): Finding[] {
  const was = new Map(before.roles.map((role) => [`${role.mount} ${role.name}`, role]));
  const facts = after.roles.flatMap((role) => {
    const subject = shown(`${role.name} of auth/${role.mount}`);
    const earlier = was.get(`${role.mount} ${role.name}`);
    const cluster = nearestCluster(role.mount, after.clusters);
    if (earlier) {
      return changedAttributes(earlier.resource, role.resource, ROLE_ATTRIBUTES).map((what) => ({
        subject,
        what,
      }));
    }
    const expected =
      cluster !== undefined &&
      !before.clusters.has(cluster) &&
      after.isForIstiod(role, cluster) &&
      isDeepStrictEqual(role.policies, [clusterVaultNames(cluster).readPolicy]);
    return expected
      ? []
      : [
          {
            subject,
            what: shown(`it is new, for ${role.accounts.join(", ")}, with ${nameList(role.policies)}`),
          },
        ];
  });
  return ofEach(facts, (subjects, { what }) => rules.loginChanged(nameList(subjects), what));
}

/** Types that say who vouches for a login, and what of them counts; values of `hidden` ones are not shown. */
const VOUCHERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  vault_kubernetes_auth_backend_config: {
    kubernetes_host: "the API server that reviews tokens",
    kubernetes_ca_cert: "that API server's CA certificate",
    token_reviewer_jwt: "the reviewer's own token",
    disable_local_ca_jwt: "whether Vault's own pod may be the reviewer",
  },
  vault_jwt_auth_backend: {
    oidc_discovery_url: "the URL its public keys come from",
    jwks_url: "the URL its public keys come from",
    bound_issuer: "the issuer of its tokens",
    jwt_validation_pubkeys: "the public keys of its issuer",
    oidc_discovery_ca_pem: "the CA certificate of its issuer",
  },
};

const HIDDEN = [
  "kubernetes_ca_cert",
  "token_reviewer_jwt",
  "jwt_validation_pubkeys",
  "oidc_discovery_ca_pem",
];

function changedVouchers(before: VaultSide, after: VaultSide): Finding[] {
  const facts = [...after.stacks].flatMap(([name, stack]) =>
    Object.entries(VOUCHERS).flatMap(([type, attributes]) => {
      const was = new Map(
        before.stacks
          .get(name)
          ?.ofType(type)
          .map((resource) => [resource.id, resource]),
      );
      return stack.ofType(type).flatMap((resource) => {
        const earlier = was.get(resource.id);
        const mount = `${stack.resolve(resource.attributes.backend ?? resource.attributes.path ?? "")}`;
        const subject = `auth/${shown(mount)}`;
        return earlier
          ? changedAttributes(earlier, resource, attributes).map((what) => ({ subject, what }))
          : [];
      });
    }),
  );
  return ofEach(facts, (subjects, { what }) => rules.voucherChanged(nameList(subjects), what));
}

function changedAttributes(
  before: Resource,
  after: Resource,
  known: Readonly<Record<string, string>>,
): string[] {
  return Object.entries(known).flatMap(([key, words]) => {
    const [was, is] = [
      before.stack.resolve(before.attributes[key]),
      after.stack.resolve(after.attributes[key]),
    ];
    if (isDeepStrictEqual(was, is)) return [];
    if (HIDDEN.includes(key)) return [`${words} changes`];
    const entries = listChange(was, is);
    return [
      entries === undefined
        ? `${words} would change from ${value(was)} to ${value(is)}`
        : `${words} would change (${entries})`,
    ];
  });
}

function value(attribute: unknown): string {
  if (attribute === undefined) return "none";
  if (Array.isArray(attribute)) return shown(`[${attribute.join(", ")}]`);
  return shown(typeof attribute === "object" ? JSON.stringify(attribute) : `${attribute}`);
}
