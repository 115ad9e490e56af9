import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "cdktf";
import type { Checkout } from "../../cli/review/checkout";
import { readOutput } from "../../cli/review/read-output";
import { type Review, reviewOf } from "../../cli/review/review";
import { SynthesizedStack } from "../../cli/review/synthesized";
import { loadMesh } from "../../config/load-mesh";
import { composeMesh } from "../../stacks/compose-mesh";
import { type MeshChange, type MeshData, meshDirectory } from "./mesh-file";

/** The tests' mesh.yaml, changed, and the stacks made of it. */
export function checkoutOf(change?: MeshChange): Checkout {
  const directory = meshDirectory(change);
  const mesh = loadMesh(join(directory, "mesh.yaml"));
  const outdir = mkdtempSync(join(tmpdir(), "stacks-"));
  try {
    const app = new App({ outdir });
    composeMesh(app, mesh);
    app.synth();
    return { mesh, project: {}, ...readOutput(outdir, directory, "the test") };
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

/** The commits a review is said to be of. */
export const COMMITS = { ref: "main", base: "1".repeat(40), head: "2".repeat(40), uncommitted: false };

export function reviewed(base: Checkout, head: Checkout): Review {
  return reviewOf(base, head, COMMITS, "error");
}

/** What the review of a change says, each finding with its rule. */
export function said(base: Checkout, head: Checkout): string[] {
  return reviewed(base, head).findings.map(({ message, rule }) => `${message} (${rule})`);
}

/** The tests' mesh.yaml with a gateway in both clusters. */
export function withIngress(mesh: MeshData): void {
  mesh.gateways = { ingress: { certificate: { source: "vault-pki", domains: ["www.example.com"] } } };
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Json = any;

/** The same with one stack changed, as another program would have made it. */
export function altered(checkout: Checkout, name: string, change: (json: Json) => void): Checkout {
  const stack = checkout.stacks.get(name)!;
  const json = JSON.parse(stack.files.get("cdk.tf.json")!);
  change(json);
  const files = new Map([...stack.files, ["cdk.tf.json", JSON.stringify(json)] as const]);
  return { ...checkout, stacks: new Map([...checkout.stacks, [name, new SynthesizedStack(name, files)]]) };
}

/** The one resource of a type whose id matches. */
export function resource(json: Json, type: string, id: RegExp): Json {
  const ids = Object.keys(json.resource[type]).filter((key) => id.test(key));
  expect(ids).toHaveLength(1);
  return json.resource[type][ids[0]];
}

/** Changes the values of the release of a chart. */
export function alterValues(json: Json, chart: string, change: (values: Json) => void): void {
  const release: Json = Object.values(json.resource.helm_release).find((one: Json) => one.chart === chart);
  const values = JSON.parse(release.values[0]);
  change(values);
  release.values = [JSON.stringify(values)];
}

/**
 * A mesh of one cluster, `cluster0`, as one of so many: what is made for it, once for each. A real synth of
 * a thousand would take longer than all that is tested with it.
 */
export function multiplied({ mesh, stacks }: Checkout, count: number): Checkout {
  const names = Array.from({ length: count }, (_, index) => `cluster${index}`);
  const rename = <Value>(value: Value, name: string): Value =>
    JSON.parse(JSON.stringify(value).replaceAll("cluster0", name));
  const json = (name: string): Json => JSON.parse(stacks.get(name)!.files.get("cdk.tf.json")!);
  const [shared, vault, cluster] = [json("vault-shared"), json("vault-cluster0"), json("cluster0")];
  const stack = (name: string, json: Json) =>
    [name, new SynthesizedStack(name, new Map([["cdk.tf.json", JSON.stringify(json)]]))] as const;
  return {
    project: {},
    faults: [],
    mesh: { ...mesh!, clusters: names.map((name) => ({ ...mesh!.clusters[0], name, nameInVault: name })) },
    stacks: new Map([
      stack("vault-shared", shared),
      ...names.flatMap((name) => [
        stack(`vault-${name}`, rename(vault, name)),
        stack(name, rename(cluster, name)),
      ]),
    ]),
  };
}
