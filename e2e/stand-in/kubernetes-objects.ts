/** The fields of Kubernetes objects that the node stand-in and the checks read. */

export interface Metadata {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly creationTimestamp: string;
  readonly deletionTimestamp?: string;
}

export interface KubernetesObject {
  readonly kind: string;
  readonly metadata: Metadata;
}

export interface KeyItem {
  readonly key: string;
  readonly path: string;
}

export interface TokenSource {
  readonly path: string;
  readonly audience?: string;
  readonly expirationSeconds?: number;
}

export interface FieldItem {
  readonly path: string;
  readonly fieldRef?: { readonly fieldPath: string };
}

export interface ProjectedSource {
  readonly serviceAccountToken?: TokenSource;
  readonly configMap?: {
    readonly name: string;
    readonly items?: readonly KeyItem[];
    readonly optional?: boolean;
  };
  readonly secret?: {
    readonly name: string;
    readonly items?: readonly KeyItem[];
    readonly optional?: boolean;
  };
  readonly downwardAPI?: { readonly items: readonly FieldItem[] };
}

export interface Volume {
  readonly name: string;
  readonly emptyDir?: object;
  readonly projected?: { readonly sources: readonly ProjectedSource[]; readonly defaultMode?: number };
  readonly configMap?: {
    readonly name: string;
    readonly items?: readonly KeyItem[];
    readonly optional?: boolean;
    readonly defaultMode?: number;
  };
  readonly secret?: {
    readonly secretName: string;
    readonly items?: readonly KeyItem[];
    readonly optional?: boolean;
    readonly defaultMode?: number;
  };
  readonly downwardAPI?: { readonly items: readonly FieldItem[]; readonly defaultMode?: number };
}

export interface EnvironmentVariable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: {
    readonly fieldRef?: { readonly fieldPath: string };
    readonly configMapKeyRef?: { readonly name: string; readonly key: string };
    readonly secretKeyRef?: { readonly name: string; readonly key: string };
    readonly resourceFieldRef?: object;
  };
}

export interface SecurityContext {
  readonly runAsUser?: number;
  readonly runAsGroup?: number;
  readonly fsGroup?: number;
  readonly readOnlyRootFilesystem?: boolean;
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly EnvironmentVariable[];
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
  readonly volumeMounts?: readonly {
    readonly name: string;
    readonly mountPath: string;
    readonly subPath?: string;
    readonly readOnly?: boolean;
  }[];
  readonly readinessProbe?: {
    readonly httpGet?: { readonly path: string; readonly port: number | string; readonly scheme?: string };
  };
  readonly securityContext?: SecurityContext;
}

export interface ContainerStatus {
  readonly name: string;
  readonly ready: boolean;
  readonly restartCount: number;
  readonly image: string;
  readonly imageID: string;
  readonly state: {
    readonly waiting?: { readonly reason: string };
    readonly running?: object;
    readonly terminated?: { readonly exitCode: number };
  };
  readonly lastState?: { readonly terminated?: { readonly exitCode: number } };
}

export interface Pod extends KubernetesObject {
  readonly spec: {
    readonly serviceAccountName: string;
    readonly initContainers?: readonly Container[];
    readonly containers: readonly Container[];
    readonly volumes?: readonly Volume[];
    readonly securityContext?: SecurityContext;
  };
  readonly status: {
    readonly phase: string;
    readonly podIP?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}

export interface Service extends KubernetesObject {
  readonly spec: {
    readonly clusterIP?: string;
    readonly selector?: Readonly<Record<string, string>>;
    readonly ports: readonly { readonly port: number; readonly targetPort?: number | string }[];
  };
}

export interface KeyedData extends KubernetesObject {
  readonly data?: Readonly<Record<string, string>>;
  readonly binaryData?: Readonly<Record<string, string>>;
}

export function isReady(pod: Pod): boolean {
  return pod.status.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
}
