import { RootConstruct } from "constructs";
import type { Mesh } from "../config/mesh";
import { vaultStacks, type VaultStackContents } from "../config/vault-stacks";
import { VaultStack } from "./vault-stack";
import { INTERMEDIATE_LISTS_PATH, ROOT_LISTS_PATH } from "../lib/names";
import { kvData, kvMetadata } from "../lib/private/kv";

/** Vault's capabilities, in the order its own documentation lists them. */
const CAPABILITIES = ["create", "read", "update", "delete", "sudo"] as const;
export type Capability = (typeof CAPABILITIES)[number];

/** What one path of Vault is used for. */
export interface Right {
  readonly path: string;
  readonly capabilities: readonly Capability[];
  /** What a reviewer would ask about. */
  readonly reason?: string;
}

/** What Terraform's Vault provider asks of Vault for one kind of resource. */
interface Need {
  /** Terraform types. */
  readonly of: readonly string[];
  /** Arguments of the resource in braces. */
  readonly path: string;
  /** To create, refresh and change it. */
  readonly capabilities: readonly Capability[];
  /** To destroy it: always, or unless the mount this argument names carries `prevent_destroy`. */
  readonly destroyed?: "always" | { readonly unlessKept: "path" | "mount" | "backend" };
  readonly reason?: string;
  /** Whether only a deploy does it, and no plan. */
  readonly onlyDeployed?: true;
}

/** What the issuer that a deploy runs is told, as if it were resources of a type. */
const DECLARED = "declared intermediates";
/** Those of them that sign a revocation list of their own. */
const DECLARED_WITH_LIST = "declared intermediates with a list";
/** The lists that roots sign, as if they were resources of a type: Terraform only writes there. */
const SIGNED_LISTS = "signed revocation lists";
const WRITES = "Writes CA files and trust bundles, but cannot read a CA key.";
const AUTH_MOUNTS = ["vault_auth_backend", "vault_jwt_auth_backend"];
const ROLES = [
  "vault_kubernetes_auth_backend_role",
  "vault_jwt_auth_backend_role",
  "vault_approle_auth_backend_role",
];

/**
 * As the audit log of Vault 1.21 has it, provider 5.6.0. The certificate of an issuer is read as well,
 * which Vault lets everyone do.
 */
const NEEDS: readonly Need[] = [
  {
    of: ["vault_mount"],
    path: "sys/mounts/{path}",
    capabilities: ["read", "update"],
    destroyed: { unlessKept: "path" },
  },
  {
    of: ["vault_pki_secret_backend_root_cert"],
    path: "{backend}/issuers/generate/root/internal",
    capabilities: ["update"],
  },
  {
    of: ["vault_pki_secret_backend_root_cert"],
    path: "{backend}/issuer/+",
    capabilities: [],
    destroyed: { unlessKept: "backend" },
    reason: "+ is the id that Vault gave the root's issuer.",
  },
  {
    of: ["vault_pki_secret_backend_issuer"],
    path: "{backend}/issuer/{issuer_ref}",
    capabilities: ["read"],
    reason: "A root's certificate, for the stacks of the clusters that trust it.",
  },
  {
    of: ["vault_pki_secret_backend_root_sign_intermediate"],
    path: "{backend}/issuer/{issuer_ref}/sign-intermediate",
    capabilities: ["update"],
    reason: "Signs the intermediates; a + is the id that Vault gave the root's issuer.",
  },
  {
    of: ["vault_pki_secret_backend_role"],
    path: "{backend}/roles/{name}",
    capabilities: ["read", "update"],
    destroyed: "always",
  },
  { of: ["vault_kv_secret_backend_v2"], path: "{mount}/config", capabilities: ["read", "update"] },
  {
    of: ["vault_kv_secret_v2"],
    path: kvData("{mount}", "{name}"),
    capabilities: ["create", "update"],
    reason: WRITES,
  },
  {
    of: ["vault_kv_secret_v2"],
    path: kvMetadata("{mount}", "{name}"),
    capabilities: [],
    destroyed: { unlessKept: "mount" },
  },
  {
    of: ["vault_generic_endpoint"],
    path: "{path}",
    capabilities: ["create", "read", "update"],
    reason: "Requires check-and-set from the issuer of the intermediate; metadata contains no key.",
  },
  {
    of: [SIGNED_LISTS],
    path: "{path}",
    capabilities: ["update"],
    reason: "Signs the roots' revocation lists.",
    onlyDeployed: true,
  },
  {
    of: [DECLARED_WITH_LIST],
    path: kvData("{revocation_lists}", ROOT_LISTS_PATH),
    capabilities: ["read"],
    onlyDeployed: true,
  },
  {
    of: [DECLARED_WITH_LIST],
    path: kvData("{revocation_lists}", INTERMEDIATE_LISTS_PATH),
    capabilities: ["create", "read", "update"],
    reason: "Adds the list that each new intermediate signs of itself.",
    onlyDeployed: true,
  },
  {
    of: [DECLARED],
    path: "{root_mount}/issuer/{root_issuer}/sign-intermediate",
    capabilities: ["update"],
    reason: "Signs the intermediates that istio-vault issues in a deploy.",
    onlyDeployed: true,
  },
  {
    of: [DECLARED],
    path: kvData("{secrets_mount}", "{certificates_path}"),
    capabilities: ["create", "update"],
    reason: WRITES,
    onlyDeployed: true,
  },
  {
    of: [DECLARED],
    path: kvData("{secrets_mount}", "{trust_bundle_path}"),
    capabilities: ["read"],
    onlyDeployed: true,
  },
  {
    of: [DECLARED],
    path: kvMetadata("{secrets_mount}", "{certificates_path}"),
    capabilities: ["create", "read", "update"],
    onlyDeployed: true,
  },
  {
    of: AUTH_MOUNTS,
    path: "sys/auth/{path}",
    capabilities: ["update", "sudo"],
    destroyed: "always",
    reason: "Vault requires sudo to enable or disable an auth method.",
  },
  { of: AUTH_MOUNTS, path: "sys/mounts/auth/{path}", capabilities: ["read"] },
  { of: AUTH_MOUNTS, path: "sys/mounts/auth/{path}/tune", capabilities: ["read"] },
  {
    of: ["vault_kubernetes_auth_backend_config"],
    path: "auth/{backend}/config",
    capabilities: ["read", "update"],
  },
  { of: ["vault_jwt_auth_backend"], path: "auth/{path}/config", capabilities: ["read", "update"] },
  {
    of: ["vault_policy"],
    path: "sys/policies/acl/{name}",
    capabilities: ["read", "update"],
    destroyed: "always",
    reason: "Whoever may write a policy and the role it is attached to can grant themselves any right.",
  },
  {
    of: ROLES,
    path: "auth/{backend}/role/{role_name}",
    capabilities: ["create", "read", "update"],
    destroyed: "always",
  },
  {
    of: ["vault_approle_auth_backend_role"],
    path: "auth/{backend}/role/{role_name}/role-id",
    capabilities: ["read"],
    reason: "A role id is useless without a secret id, which Terraform never creates.",
  },
];

type Arguments = Readonly<Record<string, unknown>>;
type Resources = Readonly<Record<string, Readonly<Record<string, Arguments>>>>;

/**
 * What it takes to deploy Vault's stacks, path by path, by kind: from the very resources the stacks are
 * made of, so that neither names nor kinds can differ from them. Given several meshes, what all of
 * them need.
 *
 * @param verb "plan" leaves out what a plan never does
 */
export function vaultRights(meshes: readonly Mesh[], verb: "plan" | "deploy"): Right[] {
  const stacks = meshes.flatMap((mesh) => vaultStacks(mesh).map((contents) => resourcesOf(mesh, contents)));
  const needs = verb === "deploy" ? NEEDS : NEEDS.filter(({ onlyDeployed }) => !onlyDeployed);
  return merged([
    {
      path: "auth/token/lookup-self",
      capabilities: ["read"],
      reason: "Terraform's provider first looks up its own token.",
    },
    ...needs.flatMap((need) => stacks.flatMap((resources) => rightsFor(need, resources))),
  ]);
}

/** The stack's resources by type and id, references among them as Terraform writes them. */
function resourcesOf(mesh: Mesh, contents: VaultStackContents): Resources {
  // No right depends on the CA that the provider trusts, and the file of an earlier commit may be gone.
  const vault = { ...mesh.vault, caCertificate: undefined };
  const stack = new VaultStack(new RootConstruct(), { ...mesh, vault }, contents);
  const { resource = {}, data = {} } = stack.toTerraform() as { resource?: Resources; data?: Resources };
  const known = new Set(NEEDS.flatMap(({ of }) => of));
  const unknown = Object.keys(resource).find((type) => type.startsWith("vault_") && !known.has(type));
  if (unknown !== undefined) throw new Error(`what ${unknown} needs of Vault is not known`);
  const { vault_generic_endpoint: endpoints = {} } = resource;
  const isSigned = ({ path }: Arguments) => `${path as string}`.endsWith("/sign-revocation-list");
  const declared = declaredIn(resource);
  return {
    ...data,
    ...resource,
    [SIGNED_LISTS]: those(endpoints, isSigned),
    vault_generic_endpoint: those(endpoints, (one) => !isSigned(one)),
    [DECLARED]: declared,
    [DECLARED_WITH_LIST]: those(declared, ({ revocation_lists: lists }) => lists !== undefined),
  };
}

function those(all: Record<string, Arguments>, are: (one: Arguments) => boolean): Record<string, Arguments> {
  return Object.fromEntries(Object.entries(all).filter(([, one]) => are(one)));
}

function declaredIn({ terraform_data: all = {} }: Resources): Record<string, Arguments> {
  return Object.fromEntries(
    Object.entries(all).flatMap(([id, { triggers_replace: declared }]) =>
      declared === undefined ? [] : [[id, declared as Arguments]],
    ),
  );
}

function rightsFor({ of, path, capabilities, destroyed, reason }: Need, resources: Resources): Right[] {
  const kept = keptMounts(resources);
  return of
    .flatMap((type) => Object.values(resources[type] ?? {}))
    .map((resource) => {
      const valueOf = (key: string) => resolved(resource[key], resources);
      const deletes =
        destroyed === "always" || (destroyed !== undefined && !kept.has(valueOf(destroyed.unlessKept)));
      return {
        path: path.replace(/\{(\w+)\}/g, (_, key: string) => valueOf(key)),
        capabilities: deletes ? [...capabilities, "delete" as const] : capabilities,
        reason,
      };
    })
    .filter((right) => right.capabilities.length > 0);
}

/** Paths of the secrets engines Terraform refuses to destroy. */
function keptMounts(resources: Resources): ReadonlySet<string> {
  const mounts = Object.values(resources.vault_mount ?? {}) as { path: string; lifecycle?: Arguments }[];
  return new Set(mounts.filter(({ lifecycle }) => lifecycle?.prevent_destroy).map(({ path }) => path));
}

/** An argument's text, references followed; what only Vault knows is `+`, any one segment of a path. */
function resolved(value: unknown, resources: Resources): string {
  return `${value}`.replace(
    /\$\{(?:data\.)?(\w+)\.([\w-]+)\.(\w+)\}/g,
    (_, type: string, id: string, key: string) => {
      const referred = resources[type][id][key];
      return referred === undefined ? "+" : resolved(referred, resources);
    },
  );
}

/** One right for each path, where it is first needed. */
function merged(rights: readonly Right[]): Right[] {
  const byPath = new Map<string, Right>();
  for (const right of rights) {
    const before = byPath.get(right.path);
    const wanted = new Set([...(before?.capabilities ?? []), ...right.capabilities]);
    const capabilities = CAPABILITIES.filter((capability) => wanted.has(capability));
    byPath.set(right.path, { ...right, capabilities });
  }
  return [...byPath.values()];
}
