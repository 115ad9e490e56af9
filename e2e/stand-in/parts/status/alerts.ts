import assert from "node:assert/strict";
import { parse } from "yaml";
import { type Expectation, testRules } from "../../../../__tests__/support/prometheus";
import { ISTIO_CA_AUDIENCE, requestCertificate, trusting } from "../../../../cli/status/istiod-ca";
import type { Check } from "../../checks";
import type { Cluster } from "../../cluster";
import { scaleInjector } from "../../injector";
import { KubeStateMetrics } from "../../kube-state-metrics";
import { frozen, istiodSamples, type Sample, samplesOf, VaultMetrics } from "../../scrapes";
import { istiodAddress, newKey, publishedRoots } from "../../workload-certificate";
import type { World } from "../../world";
import { issueExternal, Looks, SETTLED } from "./status-mesh";
import { allow, deny, wellAgain } from "./wrong";

/** Each name that a rule asks for is one that the program at the other end tells. */
export const whatIsToldToPrometheus: readonly Check[] = [
  {
    name: "istiod tells what the rules ask of it, errors too once there is one",
    run: async (world) => {
      const cluster = world.rig.cluster("cluster1");
      const count = async (metric: string) =>
        (await istiodSamples(cluster))
          .filter((it) => it.metric === metric)
          .reduce((sum, { value }) => sum + value, 0);
      const before = await count("citadel_server_csr_count");
      await assert.rejects(() => ask(cluster, { csr: "no request" }), /INVALID_ARGUMENT|INTERNAL/);
      await assert.rejects(() => ask(cluster, { token: "nobody's" }), /UNAUTHENTICATED/);
      const told = new Set((await istiodSamples(cluster)).map(({ metric }) => metric));
      assert.deepEqual(missing(await asked(world, "citadel_"), told), []);
      assert.equal(
        await count("citadel_server_csr_count"),
        before + 2,
        "each request counts, refused ones too",
      );
      const errors = (await istiodSamples(cluster)).filter(
        ({ metric }) => metric === "citadel_server_csr_sign_err_count",
      );
      assert.deepEqual(
        errors.map(({ labels, value }) => [/error="(\w+)"/.exec(labels)?.[1], value]),
        [["CSR_ERROR", 1]],
      );
      assert.equal(await count("citadel_server_authentication_failure_count"), 1);
    },
  },
  {
    name: "Vault tells what the rules ask of it, to a token that reads nothing else",
    run: async (world) => {
      const metrics = await VaultMetrics.allowed(world);
      const { token } = metrics;
      const { status } = await world.rig.vault.client.send("GET", "sys/mounts", { token });
      assert.equal(status, 403);
      const samples = await metrics.samples();
      assert.deepEqual(
        missing(await asked(world, "vault_"), new Set(samples.map(({ metric }) => metric))),
        [],
      );
      const unsealed = samples.filter(({ metric }) => metric === "vault_core_unsealed");
      assert.equal(Math.max(...unsealed.map(({ value }) => value)), 1);
    },
  },
  {
    name: "istio-vault status tells what the rules ask of it, and what istiod itself says of its intermediate",
    run: async (world) => {
      const samples = await statusSamples(world);
      const told = new Set(samples.map(({ metric }) => metric));
      // What is wrong is told only where something is.
      assert.deepEqual(missing(await asked(world, "istio_vault_"), told), ["istio_vault_status_finding"]);
      for (const cluster of world.rig.clusters) {
        const served = samples.filter(
          ({ metric, labels }) =>
            metric === "istio_vault_served_intermediate_not_after_timestamp_seconds" &&
            labels.includes(`cluster="${cluster.name}"`),
        );
        const own = (await istiodSamples(cluster)).filter(
          ({ metric }) => metric === "citadel_server_cert_chain_expiry_timestamp",
        );
        assert.deepEqual(
          served.map(({ value }) => value),
          own.map(({ value }) => value),
        );
      }
    },
  },
];

/** The rules on what is really told: frozen for three hours, which alerts come of it. */
export const whatRaisesAlerts: readonly Check[] = [
  {
    name: "kube-state-metrics tells what the rules ask of it, and a mesh that is well raises no alert",
    prerequisite: true,
    run: async (world) => {
      const samples = await everything(world);
      assert.deepEqual(
        missing(await asked(world, "kube_"), new Set(samples.map(({ metric }) => metric))),
        [],
      );
      await raises(world, samples, []);
    },
  },
  {
    name: "the same without one pod's vault-agent-init",
    run: async (world) => {
      const samples = (await everything(world)).filter(
        ({ labels }) =>
          !(labels.includes('cluster="cluster1"') && labels.includes('container="vault-agent-init"')),
      );
      await raises(world, samples, [
        { alert: "IstiodNotInjected", severity: "critical", cluster: "cluster1" },
      ]);
    },
  },
  {
    name: "an injector that is down in one cluster, and an agent that may not read in the other",
    run: async (world) => {
      const cluster = world.rig.cluster("cluster1");
      await scaleInjector(cluster, 0);
      await deny(world);
      await issueExternal(world);
      await raises(world, await everything(world), [
        { alert: "VaultAgentInjectorDown", severity: "warning", cluster: "cluster1" },
        { alert: "IstiodBehindVault", severity: "warning", cluster: "cluster2" },
      ]);
      await allow(world);
      await scaleInjector(cluster, 2);
      await wellAgain(world);
    },
  },
  {
    name: "a sealed Vault",
    run: async (world) => {
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
  },
];

async function ask(cluster: Cluster, wrong: { csr?: string; token?: string }): Promise<void> {
  const [roots, address, { csr }, token] = await Promise.all([
    publishedRoots(cluster, "default"),
    istiodAddress(cluster),
    newKey(cluster.directory),
    cluster.api.token({ namespace: "default", serviceAccount: "default", audience: ISTIO_CA_AUDIENCE }),
  ]);
  const request = { address, credentials: trusting(roots), token, csr, clusterName: cluster.name };
  await requestCertificate({ ...request, validSeconds: 60, timeoutSeconds: 20, ...wrong });
}

/** Names of metrics, of one kind, in the rules of the deployed mesh. */
async function asked(world: World, prefix: string): Promise<string[]> {
  const { groups } = parse(await (await Looks.at(world)).alerts()) as {
    groups: { rules: { expr: string }[] }[];
  };
  const expressions = groups.flatMap(({ rules }) => rules.map(({ expr }) => expr)).join("\n");
  const names = [...expressions.matchAll(/\b[a-z]\w*(?=[{)[])/g)].map(([name]) => name);
  const found = [...new Set(names)].filter((name) => name.startsWith(prefix));
  assert.ok(found.length > 0, `no rule asks for ${prefix}`);
  return found;
}

function missing(names: readonly string[], told: ReadonlySet<string>): string[] {
  return names.filter((name) => !told.has(name));
}

async function statusSamples(world: World): Promise<Sample[]> {
  const { stdout, stderr } = await (await Looks.at(world)).run(SETTLED, "-o", "prometheus");
  assert.ok(stdout.startsWith("# HELP istio_vault_"), stdout + stderr);
  return samplesOf(stdout);
}

let stateMetrics: Promise<readonly KubeStateMetrics[]> | undefined;
let vaultMetrics: Promise<VaultMetrics> | undefined;

/** What one Prometheus would hold that scrapes all of the mesh. */
async function everything(world: World): Promise<Sample[]> {
  const { clusters, programs } = world.rig;
  vaultMetrics ??= VaultMetrics.allowed(world);
  stateMetrics ??= Promise.all(clusters.map((cluster) => KubeStateMetrics.start(programs, cluster)));
  const vault = await (await vaultMetrics).samples();
  const kubernetes = (await stateMetrics).map(async (it) =>
    samplesOf(await it.scrape(), { cluster: it.cluster.name }),
  );
  const scraped = await Promise.all([statusSamples(world), ...clusters.map(istiodSamples), ...kubernetes]);
  return [...vault, ...scraped.flat()];
}

async function raises(world: World, samples: readonly Sample[], fires: Expectation["fires"]): Promise<void> {
  const rules = await (await Looks.at(world)).alerts();
  const names = [...rules.matchAll(/\b[a-z]\w*(?=[{)[])/g)].map(([name]) => name);
  const used = samples.filter(({ metric }) => names.includes(metric));
  const series = frozen(used, new Date());
  const trouble = testRules(rules, { name: "as it runs", series, afterHours: 3, fires });
  assert.equal(trouble, "");
}
