import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Checkout } from "../../cli/review/checkout";
import { type Review, reviewOf } from "../../cli/review/review";
import { CONFIGURATION } from "../../cli/review/synthesized";
import { baseMesh, checkout, withStack } from "../../fuzz/review";
import { Programs } from "../programs";
import { check, note, part, scenario } from "../scenario";
import { changedValues, type Json, withValue } from "./review/chart-values";
import { differing, rendered } from "./review/rendered";

const COMMITS = { ref: "main", base: "1".repeat(40), head: "2".repeat(40), uncommitted: false };
const CLUSTER = "cluster1";

/** What a value may change in the rendered objects, by the rule that calls it harmless. */
const MAY_CHANGE: Readonly<Record<string, RegExp>> = {
  scheduling:
    /^PodDisruptionBudget |\.(resources|nodeSelector|tolerations|affinity|topologySpreadConstraints|strategy|priorityClassName|terminationGracePeriodSeconds|minReadySeconds|defaultResources|defaultPodDisruptionBudget)(\.|$)/,
  scaling: /^HorizontalPodAutoscaler |\.resources\./,
  "two pods or more": /^HorizontalPodAutoscaler |^Deployment \S+\.spec\.replicas$/,
  "telemetry and logs":
    /\.annotations\.prometheus\.io\/|\.(defaultProviders|enablePrometheusMerge|accessLog\w+|logAsJson|logging|logLevel|componentLogLevel)(\.|$)|\.args\.\d+$|\.env\.(PILOT_TRACE_SAMPLING|AGENT_INJECT_LOG_(LEVEL|FORMAT)|AGENT_INJECT_TELEMETRY_PATH)\.(name|value)$/,
  "another version by the same publisher": /\.image$|\.values\.global\.(tag|variant)$|\.image\.imageType$/,
  "how images are pulled": /\.(imagePullPolicy|imagePullSecrets)(\.|$)/,
  "probes of the injector": /\.(livenessProbe|readinessProbe|startupProbe)\./,
  "how long the webhook is waited for": /\.timeoutSeconds$/,
  "resources of the agent": /\.env\.AGENT_INJECT_(CPU|MEM|EPHEMERAL)_(LIMIT|REQUEST)\.value$/,
};

/** A copy of all values, for people to look at, which no pod reads. */
const COPY = /^ConfigMap values/;

/** Every value of each chart is changed; where the rendered objects change with it, the review must say so. */
scenario({ needs: ["helm", "vault chart", "Istio"] }, () => {
  part("the review sees each value of the charts that changes what they render", () => {
    for (const chart of ["istiod", "gateway", "vault"]) {
      check(`of ${chart}: a finding, or a named rule and only what it may change`, async () => {
        const programs = Programs.find(process.env);
        const charts = chart === "vault" ? programs.chartsDirectory : programs.istio("Istio").charts;
        const directory = join(charts, chart);
        const tally = await tried(programs.path("helm"), directory, chart);
        note(JSON.stringify({ ...tally, unseen: tally.unseen.length }));
        assert.deepEqual(tally.unseen, []);
        // A chart that renders nothing differently was not tried.
        assert.ok(tally.found > 10, `only ${tally.found} values with a finding`);
      });
    }
  });
});

interface Tally {
  /** Values of which the rendered objects do not depend, or that the chart refuses. */
  unrendered: number;
  found: number;
  harmless: number;
  readonly unseen: string[];
}

async function tried(helm: string, directory: string, chart: string): Promise<Tally> {
  const home = mkdtempSync(join(tmpdir(), "review-charts-"));
  try {
    const base = checkout(home, baseMesh())!;
    const { id, release, values } = releaseOf(base, chart);
    const at = { helm, chart: directory, name: `${release.name}`, namespace: `${release.namespace}` };
    const before = await rendered(at, values);
    assert.ok(before, `the chart ${chart} refuses the values of the construct`);
    const tally: Tally = { unrendered: 0, found: 0, harmless: 0, unseen: [] };
    for (const change of changedValues(directory)) {
      const changed = withValue(values, change);
      const after = await rendered(at, changed);
      const places = after ? differing(before, after) : [];
      if (places.length === 0) {
        tally.unrendered += 1;
        continue;
      }
      const review = reviewOf(base, withValues(base, id, changed), COMMITS, "error");
      if (review.findings.length > 0) tally.found += 1;
      else if (beyond(review, places).length === 0) tally.harmless += 1;
      else tally.unseen.push(unseen(change.path, review, places));
    }
    return tally;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** Places that change beyond what the rules may that call the change harmless; all of them where no rule does. */
function beyond({ accounts }: Review, places: readonly string[]): string[] {
  const rules = Object.keys(accounts?.explained ?? {});
  const isAllowed = (place: string) =>
    rules.some((rule) => MAY_CHANGE[rule]?.test(place)) || COPY.test(place);
  return rules.length > 0 ? places.filter((place) => !isAllowed(place)) : [...places];
}

function unseen(path: readonly string[], review: Review, places: readonly string[]): string {
  const rules = Object.keys(review.accounts?.explained ?? {}).join(", ") || "nothing to say";
  return `${path.join(".")} (${rules}): ${beyond(review, places).slice(0, 3).join("; ")}`;
}

/** The release of a chart in the cluster's stack, and its values. */
function releaseOf(base: Checkout, chart: string): { id: string; release: Json; values: Json } {
  const releases = base.stacks.get(CLUSTER)!.ofType("helm_release");
  const { id, attributes } = releases.find(({ attributes }) => attributes.chart === chart)!;
  return { id, release: attributes, values: JSON.parse(`${(attributes.values as unknown[])[0]}`) };
}

function withValues(base: Checkout, id: string, values: Json): Checkout {
  const { files } = base.stacks.get(CLUSTER)!;
  const json = JSON.parse(files.get(CONFIGURATION)!);
  json.resource.helm_release[id].values = [JSON.stringify(values)];
  return withStack(base, CLUSTER, new Map([...files, [CONFIGURATION, JSON.stringify(json)]]));
}
