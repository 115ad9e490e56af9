import { relative } from "node:path";
import { TerraformResource, type TerraformStack } from "cdktf";
import type { ClusterConfig, Mesh, RootConfig } from "../config/mesh";
import { upstreamWarnings } from "../config/upstream-warnings";
import { sharedVaultStack, vaultStacks, type VaultStackContents } from "../config/vault-stacks";
import { DEFAULT_REVISION } from "../lib/names";
import { foldedRows } from "../lib/private/folded-rows";
import { nameList } from "../lib/private/text";
import type { MeshStacks } from "./compose-mesh";
import { keysInState } from "./vault-stack";

/** What a synth created, for people. Warnings about upstream's support depend on the day. */
export function summary(
  mesh: Mesh,
  stacks: MeshStacks,
  outdir: string,
  milliseconds: number,
  today: Date,
): string {
  const roots = mesh.roots.map(rootText).join(", ");
  const clusters = mesh.clusters.length === 1 ? "1 cluster" : `${mesh.clusters.length} clusters`;
  const rows = [
    ...vaultStacks(mesh).map((contents, index) => [
      contents.name,
      resourceCount(stacks.vault[index]),
      vaultContents(mesh, contents),
    ]),
    ...stacks.clusters.map((stack, index) => [
      stack.node.id,
      resourceCount(stack),
      contents(mesh.clusters[index]),
    ]),
  ];
  return [
    `${mesh.id} · trust domain ${mesh.trustDomain} · ${clusters} · ${roots}`,
    "",
    ...table([["stack", "resources", "what it owns"], ...foldedRows(rows)]),
    "",
    ...[...keyWarnings(mesh), ...upstreamLines(mesh, today)].flatMap((text) => [`warning  ${text}`, ""]),
    `Synthesized to ${relative(process.cwd(), outdir) || outdir} in ${(milliseconds / 1000).toFixed(1)} s.  ` +
      `Next: ${nextSteps(mesh).join(" · ")}`,
  ].join("\n");
}

function vaultContents({ roots }: Mesh, { isShared, clusters }: VaultStackContents): string {
  const made = clusters.some(({ intermediates }) => intermediates.issuance !== "external");
  const each = ["secrets", ...(made ? ["intermediate"] : []), "policies", "auth", "role"].join(", ");
  if (!isShared) return each;
  const shared = roots.map(({ name }) => `root ${name}`).join(", ");
  return clusters.length === 0 ? shared : `${shared}; for each cluster: ${each}`;
}

/** istiod waits for an intermediate, so an external issuer comes between Vault and the clusters. */
function nextSteps(mesh: Mesh): string[] {
  const external = mesh.clusters.some(({ intermediates }) => intermediates.issuance === "external");
  return external
    ? ["npx cdktf deploy 'vault-*'", "npm run istio-vault -- issue --due", "npx cdktf deploy '*'"]
    : [`npx cdktf diff ${sharedVaultStack(mesh)}`, "npx cdktf deploy '*'"];
}

function keyWarnings(mesh: Mesh): string[] {
  const keys = keysInState(mesh);
  return keys === undefined ? [] : [keys];
}

/** A line for each thing found, however many clusters have it. */
function upstreamLines(mesh: Mesh, today: Date): string[] {
  const clustersOf = new Map<string, string[]>();
  for (const { cluster, finding } of upstreamWarnings(mesh, today)) {
    const text = `${finding.message} (${finding.rule}, ${finding.page})`;
    clustersOf.set(text, [...(clustersOf.get(text) ?? []), cluster]);
  }
  return [...clustersOf].map(([text, clusters]) =>
    clusters.length === mesh.clusters.length ? text : `${nameList(clusters)}: ${text}`,
  );
}

function contents({ createNamespaces, istio, gateways }: ClusterConfig): string {
  const namespaces = createNamespaces ? ["namespaces"] : [];
  return [
    ...namespaces,
    "injector",
    "istio-base",
    ...istio.revisions.map(({ name, version }) =>
      name === DEFAULT_REVISION ? `istiod ${version}` : `istiod ${name} (${version})`,
    ),
    ...gateways.map(({ name }) => name),
  ].join(", ");
}

function rootText(root: RootConfig): string {
  if (root.source === "existing") return `root ${root.name} (existing, ${root.mountPath})`;
  if (root.source === "offline") return `root ${root.name} (offline)`;
  const kind = root.source === "vault-pki" ? "Vault PKI" : "Terraform's tls provider";
  return `root ${root.name} (${kind}, ${root.keyAlgorithm}, ${root.validFor})`;
}

function resourceCount(stack: TerraformStack): string {
  return `${stack.node.findAll().filter((node) => TerraformResource.isTerraformResource(node)).length}`;
}

/** Rows with their columns aligned, numbers to the right. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map(
    ([name, count, text]) => `${name.padEnd(widths[0])}  ${count.padStart(widths[1])}  ${text}`,
  );
}
