import type { ClusterConfig } from "../../config/mesh";
import { clusterVaultNames, DEFAULT_REVISION, ISTIO_NAMESPACE, istiodAccount } from "../../lib";
import { shown } from "./shown";
import { mapping, type Resource, type SynthesizedStack, texts } from "./synthesized";

type Stacks = ReadonlyMap<string, SynthesizedStack>;

/** One path of a policy. */
export interface Grant {
  readonly path: string;
  readonly capabilities: readonly string[];
  /** The rule's whole text without comments, which also holds what parameters it allows. */
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
  return ofType(stacks, "vault_policy").map(({ stack, attributes }) =>
    policyOf(`${attributes.name ?? ""}`, `${stack.resolve(attributes.policy ?? "")}`),
  );
}

/** A policy, read from its HCL. */
export function policyOf(name: string, text: string): VaultPolicy {
  // Vault knows no capitals in a policy's name.
  return { name: name.toLowerCase(), grants: grants(text) };
}

/** Whether a rule allows something at a path of Vault. */
export function allows({ path, capabilities }: Grant, capability: string, at: string): boolean {
  return capabilities.includes(capability) && (path === at || (isPattern(path) && pattern(path).test(at)));
}

/** What cannot be read is taken for everything: better a finding too many. */
const EVERYTHING = ["create", "read", "update", "delete", "list", "sudo"];

const TOKEN = /\s+|(?:#|\/\/)[^\n]*|\/\*[\s\S]*?\*\/|("(?:[^"\\\n]|\\.)*"|[\w-]+|[{}[\]=,])/y;

/** What the body of a rule may say; whoever writes anything else means something this does not know. */
const CAPABILITIES = "capabilities";
const PARAMETERS = [
  "allowed_parameters",
  "denied_parameters",
  "required_parameters",
  "min_wrapping_ttl",
  "max_wrapping_ttl",
];

/** The rules of a policy, read as Vault does: without its comments, each attribute once. */
function grants(policy: string): Grant[] {
  const tokens = tokensOf(policy);
  const found: Grant[] = [];
  for (let at = 0; tokens && at < tokens.length;) {
    const end = endOfBlock(tokens, at + 2);
    const path = text(tokens[at + 1]);
    if (tokens[at] !== "path" || path === undefined || tokens[at + 2] !== "{" || end === undefined) {
      return [unreadable(policy)];
    }
    const capabilities = capabilitiesOf(tokens.slice(at + 3, end));
    if (!capabilities) return [unreadable(policy)];
    // Vault takes a slash in front away.
    found.push({ path: path.replace(/^\//, ""), capabilities, text: tokens.slice(at, end + 1).join(" ") });
    at = end + 1;
  }
  return tokens ? found : [unreadable(policy)];
}

/** What `after` says that `before` does not. */
export function grantsBeyond(before: string, after: string): Grant[] {
  const was = grants(before).map(({ text }) => text);
  return grants(after).filter((grant) => !was.includes(grant.text));
}

/** Whether a rule kept something back: without it, a broader path of any policy decides. */
export function holdsBack({ path, capabilities }: Grant, all: readonly VaultPolicy[]): boolean {
  return (
    capabilities.includes("deny") ||
    all.some(({ grants }) =>
      grants.some((other) => other.path !== path && isPattern(other.path) && pattern(other.path).test(path)),
    )
  );
}

function isPattern(path: string): boolean {
  return /[+*]|\{\{/.test(path);
}

function unreadable(policy: string): Grant {
  return { path: "*", capabilities: EVERYTHING, text: policy.trim() };
}

/** Undefined where a piece of it is none of HCL's that policies are written in. */
function tokensOf(policy: string): string[] | undefined {
  const tokens: string[] = [];
  for (TOKEN.lastIndex = 0; TOKEN.lastIndex < policy.length;) {
    const match = TOKEN.exec(policy);
    if (!match) return undefined;
    if (match[1] !== undefined) tokens.push(match[1]);
  }
  return tokens;
}

/** The text of a string token, unless it holds what Terraform would fill in, or HCL reads in another way than JSON. */
function text(token: string | undefined): string | undefined {
  if (!token?.startsWith('"') || /[$%]\{/.test(token)) return undefined;
  try {
    return JSON.parse(token);
  } catch {
    return undefined;
  }
}

function endOfBlock(tokens: readonly string[], start: number): number | undefined {
  let depth = 0;
  for (let at = start; at < tokens.length; at++) {
    if (tokens[at] === "{") depth += 1;
    if (tokens[at] === "}") depth -= 1;
    if (depth === 0) return at;
  }
  return undefined;
}

/** What the body of a rule allows; undefined where it says something twice, or something else. */
function capabilitiesOf(body: readonly string[]): string[] | undefined {
  const said = new Map<string, readonly string[]>();
  for (let at = 0; at < body.length;) {
    const key = body[at];
    if (![CAPABILITIES, ...PARAMETERS].includes(key) || body[at + 1] !== "=" || said.has(key))
      return undefined;
    const start = at + 2;
    const closes = { "[": "]", "{": "}" }[body[start]];
    const end = closes === undefined ? start : matching(body, start);
    if (end === undefined) return undefined;
    said.set(key, body.slice(start, end + 1));
    at = end + 1;
  }
  const listed = said.get(CAPABILITIES);
  if (listed?.[0] !== "[") return undefined;
  const named = listed.slice(1, -1).filter((token) => token !== ",");
  const capabilities = named.map(text);
  return capabilities.includes(undefined) ? undefined : (capabilities as string[]);
}

function matching(tokens: readonly string[], start: number): number | undefined {
  let depth = 0;
  for (let at = start; at < tokens.length; at++) {
    if ("[{".includes(tokens[at])) depth += 1;
    if ("]}".includes(tokens[at])) depth -= 1;
    if (depth === 0) return at;
  }
  return undefined;
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
        policies: texts(stack.resolve(attributes.token_policies)).map((policy) => policy.toLowerCase()),
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
  const selected =
    attributes.bound_service_account_namespace_selector === undefined ? [] : ["any namespace selected"];
  return [...namespaces, ...selected].flatMap((namespace) => names.map((name) => `${namespace}/${name}`));
}

const SERVICE_ACCOUNT = /^system:serviceaccount:([^:,]+):([^:,]+)$/;

/** How a cluster's own istiods, and nobody else, are called among the readers of its CA key; and in words. */
export function ownIstiods({
  nameInVault,
  istio,
}: Pick<ClusterConfig, "nameInVault" | "istio">): Map<string, string> {
  const { kubernetesAuthMount, jwtAuthMount } = clusterVaultNames(nameInVault);
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
        if (isPattern(path)) this.patterns.push({ path: pattern(path), policy });
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
  return [...stacks.values()].flatMap((stack) => [...stack.ofType(type)]);
}
