import { constant, growing, type Series } from "../../../__tests__/support/prometheus";
import type { Cluster } from "../../cluster";
import { ISTIO_NAMESPACE, istiodPods } from "../../istiod";
import type { Rig } from "../../rig";
import { vaultCli } from "../../vault-cli";

/** One line of Prometheus's text format. */
export interface Sample {
  readonly metric: string;
  /** Between the braces. */
  readonly labels: string;
  readonly value: number;
}

/** Samples of a scrape, with the labels Prometheus adds for whom it scraped. */
export function samplesOf(text: string, added: Readonly<Record<string, string>> = {}): Sample[] {
  const own = Object.entries(added).map(([name, value]) => `${name}="${value}"`);
  return [...text.matchAll(/^([a-z_:][\w:]*)(?:\{(.*)\})? (\S+)$/gim)].map(
    ([, metric, labels = "", value]) => ({
      metric: metric!,
      labels: [...(labels === "" ? [] : [labels]), ...own].join(","),
      value: Number(value),
    }),
  );
}

/** What every istiod of a cluster tells. */
export async function istiodSamples(cluster: Cluster): Promise<Sample[]> {
  const pods = await istiodPods(cluster);
  const scrapes = pods.map(async ({ metadata, status }) => {
    const text = await (await fetch(`http://${status.podIP}:15014/metrics`)).text();
    return samplesOf(text, { cluster: cluster.name, namespace: ISTIO_NAMESPACE, pod: metadata.name! });
  });
  return (await Promise.all(scrapes)).flat();
}

/** What Vault tells to a token that may read its metrics and nothing else; nothing while it is sealed. */
export class VaultMetrics {
  public static async allowed(rig: Rig): Promise<VaultMetrics> {
    const policy = 'path "sys/metrics" { capabilities = ["read"] }';
    await vaultCli(rig, ["policy", "write", "prometheus", "-"], policy);
    const alone = ["-orphan", "-no-default-policy", "-policy=prometheus", "-field=token"];
    return new VaultMetrics(rig, (await vaultCli(rig, ["token", "create", ...alone])).trim());
  }

  private constructor(
    private readonly rig: Rig,
    public readonly token: string,
  ) {}

  public async samples(): Promise<Sample[]> {
    const { client } = this.rig.vault;
    const { body } = await client.send("GET", "sys/metrics?format=prometheus", { token: this.token });
    return typeof body === "string" ? samplesOf(body, { instance: "vault-0" }) : [];
  }
}

/** Samples as they would stand in Prometheus if they never changed again, but for the time; it begins at 0. */
export function frozen(samples: readonly Sample[], now: Date): Series {
  const seconds = now.getTime() / 1000;
  return Object.fromEntries(
    samples.map(({ metric, labels, value }) => [
      `${metric}{${labels}}`,
      metric === "istio_vault_status_timestamp_seconds"
        ? growing(60)
        : constant(/_timestamp(_seconds)?$/.test(metric) ? Math.round(value - seconds) : value),
    ]),
  );
}
