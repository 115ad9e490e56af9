import type { Cluster } from "./cluster";
import type { KubernetesObject, Pod } from "./kubernetes-objects";
import { delay } from "../wait";

const WEBHOOKS = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations";

interface Selector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly { key: string; operator: string; values?: readonly string[] }[];
}

export interface Webhook {
  readonly name: string;
  readonly clientConfig: { readonly service?: { readonly name: string }; readonly caBundle?: string };
  readonly namespaceSelector?: Selector;
  readonly objectSelector?: Selector;
}

interface WebhookConfiguration extends KubernetesObject {
  readonly webhooks?: readonly Webhook[];
}

/** What the API server would ask for a pod in a namespace: `configuration webhook -> Service`. */
export async function askedFor(
  { api }: Cluster,
  namespace: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  const configurations = await api.list<WebhookConfiguration>(WEBHOOKS);
  const { metadata } = await api.get<KubernetesObject>(`/api/v1/namespaces/${namespace}`);
  return configurations.flatMap((configuration) =>
    (configuration.webhooks ?? [])
      .filter(({ name }) => name.endsWith(".sidecar-injector.istio.io"))
      .filter((webhook) => matches(webhook.namespaceSelector, metadata.labels ?? {}))
      .filter((webhook) => matches(webhook.objectSelector, labels))
      .map(
        ({ name, clientConfig }) => `${configuration.metadata.name} ${name} -> ${clientConfig.service?.name}`,
      ),
  );
}

/** The webhooks of a configuration, as the API server has them, without whom they ask. */
export async function webhooksOf({ api }: Cluster, name: string): Promise<object[]> {
  const { webhooks = [] } = await api.get<WebhookConfiguration>(`${WEBHOOKS}/${name}`);
  return webhooks.map(({ clientConfig: _, ...rest }) => rest);
}

function matches(selector: Selector | undefined, labels: Readonly<Record<string, string>>): boolean {
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
export async function injectedBy(
  { api }: Cluster,
  namespace: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<string> {
  const pod = await api.create<Pod>(`/api/v1/namespaces/${namespace}/pods?dryRun=All`, {
    metadata: { name: "probe", labels },
    spec: { containers: [{ name: "main", image: "example.com/main" }] },
  });
  const containers = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
  const proxies = containers.filter(({ name }) => name === "istio-proxy").length;
  return proxies === 1 ? `${pod.metadata.annotations?.["istio.io/rev"]}` : `${proxies} proxies`;
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
