import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import { connect } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import type { CertificateFiles } from "../../certificate-authority";

/** The port every kubelet listens on. */
const KUBELET_PORT = 10250;

/** Each port has two channels, one for data and one for errors; a message begins with its channel's number. */
const SUBPROTOCOL = "v4.channel.k8s.io";
const [DATA, ERROR] = [0, 1];

/** Address of a pod that runs here. */
export type PodAddress = (namespace: string, name: string) => string | undefined;

/** Stands in for a kubelet's server as far as an API server needs it to forward a port of a pod. */
export class Kubelet {
  public readonly port = KUBELET_PORT;
  private readonly server: Server;

  constructor(
    public readonly address: string,
    files: CertificateFiles,
    private readonly podAddress: PodAddress,
  ) {
    this.server = createServer({ cert: readFileSync(files.certificate), key: readFileSync(files.key) });
    const sockets = new WebSocketServer({
      noServer: true,
      handleProtocols: (offered) => offered.has(SUBPROTOCOL) && SUBPROTOCOL,
    });
    this.server.on("upgrade", (request, socket, head) =>
      sockets.handleUpgrade(request, socket, head, (webSocket) => this.forward(request.url!, webSocket)),
    );
    this.server.listen(KUBELET_PORT, address);
  }

  /** @param url `/portForward/NAMESPACE/POD?port=PORT` */
  private forward(url: string, webSocket: WebSocket): void {
    const { pathname, searchParams } = new URL(url, "https://kubelet");
    const [, verb, namespace, name] = pathname.split("/");
    const port = Number(searchParams.get("port"));
    const send = (channel: number, bytes: Buffer) =>
      webSocket.send(Buffer.concat([Buffer.of(channel), bytes]));
    const portBytes = Buffer.alloc(2);
    portBytes.writeUInt16LE(port);
    for (const channel of [DATA, ERROR]) send(channel, portBytes);

    const host = verb === "portForward" ? this.podAddress(namespace!, name!) : undefined;
    if (host === undefined) {
      send(ERROR, Buffer.from(`no pod ${namespace}/${name} runs here`));
      webSocket.close();
      return;
    }
    const upstream = connect(port, host);
    upstream.on("data", (bytes) => send(DATA, bytes));
    upstream.on("error", (error) => send(ERROR, Buffer.from(error.message)));
    upstream.on("close", () => webSocket.close());
    webSocket.on("message", (message: Buffer) => upstream.write(message.subarray(1)));
    webSocket.on("close", () => upstream.destroy());
  }
}
