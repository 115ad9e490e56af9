import { TRAFFIC_IMAGE } from "../nodes/images";
import { CONTROL_PORT } from "./pod/control";

export const TRAFFIC_NAMESPACE = "traffic";

const PORTS = { "http-kept": 8080, "http-new": 8081, "tcp-new": 9000, "tcp-long": 9001 };

/** The namespace, and a client and a server in it: injected, and for mutual TLS alone. */
export function workloads(cluster: string): object[] {
  return [
    {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: TRAFFIC_NAMESPACE, labels: { "istio-injection": "enabled" } },
    },
    { ...object("security.istio.io/v1", "PeerAuthentication", "strict"), spec: { mtls: { mode: "STRICT" } } },
    workload("server", cluster),
    workload("client", cluster),
  ];
}

/** A cluster's server for clients in all clusters: the same objects in each, endpoints in that one alone. */
export function service(cluster: string, app = "server"): object[] {
  const name = `server-${cluster}`;
  const host = `${name}.${TRAFFIC_NAMESPACE}.svc.cluster.local`;
  const ports = Object.entries(PORTS).map(([name, port]) => ({ name, port }));
  return [
    { ...object("v1", "Service", name), spec: { selector: { app, cluster }, ports } },
    {
      ...object("networking.istio.io/v1", "DestinationRule", name),
      spec: {
        host,
        trafficPolicy: {
          // Envoy keeps connections, so that a client's new one would be none between proxies.
          portLevelSettings: [
            {
              port: { number: PORTS["http-new"] },
              connectionPool: { http: { maxRequestsPerConnection: 1 } },
            },
          ],
        },
      },
    },
    {
      ...object("networking.istio.io/v1", "VirtualService", name),
      // Envoy tries a failed request again otherwise, and hides that it failed.
      spec: { hosts: [host], http: [{ retries: { attempts: 0 }, route: [{ destination: { host } }] }] },
    },
  ];
}

/** A client or a server; `app` is another name for one beside the cluster's own, `proxyMetadata` its proxy's environment. */
export function workload(
  role: "client" | "server",
  cluster: string,
  app: string = role,
  proxyMetadata: Readonly<Record<string, string>> = {},
): object {
  return {
    ...object("apps/v1", "Deployment", app),
    spec: {
      selector: { matchLabels: { app } },
      template: {
        metadata: {
          labels: { app, cluster },
          annotations: {
            "traffic.sidecar.istio.io/excludeInboundPorts": `${CONTROL_PORT}`,
            // A proxy that is told to end along with the server ends after it, and with it the long connections.
            "proxy.istio.io/config": JSON.stringify({ terminationDrainDuration: "10s", proxyMetadata }),
          },
        },
        spec: {
          terminationGracePeriodSeconds: 15,
          containers: [
            {
              name: role,
              image: TRAFFIC_IMAGE,
              args: [`/${role}.js`],
              env: [{ name: "CLUSTER", value: cluster }],
              // Clients' proxies learn that an endpoint goes before it is gone.
              lifecycle: { preStop: { sleep: { seconds: 5 } } },
              readinessProbe: { tcpSocket: { port: CONTROL_PORT }, periodSeconds: 1 },
              resources: { requests: { cpu: "10m", memory: "32Mi" } },
            },
          ],
        },
      },
    },
  };
}

function object(apiVersion: string, kind: string, name: string) {
  return { apiVersion, kind, metadata: { name, namespace: TRAFFIC_NAMESPACE } };
}
