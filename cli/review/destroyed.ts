import { isDeepStrictEqual } from "node:util";
import { nameList } from "../../lib/private/text";
import type { Finding } from "../../lib/rules";
import { changedResources } from "./affected";
import { rules } from "./rules";
import { ofEach, shown } from "./shown";
import { at, mapping, type Resource, type SynthesizedStack } from "./synthesized";

type Stacks = ReadonlyMap<string, SynthesizedStack>;

/** A resource that cannot be had back, and the attributes that cannot change without replacing or moving it. */
export const LASTING: Readonly<Record<string, readonly string[] | "all">> = {
  vault_mount: ["path", "type", "options"],
  vault_pki_secret_backend_root_cert: "all",
  vault_auth_backend: ["path", "type"],
  vault_jwt_auth_backend: ["path", "type"],
  vault_kv_secret_v2: ["mount", "name"],
  tls_private_key: ["algorithm", "rsa_bits", "ecdsa_curve"],
  tls_self_signed_cert: "all",
};

/** Something lasting that would be gone, or another one. */
export interface Destroyed {
  readonly resource: Resource;
  readonly how: "destroyed" | "replaced";
  /** Whether it is a root, or the mount that holds one. */
  readonly isRoot: boolean;
  /** Whether Terraform was told to refuse this as long as the resource is in the configuration. */
  readonly guarded: boolean;
}

export function destroyed(base: Stacks, head: Stacks): Destroyed[] {
  return [...base].flatMap(([name, before]) => {
    const after = head.get(name);
    // What is no longer synthesized is no longer planned: what it made stays.
    if (!after) return [];
    const released = new Set(releases(after.json.removed));
    const roots = rootKeys(before);
    return changedResources(before, after).flatMap((change): Destroyed[] => {
      const was = change.before;
      const watched = was && LASTING[was.type];
      if (!watched || released.has(`${was.type}.${was.id}`)) return [];
      const how = !change.after
        ? "destroyed"
        : isReplaced(was, change.after, watched)
          ? "replaced"
          : undefined;
      if (!how) return [];
      const guarded = at(was.attributes, "lifecycle", "prevent_destroy") === true;
      return [{ resource: was, how, isRoot: isRoot(was, roots), guarded }];
    });
  });
}

/**
 * Roots apart: nothing brings their keys back.
 *
 * @param removedClusters by their names in Vault
 */
export function destroyedFindings(all: readonly Destroyed[], removedClusters: readonly string[]): Finding[] {
  const facts = all.map(({ resource, how, isRoot: root, guarded }) => ({
    subject: nameOf(resource),
    // One that is replaced under the same address is still guarded: Terraform refuses it by itself.
    kind:
      root && guarded && how === "destroyed"
        ? "root"
        : isOfRemoved(resource, removedClusters)
          ? "removed"
          : how,
    what: WORDS[resource.type],
  }));
  return ofEach(facts, (subjects, { kind, what }) => {
    if (kind === "root") return rules.rootDestroyed(what, nameList(subjects));
    const verb = kind === "removed" ? "go with its cluster" : `be ${kind}`;
    return rules.destroyedOrReplaced(what, nameList(subjects), verb);
  });
}

const WORDS: Readonly<Record<string, string>> = {
  vault_mount: "the mount",
  vault_pki_secret_backend_root_cert: "the root certificate",
  vault_auth_backend: "the auth mount",
  vault_jwt_auth_backend: "the auth mount",
  vault_kv_secret_v2: "the secret",
  tls_private_key: "the private key",
  tls_self_signed_cert: "the root certificate",
};

function isReplaced(before: Resource, after: Resource, watched: readonly string[] | "all"): boolean {
  const keys =
    watched === "all"
      ? [...new Set([...Object.keys(before.attributes), ...Object.keys(after.attributes)])].filter(
          (key) => key !== "lifecycle" && key !== "depends_on",
        )
      : watched;
  return keys.some(
    (key) =>
      !isDeepStrictEqual(
        before.stack.resolve(before.attributes[key]),
        after.stack.resolve(after.attributes[key]),
      ),
  );
}

function isRoot({ type, id, attributes }: Resource, rootKeys: ReadonlySet<string>): boolean {
  return (
    type === "vault_pki_secret_backend_root_cert" ||
    type === "tls_self_signed_cert" ||
    (type === "vault_mount" && attributes.type === "pki") ||
    (type === "tls_private_key" && rootKeys.has(id))
  );
}

/** Private keys that a self-signed certificate is made with. */
function rootKeys(stack: SynthesizedStack): Set<string> {
  return new Set(
    stack
      .ofType("tls_self_signed_cert")
      .map(
        ({ attributes }) => /tls_private_key\.([\w-]+)\./.exec(`${attributes.private_key_pem}`)?.[1] ?? "",
      ),
  );
}

/** Addresses that Terraform is told to forget and leave as they are. */
export function releases(blocks: unknown): string[] {
  return (Array.isArray(blocks) ? blocks : [])
    .filter((block) => at(block, "lifecycle", "destroy") === false)
    .map((block) => `${mapping(block).from}`);
}

/** What it is called in Vault where it has a name there, its place in the program where not. */
function nameOf({ stack, path, attributes }: Resource): string {
  const named = attributes.mount !== undefined ? `${attributes.mount}/${attributes.name}` : attributes.path;
  return shown(named === undefined ? path : `${stack.resolve(named)}`);
}

function isOfRemoved({ path }: Resource, clusters: readonly string[]): boolean {
  return clusters.includes(path.split("/")[1]);
}
