import assert from "node:assert/strict";
import { connect } from "node:tls";
import { METRICS } from "../../../cli/status/metrics";
import type { Pod } from "../../cluster";
import { IntermediateSecret } from "../../intermediate-secret";
import type { MeshSettings } from "../../mesh-file";
import { ALL_CLUSTERS, THIRD_CLUSTER } from "../../meshes";
import { note, type World } from "../../scenario";
import { TRAFFIC_NAMESPACE } from "../../traffic/objects";
import { type Envoy, type SecretsDump, secretsIn } from "../../traffic/traffic";
import { waitFor } from "../../wait";
import { signWorkload, type WorkloadCertificate } from "../../workload-certificate";
import { certificates } from "../../x509";
import { forge, signedForThief } from "../incidents/forgery";
import { Reader } from "../status/reader";
import { type Sample, samplesOf } from "../status/scrapes";

export interface Revoked {
  readonly cluster: string;
  readonly serial: string;
}

/** What takes connections. */
interface Door {
  readonly name: string;
  readonly serves: () => Promise<boolean>;
}

/** What a mesh says of revocation. */
export interface Lists {
  readonly lists?: "issued" | "served";
  readonly revoked?: readonly Revoked[];
  /** Of the first cluster's intermediate. */
  readonly generation?: number;
  /** Of every cluster's leaves. */
  readonly leafGeneration?: number;
  /** Of the first cluster's leaves, where it is another. */
  readonly ofFirst?: number;
}

/** A gateway of the third cluster, which takes mutual TLS of the mesh. */
const GATEWAY = "istio-eastwest";
const GATEWAY_SETTINGS = {
  certificate: { source: "none" },
  replicas: 1,
  // No cloud gives load balancers here, and there is no registry to pull from.
  values: { service: { type: "ClusterIP" }, imagePullPolicy: "IfNotPresent" },
};

/** The agents' login to Vault. */
export const LOGIN_SECONDS = 60;

/** Its answer comes after a line of the agent's log. */
const SECRETS_OF_ENVOY = [
  ...["pilot-agent", "request", "GET"],
  "config_dump?resource=dynamic_active_secrets",
];

export function revocationMesh({
  lists,
  revoked = [],
  generation = 1,
  leafGeneration = 1,
  ofFirst = leafGeneration,
}: Lists): MeshSettings {
  return {
    clusters: ALL_CLUSTERS,
    overrides: {
      [ALL_CLUSTERS[0]!]: { intermediates: { generation }, leafGeneration: ofFirst },
      [THIRD_CLUSTER]: { gateways: { [GATEWAY]: GATEWAY_SETTINGS } },
    },
    root: { name: "a", source: "vault-pki", keyAlgorithm: "ecdsa-p256" },
    sections: {
      intermediates: { issuance: "deploy", keyAlgorithm: "ecdsa-p256" },
      leafGeneration,
      vaultAuth: { tokenTtl: `${LOGIN_SECONDS}s` },
      ...(lists && { revocation: { lists, revoked } }),
    },
  };
}

/** Takes a mesh to revocation lists, revokes an intermediate, and takes it back, while its workloads talk. */
export class Revocation {
  private leaf: WorkloadCertificate | undefined;
  private revoked: Revoked | undefined;

  constructor(private readonly world: World) {}

  /** The intermediate that the leaf hangs on. */
  public get kept(): Revoked {
    return this.revoked!;
  }

  /** Has the gateway answer whom it accepts. */
  public async openGateway(): Promise<void> {
    const object = (kind: string, spec: object) => ({
      apiVersion: "networking.istio.io/v1",
      kind,
      metadata: { name: "door", namespace: GATEWAY },
      spec,
    });
    await this.world.rig.cluster(THIRD_CLUSTER).apply(
      object("Gateway", {
        selector: { istio: "eastwest" },
        servers: [
          {
            hosts: ["*"],
            port: { number: 443, name: "https", protocol: "HTTPS" },
            tls: { mode: "ISTIO_MUTUAL" },
          },
        ],
      }),
      object("VirtualService", {
        hosts: ["*"],
        gateways: ["door"],
        http: [{ directResponse: { status: 200 } }],
      }),
    );
  }

  /** Keeps a workload's certificate with its key, as a thief does who has what signed it. */
  public async keepLeaf(cluster: string): Promise<void> {
    this.leaf = await signWorkload(this.world.rig.cluster(cluster), { validSeconds: 12 * 3600 });
    this.revoked = { cluster, serial: certificates(this.leaf.chain)[1]!.serialNumber };
  }

  /** Waits until a cluster's istiod signs with the intermediate that is in Vault. */
  public async signsWithVaults(cluster: string): Promise<void> {
    const serial = await this.serialInVault(cluster);
    await waitFor(`${cluster} signs with the intermediate in Vault`, 120, async () => {
      const { chain } = await signWorkload(this.world.rig.cluster(cluster));
      return certificates(chain)[1]!.serialNumber.toLowerCase() === serial;
    });
  }

  /** Waits until every proxy has a certificate of one of the intermediates in Vault. */
  public async renewedEverywhere(): Promise<void> {
    const serials = new Set(await Promise.all(ALL_CLUSTERS.map((cluster) => this.serialInVault(cluster))));
    await this.everyEnvoy("holds a certificate of an intermediate in Vault", ({ chain }) =>
      serials.has(certificates(chain)[1]!.serialNumber.toLowerCase()),
    );
    await this.world.traffic.round();
  }

  /** Of the root and of each cluster's intermediate. */
  public async everyProxyHasLists(): Promise<void> {
    await this.everyEnvoy("has the lists", ({ lists }) => count(lists) > ALL_CLUSTERS.length);
    const cluster = this.world.rig.cluster(THIRD_CLUSTER);
    const [gateway] = await cluster.readyPods(GATEWAY, `app=${GATEWAY}`);
    const started = Date.now();
    await waitFor("the gateway has the lists", 180, async () => {
      const dump = await cluster.exec(gateway!, "istio-proxy", ...SECRETS_OF_ENVOY);
      const { lists } = secretsIn(JSON.parse(/^\{[^]*/m.exec(dump)![0]) as SecretsDump);
      return count(lists) > ALL_CLUSTERS.length;
    });
    note(`the gateway has the lists after ${((Date.now() - started) / 1000).toFixed(0)} s more`);
  }

  public noProxyHasLists(): Promise<void> {
    return this.everyEnvoy("has no lists", ({ lists }) => count(lists) === 0);
  }

  public async envoysWithLists(): Promise<readonly string[]> {
    const envoys = await this.world.traffic.envoys();
    return envoys.filter(({ lists }) => count(lists) > 0).map(({ cluster, app }) => `${app} of ${cluster}`);
  }

  /** What status finds of lists, with its exit code, if this were deployed. */
  public async findings(lists: Lists): Promise<{ code: number | null; findings: readonly string[] }> {
    const reader = await Reader.of(this.world);
    const { code, findings } = await reader.findings(revocationMesh(lists));
    return { code, findings };
  }

  /** Of whose lists status tells the end; every cluster hands out the same. */
  public async toldLists(lists: Lists): Promise<readonly string[]> {
    const reader = await Reader.of(this.world);
    const { stdout } = await reader.status(revocationMesh(lists), ["-o", "prometheus"]);
    const told = samplesOf(stdout).filter(({ metric }) => metric === METRICS.listUntil);
    const authorities = ALL_CLUSTERS.map((name) =>
      told
        .filter(({ labels }) => labels.includes(`cluster="${name}"`))
        .map(authorityOf)
        .sort(),
    );
    for (const others of authorities) assert.deepEqual(others, authorities[0]);
    return authorities[0]!;
  }

  /** Waits until every server, and the gateway, refuses the leaf; how many seconds that took. */
  public async refusedEverywhere(): Promise<number> {
    const started = Date.now();
    const since = () => (Date.now() - started) / 1000;
    await Promise.all(
      ALL_CLUSTERS.map(async (cluster) => {
        await this.lookAtListsNow(cluster);
        for (const { name, serves } of await this.doors(cluster)) {
          await waitFor(`the ${name} of ${cluster} refuses the leaf`, 180, async () => !(await serves()));
          note(`the ${name} of ${cluster} refuses it after ${since().toFixed(0)} s`);
        }
      }),
    );
    return since();
  }

  /** Nobody accepts a certificate of a CA that the root has signed for someone else. */
  public async refusesWhoHasNoList(cluster: string): Promise<void> {
    const { rig } = this.world;
    const signed = await signedForThief(rig, rig.vault.rootToken, cluster);
    await this.everyoneRefuses(await forge(rig, signed, this.leaf!.root));
  }

  /** Nobody accepts the leaf. */
  public stillRefused(): Promise<void> {
    return this.everyoneRefuses(this.leaf!);
  }

  /** Waits until whoever is shown the leaf accepts it. */
  public async servedEverywhere(): Promise<void> {
    for (const cluster of ALL_CLUSTERS) {
      for (const { name, serves } of await this.doors(cluster)) {
        await waitFor(`the ${name} of ${cluster} serves the leaf`, 180, serves);
      }
    }
  }

  private async everyoneRefuses(shown: WorkloadCertificate): Promise<void> {
    for (const cluster of ALL_CLUSTERS) {
      for (const { name, serves } of await this.doors(cluster, shown)) {
        assert.equal(await serves(), false, `${name} of ${cluster}`);
      }
    }
  }

  /** What takes connections in a cluster, and whether it answers who shows this. */
  private async doors(name: string, shown = this.leaf!): Promise<readonly Door[]> {
    const cluster = this.world.rig.cluster(name);
    const door = ([pod]: readonly Pod[], app: string, port: number) => ({
      name: app,
      serves: () => answers(pod!.status.podIP!, port, shown),
    });
    const server = door(await cluster.pods(TRAFFIC_NAMESPACE, "app=server"), "server", 8080);
    if (name !== THIRD_CLUSTER) return [server];
    return [server, door(await cluster.pods(GATEWAY, `app=${GATEWAY}`), "gateway", 443)];
  }

  /** docs/revocation.md: kubelet looks at a pod's volumes each minute or so, and at once where the pod changes. */
  private async lookAtListsNow(name: string): Promise<void> {
    const cluster = this.world.rig.cluster(name);
    await waitFor(`${name} publishes the list`, 60, async () => {
      const { data } = await cluster.core.readNamespacedConfigMap({
        name: "istio-ca-crl",
        namespace: TRAFFIC_NAMESPACE,
      });
      return (data?.["ca-crl.pem"] ?? "").includes(await this.rootsList());
    });
    await cluster.kubectl(`annotate pods --all --all-namespaces --overwrite lists=${Date.now()}`);
  }

  private async rootsList(): Promise<string> {
    const { data } = await this.world.rig.vault.ask("GET", "istio-revocation-lists/data/roots");
    return (data.data.a as string).trim();
  }

  private async everyEnvoy(what: string, is: (envoy: Envoy) => boolean): Promise<void> {
    const started = Date.now();
    await waitFor(`every Envoy ${what}`, 240, async () => {
      const left = (await this.world.traffic.envoys()).filter((envoy) => !is(envoy));
      if (left.length > 0) throw new Error(left.map(({ cluster, app }) => `${app} of ${cluster}`).join(", "));
      return true;
    });
    note(`every Envoy ${what} after ${((Date.now() - started) / 1000).toFixed(0)} s`);
  }

  private async serialInVault(cluster: string): Promise<string> {
    return (await new IntermediateSecret(this.world.rig, cluster).record()).serial!;
  }
}

function authorityOf({ labels }: Sample): string {
  return /authority="([^"]*)"/.exec(labels)![1]!;
}

function count(lists: string): number {
  return lists.split("BEGIN X509 CRL").length - 1;
}

/** By mutual TLS, on a port for plain HTTP. */
function answers(host: string, port: number, { key, chain }: WorkloadCertificate): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({
      ...{ host, port, key, cert: chain, rejectUnauthorized: false },
      ALPNProtocols: ["istio-http/1.1", "istio"],
      timeout: 5000,
    });
    const end = (answered: boolean) => {
      socket.destroy();
      resolve(answered);
    };
    socket.on("secureConnect", () =>
      socket.write("GET / HTTP/1.1\r\nHost: server\r\nConnection: close\r\n\r\n"),
    );
    socket.on("data", (data: Buffer) => end(data.toString().startsWith("HTTP/1.1 200")));
    socket.on("error", () => end(false));
    socket.on("close", () => end(false));
    socket.on("timeout", () => end(false));
  });
}
