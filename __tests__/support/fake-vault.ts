import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** A request as it reached the server. */
export interface SeenRequest {
  readonly method: string;
  /** Without `/v1/`. */
  readonly path: string;
  readonly token: string | undefined;
  readonly namespace: string | undefined;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any;
}

/** What a path answers: a status with a body, or a body alone for 200. */
export type Answer = object | { readonly status: number; readonly body?: object | string };

/** What the server answers with; undefined for 404. */
export type Answering = (request: SeenRequest) => Answer | undefined | Promise<Answer | undefined>;

/** An HTTP server that answers as it is told, and 404 where it is not; for what a real Vault would not do on demand. */
export class FakeVault {
  public static async start(answer: Answering): Promise<FakeVault> {
    const fake = new FakeVault(answer);
    await new Promise<void>((resolve) => fake.server.listen(0, "127.0.0.1", resolve));
    return fake;
  }

  public readonly requests: SeenRequest[] = [];
  private readonly server: Server;

  private constructor(answer: Answering) {
    this.server = createServer((incoming, response) => {
      void bodyOf(incoming).then(async (text) => {
        const request: SeenRequest = {
          method: incoming.method!,
          path: incoming.url!.replace(/^\/v1\//, ""),
          token: incoming.headers["x-vault-token"] as string | undefined,
          namespace: incoming.headers["x-vault-namespace"] as string | undefined,
          body: text === "" ? undefined : JSON.parse(text),
        };
        this.requests.push(request);
        const given = (await answer(request)) ?? { status: 404, body: { errors: [] } };
        const { status = 200, body = given } = given as { status?: number; body?: object | string };
        response.statusCode = status;
        response.end(typeof body === "string" ? body : JSON.stringify(body));
      });
    });
  }

  public get address(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  public stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
