import { type AddressInfo, createServer, type Socket } from "node:net";
import { Writable } from "node:stream";
import type { KubeConfig, PortForward } from "@kubernetes/client-node";
import { z } from "zod";
import { REVOCATION_DIRECTORY } from "../../lib/private/gateway-values";
import { CommandError } from "../command-line/command-error";
import { ApiServer } from "./api-server";
import type {
  ClusterApi,
  ConfigMapState,
  ForwardedPort,
  PodState,
  ProxyPod,
  ServiceAccount,
} from "./cluster-api";

/** Long enough for a few requests. */
const TOKEN_SECONDS = 600;

const HANDSHAKE_MILLISECONDS = 15_000;

/** Go writes an empty list or mapping as null. */
const texts = z.record(z.string(), z.string()).nullish();
const time = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

const CONFIG_MAP = z.object({
  kind: z.literal("ConfigMap"),
  data: texts,
  metadata: z.object({
    managedFields: z
      .array(z.object({ time: time.nullish(), fieldsV1: z.record(z.string(), z.unknown()).nullish() }))
      .nullish(),
  }),
});

const NAME_ALONE = z.object({ kind: z.literal("PartialObjectMetadata") });

const POD_LIST = z.object({
  kind: z.literal("PodList"),
  items: z
    .array(
      z.object({
        metadata: z.object({
          name: z.string().min(1),
          labels: texts,
          creationTimestamp: time,
          deletionTimestamp: z.string().nullish(),
        }),
        status: z
          .object({
            phase: z.string().nullish(),
            startTime: time.nullish(),
            conditions: z.array(z.object({ type: z.string(), status: z.string() })).nullish(),
          })
          .nullish(),
      }),
    )
    .nullable(),
});

const CONTAINERS = z
  .array(
    z.object({
      name: z.string(),
      env: z.array(z.object({ name: z.string(), value: z.string().nullish() })).nullish(),
      volumeMounts: z.array(z.object({ mountPath: z.string() })).nullish(),
    }),
  )
  .nullish();

const PROXY_LIST = z.object({
  kind: z.literal("PodList"),
  metadata: z.object({ continue: z.string().nullish() }).nullish(),
  items: z
    .array(
      z.object({
        metadata: z.object({
          name: z.string().min(1),
          namespace: z.string().min(1),
          annotations: texts,
          creationTimestamp: time,
          deletionTimestamp: z.string().nullish(),
        }),
        spec: z.object({ containers: CONTAINERS, initContainers: CONTAINERS }),
        status: z.object({ phase: z.string().nullish(), startTime: time.nullish() }).nullish(),
      }),
    )
    .nullable(),
});

/** Istio's webhook gives it to every pod it injects, gateways and waypoints among them. */
const INJECTED = "service.istio.io/canonical-name";

const PROXY = "istio-proxy";

/** As many at once as an API server answers in a few seconds. */
const PAGE = 500;

/** Kubernetes is made for 150,000 pods of a cluster. */
const MOST_PAGES = 300;

const TOKEN_REQUEST = z.object({
  kind: z.literal("TokenRequest"),
  status: z.object({ token: z.string().min(1) }),
});

/** A cluster's API server, by a kubeconfig. */
export class KubernetesApi implements ClusterApi {
  public static async connect(config: KubeConfig): Promise<KubernetesApi> {
    const { PortForward } = await import("@kubernetes/client-node");
    return new KubernetesApi(new ApiServer(config), new PortForward(withHandshakeTimeout(config)));
  }

  constructor(
    private readonly server: ApiServer,
    private readonly portForward: PortForward,
  ) {}

  public async configMap(namespace: string, name: string): Promise<ConfigMapState | undefined> {
    const found = await this.server.ask({ path: pathOf(namespace, "configmaps", name), shape: CONFIG_MAP });
    if (!found) return undefined;
    const writes = (found.metadata.managedFields ?? []).flatMap(({ fieldsV1, time }) =>
      time && fieldsV1 && "f:data" in fieldsV1 ? [time.getTime()] : [],
    );
    return {
      values: found.data ?? {},
      writtenAt: writes.length === 0 ? undefined : new Date(Math.max(...writes)),
    };
  }

  public async hasSecret(namespace: string, name: string): Promise<boolean> {
    const found = await this.server.ask({
      path: pathOf(namespace, "secrets", name),
      // Its name alone: the key it holds stays where it is.
      accept: "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
      shape: NAME_ALONE,
    });
    return found !== undefined;
  }

  public async pods(namespace: string, labelSelector: string): Promise<readonly PodState[]> {
    const path = `${pathOf(namespace, "pods")}?labelSelector=${encodeURIComponent(labelSelector)}`;
    const list = await this.server.ask({ path, shape: POD_LIST });
    return (list?.items ?? [])
      .filter((pod) => !isOver(pod))
      .map(({ metadata, status }) => ({
        name: metadata.name,
        labels: metadata.labels ?? {},
        ready: status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false,
        startedAt: status?.startTime ?? metadata.creationTimestamp,
      }));
  }

  public async proxies(): Promise<readonly ProxyPod[]> {
    const pods: ProxyPod[] = [];
    const query = new URLSearchParams({ labelSelector: INJECTED, limit: `${PAGE}` });
    for (let page = 0; page < MOST_PAGES; page++) {
      const list = await this.server.ask({ path: `/api/v1/pods?${query}`, shape: PROXY_LIST });
      pods.push(...(list?.items ?? []).flatMap(proxyPod));
      const next = list?.metadata?.continue;
      if (!next) return pods;
      query.set("continue", next);
    }
    throw new CommandError(`its list of pods has no end after ${MOST_PAGES} pages of ${PAGE}`);
  }

  public async token({ namespace, name }: ServiceAccount, audience: string): Promise<string> {
    const answer = await this.server.ask({
      path: `${pathOf(namespace, "serviceaccounts", name)}/token`,
      body: {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenRequest",
        spec: { audiences: [audience], expirationSeconds: TOKEN_SECONDS },
      },
      shape: TOKEN_REQUEST,
    });
    if (!answer)
      throw new CommandError(`no ServiceAccount ${namespace}/${name} for the test request to istiod`);
    return answer.status.token;
  }

  public async forward(namespace: string, pod: string, port: number): Promise<ForwardedPort> {
    const sockets = new Set<Socket>();
    let trouble: string | undefined;
    const errors = new Writable({
      write: (bytes: Buffer, _, done) => {
        if (bytes.length > 0) trouble = bytes.toString().trim();
        done();
      },
    });
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => socket.destroy());
      this.portForward.portForward(namespace, pod, [port], socket, errors, socket).then(
        (webSocket) => {
          if (typeof webSocket === "function") return;
          webSocket.onclose = () => socket.destroy();
          socket.on("close", () => webSocket.close());
          if (socket.destroyed) webSocket.close();
        },
        (error: Error) => {
          trouble = `the API server did not forward to it: ${error.message}`;
          socket.destroy();
        },
      );
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return {
      address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
      trouble: () => trouble,
      close: () => {
        server.close();
        for (const socket of sockets) socket.destroy();
      },
    };
  }
}

/** The Kubernetes client waits for a WebSocket's handshake for ever. */
function withHandshakeTimeout(config: KubeConfig): KubeConfig {
  return Object.create(config, {
    applyToHTTPSOptions: {
      value: async (options: Parameters<KubeConfig["applyToHTTPSOptions"]>[0]) => {
        await config.applyToHTTPSOptions(options);
        Object.assign(options, { handshakeTimeout: HANDSHAKE_MILLISECONDS });
      },
    },
  }) as KubeConfig;
}

/** Of the core API; where there is no name, a list. */
function pathOf(namespace: string, resource: string, name?: string): string {
  const parts = ["api", "v1", "namespaces", namespace, resource, ...(name === undefined ? [] : [name])];
  return `/${parts.map(encodeURIComponent).join("/")}`;
}

/** Deleted, or ended: a pod that kubelet evicted stays in the list as failed until somebody deletes it. */
function isOver({
  metadata,
  status,
}: {
  readonly metadata: { readonly deletionTimestamp?: string | null | undefined };
  readonly status?: { readonly phase?: string | null | undefined } | null | undefined;
}): boolean {
  return metadata.deletionTimestamp != null || !["Pending", "Running"].includes(status?.phase ?? "Pending");
}

/** A pod with a proxy, which may be one of its init containers; one that has ended has none any more. */
function proxyPod({
  metadata,
  spec,
  status,
}: NonNullable<z.infer<typeof PROXY_LIST>["items"]>[number]): ProxyPod[] {
  const proxy = [...(spec.initContainers ?? []), ...(spec.containers ?? [])].find(
    ({ name }) => name === PROXY,
  );
  if (!proxy || isOver({ metadata, status })) return [];
  return [
    {
      namespace: metadata.namespace,
      name: metadata.name,
      runs: status?.phase === "Running",
      startedAt: status?.startTime ?? metadata.creationTimestamp,
      variables: Object.fromEntries((proxy.env ?? []).map(({ name, value }) => [name, value ?? ""])),
      ownConfig: metadata.annotations?.["proxy.istio.io/config"],
      looksAtLists: (proxy.volumeMounts ?? []).some(({ mountPath }) => mountPath === REVOCATION_DIRECTORY),
    },
  ];
}
