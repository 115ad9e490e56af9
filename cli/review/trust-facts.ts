import { isDeepStrictEqual } from "node:util";
import type { RootConfig } from "../../config/mesh";
import { clusterVaultNames, rootMount } from "../../lib/names";
import { at, mapping, type Resource, type SynthesizedStack } from "./synthesized";

/** Whom a synthesized Vault stack trusts and lets sign, read from it alone. */

const TERM = /trimspace\(((?:"(?:[^"\\]|\\.)*")|[\w.[\]-]+)\)/g;
const BUNDLE = new RegExp(
  `^\\$\\{jsonencode\\(\\{"root_cert" = join\\("\\\\n", \\[(?:${TERM.source}(?:, )?)+(?:"(# leaf generation \\d+)")?\\]\\)\\}\\)\\}$`,
);

/** Whether a secret is a trust bundle and nothing else. */
export function isOwnBundle({ attributes }: Resource): boolean {
  return BUNDLE.test(`${attributes.data_json}`);
}

/** The roots a cluster's secret hands out, in order: names of mesh.yaml, or what is none of them. */
export function bundleOf(stack: SynthesizedStack, cluster: string, roots: readonly RootConfig[]): string[] {
  const secret = bundleSecret(stack, cluster);
  if (!secret) return ["none"];
  if (!isOwnBundle(secret)) return ["what this does not read"];
  return [...`${secret.attributes.data_json}`.matchAll(TERM)].map(([, term]) => rootOf(stack, term, roots));
}

/** What stands in its text behind the roots. */
export function leafLinesOf(stack: SynthesizedStack, cluster: string): string[] {
  const line = BUNDLE.exec(`${bundleSecret(stack, cluster)?.attributes.data_json}`)?.at(-1);
  return line === undefined ? [] : [line];
}

function bundleSecret(stack: SynthesizedStack, cluster: string): Resource | undefined {
  const { secretsMount, trustBundlePath } = clusterVaultNames(cluster);
  return stack
    .ofCluster("vault_kv_secret_v2", cluster)
    .find(
      ({ attributes }) =>
        mountOf(stack, attributes.mount) === secretsMount && attributes.name === trustBundlePath,
    );
}

/** The root that signs a cluster's intermediate: its name in mesh.yaml, or what is none. */
export function signerOf(stack: SynthesizedStack, cluster: string, roots: readonly RootConfig[]): string {
  const [signed] = stack.ofCluster("vault_pki_secret_backend_root_sign_intermediate", cluster);
  if (signed) return rootOfMount(mountOf(stack, signed.attributes.backend), roots);
  const [made] = stack.ofCluster("tls_locally_signed_cert", cluster);
  if (made) return keyHolder(stack, `${made.attributes.ca_private_key_pem}`);
  const policy = stack
    .ofCluster("vault_policy", cluster)
    .find(({ attributes }) => attributes.name === clusterVaultNames(cluster).issuerPolicy);
  const path = /path "([^"]+)\/issuer\/[^"]*\/sign-intermediate"/.exec(
    `${stack.resolve(policy?.attributes.policy ?? "")}`,
  )?.[1];
  return path === undefined ? offline(roots) : rootOfMount(path, roots);
}

function mountOf(stack: SynthesizedStack, value: unknown): string {
  return `${stack.resolve(value ?? "")}`;
}

function rootOf(stack: SynthesizedStack, term: string, roots: readonly RootConfig[]): string {
  if (term.startsWith('"')) {
    const pem = JSON.parse(term.replaceAll("$${", "${").replaceAll("%%{", "%{"));
    const root = roots.find((one) => "certificatePem" in one && one.certificatePem.trim() === pem.trim());
    return root?.name ?? "a certificate of no root";
  }
  if (term.startsWith("data.")) return readRoot(stack, term, roots)?.name ?? term;
  const [type, id] = term.split(".");
  const resource = stack.ofType(type).find((one) => one.id === id);
  if (type === "vault_pki_secret_backend_root_cert" && resource) {
    return rootOfMount(mountOf(stack, resource.attributes.backend), roots);
  }
  return type === "tls_self_signed_cert" && resource ? (resource.path.split("/")[2] ?? term) : term;
}

/** The root whose certificate or id a data source reads: the one of its mount, and no other issuer there. */
export function readRoot(
  stack: SynthesizedStack,
  reference: string,
  roots: readonly RootConfig[],
): RootConfig | undefined {
  const [, type, id] = reference.split(".");
  const source = at(stack.json, "data", type, id);
  return type === ROOT_READER ? roots.find((root) => isReaderOf(source, root)) : undefined;
}

const ROOT_READER = "vault_pki_secret_backend_issuer";

function isReaderOf(source: unknown, { name, source: made }: RootConfig): boolean {
  const { "//": _, ...read } = mapping(source);
  return made === "vault-pki" && isDeepStrictEqual(read, { backend: rootMount(name), issuer_ref: name });
}

/** Whether all that a stack reads from Vault are roots' certificates, which are public. */
export function readsRootsAlone(stack: SynthesizedStack, roots: readonly RootConfig[]): boolean {
  return Object.entries(mapping(stack.json.data)).every(
    ([type, byId]) =>
      type === ROOT_READER &&
      Object.values(mapping(byId)).every((source) => roots.some((root) => isReaderOf(source, root))),
  );
}

function rootOfMount(mount: string, roots: readonly RootConfig[]): string {
  const root = roots.find(
    (one) => (one.source === "existing" ? one.mountPath : rootMount(one.name)) === mount,
  );
  return root?.name ?? `what is mounted at ${mount}`;
}

function keyHolder(stack: SynthesizedStack, reference: string): string {
  const id = /tls_private_key\.([\w-]+)\./.exec(reference)?.[1] ?? "";
  const path = at(mapping(mapping(stack.json.resource).tls_private_key)[id], "//", "metadata", "path");
  return `${path}`.split("/")[2] ?? reference;
}

/** Where nothing signs in Vault, a root that is known by its certificate alone may. */
function offline(roots: readonly RootConfig[]): string {
  return roots.some(({ source }) => source === "offline") ? "a root outside of Vault" : "none";
}
