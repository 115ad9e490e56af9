import { connect, createServer, type Server, type Socket } from "node:net";
import type { Pod, Service } from "../kubernetes-objects";

/** Picks the address that serves a port of a Service now, if any does. */
export type Backend = (service: Service, targetPort: number | string) => Promise<Address | undefined>;

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Stands in for kube-proxy: a connection to a Service's address goes on to one of its ready pods. */
export class ServiceProxy {
  private readonly servers = new Map<string, Server[]>();

  constructor(private readonly backend: Backend) {}

  /** Serves exactly these Services. */
  public update(services: readonly Service[]): void {
    const wanted = new Map(services.map((service) => [service.metadata.uid, service]));
    for (const [uid, servers] of this.servers) {
      if (wanted.has(uid)) continue;
      servers.forEach((server) => server.close());
      this.servers.delete(uid);
    }
    for (const [uid, service] of wanted) {
      if (!this.servers.has(uid)) this.servers.set(uid, this.listen(service));
    }
  }

  private listen(service: Service): Server[] {
    return service.spec.ports.map(({ port, targetPort = port }) => {
      const server = createServer((socket) => void this.forward(service, targetPort, socket));
      server.on("error", () => server.close()); // its address is taken: nobody is served there
      return server.listen(port, service.spec.clusterIP);
    });
  }

  private async forward(service: Service, targetPort: number | string, socket: Socket): Promise<void> {
    socket.on("error", () => socket.destroy());
    const address = await this.backend(service, targetPort).catch(() => undefined);
    if (!address) {
      socket.resetAndDestroy();
      return;
    }
    const upstream = connect(address.port, address.host);
    upstream.on("error", () => socket.resetAndDestroy());
    upstream.on("close", () => socket.destroy());
    socket.on("close", () => upstream.destroy());
    socket.pipe(upstream).pipe(socket);
  }
}

export function selects(service: Service, pod: Pod): boolean {
  const selector = Object.entries(service.spec.selector ?? {});
  return (
    service.metadata.namespace === pod.metadata.namespace &&
    selector.every(([key, value]) => pod.metadata.labels?.[key] === value)
  );
}

/** The number of a pod's port, which a Service may name. */
export function portNumber(pod: Pod, port: number | string): number | undefined {
  if (typeof port === "number") return port;
  const ports = pod.spec.containers.flatMap((container) => container.ports ?? []);
  return ports.find(({ name }) => name === port)?.containerPort;
}
