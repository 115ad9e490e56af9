import { type JsonAnswer, JsonClient } from "./json-client";

export interface VaultAnswer {
  // Vault's answers differ with every path; the checks know what they asked for.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly data?: any;
  readonly auth?: { readonly client_token: string; readonly policies: readonly string[] };
  readonly errors?: readonly string[];
  readonly [field: string]: unknown;
}

/** Vault's HTTP API. */
export class VaultClient {
  private readonly client: JsonClient;

  constructor(
    public readonly address: string,
    /** PEM of the CA that signed Vault's server certificate. */
    ca: string,
    /** Of every request that names no other. */
    private readonly namespace?: string,
  ) {
    this.client = new JsonClient(address, { ca });
  }

  /** `path` without `/v1/`. Whatever the status is, it is the answer. */
  public send(
    method: string,
    path: string,
    options: { token?: string; namespace?: string; content?: unknown; contentType?: string } = {},
  ): Promise<JsonAnswer<VaultAnswer>> {
    const headers: Record<string, string> = {};
    if (options.token) headers["x-vault-token"] = options.token;
    const namespace = options.namespace ?? this.namespace;
    if (namespace) headers["x-vault-namespace"] = namespace;
    if (options.contentType) headers["content-type"] = options.contentType;
    return this.client.send(method, `/v1/${path}`, headers, options.content);
  }

  /** A request that must succeed. */
  public async require(
    method: string,
    path: string,
    options: { token?: string; content?: unknown } = {},
  ): Promise<VaultAnswer> {
    const { status, body } = await this.send(method, path, options);
    if (status < 300) return body;
    throw new Error(`Vault ${method} ${path}: ${status} ${(body.errors ?? []).join("; ")}`);
  }

  /** Logs in at an auth mount with a JWT; whatever the status is, it is the answer. */
  public login(authMount: string, role: string, jwt: string): Promise<JsonAnswer<VaultAnswer>> {
    return this.send("POST", `auth/${authMount}/login`, { content: { role, jwt } });
  }
}
