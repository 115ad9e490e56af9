import { chmodSync, chownSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { KubeClient } from "../kube-client";
import type {
  FieldItem,
  KeyedData,
  KeyItem,
  Pod,
  ProjectedSource,
  TokenSource,
  Volume,
} from "../kubernetes-objects";
import { podField } from "./downward-api";

/** A Secret or ConfigMap as a volume names it. */
interface ObjectReference {
  readonly kind: "secrets" | "configmaps";
  readonly name: string;
  readonly items?: readonly KeyItem[];
  readonly optional?: boolean;
}

/** Makes a pod's volumes: one directory each, with the files, modes and group the pod would find. */
export class PodVolumes {
  constructor(
    private readonly api: KubeClient,
    private readonly pod: Pod,
    private readonly podIp: string,
    private readonly directory: string,
  ) {}

  public path(name: string): string {
    return join(this.directory, name);
  }

  public async create(): Promise<void> {
    for (const volume of this.pod.spec.volumes ?? []) {
      mkdirSync(this.path(volume.name), { recursive: true });
      if (volume.emptyDir) this.share(volume.name);
      else await this.fill(volume);
    }
  }

  private share(name: string): void {
    const group = this.pod.spec.securityContext?.fsGroup;
    if (group !== undefined) chownSync(this.path(name), 0, group);
    chmodSync(this.path(name), group === undefined ? 0o777 : 0o2777);
  }

  private async fill(volume: Volume): Promise<void> {
    const group = this.pod.spec.securityContext?.fsGroup ?? 0;
    const source = volume.secret ?? volume.configMap ?? volume.projected ?? volume.downwardAPI;
    const mode = source?.defaultMode ?? 0o644;
    for (const [path, content] of await this.files(volume)) {
      const target = join(this.path(volume.name), path);
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, content);
      chownSync(target, 0, group);
      chmodSync(target, group === 0 ? mode : mode | 0o040);
    }
  }

  private async files(volume: Volume): Promise<Map<string, Buffer>> {
    if (volume.secret) {
      return this.objectFiles({ kind: "secrets", name: volume.secret.secretName, ...volume.secret });
    }
    if (volume.configMap) return this.objectFiles({ kind: "configmaps", ...volume.configMap });
    if (volume.downwardAPI) return this.fieldFiles(volume.downwardAPI.items);
    if (volume.projected) {
      const parts = await Promise.all(volume.projected.sources.map((source) => this.projectedFiles(source)));
      return new Map(parts.flatMap((part) => [...part]));
    }
    throw new Error(`volume ${volume.name}: its kind is unknown to the node stand-in`);
  }

  private async projectedFiles(source: ProjectedSource): Promise<Map<string, Buffer>> {
    if (source.serviceAccountToken) return this.tokenFile(source.serviceAccountToken);
    if (source.secret) return this.objectFiles({ kind: "secrets", ...source.secret });
    if (source.configMap) return this.objectFiles({ kind: "configmaps", ...source.configMap });
    if (source.downwardAPI) return this.fieldFiles(source.downwardAPI.items);
    throw new Error(`projected source ${Object.keys(source).join()} is unknown to the node stand-in`);
  }

  private async tokenFile({ path, audience, expirationSeconds }: TokenSource): Promise<Map<string, Buffer>> {
    const token = await this.api.token({
      namespace: this.pod.metadata.namespace,
      serviceAccount: this.pod.spec.serviceAccountName,
      audience,
      expirationSeconds,
      pod: this.pod.metadata,
    });
    return new Map([[path, Buffer.from(token)]]);
  }

  private fieldFiles(items: readonly FieldItem[]): Map<string, Buffer> {
    return new Map(
      items.map(({ path, fieldRef }) => [
        path,
        Buffer.from(fieldRef ? podField(this.pod, this.podIp, fieldRef.fieldPath) : ""),
      ]),
    );
  }

  private async objectFiles({ kind, name, items, optional }: ObjectReference): Promise<Map<string, Buffer>> {
    const { namespace } = this.pod.metadata;
    const object = await this.api.find<KeyedData>(`/api/v1/namespaces/${namespace}/${kind}/${name}`);
    if (!object) {
      if (optional) return new Map();
      throw new Error(`${kind} ${namespace}/${name} does not exist`);
    }
    const values = keyedValues(object, kind === "secrets");
    const wanted = items ?? [...values.keys()].map((key) => ({ key, path: key }));
    return new Map(
      wanted.map(({ key, path }) => {
        const value = values.get(key);
        if (!value) throw new Error(`${kind} ${namespace}/${name} has no key ${key}`);
        return [path, value];
      }),
    );
  }
}

/** The values of a Secret or ConfigMap. */
export function keyedValues(object: KeyedData, secret: boolean): Map<string, Buffer> {
  const decode = (data: Readonly<Record<string, string>> | undefined, encoding: BufferEncoding) =>
    Object.entries(data ?? {}).map(([key, text]): [string, Buffer] => [key, Buffer.from(text, encoding)]);
  return new Map([
    ...decode(object.data, secret ? "base64" : "utf8"),
    ...decode(object.binaryData, "base64"),
  ]);
}
