import {
  type ChannelCredentials,
  type ClientDuplexStream,
  loadPackageDefinition,
  Metadata,
} from "@grpc/grpc-js";
import { fromJSON } from "@grpc/proto-loader";
import { ISTIO_CA_AUDIENCE, ISTIOD_NAME, trusting } from "../../../cli/status/istiod-ca";
import type { Cluster } from "../../cluster";
import { ISTIO_NAMESPACE } from "../../istiod";
import { publishedRoots } from "../../workload-certificate";

const CLUSTERS = "type.googleapis.com/envoy.config.cluster.v3.Cluster";

/** Connects to istiod as a proxy does, rejects the clusters that istiod pushes, and stays while something is looked at. */
export async function rejectingProxy(cluster: Cluster, look: () => Promise<void>): Promise<void> {
  const [roots, token, { spec }] = await Promise.all([
    publishedRoots(cluster),
    cluster.token({ namespace: "default", serviceAccount: "default", audience: ISTIO_CA_AUDIENCE }),
    cluster.core.readNamespacedService({ name: "istiod", namespace: ISTIO_NAMESPACE }),
  ]);
  const client = new AggregatedDiscoveryService(`${spec!.clusterIP}:15012`, trusting(roots), {
    "grpc.ssl_target_name_override": ISTIOD_NAME,
    "grpc.enable_http_proxy": 0,
  });
  const metadata = new Metadata();
  metadata.set("authorization", `Bearer ${token}`);
  const stream = client.streamAggregatedResources(metadata, { deadline: Date.now() + 60_000 });
  try {
    const nonce = await new Promise<string>((resolve, reject) => {
      stream.on("error", reject);
      stream.on("data", (pushed) => resolve(pushed.nonce));
      stream.write({
        node: { id: "sidecar~127.0.0.1~rejecting.default~default.svc.cluster.local" },
        typeUrl: CLUSTERS,
      });
    });
    const errorDetail = { code: 3, message: "rejected by e2e" };
    stream.write({ typeUrl: CLUSTERS, responseNonce: nonce, errorDetail });
    await look();
  } finally {
    stream.cancel();
    client.close();
  }
}

interface Request {
  readonly node?: { readonly id: string };
  readonly typeUrl: string;
  readonly responseNonce?: string;
  readonly errorDetail?: { readonly code: number; readonly message: string };
}

interface Client {
  streamAggregatedResources(
    metadata: Metadata,
    options: { deadline: number },
  ): ClientDuplexStream<Request, { nonce: string }>;
  close(): void;
}

type ClientClass = new (
  address: string,
  credentials: ChannelCredentials,
  options: Record<string, string | number>,
) => Client;

/** The fields of envoy.service.discovery.v3 that are used. */
const messages = {
  Node: { fields: { id: { type: "string", id: 1 } } },
  Status: { fields: { code: { type: "int32", id: 1 }, message: { type: "string", id: 2 } } },
  DiscoveryRequest: {
    fields: {
      node: { type: "Node", id: 2 },
      typeUrl: { type: "string", id: 4 },
      responseNonce: { type: "string", id: 5 },
      errorDetail: { type: "Status", id: 6 },
    },
  },
  DiscoveryResponse: { fields: { nonce: { type: "string", id: 5 } } },
  AggregatedDiscoveryService: {
    methods: {
      StreamAggregatedResources: {
        requestType: "DiscoveryRequest",
        requestStream: true,
        responseType: "DiscoveryResponse",
        responseStream: true,
        comment: "",
      },
    },
  },
};
const definition = fromJSON({
  nested: {
    envoy: { nested: { service: { nested: { discovery: { nested: { v3: { nested: messages } } } } } } },
  },
});
const { AggregatedDiscoveryService } = (
  loadPackageDefinition(definition) as unknown as {
    envoy: { service: { discovery: { v3: { AggregatedDiscoveryService: ClientClass } } } };
  }
).envoy.service.discovery.v3;
