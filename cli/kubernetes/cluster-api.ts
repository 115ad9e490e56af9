/** The requests to a cluster, with the fields that are read. */
export interface ClusterApi {
  /** Undefined where there is none. */
  configMap(namespace: string, name: string): Promise<ConfigMapState | undefined>;
  /** Whether there is such a Secret; its contents are not requested. */
  hasSecret(namespace: string, name: string): Promise<boolean>;
  /** Pods that are not terminating. */
  pods(namespace: string, labels: string): Promise<readonly PodState[]>;
  /** Pods of every namespace that have one of Istio's proxies, and run or are about to. */
  proxies(): Promise<readonly ProxyPod[]>;
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

/** A pod with a proxy. */
export interface ProxyPod {
  readonly namespace: string;
  readonly name: string;
  /** Whether its containers run: before, its proxy has no certificate yet. */
  readonly runs: boolean;
  readonly startedAt: Date;
  /** The proxy's variables, as its pod was created with them; what they refer to is not known. */
  readonly variables: Readonly<Record<string, string>>;
  /** The pod's annotation `proxy.istio.io/config`. */
  readonly ownConfig: string | undefined;
  /** Whether revocation lists are mounted where the proxy looks for them. */
  readonly looksAtLists: boolean;
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
