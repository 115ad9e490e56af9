/**
 * Inspects a mesh of clusters that are not there: Vault, API server and istiod are stand-ins in this process, each of the four
 * answers that are waited for in turn comes after a quarter of a second, and a cluster has a hundred proxies.
 */
import "reflect-metadata";
import { setTimeout as delay } from "node:timers/promises";
import { AnsweringMesh } from "../__tests__/support/answering-mesh";
import type { ClusterApi, ProxyPod } from "../cli/kubernetes/cluster-api";
import { known } from "../cli/status/facts";
import { inspect } from "../cli/status/look";
import { connect } from "../cli/vault/connect";
import { loadMesh } from "../config/load-mesh";

const QUARTER = 250;
const PROXIES = 100;

async function main(file: string): Promise<void> {
  const mesh = loadMesh(file);
  const answering = await AnsweringMesh.start();
  const vault = connect({ ...mesh.vault, address: answering.vault.address, caCertificate: undefined }, {});
  const api: ClusterApi = {
    ...answering.api,
    pods: slow(answering.api.pods),
    proxies: async () => Array.from({ length: PROXIES }, (_, index) => proxy(index)),
    token: slow(answering.api.token),
    forward: slow(answering.api.forward),
  };
  const started = performance.now();
  const status = await inspect(
    {
      ...{ mesh, vault, login: known(vault.withToken("vault-token")), gate: false },
      api: slow(async () => api),
      account: { namespace: "istio-vault", name: "status" },
    },
    () => {},
  );
  const seconds = (performance.now() - started) / 1000;
  const silent = status.clusters.filter(({ istiods }) => istiods.length !== 1).length;
  if (silent > 0) throw new Error(`${silent} clusters were not heard`);
  const megabytes = process.resourceUsage().maxRSS / 1024;
  console.log(JSON.stringify({ seconds, megabytes }));
  process.exit(0);
}

function slow<Arguments extends unknown[], Answer>(ask: (...args: Arguments) => Promise<Answer>) {
  return async (...args: Arguments): Promise<Answer> => {
    await delay(QUARTER);
    return ask(...args);
  };
}

function proxy(index: number): ProxyPod {
  return {
    namespace: "shop",
    name: `server-${index}`,
    runs: true,
    startedAt: new Date(),
    variables: { ISTIO_META_CLUSTER_ID: "cluster1" },
    ownConfig: undefined,
    looksAtLists: true,
  };
}

void main(process.argv[2]);
