import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { testedVersionsPage } from "../config/tested-versions";
import { upstreamWarnings } from "../config/upstream-warnings";
import {
  DEFAULT_AGENT_IMAGE,
  DEFAULT_INJECTOR_CHART_VERSION,
  DEFAULT_ISTIO_VERSION,
  GOING_HOSTS,
} from "../lib/private/upstream";
import { meshWith } from "./support/mesh-file";

const PROJECT = join(__dirname, "..");
const read = (file: string) => readFileSync(join(PROJECT, file), "utf8");
const under = (directory: string, ending: RegExp) =>
  readdirSync(join(PROJECT, directory), { recursive: true, encoding: "utf8" })
    .filter((file) => ending.test(file) && !file.startsWith("charts/"))
    .map((file) => join(directory, file));

test("docs/tested-versions.md is current: npm run tested-versions", () => {
  expect(read("docs/tested-versions.md")).toBe(testedVersionsPage());
});

/** RELEASE=1 where a version of this package is released: then a default must be supported on that day. */
test("no default is out of support, is taken down or does not start", () => {
  const found = upstreamWarnings(meshWith(), new Date()).map(({ finding }) => finding);
  for (const { message, rule } of found) console.warn(`a default: ${message} (${rule})`);
  const serious = found.filter(({ rule }) => rule !== "IV1002").map(({ message }) => message);
  if (process.env.RELEASE === "1") expect(serious).toEqual([]);
});

const samples = [
  // The one at the top level comes with the default too, until its owner pins another.
  ...(process.env.RELEASE === "1" ? ["mesh.yaml"] : []),
  "__tests__/fixtures/mesh.yaml",
  "README.md",
  ...under("examples", /\.(ts|yaml)$/),
  ...under("docs/constructs", /\.md$/),
];

test("the mesh of the tests, the examples and the pages of constructs name the default Istio", () => {
  const named = samples.flatMap((file) =>
    [...read(file).matchAll(/(?:istioVersion|\bversion): "?(\d+\.\d+\.\d+)"?/g)].map(([, version]) => ({
      file,
      version,
    })),
  );
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter(({ version }) => version !== DEFAULT_ISTIO_VERSION)).toEqual([]);
});

test("the props' pages and the examples name the default agent and chart", () => {
  const sources = [
    "lib/istiod-with-vault.ts",
    "lib/gateway-with-vault.ts",
    "lib/vault-agent-injector.ts",
  ].map(read);
  const defaults = sources.flatMap((text) =>
    [...text.matchAll(/@default "((?:hashicorp\/vault:|0\.)[^"]+)"/g)].map(([, value]) => value),
  );
  expect(defaults).toEqual([DEFAULT_AGENT_IMAGE, DEFAULT_AGENT_IMAGE, DEFAULT_INJECTOR_CHART_VERSION]);
  const [repository, tag] = DEFAULT_AGENT_IMAGE.split(":");
  const images = samples
    .filter((file) => !file.endsWith("compose.yaml"))
    .flatMap((file) =>
      [...read(file).matchAll(new RegExp(`${repository}:([\\w.]+)`, "g"))].map(([, named]) => named),
    );
  expect(new Set(images)).toEqual(new Set([tag]));
});

test("no sample names a host that is taken down", () => {
  for (const file of samples) {
    for (const { host } of GOING_HOSTS) expect(read(file)).not.toContain(host);
  }
});
