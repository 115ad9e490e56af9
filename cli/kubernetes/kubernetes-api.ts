import type { Agent as HttpAgent } from "node:http";
import type { Agent as HttpsAgent } from "node:https";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { Writable } from "node:stream";
import type { CoreV1Api, KubeConfig, PortForward } from "@kubernetes/client-node";
import { CommandError } from "../command-line/command-error";
import type { ClusterApi, ConfigMapState, ForwardedPort, PodState, ServiceAccount } from "./cluster-api";

const TIMEOUT_SECONDS = 15;

/** Long enough for a few requests. */
const TOKEN_SECONDS = 600;

type Options = Parameters<CoreV1Api["listNode"]>[1];

/** A cluster's API server, by a kubeconfig. */
export class KubernetesApi implements ClusterApi {
  public static async connect(config: KubeConfig): Promise<KubernetesApi> {
    const { CoreV1Api, PortForward } = await import("@kubernetes/client-node");
    const server = config.getCurrentCluster()?.server;
    return new KubernetesApi(config.makeApiClient(CoreV1Api), new PortForward(config), originOf(server));
  }

  private constructor(
    private readonly core: CoreV1Api,
    private readonly portForward: PortForward,
    /** Without a path, a user or a password. */
    private readonly server: string,
  ) {}

  public async configMap(namespace: string, name: string): Promise<ConfigMapState | undefined> {
    const found = await this.ask((options) =>
      this.core.readNamespacedConfigMap({ namespace, name }, options),
    );
    if (!found) return undefined;
    const writes = (found.metadata?.managedFields ?? []).filter(
      ({ fieldsV1, time }) => time !== undefined && fieldsV1 && "f:data" in fieldsV1,
    );
    const last = writes.map(({ time }) => time!.getTime()).sort((one, other) => other - one)[0];
    return { values: found.data ?? {}, writtenAt: last === undefined ? undefined : new Date(last) };
  }

  public async hasSecret(namespace: string, name: string): Promise<boolean> {
    const found = await this.ask((options) => this.core.readNamespacedSecret({ namespace, name }, options), {
      // Its name alone: the key it holds stays where it is.
      accept: "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
    });
    return found !== undefined;
  }

  public async pods(namespace: string, labelSelector: string): Promise<readonly PodState[]> {
    const list = await this.ask((options) =>
      this.core.listNamespacedPod({ namespace, labelSelector }, options),
    );
    const pods = list?.items ?? [];
    if (!Array.isArray(pods) || pods.some((pod) => !pod?.metadata?.name)) {
      throw new CommandError(`${this.server} answered something else than a list of pods`);
    }
    return pods
      .filter(({ metadata }) => metadata?.deletionTimestamp === undefined)
      .map(({ metadata, status }) => ({
        name: metadata!.name!,
        labels: metadata!.labels ?? {},
        ready: status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false,
        startedAt: new Date(status?.startTime ?? metadata!.creationTimestamp!),
      }));
  }

  public async token({ namespace, name }: ServiceAccount, audience: string): Promise<string> {
    const body = { spec: { audiences: [audience], expirationSeconds: TOKEN_SECONDS } };
    const answer = await this.ask((options) =>
      this.core.createNamespacedServiceAccountToken({ namespace, name, body }, options),
    );
    if (!answer?.status)
      throw new CommandError(`no ServiceAccount ${namespace}/${name} for the test request to istiod`);
    return answer.status.token;
  }

  public async forward(namespace: string, pod: string, port: number): Promise<ForwardedPort> {
    const sockets = new Set<Socket>();
    let trouble: string | undefined;
    const errors = new Writable({
      write: (bytes: Buffer, _, done) => {
        if (bytes.length > 0) trouble = bytes.toString().trim();
        done();
      },
    });
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => socket.destroy());
      this.portForward.portForward(namespace, pod, [port], socket, errors, socket).then(
        (webSocket) => {
          if (typeof webSocket === "function") return;
          webSocket.onclose = () => socket.destroy();
          socket.on("close", () => webSocket.close());
          if (socket.destroyed) webSocket.close();
        },
        (error: Error) => {
          trouble = `the API server did not forward to it: ${error.message}`;
          socket.destroy();
        },
      );
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return {
      address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
      trouble: () => trouble,
      close: () => {
        server.close();
        for (const socket of sockets) socket.destroy();
      },
    };
  }

  /** Undefined for what is not there. */
  private async ask<T>(
    request: (options: Options) => Promise<T>,
    { accept }: { accept?: string } = {},
  ): Promise<T | undefined> {
    try {
      return await request(await this.options(accept));
    } catch (error) {
      if ((error as { code?: unknown }).code === 404) return undefined;
      throw new CommandError(this.explain(error as Error & { code?: unknown; body?: unknown }));
    }
  }

  private async options(accept: string | undefined): Promise<Options> {
    const { Observable } = await import("@kubernetes/client-node");
    return {
      middleware: [
        {
          pre: (context) => {
            context.setSignal(AbortSignal.timeout(TIMEOUT_SECONDS * 1000));
            if (accept !== undefined) context.setHeaderParam("Accept", accept);
            context.setAgent(onlyTo(new URL(context.getUrl()), context.getAgent()));
            return new Observable(Promise.resolve(context));
          },
          post: (context) => new Observable(Promise.resolve(context)),
        },
      ],
      middlewareMergeStrategy: "append",
    };
  }

  private explain({ name, code, body, message }: Error & { code?: unknown; body?: unknown }): string {
    if (typeof code === "number") return `the API server answered ${code}: ${statusMessage(body)}`;
    if (name === "AbortError") return `${this.server}: no answer within ${TIMEOUT_SECONDS} s`;
    // What could not be parsed is quoted in part: an answer, or a credential.
    if (name === "SyntaxError") return `${this.server}: its answer, or the credential for it, is not JSON`;
    // Several lines, where a program that gives a credential has failed.
    const said = message.trim().replace(/\s*\n\s*/g, "; ");
    return `${this.server}: ${said.replace(/^request to \S+ failed, reason: /, "")}`;
  }
}

/** Host and port of a URL that a kubeconfig names; a user and a password in it stay there. */
function originOf(server: string | undefined): string {
  return server !== undefined && URL.canParse(server) ? new URL(server).origin : "its API server";
}

type AnyAgent = HttpAgent | HttpsAgent;

/**
 * An agent for one host alone. The client follows redirects, and sends its token along to wherever a name is the
 * same; node-fetch asks a function for the agent of each hop.
 */
function onlyTo({ protocol, host }: URL, agent: AnyAgent | undefined): AnyAgent {
  const agentFor = (hop: { protocol: string; host: string }) => {
    if (hop.protocol !== protocol || hop.host !== host) {
      throw new Error(`it redirects to ${hop.protocol}//${hop.host}, which is not followed`);
    }
    return agent;
  };
  return agentFor as unknown as AnyAgent;
}

/** The API server's own words, from its Status object. */
function statusMessage(body: unknown): string {
  try {
    return (JSON.parse(body as string) as { message: string }).message;
  } catch {
    return "no readable message";
  }
}
