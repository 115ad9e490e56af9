import type { ClusterConfig } from "../../config/mesh";
import { clusterVaultNames, DEFAULT_REVISION, ISTIO_NAMESPACE, istiodAccount } from "../../lib";
import { shown } from "./shown";
import { mapping, type Resource, type SynthesizedStack, texts } from "./synthesized";

type Stacks = ReadonlyMap<string, SynthesizedStack>;

/** One path of a policy. */
export interface Grant {
  readonly path: string;
  readonly capabilities: readonly string[];
  /** The rule's whole text, which also holds what parameters it allows. */
  readonly text: string;
}

/** A Vault policy and what it allows. */
export interface VaultPolicy {
  readonly name: string;
  readonly grants: readonly Grant[];
}

/** A role one can log in by. */
export interface LoginRole {
  /** Path of its auth mount, without `auth/`. */
  readonly mount: string;
  readonly name: string;
  /** Who may use it, each in words. */
  readonly accounts: readonly string[];
  readonly policies: readonly string[];
  readonly resource: Resource;
}

/** Every policy the stacks make. */
export function policies(stacks: Stacks): VaultPolicy[] {
  return ofType(stacks, "vault_policy").map(({ stack, attributes }) => ({
    name: `${attributes.name ?? ""}`,
    grants: grants(`${stack.resolve(attributes.policy ?? "")}`),
  }));
}

/** What cannot be read is taken for everything: better a finding too many. */
const EVERYTHING = ["create", "read", "update", "delete", "list", "sudo"];

const HEADER = /^\s*path\s+"([^"]*)"\s*\{/;

/** The rules of a policy. */
function grants(policy: string): Grant[] {
  const found: Grant[] = [];
  let rest = policy.replace(/^\s*(#|\/\/).*$/gm, "");
  for (let header = HEADER.exec(rest); header; header = HEADER.exec(rest)) {
    const end = closingBrace(rest, header[0].length);
    const body = rest.slice(header[0].length, end);
    const listed = /capabilities\s*=\s*\[([^\]]*)\]/.exec(body)?.[1];
    const capabilities = [...(listed ?? "").matchAll(/"(\w+)"/g)].map(([, capability]) => capability);
    found.push({
      path: header[1],
      capabilities: capabilities.length > 0 ? capabilities : EVERYTHING,
      text: rest.slice(0, end + 1).trim(),
    });
    rest = rest.slice(end + 1);
  }
  return rest.trim() === "" ? found : [...found, { path: "*", capabilities: EVERYTHING, text: rest.trim() }];
}

/** Where the block that is open at `start` ends. */
function closingBrace(text: string, start: number): number {
  let depth = 1;
  for (const token of text.slice(start).matchAll(/"(?:[^"\\]|\\.)*"|[{}]/g)) {
    if (token[0] === "{") depth += 1;
    if (token[0] === "}") depth -= 1;
    if (depth === 0) return start + token.index;
  }
  return text.length;
}

/** Every role of the Kubernetes, JWT and AppRole methods. */
export function loginRoles(stacks: Stacks): LoginRole[] {
  return ROLE_TYPES.flatMap((type) =>
    ofType(stacks, type).map((resource) => {
      const { stack, attributes } = resource;
      return {
        mount: `${stack.resolve(attributes.backend ?? attributes.path ?? "")}`.replace(/^auth\//, ""),
        name: `${attributes.role_name ?? ""}`,
        accounts: accounts(resource),
        policies: texts(stack.resolve(attributes.token_policies)),
        resource,
      };
    }),
  );
}

const ROLE_TYPES = [
  "vault_kubernetes_auth_backend_role",
  "vault_jwt_auth_backend_role",
  "vault_approle_auth_backend_role",
];

function accounts({ type, attributes }: Resource): string[] {
  if (type === "vault_approle_auth_backend_role") return ["whoever holds its secret id"];
  if (type === "vault_jwt_auth_backend_role") {
    const { sub, ...others } = mapping(attributes.bound_claims);
    const subjects = sub === undefined ? [] : `${sub}`.split(",");
    // ServiceAccounts are called the same by whichever method they log in; each of them alone is enough.
    const found = subjects.map((subject) => SERVICE_ACCOUNT.exec(subject)?.slice(1).join("/"));
    const bound = [
      ...texts(attributes.bound_subject),
      ...Object.entries(others).map(([name, value]) => `${name}=${value}`),
    ];
    if (bound.length === 0 && found.length > 0 && !found.includes(undefined)) return found as string[];
    const all = [...bound, ...(sub === undefined ? [] : [`sub=${sub}`])];
    return [all.join(", ") || "any subject"];
  }
  const [names, namespaces] = [
    texts(attributes.bound_service_account_names),
    texts(attributes.bound_service_account_namespaces),
  ];
  return namespaces.flatMap((namespace) => names.map((name) => `${namespace}/${name}`));
}

const SERVICE_ACCOUNT = /^system:serviceaccount:([^:,]+):([^:,]+)$/;

/** How a cluster's own istiods, and nobody else, are called among the readers of its CA key; and in words. */
export function ownIstiods({ name, istio }: Pick<ClusterConfig, "name" | "istio">): Map<string, string> {
  const { kubernetesAuthMount, jwtAuthMount } = clusterVaultNames(name);
  return new Map(
    istio.revisions.flatMap(({ name: revision }) =>
      [kubernetesAuthMount, jwtAuthMount].map((mount) => [
        `${ISTIO_NAMESPACE}/${istiodAccount(revision)} by auth/${mount}`,
        revision === DEFAULT_REVISION ? "its own istiod" : `its own istiod ${revision}`,
      ]),
    ),
  );
}

/** Who may read what: each role that has a policy which allows it. */
export class Readers {
  private readonly exact = new Map<string, string[]>();
  private readonly patterns: { readonly path: RegExp; readonly policy: string }[] = [];
  private readonly rolesOf = new Map<string, LoginRole[]>();

  constructor(allPolicies: readonly VaultPolicy[], roles: readonly LoginRole[]) {
    for (const { name: policy, grants } of allPolicies) {
      for (const { path } of grants.filter(({ capabilities }) => capabilities.includes("read"))) {
        if (/[+*]|\{\{/.test(path)) this.patterns.push({ path: pattern(path), policy });
        else add(this.exact, path, policy);
      }
    }
    for (const role of roles) for (const policy of role.policies) add(this.rolesOf, policy, role);
  }

  /** Of what stands at a path of Vault. */
  public of(path: string): string[] {
    const reading = [
      ...(this.exact.get(path) ?? []),
      ...this.patterns.filter((other) => other.path.test(path)).map(({ policy }) => policy),
    ];
    const roles = new Set(reading.flatMap((policy) => this.rolesOf.get(policy) ?? []));
    return [...roles]
      .flatMap(({ accounts, mount }) => accounts.map((account) => shown(`${account} by auth/${mount}`)))
      .sort();
  }
}

function add<Item>(lists: Map<string, Item[]>, key: string, item: Item): void {
  const list = lists.get(key);
  if (list) list.push(item);
  else lists.set(key, [item]);
}

/** What a policy's path means: `+` is one part of it, `*` at the end anything. */
function pattern(path: string): RegExp {
  const parts = path
    .replace(/\*$/, "")
    // What a template stands for is known to Vault alone: take it for anything.
    .split(/(\+|\{\{.*?\}\})/)
    .map((part, index) => (index % 2 === 1 ? "[^/]+" : part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")));
  return new RegExp(`^${parts.join("")}${path.endsWith("*") ? "" : "$"}`);
}

function ofType(stacks: Stacks, type: string): Resource[] {
  return [...stacks.values()].flatMap((stack) => stack.ofType(type));
}
