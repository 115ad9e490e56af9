import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly headers: IncomingMessage["headers"];
}

interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A server that notes what it is asked, and answers as a test wants. */
export class StubServer {
  public static async start(answer: (received: Received) => Answer): Promise<StubServer> {
    const stub = new StubServer(answer);
    await new Promise<void>((listening) => stub.server.listen(0, "127.0.0.1", listening));
    return stub;
  }

  public readonly received: Received[] = [];
  private readonly server: Server;

  private constructor(answer: (received: Received) => Answer) {
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const { method, url, headers } = request;
        const received = { method: method!, path: url!, body: Buffer.concat(chunks).toString(), headers };
        this.received.push(received);
        const { status, body, headers: more } = answer(received);
        response.writeHead(status, more).end(body === undefined ? "" : JSON.stringify(body));
      });
    });
  }

  public get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** The requests that change something. */
  public get changes(): { request: string; body: unknown }[] {
    return this.received
      .filter(({ method }) => method !== "GET")
      .map(({ method, path, body }) => ({
        request: `${method} ${path}`,
        body: body === "" ? undefined : JSON.parse(body),
      }));
  }

  public stop(): void {
    this.server.close();
  }
}
