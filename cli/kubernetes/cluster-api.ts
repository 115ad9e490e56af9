/** The requests to a cluster, with the fields that are read. */
export interface ClusterApi {
  /** Undefined where there is none. */
  configMap(namespace: string, name: string): Promise<ConfigMapState | undefined>;
  /** Whether there is such a Secret; its contents are not requested. */
  hasSecret(namespace: string, name: string): Promise<boolean>;
  /** Pods that are not terminating. */
  pods(namespace: string, labels: string): Promise<readonly PodState[]>;
  /** A token of a ServiceAccount. */
  token(account: ServiceAccount, audience: string): Promise<string>;
  /** Opens a port of this machine that leads to one of a pod. */
  forward(namespace: string, pod: string, port: number): Promise<ForwardedPort>;
}

export interface ConfigMapState {
  readonly values: Readonly<Record<string, string>>;
  /** When its values were last changed; undefined where the API server does not tell. */
  readonly writtenAt: Date | undefined;
}

export interface PodState {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly ready: boolean;
  readonly startedAt: Date;
}

export interface ServiceAccount {
  readonly namespace: string;
  readonly name: string;
}

export interface ForwardedPort {
  /** Host and port, on loopback. */
  readonly address: string;
  /** What kept a connection from being forwarded, in the cluster's words. */
  readonly trouble: () => string | undefined;
  readonly close: () => void;
}
