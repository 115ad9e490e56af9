import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { App } from "cdktf";
import fc from "fast-check";
import { parse, stringify } from "yaml";
import { FIXTURES } from "../__tests__/support/fixtures";
import type { Checkout } from "../cli/review/checkout";
import { readOutput } from "../cli/review/read-output";
import { type Review, reviewOf } from "../cli/review/review";
import { CONFIGURATION, SynthesizedStack } from "../cli/review/synthesized";
import { loadMesh } from "../config/load-mesh";
import { MeshFileError } from "../config/mesh-file-error";
import { ValidationError } from "../lib";
import { composeMesh } from "../stacks/compose-mesh";

/**
 * Pairs of commits, each the base plus one change of any value in mesh.yaml or in a synthesized file. None may
 * pass with nothing to say, unless nothing changes for Terraform or a named rule calls the change harmless.
 */

/** What came of the pairs. */
export interface ReviewTally {
  pairs: number;
  refused: number;
  warned: number;
  harmless: number;
  unchanged: number;
  /** Changes of mesh.yaml that a synth refuses. */
  unmade: number;
}

type Json = Record<string, unknown> | unknown[];

/** One pair in so many changes mesh.yaml: a synth costs as much as ten reviews. */
const MESH_EVERY = 50;

/** Places of which no change may ever be called harmless, whatever rule speaks. */
const NEVER_HARMLESS =
  /(^|\.)(policy|bound_\w+|token_policies|audience|kubernetes_host|kubernetes_ca_cert|data_json|csr|provider\.\w+\.0\.\w+|repository|externalVaultAddr|failurePolicy|ROOT_CA_DIR|trustDomain|vault\.hashicorp\.com\/(service|role|auth-path|agent-inject\S*|error\S*)|initContainers|volumes|copy\.vault_(kv_secret|policy|\w+_role|pki)\w*)$/;

const COMMITS = { ref: "main", base: "1".repeat(40), head: "2".repeat(40), uncommitted: false };

export function fuzzReviews(
  pairs: number,
  seed: number,
  report: (done: number) => void = () => {},
): ReviewTally {
  const directory = mkdtempSync(join(tmpdir(), "fuzz-review-"));
  process.on("exit", () => rmSync(directory, { recursive: true, force: true }));
  const data = baseMesh();
  const base = checkout(directory, data)!;
  const tally: ReviewTally = { pairs: 0, refused: 0, warned: 0, harmless: 0, unchanged: 0, unmade: 0 };

  const pair = fc.property(fc.nat(), fc.nat(), fc.nat(6), newValue, (which, at, how, value) => {
    const isMesh = tally.pairs % MESH_EVERY === 0;
    const changed = isMesh
      ? changedMesh(directory, data, at, how, value)
      : changedStack(base, which, at, how, value);
    tally.pairs++;
    report(tally.pairs);
    if (!changed) return void tally.unmade++;
    judge(base, changed, tally);
  });
  fc.assert(pair, { numRuns: pairs, seed, endOnFailure: true });
  return tally;
}

interface Changed {
  readonly head: Checkout;
  /** The place that was changed. */
  readonly place: string;
}

function judge(base: Checkout, { head, place }: Changed, tally: ReviewTally): void {
  const review = reviewOf(base, head, COMMITS, "error");
  if (review.verdict === "refused") return void tally.refused++;
  if (review.findings.length > 0) return void tally.warned++;
  if (isSame(base, head)) return void tally.unchanged++;
  require(isCalledHarmless(review), `nothing is said of ${place}`);
  require(!NEVER_HARMLESS.test(
    place,
  ), `${place} is called harmless: ${Object.keys(review.accounts!.explained).join()}`);
  tally.harmless++;
}

/** Whether each difference has the name of a rule that calls it harmless; ids are of rules that speak. */
function isCalledHarmless({ accounts }: Review): boolean {
  const { differences, explained, unexplained } = accounts!;
  const names = Object.keys(explained);
  return differences > 0 && unexplained === 0 && names.every((name) => !/^IV\d/.test(name));
}

/** Whether Terraform would be given the same: all files, but for comments in a configuration. */
function isSame(base: Checkout, head: Checkout): boolean {
  const read = ({ stacks }: Checkout) =>
    [...stacks].map(([name, { files }]) => [
      name,
      [...files].map(([file, text]) => [
        file,
        file === CONFIGURATION ? withoutComments(JSON.parse(text)) : text,
      ]),
    ]);
  return isDeepStrictEqual(read(base), read(head));
}

/** Without cdktf's comments, at the top and of each resource, and types of which there is no resource. */
function withoutComments(json: Record<string, unknown>): unknown {
  const copy = structuredClone(json) as Record<
    string,
    Record<string, Record<string, Record<string, unknown>>>
  >;
  delete copy["//"];
  for (const [type, byId] of Object.entries(copy.resource ?? {})) {
    if (isDeepStrictEqual(byId, {})) delete copy.resource[type];
    for (const resource of Object.values(byId)) delete resource["//"];
  }
  return copy;
}

const newValue = fc.oneof(
  fc.constantFrom<unknown>("evil", "https://evil.example.com", true, false, 0, 1, null, [], {}, ["evil"]),
  fc.constantFrom<unknown>("*", "root", '${file("/etc/passwd")}', "8760h", "evil/image:1", 'a"\n- b'),
  fc.constantFrom<unknown>(["x\n---\nkind: Pod"], '{{ set .Values "image" "evil" }}', { a: ['"\n- b'] }),
  fc.string({ maxLength: 12 }),
);

function changedStack(base: Checkout, which: number, at: number, how: number, value: unknown): Changed {
  const names = [...base.stacks.keys()];
  const name = names[which % names.length];
  const stack = base.stacks.get(name)!;
  const files = new Map(stack.files);
  if (at % 97 === 0) {
    const file = ["evil.tf.json", "evil.tf", "terraform.tfvars", "assets/evil/x"][how % 4];
    files.set(file, JSON.stringify(value));
    return { head: withStack(base, name, files), place: `${name}: ${file}` };
  }
  const json = JSON.parse(files.get(CONFIGURATION)!);
  const place = at % 89 === 0 ? copy(json, at) : change(json, at, how, value);
  files.set(CONFIGURATION, JSON.stringify(json));
  return { head: withStack(base, name, files), place };
}

export function withStack(base: Checkout, name: string, files: ReadonlyMap<string, string>): Checkout {
  return { ...base, stacks: new Map([...base.stacks, [name, new SynthesizedStack(name, files)]]) };
}

function changedMesh(
  directory: string,
  data: Json,
  at: number,
  how: number,
  value: unknown,
): Changed | undefined {
  const mesh = structuredClone(data);
  const place = change(mesh, at, how, value);
  const head = checkout(directory, mesh);
  return head && { head, place: `mesh.yaml: ${place}` };
}

/** A second resource that writes what another one writes; returns the place of that. */
function copy(json: { readonly resource: Record<string, Record<string, unknown>> }, at: number): string {
  const all = Object.entries(json.resource).flatMap(([type, byId]) =>
    Object.keys(byId).map((id) => ({ type, id })),
  );
  const { type, id } = all[at % all.length];
  const copied = { ...(json.resource[type][id] as object), "//": { metadata: { path: `evil/${id}` } } };
  json.resource[type][`${id}_evil`] = copied;
  return `copy.${type}`;
}

/** Changes one value, within a release's values as well; returns its place. */
function change(json: Json, at: number, how: number, value: unknown): string {
  const places = placesOf(json);
  const { holder, key, path } = places[at % places.length];
  const values = /^resource\.helm_release\.\w+\.values\.0$/.test(path)
    ? JSON.parse(`${holder[key]}`)
    : undefined;
  if (values) {
    const place = change(values, Math.floor(at / places.length), how, value);
    holder[key] = JSON.stringify(values);
    return place;
  }
  if (how === 0) delete holder[key];
  else if (how === 1) holder[`${key}_evil`] = value;
  else if (how === 2 && Array.isArray(holder[key])) (holder[key] as unknown[]).push(value);
  else if (how === 3) holder[key] = [holder[key], value];
  else holder[key] = value;
  return path;
}

interface Place {
  readonly holder: Record<string, unknown>;
  readonly key: string;
  readonly path: string;
}

/** Every value, but for what is within comments. */
function placesOf(value: unknown, path = ""): Place[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value)
    .filter(([key]) => key !== "//")
    .flatMap(([key, below]) => {
      const here = path === "" ? key : `${path}.${key}`;
      return [{ holder: value as Record<string, unknown>, key, path: here }, ...placesOf(below, here)];
    });
}

/** The tests' mesh with one of each: a gateway, both logins, every issuance, a root that is someone else's. */
export function baseMesh(): Json {
  const mesh = parse(readFileSync(join(FIXTURES, "mesh.yaml"), "utf8"));
  const certificateFile = join(FIXTURES, "clusters", "cluster1-ca.pem");
  for (const cluster of mesh.clusters) {
    cluster.kubernetesCaCertificateFile = join(FIXTURES, cluster.kubernetesCaCertificateFile);
  }
  mesh.roots.push({ name: "e", source: "existing", mountPath: "corp/pki", certificateFile });
  mesh.trust.bundle = ["a", "e"];
  mesh.vault.caCertificateFile = certificateFile;
  mesh.issuer = { method: "approle" };
  mesh.gateways = { ingress: { certificate: { source: "vault-pki", domains: ["www.example.com"] } } };
  mesh.clusters[1].intermediates = { issuance: "external" };
  mesh.clusters.push({
    ...mesh.clusters[0],
    name: "cluster3",
    kubernetesHost: "https://k8s-3.example.com:6443",
    kubeconfig: { context: "cluster3" },
    intermediates: { issuance: "deploy" },
  });
  mesh.clusters[1].vaultAuth = { method: "jwt", issuer: "https://oidc.example.com/2" };
  return mesh;
}

/** What the program makes of a mesh.yaml; undefined where it makes nothing of it. */
export function checkout(directory: string, mesh: Json): Checkout | undefined {
  writeFileSync(join(directory, "mesh.yaml"), stringify(mesh, { aliasDuplicateObjects: false }));
  const outdir = join(directory, "out");
  try {
    const model = loadMesh(join(directory, "mesh.yaml"));
    const app = new App({ outdir });
    composeMesh(app, model);
    app.synth();
    return { mesh: model, project: {}, ...readOutput(outdir, directory, "the fuzz") };
  } catch (error) {
    if (error instanceof MeshFileError || error instanceof ValidationError) return undefined;
    throw error;
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

function require(isSo: boolean, otherwise: string): asserts isSo {
  if (!isSo) throw new Error(otherwise);
}
