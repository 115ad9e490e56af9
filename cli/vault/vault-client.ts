import { type Dispatcher, request } from "undici";
import { CommandError } from "../command-line/command-error";

/** Where Vault is, and how to talk to it. */
export interface VaultConnection {
  /** Without a path. */
  readonly address: string;
  readonly namespace: string | undefined;
  readonly dispatcher: Dispatcher;
}

/** A request that Vault rejected. */
export class VaultRefusal extends CommandError {
  constructor(
    public readonly status: number,
    public readonly path: string,
    /** In Vault's own words. */
    public readonly errors: readonly string[],
  ) {
    super(`Vault answered ${status} on ${path}${errors.length > 0 ? `: ${errors.join("; ")}` : ""}`);
  }

  /** Whether it was refused for naming another version than the current one. */
  public get isStale(): boolean {
    return this.errors.some((text) => text.includes("check-and-set"));
  }
}

/** The body of Vault's answers, as far as it is read. */
export interface VaultAnswer {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly data?: any;
  readonly auth?: { readonly client_token: string; readonly policies: readonly string[] };
}

const TIMEOUT_MILLISECONDS = 30_000;

/** Vault's API: a path, a JSON body, a JSON answer. Writes are never tried twice. */
export class VaultClient {
  constructor(
    private readonly connection: VaultConnection,
    private readonly token?: string,
  ) {}

  public get address(): string {
    return this.connection.address;
  }

  public withToken(token: string): VaultClient {
    return new VaultClient(this.connection, token);
  }

  /**
   * What is at a path; undefined where nothing is.
   *
   * @throws VaultRefusal if Vault rejects it
   * @throws CommandError if Vault cannot be reached
   */
  public async read(path: string): Promise<VaultAnswer | undefined> {
    const { status, answer, errors } = await this.send("GET", path);
    if (status === 404 && errors.length === 0) return undefined;
    return granted(status, path, answer, errors);
  }

  /** @throws VaultRefusal, CommandError as {@link read} does */
  public async write(path: string, body: object): Promise<VaultAnswer> {
    const { status, answer, errors } = await this.send("POST", path, body);
    return granted(status, path, answer, errors);
  }

  /** @throws VaultRefusal, CommandError as {@link read} does */
  public async delete(path: string): Promise<void> {
    const { status, answer, errors } = await this.send("DELETE", path);
    granted(status, path, answer, errors);
  }

  private async send(method: "GET" | "POST" | "DELETE", path: string, body?: object) {
    const { address, namespace, dispatcher } = this.connection;
    try {
      const response = await request(`${address}/v1/${path}`, {
        method,
        dispatcher,
        headersTimeout: TIMEOUT_MILLISECONDS,
        bodyTimeout: TIMEOUT_MILLISECONDS,
        headers: {
          "X-Vault-Request": "true",
          ...(this.token !== undefined && { "X-Vault-Token": this.token }),
          ...(namespace !== undefined && { "X-Vault-Namespace": namespace }),
        },
        body: body && JSON.stringify(body),
      });
      const text = await response.body.text();
      const answer = parsed(text);
      const errors = (answer.errors ?? []).map(oneLine).filter((error) => error !== "");
      return { status: response.statusCode, answer: answer as VaultAnswer, errors };
    } catch (error) {
      throw unreachable(address, error as NodeJS.ErrnoException);
    }
  }
}

function granted(status: number, path: string, answer: VaultAnswer, errors: readonly string[]): VaultAnswer {
  if (status < 200 || status > 299) throw new VaultRefusal(status, path, errors);
  return answer;
}

/** A proxy in between may answer something else than JSON. */
function parsed(text: string): { errors?: string[] } {
  try {
    return text === "" ? {} : (JSON.parse(text) as { errors?: string[] });
  } catch {
    return {};
  }
}

/** `1 error occurred:\n\t* permission denied\n\n` says no more than its middle. */
function oneLine(error: string): string {
  return error
    .replace(/^\d+ errors? occurred:\s*/, "")
    .replace(/\s*\n\s*\*?\s*/g, " ")
    .replace(/^\* /, "")
    .trim();
}

function unreachable(address: string, error: NodeJS.ErrnoException): CommandError {
  const reasons: Record<string, string> = {
    ECONNREFUSED: "connection refused",
    ENOTFOUND: "its host name cannot be resolved",
    UND_ERR_CONNECT_TIMEOUT: "no connection within ten seconds",
    UND_ERR_HEADERS_TIMEOUT: "no answer within thirty seconds",
    SELF_SIGNED_CERT_IN_CHAIN:
      "its certificate is signed by an unknown CA; set VAULT_CACERT to the CA's file",
    UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      "its certificate is signed by an unknown CA; set VAULT_CACERT to the CA's file",
    DEPTH_ZERO_SELF_SIGNED_CERT:
      "its certificate is signed by an unknown CA; set VAULT_CACERT to the CA's file",
    ERR_TLS_CERT_ALTNAME_INVALID:
      "its certificate is for another name; set VAULT_TLS_SERVER_NAME to that name",
  };
  const reason = reasons[error.code ?? ""] ?? error.code ?? error.message;
  return new CommandError(`Vault at ${address} cannot be reached: ${reason}`);
}
