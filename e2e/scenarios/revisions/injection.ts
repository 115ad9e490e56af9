import type { V1LabelSelector, V1MutatingWebhookConfiguration } from "@kubernetes/client-node";
import type { Cluster, Pod } from "../../cluster";
import { delay } from "../../wait";

type Labels = Readonly<Record<string, string>>;

/** What the API server would ask for a pod in a namespace: `configuration webhook -> Service`. */
export async function askedFor(cluster: Cluster, namespace: string, labels: Labels = {}): Promise<string[]> {
  const { items } = await cluster.get<{ items: V1MutatingWebhookConfiguration[] }>(
    "mutatingwebhookconfigurations",
  );
  const { metadata } = await cluster.core.readNamespace({ name: namespace });
  return items.flatMap((configuration) =>
    (configuration.webhooks ?? [])
      .filter(({ name }) => name.endsWith(".sidecar-injector.istio.io"))
      .filter(({ namespaceSelector }) => matches(namespaceSelector, metadata?.labels ?? {}))
      .filter(({ objectSelector }) => matches(objectSelector, labels))
      .map(
        ({ name, clientConfig }) =>
          `${configuration.metadata?.name} ${name} -> ${clientConfig.service?.name}`,
      ),
  );
}

/** The webhooks of a configuration, as the API server has them, without whom they ask. */
export async function webhooksOf(cluster: Cluster, name: string): Promise<object[]> {
  const { webhooks = [] } = await cluster.get<V1MutatingWebhookConfiguration>(
    `mutatingwebhookconfiguration ${name}`,
  );
  return webhooks.map(({ clientConfig: _, ...rest }) => rest);
}

function matches(selector: V1LabelSelector | undefined, labels: Labels): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector ?? {};
  const equal = Object.entries(matchLabels).every(([key, value]) => labels[key] === value);
  return (
    equal &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const isThere = Object.hasOwn(labels, key);
      switch (operator) {
        case "In":
          return isThere && values.includes(labels[key]!);
        case "NotIn":
          return !isThere || !values.includes(labels[key]!);
        case "Exists":
          return isThere;
        case "DoesNotExist":
          return !isThere;
        default:
          throw new Error(`no operator ${operator}`);
      }
    })
  );
}

/** The revision that injects a pod, as the pod itself says; a dry run, with all webhooks, that leaves none. */
export async function injectedBy({ core }: Cluster, namespace: string, labels: Labels = {}): Promise<string> {
  const body = {
    metadata: { name: "probe", labels },
    spec: { containers: [{ name: "main", image: "example.com/main" }] },
  };
  const { metadata, spec } = (await core.createNamespacedPod({ namespace, body, dryRun: "All" })) as Pod;
  const containers = [...(spec.initContainers ?? []), ...spec.containers];
  const proxies = containers.filter(({ name }) => name === "istio-proxy").length;
  return proxies === 1 ? `${metadata.annotations?.["istio.io/rev"]}` : `${proxies} proxies`;
}

/** Asks for pods in a namespace without a pause, and notes who injects each. */
export class InjectionWatch {
  private readonly answers: string[] = [];
  private stopped = false;
  private readonly loop: Promise<void>;

  constructor(
    private readonly cluster: Cluster,
    private readonly namespace: string,
  ) {
    this.loop = this.watch();
  }

  /** Who injected, one after the other, and how many pods were refused. */
  public async stop(): Promise<{ revisions: string[]; asked: number; refused: number }> {
    this.stopped = true;
    await this.loop;
    const injected = this.answers.filter((answer) => answer !== REFUSED);
    return {
      revisions: injected.filter((revision, index) => revision !== injected[index - 1]),
      asked: this.answers.length,
      refused: this.answers.length - injected.length,
    };
  }

  private async watch(): Promise<void> {
    while (!this.stopped) {
      this.answers.push(await injectedBy(this.cluster, this.namespace).catch(() => REFUSED));
      await delay(0.05);
    }
  }
}

const REFUSED = "refused";
