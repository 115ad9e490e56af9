import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { isMap } from "../lib/private/helm-values";

const PROJECT = join(__dirname, "..");
const read = (file: string) => readFileSync(join(PROJECT, file), "utf8");

interface Manager {
  readonly managerFilePatterns: readonly string[];
  readonly matchStrings: readonly string[];
  readonly depNameTemplate?: string;
  readonly datasourceTemplate: string;
}

const { customManagers } = JSON.parse(read("examples/ci/renovate.json")) as {
  customManagers: readonly Manager[];
};

/** What the managers find in a file, as Renovate applies them: `datasource name value`. */
function found(file: string, text: string): string[] {
  return customManagers
    .filter(({ managerFilePatterns }) =>
      managerFilePatterns.some((pattern) => new RegExp(pattern.slice(1, -1)).test(file)),
    )
    .flatMap(({ matchStrings, depNameTemplate, datasourceTemplate }) =>
      matchStrings
        .flatMap((pattern) => [...text.matchAll(new RegExp(pattern, "g"))])
        .map(({ groups }) =>
          [datasourceTemplate, depNameTemplate ?? groups!.depName, groups!.currentValue].join(" "),
        ),
    )
    .sort();
}

/** What stands in a mesh.yaml, by the YAML parser: every version under a key that holds one. */
function written(value: unknown, key = "", above = ""): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => written(item, key, above));
  if (isMap(value)) return Object.entries(value).flatMap(([name, below]) => written(below, name, key));
  if (above === "providers") return [`terraform-provider ${key} ${value}`];
  if (key === "chartVersion") return [`helm vault ${value}`];
  if (key === "version" && typeof value === "string") return [`helm istiod ${value}`];
  const image = key === "image" ? /^(.+):([^:/]+)$/.exec(`${value}`) : null;
  return image ? [`docker ${image[1]} ${image[2]}`] : [];
}

const meshes = ["__tests__/fixtures/mesh.yaml"].concat(
  readdirSync(join(PROJECT, "examples"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".mesh.yaml"))
    .map((file) => join("examples", file)),
);

test.each(meshes)("every version of %s is found, and nothing else", (file) => {
  const text = read(file);
  const versions = written(parse(text)).sort();
  expect(versions.length).toBeGreaterThan(0);
  expect(found(file, text)).toEqual(versions);
});

test("nothing is found in other files", () => {
  expect(
    ["examples/compose.yaml", "mesh.schema.json", "my-mesh.yaml"].flatMap((file) =>
      found(file, read("__tests__/fixtures/mesh.yaml")),
    ),
  ).toEqual([]);
});

test.each([
  [
    "a flow mapping",
    'revisions: { default: { version: 1.30.5 }, "1-31-1": {version: "1.31.1"} }',
    ["helm istiod 1.30.5", "helm istiod 1.31.1"],
  ],
  ["a comment after it", "istio:\n  version: 1.31.0-rc.0 # soon", ["helm istiod 1.31.0-rc.0"]],
  ["a vendor's build, which is its vendor's", "istio:\n  version: 1.29.6-solo", []],
  ["the file's own version", "version: 1\n", []],
  [
    "a registry with a port, and a digest",
    "image: registry:5000/a/vault:2.1.2@sha256:0a",
    ["docker registry:5000/a/vault 2.1.2"],
  ],
  ["an image without a tag", "image: registry:5000/a/vault", []],
  [
    "two conditions",
    'providers:\n  vault: ">= 5.6, < 5.12"\n  tls: "~> 4.1"',
    ["terraform-provider tls ~> 4.1", "terraform-provider vault >= 5.6, < 5.12"],
  ],
  ["the section vault", "vault:\n  address: https://vault.example.com:8200\n", []],
  ["Windows' line ends", "istio:\r\n  version: 1.31.1\r\n", ["helm istiod 1.31.1"]],
])("in %s", (_, text, expected) => {
  expect(found("mesh.yaml", text)).toEqual(expected);
});

interface SchemaNode {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly items?: SchemaNode;
  readonly oneOf?: readonly SchemaNode[];
}

/** Paths of mesh.yaml whose description speaks of a version or an image. */
function versionPaths(node: SchemaNode, path: readonly string[] = []): string[] {
  const below = [
    ...Object.entries(node.properties ?? {}).flatMap(([key, child]) => versionPaths(child, [...path, key])),
    ...(typeof node.additionalProperties === "object"
      ? versionPaths(node.additionalProperties, [...path, "x"])
      : []),
    ...(node.items ? versionPaths(node.items, [...path, "0"]) : []),
    ...(node.oneOf ?? []).flatMap((one) => versionPaths(one, path)),
  ];
  const isLeaf = !node.properties && !node.additionalProperties && !node.items && !node.oneOf;
  return isLeaf && /\b([Vv]ersion|[Ii]mage) /.test(node.description ?? "")
    ? [path.join("."), ...below]
    : below;
}

/** Versions of forms, which nobody publishes. */
const FORMS = ["version", "clusters.0.kubeconfig.exec.apiVersion"];

test("every key of mesh.yaml for a version or an image is found", () => {
  const paths = versionPaths(JSON.parse(read("mesh.schema.json"))).filter((path) => !FORMS.includes(path));
  expect(paths).toEqual(
    expect.arrayContaining([
      "istio.version",
      "istio.revisions.x.version",
      "clusters.0.agent.image",
      "providers.vault",
    ]),
  );
  const missed = paths.filter((path) => {
    const value = path.endsWith("image") ? "registry.example.com/image:1.2.3" : "1.2.3";
    const mesh = path
      .split(".")
      .reduceRight<unknown>((below, key) => (key === "0" ? [below] : { [key]: below }), value);
    return found("mesh.yaml", stringify(mesh)).length !== 1;
  });
  expect(missed).toEqual([]);
});
