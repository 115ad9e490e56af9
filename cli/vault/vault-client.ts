import { type Dispatcher, request } from "undici";
import { z } from "zod";
import { isMapping, type Raw } from "../../config/mesh-text";
import { CommandError } from "../command-line/command-error";
import { wholeText } from "../http/whole-text";
import { FirstContact } from "./first-contact";

/** Where Vault is, and how to talk to it. */
export interface VaultConnection {
  /** Without a path. */
  readonly address: string;
  readonly namespace: string | undefined;
  readonly dispatcher: Dispatcher;
  /** How long a request may take, from its first byte to the answer's last. */
  readonly timeoutSeconds: number;
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

/** An answer with data in the shape that was asked for. */
export interface VaultData<Data> {
  readonly data: Data;
}

/** For answers whose data is not read. */
const ANY_DATA: z.ZodType<Raw> = z.looseObject({});

/** Vault's API: a path, a JSON body, a JSON answer. Writes are never tried twice. */
export class VaultClient {
  constructor(
    private readonly connection: VaultConnection,
    private readonly token?: string,
    private readonly contact = new FirstContact(),
  ) {}

  public get address(): string {
    return this.connection.address;
  }

  public withToken(token: string): VaultClient {
    return new VaultClient(this.connection, token, this.contact);
  }

  /**
   * What is at a path; undefined where nothing is.
   *
   * @throws VaultRefusal if Vault rejects it
   * @throws CommandError if Vault cannot be reached, or its answer has another shape
   */
  public async read(path: string): Promise<VaultData<Raw> | undefined>;
  public async read<Data>(path: string, shape: z.ZodType<Data>): Promise<VaultData<Data> | undefined>;
  public async read(path: string, shape: z.ZodType = ANY_DATA): Promise<VaultData<unknown> | undefined> {
    const { status, answer, errors } = await this.send("GET", path);
    if (status === 404 && errors.length === 0) return undefined;
    return this.withData(path, this.granted(status, path, answer, errors), shape);
  }

  /**
   * As {@link write}, for what Vault answers with data.
   *
   * @throws VaultRefusal, CommandError as {@link read} does
   */
  public async ask<Data>(path: string, body: object, shape: z.ZodType<Data>): Promise<VaultData<Data>> {
    return this.withData(path, await this.write(path, body), shape);
  }

  /** @throws VaultRefusal, CommandError as {@link read} does */
  public async write(path: string, body: object): Promise<Raw> {
    const { status, answer, errors } = await this.send("POST", path, body);
    return this.granted(status, path, answer, errors);
  }

  /** @throws VaultRefusal, CommandError as {@link read} does */
  public async delete(path: string): Promise<void> {
    const { status, answer, errors } = await this.send("DELETE", path);
    this.granted(status, path, answer, errors);
  }

  private granted(status: number, path: string, answer: Raw | undefined, errors: readonly string[]): Raw {
    if (status < 200 || status > 299) throw new VaultRefusal(status, path, errors);
    return answer ?? this.strange(path);
  }

  private withData<Data>(path: string, answer: Raw, shape: z.ZodType<Data>): VaultData<Data> {
    const { data, success } = shape.safeParse(answer.data);
    return success ? { data } : this.strange(path);
  }

  /** A proxy in between, or whatever else has the address, may answer anything. */
  private strange(path: string): never {
    throw new CommandError(
      `${this.address} answered ${path} with something else than Vault would; check the address, and what stands between`,
    );
  }

  private async send(method: "GET" | "POST" | "DELETE", path: string, body?: object) {
    try {
      const { status, text } = await this.contact.send(() =>
        this.withinTime(this.exchange(method, path, body)),
      );
      const answer = parsed(text);
      const { errors: said } = answer ?? {};
      const errors = (Array.isArray(said) ? said : []).map((error) => oneLine(`${error}`));
      return {
        status,
        answer,
        errors: errors.filter((error) => error !== ""),
      };
    } catch (error) {
      throw unreachable(this.connection, error as NodeJS.ErrnoException);
    }
  }

  private async exchange(method: "GET" | "POST" | "DELETE", path: string, body?: object) {
    const { address, namespace, dispatcher, timeoutSeconds } = this.connection;
    const response = await request(`${address}/v1/${path}`, {
      method,
      dispatcher,
      signal: AbortSignal.timeout(timeoutSeconds * 1000),
      headers: {
        "X-Vault-Request": "true",
        ...(this.token !== undefined && { "X-Vault-Token": this.token }),
        ...(namespace !== undefined && { "X-Vault-Namespace": namespace }),
      },
      body: body && JSON.stringify(body),
    });
    return { status: response.statusCode, text: await wholeText(response.body) };
  }

  /** The signal ends what has a connection; behind a proxy that refuses each, undici would try on for ever. */
  private async withinTime<T>(work: Promise<T>): Promise<T> {
    const { dispatcher, timeoutSeconds } = this.connection;
    let timer: NodeJS.Timeout | undefined;
    const stuck = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(
        () => {
          reject(new DOMException("no connection", "TimeoutError"));
          void dispatcher.destroy();
        },
        timeoutSeconds * 1000 + 500,
      );
    });
    return Promise.race([work, stuck]).finally(() => clearTimeout(timer));
  }
}

/** Undefined for what is no object of JSON. */
function parsed(text: string): Raw | undefined {
  try {
    const answer: unknown = text === "" ? {} : JSON.parse(text);
    return isMapping(answer) ? answer : undefined;
  } catch {
    return undefined;
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

function unreachable(
  { address, timeoutSeconds }: VaultConnection,
  error: NodeJS.ErrnoException,
): CommandError {
  const reasons: Record<string, string> = {
    ECONNREFUSED: "connection refused",
    ENOTFOUND: "its host name cannot be resolved",
    UND_ERR_CONNECT_TIMEOUT: "no connection within ten seconds",
    SELF_SIGNED_CERT_IN_CHAIN:
      "its certificate is signed by an unknown CA; set VAULT_CACERT to the CA's file",
    UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      "its certificate is signed by an unknown CA; set VAULT_CACERT to the CA's file",
    DEPTH_ZERO_SELF_SIGNED_CERT:
      "its certificate is signed by an unknown CA; set VAULT_CACERT to the CA's file",
    ERR_TLS_CERT_ALTNAME_INVALID:
      "its certificate is for another name; set VAULT_TLS_SERVER_NAME to that name",
  };
  // Its code is a number.
  const late = error.name === "TimeoutError" ? `no whole answer within ${timeoutSeconds} s` : undefined;
  const reason = late ?? reasons[error.code ?? ""] ?? error.code ?? error.message;
  return new CommandError(`Vault at ${address} cannot be reached: ${reason}`);
}
