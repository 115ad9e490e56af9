import { isDeepStrictEqual } from "node:util";
import { type Explainer, harmless, told, toRead } from "./explanation";
import { clustersOf, hasLike } from "./differences";
import { LASTING } from "./destroyed";
import { isOurs, TARGETS } from "./foreign-code";
import { shown } from "./shown";
import { entryOf, mapping } from "./synthesized";
import { readsRootsAlone } from "./trust-facts";

/** What is made of the parts of a configuration that are no resources, and of the files beside it. */
export const explainBlock: Explainer = (difference, sides) => {
  const { path, resource } = difference;
  if (resource || path.length === 0) return undefined;
  return entryOf(BLOCKS, path[0])?.(difference, sides);
};

/** A stack that is no longer synthesized is no longer planned. */
export const explainStack: Explainer = ({ path, after }) =>
  path.length === 0 && after === undefined ? harmless("a stack that is no longer planned") : undefined;

const BLOCKS: Readonly<Record<string, Explainer>> = {
  provider: ({ path, before, after, isNew, stack }, { base, baseMesh, mesh }) => {
    const [, name, index, key, ...below] = path;
    if (name === undefined) return undefined;
    if (!isOurs(name)) return told("IV0607");
    // Of a second block, and of a stack that no other stands for, the rule of targets sees nothing.
    const isSeen = !isNew || hasLike(stack, base, clustersOf(baseMesh, mesh));
    if (!isSeen || (index !== undefined && index !== "0")) {
      return index === undefined && list(after).length === 1
        ? plainProvider(name, before, after, false)
        : undefined;
    }
    // The whole list, where a provider is new.
    if (key === undefined) return index === undefined ? plainProvider(name, before, after, true) : undefined;
    const setting = key === "kubernetes" ? below[0] : key;
    if (setting === undefined) return plainProvider(name, [before], [after], true);
    return TARGETS.includes(setting)
      ? told("IV0608")
      : isNew && setting === "skip_child_token"
        ? harmless("a token that lasts as long as a deploy")
        : undefined;
  },
  terraform: ({ path, before, after, isNew }) => {
    if (path[1] === "backend")
      return isNew
        ? toRead("its state is kept elsewhere than that of others", "it holds whatever its resources hold")
        : told("IV0616");
    if (path[1] !== "required_providers" || path[2] === undefined) return undefined;
    if (path[3] === "version") return harmless("another version by the same publisher");
    const sourceOf = (value: unknown) =>
      `${path[3] === "source" ? value : (mapping(value).source ?? path[2])}`;
    if (path[3] !== "source" && path[3] !== undefined) return undefined;
    return after === undefined || isOurs(sourceOf(after))
      ? before === undefined || after === undefined || isOurs(sourceOf(before))
        ? harmless("a provider of the project's")
        : undefined
      : told("IV0607");
  },
  import: ({ path, before, after }) => {
    if (path.length !== 1) return undefined;
    const was = list(before);
    const taken = list(after).filter((block) => !was.some((other) => isDeepStrictEqual(other, block)));
    if (taken.length === 0) return harmless("something that is no longer taken over");
    return taken.every((block) => Object.keys(mapping(block)).sort().join() === "id,to")
      ? toRead(
          `Terraform would take over ${taken.map((block) => shown(`${mapping(block).id} as ${mapping(block).to}`)).join(", ")}`,
          "what stands there becomes this program's, and is changed to what it says",
        )
      : undefined;
  },
  removed: ({ before, after, path }) => {
    if (path.length !== 1) return undefined;
    const was = list(before);
    const added = list(after).filter((block) => !was.some((other) => isDeepStrictEqual(other, block)));
    return added.every(isHarmlessRemoval) ? harmless("released, and left as it is") : undefined;
  },
  variable: ({ path, stack, after }, { head }) => {
    if (path.length > 3) return undefined;
    const isKept = path[1] in mapping(head.get(stack)?.json.variable);
    return explainVariable(path, after, isKept);
  },
  data: ({ stack }, { head, mesh }) =>
    readsRootsAlone(head.get(stack)!, mesh.roots)
      ? harmless("the certificates of roots, as Vault says them")
      : undefined,
  files: ({ path }) => {
    const asset = /^assets\/([\w-]+?)(_[0-9A-F]{8})?\//.exec(path[1])?.[1];
    return asset === undefined
      ? undefined
      : toRead(
          `what the program copies to assets/${asset} changes`,
          "Terraform hands it on: a chart runs in the cluster, a certificate says which Vault is believed",
        );
  },
};

/** A provider of which nothing is said, or nothing that leads anywhere new. */
function plainProvider(name: string, before: unknown, after: unknown, isSeen: boolean) {
  if (list(after).length > 1) return undefined;
  const settings = [...list(before), ...list(after)].flatMap((block) => [
    ...Object.keys(mapping(block)),
    ...Object.keys(mapping(mapping(block).kubernetes)),
  ]);
  if (settings.length === 0) return isOurs(name) ? harmless("a provider of the project's") : undefined;
  return isSeen &&
    settings.every((key) => TARGETS.includes(key) || key === "kubernetes" || key === "skip_child_token")
    ? told("IV0608")
    : undefined;
}

/** What Terraform forgets is not destroyed; of a root, or what guards one, it would also no longer be guarded. */
function isHarmlessRemoval(block: unknown): boolean {
  const { from, lifecycle, ...rest } = mapping(block);
  const type = `${from}`.split(".")[0];
  return (
    isDeepStrictEqual(lifecycle, { destroy: false }) &&
    Object.keys(rest).length === 0 &&
    (type === "kubernetes_namespace_v1" || (type === "vault_kv_secret_v2" && type in LASTING))
  );
}

function explainVariable(path: readonly string[], after: unknown, isKept: boolean) {
  if (path[2] === "//") return harmless("a comment");
  // A plan would print what was hidden.
  if (path[2] === "sensitive" && after === undefined && isKept) return undefined;
  if (after === undefined || (path.length === 2 && Object.keys(mapping(after)).length === 0))
    return harmless("less than before");
  const whole = path.length === 2 ? mapping(after) : { [path[2]]: after };
  const isPlain = Object.entries(whole).every(([key, value]) =>
    key === "sensitive"
      ? value === true
      : key === "type"
        ? value === "string"
        : key === "description" || key === "//",
  );
  return isPlain ? harmless("a variable without a value") : undefined;
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
