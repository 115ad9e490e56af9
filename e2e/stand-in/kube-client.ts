import { JsonClient, type TlsIdentity } from "../json-client";
import type { KubernetesObject } from "./kubernetes-objects";

/** A cluster's API as its administrator. */
export class KubeClient {
  private readonly client: JsonClient;

  constructor(
    public readonly address: string,
    identity: TlsIdentity,
  ) {
    this.client = new JsonClient(address, identity);
  }

  public async get<Kind>(path: string): Promise<Kind> {
    return this.send<Kind>("GET", path);
  }

  /** `undefined` where there is no such object. */
  public async find<Kind>(path: string): Promise<Kind | undefined> {
    const { status, body } = await this.client.send<Kind>("GET", path, {});
    if (status === 404) return undefined;
    return accepted("GET", path, status, body);
  }

  public async list<Kind extends KubernetesObject>(path: string): Promise<readonly Kind[]> {
    return (await this.send<{ items: Kind[] }>("GET", path)).items;
  }

  public async create<Kind>(path: string, object: unknown): Promise<Kind> {
    return this.send<Kind>("POST", path, object);
  }

  /** Merges `change` into the object, as JSON merge patch does. */
  public async patch(path: string, change: unknown): Promise<void> {
    await this.send("PATCH", path, change, { "content-type": "application/merge-patch+json" });
  }

  public async delete(path: string): Promise<void> {
    await this.send("DELETE", path);
  }

  /** A token of the ServiceAccount, by default for the API server; `pod` binds it to that pod. */
  public async token(request: TokenRequest): Promise<string> {
    const { namespace, serviceAccount, audience, expirationSeconds = 3600, pod } = request;
    const answer = await this.create<{ status: { token: string } }>(
      `/api/v1/namespaces/${namespace}/serviceaccounts/${serviceAccount}/token`,
      {
        spec: {
          audiences: audience === undefined ? [] : [audience],
          expirationSeconds,
          boundObjectRef: pod && { kind: "Pod", apiVersion: "v1", name: pod.name, uid: pod.uid },
        },
      },
    );
    return answer.status.token;
  }

  private async send<Body>(
    method: string,
    path: string,
    content?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Body> {
    const { status, body } = await this.client.send<Body>(method, path, headers, content);
    return accepted(method, path, status, body);
  }
}

export interface TokenRequest {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly audience?: string;
  readonly expirationSeconds?: number;
  readonly pod?: { readonly name: string; readonly uid: string };
}

/** The API server refused a request. */
export class KubernetesError extends Error {
  constructor(
    message: string,
    public readonly status: number,
  ) {
    super(message);
  }
}

function accepted<Body>(method: string, path: string, status: number, body: Body): Body {
  if (status < 300) return body;
  const { message } = body as { message?: string };
  throw new KubernetesError(`${method} ${path}: ${status} ${message ?? ""}`, status);
}
