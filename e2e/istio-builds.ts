import { accessSync, constants, existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { newestVersion } from "../lib/private/istio-version";
import { DEFAULT_ISTIO_VERSION } from "../lib/private/upstream";

/** Istio by the distance of its minor version from the default's. */
export const ISTIO_NEEDS = ["Istio", "Istio, the minor below", "Istio, two minors below"] as const;
export type IstioNeed = (typeof ISTIO_NEEDS)[number];

/** One version of Istio: its istiod, and the directory of its charts `base`, `gateway` and `istiod`. */
export interface IstioBuild {
  readonly version: string;
  readonly pilotDiscovery: string;
  readonly charts: string;
  /** What its image of Envoy is made of: Istio's agent, and the template of Envoy's first configuration. */
  readonly proxy?: { readonly agent: string; readonly bootstrap: string };
}

/** Where a minor version was looked for and what was found. */
export type FoundIstio = IstioBuild | { readonly missing: string };

/** Looks in `E2E_ISTIO`, which holds a directory for each version, named after it. */
export function findIstio(directory: string | undefined): Map<IstioNeed, FoundIstio> {
  const versions = directory && existsSync(directory) ? readdirSync(directory) : [];
  return new Map(
    ISTIO_NEEDS.map((need, below) => {
      const minor = minorBelow(DEFAULT_ISTIO_VERSION, below);
      const found = versions.filter((version) => version.startsWith(`${minor}.`));
      if (found.length === 0)
        return [need, { missing: `no istiod ${minor} in E2E_ISTIO=${directory ?? ""}` }];
      return [need, buildIn(resolve(directory!, newestVersion(found)), newestVersion(found))];
    }),
  );
}

function buildIn(directory: string, version: string): FoundIstio {
  const pilotDiscovery = join(directory, "pilot-discovery");
  const charts = ["base", "gateway", "istiod"].map((chart) => join(directory, chart, "Chart.yaml"));
  try {
    accessSync(pilotDiscovery, constants.X_OK);
    for (const chart of charts) accessSync(chart);
  } catch (error) {
    return { missing: `Istio ${version} is not whole: ${(error as Error).message}` };
  }
  const proxy = { agent: join(directory, "pilot-agent"), bootstrap: join(directory, "envoy_bootstrap.json") };
  const isThere = existsSync(proxy.agent) && existsSync(proxy.bootstrap);
  return { version, pilotDiscovery, charts: directory, ...(isThere && { proxy }) };
}

/** `1.31.2`, 1: `1.30`. */
function minorBelow(version: string, below: number): string {
  const [major, minor] = version.split(".").map(Number);
  return `${major}.${minor! - below}`;
}
