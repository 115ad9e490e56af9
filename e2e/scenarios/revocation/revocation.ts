import { connect } from "node:tls";
import { IntermediateSecret } from "../../intermediate-secret";
import type { MeshSettings } from "../../mesh-file";
import { ALL_CLUSTERS } from "../../meshes";
import { note, type World } from "../../scenario";
import { TRAFFIC_NAMESPACE } from "../../traffic/objects";
import type { Envoy } from "../../traffic/traffic";
import { waitFor } from "../../wait";
import { signWorkload, type WorkloadCertificate } from "../../workload-certificate";
import { certificates } from "../../x509";

export interface Revoked {
  readonly cluster: string;
  readonly serial: string;
}

/** What a mesh says of revocation. */
export interface Lists {
  readonly lists?: "issued" | "served";
  readonly revoked?: readonly Revoked[];
  /** Of the first cluster's intermediate. */
  readonly generation?: number;
  /** Of every cluster's leaves. */
  readonly leafGeneration?: number;
}

export function revocationMesh({
  lists,
  revoked = [],
  generation = 1,
  leafGeneration = 1,
}: Lists): MeshSettings {
  return {
    clusters: ALL_CLUSTERS,
    overrides: { [ALL_CLUSTERS[0]!]: { intermediates: { generation } } },
    root: { name: "a", source: "vault-pki", keyAlgorithm: "ecdsa-p256" },
    sections: {
      intermediates: { issuance: "deploy", keyAlgorithm: "ecdsa-p256" },
      leafGeneration,
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
  public everyProxyHasLists(): Promise<void> {
    return this.everyEnvoy("has the lists", ({ lists }) => count(lists) > ALL_CLUSTERS.length);
  }

  public noProxyHasLists(): Promise<void> {
    return this.everyEnvoy("has no lists", ({ lists }) => count(lists) === 0);
  }

  public async envoysWithLists(): Promise<readonly string[]> {
    const envoys = await this.world.traffic.envoys();
    return envoys.filter(({ lists }) => count(lists) > 0).map(({ cluster, app }) => `${app} of ${cluster}`);
  }

  /** Waits until every cluster's server refuses the leaf; how many seconds that took. */
  public async refusedEverywhere(): Promise<number> {
    const started = Date.now();
    const since = () => (Date.now() - started) / 1000;
    await Promise.all(
      ALL_CLUSTERS.map(async (cluster) => {
        await this.lookAtListsNow(cluster);
        await waitFor(`${cluster} refuses the leaf`, 180, async () => !(await this.isServed(cluster)));
        note(`${cluster}: ${since().toFixed(0)} s`);
      }),
    );
    return since();
  }

  public async servedEverywhere(): Promise<void> {
    for (const cluster of ALL_CLUSTERS)
      await waitFor(`${cluster} serves the leaf`, 180, () => this.isServed(cluster));
  }

  /** Whether a cluster's server answers who shows the leaf. */
  public async isServed(cluster: string): Promise<boolean> {
    const [server] = await this.world.rig.cluster(cluster).pods(TRAFFIC_NAMESPACE, "app=server");
    return answers(server!.status.podIP!, this.leaf!);
  }

  /** docs/incidents.md: kubelet looks at a pod's volumes each minute or so, and at once where the pod changes. */
  private async lookAtListsNow(name: string): Promise<void> {
    const cluster = this.world.rig.cluster(name);
    await waitFor(`${name} publishes the list`, 60, async () => {
      const { data } = await cluster.core.readNamespacedConfigMap({
        name: "istio-ca-crl",
        namespace: TRAFFIC_NAMESPACE,
      });
      return (data?.["ca-crl.pem"] ?? "").includes(await this.rootsList());
    });
    await cluster.kubectl(`annotate pods --all -n ${TRAFFIC_NAMESPACE} --overwrite lists=${Date.now()}`);
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

function count(lists: string): number {
  return lists.split("BEGIN X509 CRL").length - 1;
}

/** By mutual TLS, on the server's plain HTTP port. */
function answers(host: string, { key, chain }: WorkloadCertificate): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({
      ...{ host, port: 8080, key, cert: chain, rejectUnauthorized: false },
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
