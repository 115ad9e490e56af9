import { Agent, request } from "node:https";

export interface JsonAnswer<Body = unknown> {
  readonly status: number;
  readonly body: Body;
}

export interface TlsIdentity {
  /** PEM of the CA that signed the server's certificate. */
  readonly ca: string;
  /** PEM of a client certificate and its key. */
  readonly cert?: string;
  readonly key?: string;
}

/** JSON over HTTPS, straight to the address: no proxy has a part in it. */
export class JsonClient {
  private readonly agent: Agent;

  constructor(
    public readonly address: string,
    identity: TlsIdentity,
  ) {
    this.agent = new Agent({ ...identity, keepAlive: true, maxSockets: 8 });
  }

  public send<Body>(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    content?: unknown,
  ): Promise<JsonAnswer<Body>> {
    const payload = content === undefined ? "" : JSON.stringify(content);
    return new Promise((resolve, reject) => {
      const sent = request(
        new URL(path, this.address),
        {
          method,
          agent: this.agent,
          timeout: 30_000,
          headers: {
            "content-type": "application/json",
            "content-length": Buffer.byteLength(payload),
            ...headers,
          },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("error", reject);
          response.on("end", () => {
            const text = Buffer.concat(chunks).toString();
            resolve({ status: response.statusCode ?? 0, body: parsed(text) as Body });
          });
        },
      );
      sent.on("timeout", () => sent.destroy(new Error(`${method} ${path}: no answer`)));
      sent.on("error", reject);
      sent.end(payload);
    });
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
