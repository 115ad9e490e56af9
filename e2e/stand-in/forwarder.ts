import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** A way to a server by ::1, byte for byte: TLS stays between the two ends. */
export class Forwarder {
  public static start(target: string): Promise<Forwarder> {
    const { hostname, port } = new URL(target);
    const server = createServer((socket) => join(socket, connect(Number(port || 443), hostname)));
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, "::1", () => resolve(new Forwarder(server)));
    });
  }

  private constructor(private readonly server: Server) {}

  public get address(): string {
    return `https://[::1]:${(this.server.address() as AddressInfo).port}`;
  }
}

function join(client: Socket, upstream: Socket): void {
  client.on("error", () => upstream.destroy());
  upstream.on("error", () => client.destroy());
  client.on("close", () => upstream.destroy());
  upstream.on("close", () => client.destroy());
  client.pipe(upstream).pipe(client);
}
