import { type IncomingMessage, request as httpRequest } from "node:http";
import { request as httpsRequest, type RequestOptions } from "node:https";
import type { KubeConfig } from "@kubernetes/client-node";
import type { z } from "zod";
import { CommandError } from "../command-line/command-error";
import { oneLine, parsedJson } from "../command-line/text";
import { wholeText } from "../http/whole-text";

/** What is asked of an API server, and what is read of its answer. */
export interface ApiRequest<Shape extends z.ZodType> {
  readonly path: string;
  /** Sent by POST; without one, it is a GET. */
  readonly body?: object;
  /** The media type of the answer, where it is another than JSON. */
  readonly accept?: string;
  readonly shape: Shape;
}

/**
 * A cluster's API server as its kubeconfig reaches it. A request ends within its time, whatever answers: of
 * the Kubernetes client only the way there is used, since it reads any answer to its end and takes it as it is.
 */
export class ApiServer {
  private readonly address: string;
  /** Host and port alone: a kubeconfig's URL may hold a user and a password. */
  private readonly shown: string;

  constructor(
    private readonly config: KubeConfig,
    /** How long a request may take, from its first byte to the answer's last. */
    private readonly timeoutSeconds = 15,
  ) {
    this.address = config.getCurrentCluster()?.server.replace(/\/+$/, "") ?? "";
    this.shown = URL.canParse(this.address) ? new URL(this.address).origin : "its API server";
  }

  /**
   * What is at a path; undefined where nothing is.
   *
   * @throws CommandError if it cannot be reached, refuses, or answers in another shape
   */
  public async ask<Shape extends z.ZodType>(request: ApiRequest<Shape>): Promise<z.infer<Shape> | undefined> {
    const { status, text } = await this.exchange(request);
    if (status === 404) return undefined;
    if (status >= 300 && status < 400) throw this.strange(`redirects (${status})`);
    const answer = parsedJson(text);
    if (status < 200 || status > 299) throw this.strange(`answered ${status}: ${statusMessage(answer)}`);
    const { data, success } = request.shape.safeParse(answer);
    if (!success) throw this.strange("answered with something else than an API server would");
    return data;
  }

  private strange(what: string): CommandError {
    return new CommandError(`${this.shown} ${what}`);
  }

  private async exchange(request: ApiRequest<z.ZodType>): Promise<{ status: number; text: string }> {
    const signal = AbortSignal.timeout(this.timeoutSeconds * 1000);
    // The signal ends what has a connection; a credential may be asked for elsewhere before.
    const late = new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason as Error));
    });
    try {
      return await Promise.race([this.answered(request, signal), late]);
    } catch (error) {
      const { message, code } = error as NodeJS.ErrnoException;
      const reason = signal.aborted ? `no whole answer within ${this.timeoutSeconds} s` : oneLine(message);
      throw new CommandError(`${this.shown}: ${reason || code}`);
    }
  }

  private async answered(request: ApiRequest<z.ZodType>, signal: AbortSignal) {
    const response = await this.send(request, signal);
    return { status: response.statusCode!, text: await wholeText(response) };
  }

  private async send(
    { path, body, accept = "application/json" }: ApiRequest<z.ZodType>,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    const options: RequestOptions = { method: body ? "POST" : "GET", signal };
    await this.config.applyToHTTPSOptions(options);
    const headers = { ...options.headers, accept, ...(body && { "content-type": "application/json" }) };
    const send = this.address.startsWith("https:") ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const sent = send(`${this.address}${path}`, { ...options, headers }, resolve);
      sent.on("error", reject);
      sent.end(body && JSON.stringify(body));
    });
  }
}

/** The API server's own words, from its Status object. */
function statusMessage(answer: unknown): string {
  const message = (answer as { message?: unknown } | null | undefined)?.message;
  return typeof message === "string" ? oneLine(message) : "no readable message";
}
