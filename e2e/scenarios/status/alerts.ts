import assert from "node:assert/strict";
import { expressions } from "../../../__tests__/support/dashboard";
import { type Expectation, type Series, testRules, unanswered } from "../../../__tests__/support/prometheus";
import type { Source } from "../../../cli/alerts/alert";
import { ISTIOD, METRICS_OF } from "../../../cli/alerts/metrics";
import { METRICS } from "../../../cli/status/metrics";
import { scaleInjector } from "../../injector";
import { IstioVault } from "../../istio-vault";
import type { Need } from "../../programs";
import { check, part, type World } from "../../scenario";
import { waitFor } from "../../wait";
import { signWorkload } from "../../workload-certificate";
import { KubeStateMetrics } from "./kube-state-metrics";
import { issueExternal, Reader, settled } from "./reader";
import { rejectingProxy } from "./rejecting-proxy";
import { frozen, istiodSamples, type Sample, samplesOf, VaultMetrics } from "./scrapes";
import { denyReading, wellAgain } from "./wrong";

/** Each name that a rule or the dashboard asks for is one that the program at the other end tells. */
export function whatIsTold(): void {
  part("what Prometheus is told", () => {
    check("istiod tells what rules and dashboard ask of it, errors too once there is one", async (world) => {
      const cluster = world.rig.cluster("cluster1");
      const samples = async (metric: string) =>
        (await istiodSamples(cluster)).filter((sample) => sample.metric === metric);
      const count = async (metric: string) =>
        (await samples(metric)).reduce((sum, { value }) => sum + value, 0);
      const before = await count("citadel_server_csr_count");
      await assert.rejects(
        () => signWorkload(cluster, { csr: "no request", validSeconds: 60 }),
        /INVALID_ARGUMENT|INTERNAL/,
      );
      await assert.rejects(
        () => signWorkload(cluster, { token: "nobody's", validSeconds: 60 }),
        /UNAUTHENTICATED/,
      );
      await rejectingProxy(cluster, async () => {
        const counted = async () => (await count(ISTIOD.rejected)) > 0;
        await waitFor("istiod counts what a proxy rejects", 10, counted);
        assert.ok((await count(ISTIOD.proxies)) > 0);
      });
      assert.deepEqual(missing("istiod", await istiodSamples(cluster)), []);
      const after = await count("citadel_server_csr_count");
      assert.equal(after, before + 2, "each request counts, refused ones too");
      const errors = await samples("citadel_server_csr_sign_err_count");
      assert.deepEqual(
        errors.map(({ labels, value }) => [/error="(\w+)"/.exec(labels)?.[1], value]),
        [["CSR_ERROR", 1]],
      );
      assert.equal(await count("citadel_server_authentication_failure_count"), 1);
    });
    check("Vault tells what they ask of it, to a token that reads nothing else", async (world) => {
      const metrics = await VaultMetrics.allowed(world.rig);
      const { token } = metrics;
      const { status } = await world.rig.vault.client.send("GET", "sys/mounts", { token });
      assert.equal(status, 403);
      const samples = await metrics.samples();
      assert.deepEqual(missing("vault", samples), []);
      const unsealed = samples.filter(({ metric }) => metric === "vault_core_unsealed");
      assert.equal(Math.max(...unsealed.map(({ value }) => value)), 1);
    });
    check(
      "istio-vault status tells what they ask of it, and what istiod itself says of its intermediate",
      async (world) => {
        const samples = await statusSamples(world);
        // What is wrong is told only where something is, and of revocation lists where there are any.
        const { finding, listFrom, listUntil } = METRICS;
        assert.deepEqual(missing("status", samples), [finding, listFrom, listUntil]);
        const values = (of: readonly Sample[], name: string, label = "") =>
          of.filter((it) => it.metric === name && it.labels.includes(label)).map(({ value }) => value);
        for (const cluster of world.rig.clusters) {
          assert.deepEqual(
            values(
              samples,
              "istio_vault_served_intermediate_not_after_timestamp_seconds",
              `cluster="${cluster.name}"`,
            ),
            values(await istiodSamples(cluster), "citadel_server_cert_chain_expiry_timestamp"),
          );
        }
      },
    );
  });
}

const NEEDS: readonly Need[] = ["kube-state-metrics", "promtool"];

/** The rules on what is really told: frozen for three hours, which alerts come of it. */
export function whatRaisesAlerts(): void {
  part("what raises alerts", () => {
    check(
      "kube-state-metrics tells what they ask of it; a mesh that is well raises no alert and fills the dashboard",
      async (world) => {
        const samples = await everything(world);
        assert.deepEqual(missing("kubernetes", samples), []);
        await raises(world, samples, []);
        // Alerts, findings and errors of sending are not there.
        const empty = ["ALERTS", METRICS.finding, "_senderr"];
        const shown = expressions.filter((expr) => !empty.some((name) => expr.includes(name)));
        assert.equal(unanswered(shown, { name: "dashboard", series: seriesOf(samples), afterHours: 3 }), "");
      },
      NEEDS,
    );
    check(
      "the same without one pod's vault-agent-init",
      async (world) => {
        const gone = ['cluster="cluster1"', 'container="vault-agent-init"'];
        const samples = await everything(world);
        await raises(
          world,
          samples.filter(({ labels }) => !gone.every((label) => labels.includes(label))),
          [{ alert: "IstiodNotInjected", severity: "critical", cluster: "cluster1" }],
        );
      },
      NEEDS,
    );
    check(
      "an injector that is down in one cluster, and an agent that may not read in the other",
      async (world) => {
        const cluster = world.rig.cluster("cluster1");
        await scaleInjector(cluster, 0);
        const allow = await denyReading(world);
        await issueExternal(world);
        await raises(world, await everything(world), [
          { alert: "VaultAgentInjectorDown", severity: "warning", cluster: "cluster1" },
          { alert: "IstiodBehindVault", severity: "warning", cluster: "cluster2" },
        ]);
        await allow();
        await scaleInjector(cluster, 1);
        await wellAgain(world);
      },
      NEEDS,
    );
    check(
      "a sealed Vault",
      async (world) => {
        await world.rig.vault.seal();
        const samples = await everything(world);
        await world.rig.vault.unseal();
        await raises(world, samples, [
          { alert: "VaultMetricsAbsent", severity: "critical" },
          // Of the roots, which are no cluster's, and of what Vault holds for each.
          { alert: "IstioMeshNotSeen", severity: "warning" },
          { alert: "IstioMeshNotSeen", severity: "warning", cluster: "cluster1" },
          { alert: "IstioMeshNotSeen", severity: "warning", cluster: "cluster2" },
        ]);
        await wellAgain(world);
      },
      NEEDS,
    );
  });
}

/** What alerts and the dashboard ask of a source, and it does not tell. */
function missing(source: Source, samples: readonly Sample[]): readonly string[] {
  return METRICS_OF[source].filter((name) => !samples.some(({ metric }) => metric === name));
}

async function statusSamples(world: World): Promise<readonly Sample[]> {
  const { stdout, stderr } = await (await Reader.of(world)).status(settled(), ["-o", "prometheus"]);
  assert.ok(stdout.startsWith("# HELP istio_vault_"), stdout + stderr);
  return samplesOf(stdout);
}

let stateMetrics: Promise<readonly KubeStateMetrics[]> | undefined;
let vaultMetrics: Promise<VaultMetrics> | undefined;

/** What one Prometheus would hold that scrapes all of the mesh. */
async function everything(world: World): Promise<readonly Sample[]> {
  const { rig } = world;
  vaultMetrics ??= VaultMetrics.allowed(rig);
  stateMetrics ??= Promise.all(rig.clusters.map((cluster) => KubeStateMetrics.start(rig, cluster)));
  const kubernetes = (await stateMetrics).map(async (it) =>
    samplesOf(await it.scrape(), { cluster: it.cluster.name }),
  );
  const istiods = rig.clusters.map((cluster) => istiodSamples(cluster));
  const scraped = [(await vaultMetrics).samples(), statusSamples(world), ...istiods, ...kubernetes];
  return (await Promise.all(scraped)).flat();
}

async function raises(world: World, samples: readonly Sample[], fires: Expectation["fires"]): Promise<void> {
  const rules = await new IstioVault(world.rig, world.deployment, {}).output(["alerts"]);
  const series = seriesOf(samples);
  assert.equal(testRules(rules, { name: "as it runs", series, afterHours: 3, fires }), "");
}

/** What is asked for, as if it never changed again. */
function seriesOf(samples: readonly Sample[]): Series {
  const asked = Object.values(METRICS_OF).flat();
  return frozen(
    samples.filter(({ metric }) => asked.includes(metric)),
    new Date(),
  );
}
