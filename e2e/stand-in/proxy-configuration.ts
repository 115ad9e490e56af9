import { join } from "node:path";
import { type ClientDuplexStream, credentials, loadPackageDefinition } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import type { Cluster } from "./cluster";
import { readyIstiod } from "./istiod";
import type { Pod } from "./kubernetes-objects";

const LISTENERS = "type.googleapis.com/envoy.config.listener.v3.Listener";
const PLAIN_PORT = 15010;

/** The listeners istiod gives a gateway's proxy, asked for as the proxy asks; each as its bytes. */
export async function gatewayListeners(cluster: Cluster, pod: Pod): Promise<readonly Buffer[]> {
  const istiod = await readyIstiod(cluster);
  const definition = loadPackageDefinition(
    loadSync(join(__dirname, "discovery.proto"), { keepCase: true, defaults: true }),
  ) as unknown as {
    envoy: {
      service: { discovery: { v3: { AggregatedDiscoveryService: new (...args: unknown[]) => Client } } };
    };
  };
  const { AggregatedDiscoveryService } = definition.envoy.service.discovery.v3;
  const client = new AggregatedDiscoveryService(
    `${istiod.status.podIP}:${PLAIN_PORT}`,
    credentials.createInsecure(),
    { "grpc.enable_http_proxy": 0 },
  );
  const stream = client.StreamAggregatedResources({ deadline: Date.now() + 20_000 });
  try {
    return await new Promise((resolve, reject) => {
      stream.on("error", reject);
      stream.on("data", ({ resources }: Answer) => resolve(resources.map(({ value }) => value)));
      stream.write({ node: nodeOf(pod), type_url: LISTENERS });
    });
  } finally {
    stream.cancel();
    client.close();
  }
}

/** How the proxy of a gateway's pod introduces itself. */
function nodeOf({ metadata: { name, namespace }, status }: Pod) {
  const id = `router~${status.podIP}~${name}.${namespace}~${namespace}.svc.cluster.local`;
  return { id, metadata: { fields: { NAMESPACE: { stringValue: namespace } } } };
}

interface Answer {
  readonly resources: readonly { readonly value: Buffer }[];
}

interface Client {
  readonly StreamAggregatedResources: (options: { deadline: number }) => ClientDuplexStream<object, Answer>;
  readonly close: () => void;
}
