import type { Duration, KeyAlgorithm } from "../lib";

/**
 * A validated mesh.yaml: files read, durations and key algorithms parsed, mesh-wide settings merged
 * into each cluster. What the stacks are made from; nothing past this point reads a file.
 */
export interface Mesh {
  readonly id: string;
  /** The SPIFFE trust domain every cluster shares. */
  readonly trustDomain: string;
  readonly vault: VaultAddress;
  readonly roots: readonly RootConfig[];
  readonly backend: BackendConfig;
  /** Whether roots and KV mounts carry Terraform's `prevent_destroy`. */
  readonly preventDestroy: boolean;
  /** How the external issuer logs in; undefined where that is not this program's. */
  readonly issuer?: IssuerConfig;
  readonly clusters: readonly ClusterConfig[];
  /** Why one change may leave the order that keeps every handshake alive. */
  readonly emergency?: string;
}

export interface VaultAddress {
  /** As Terraform reaches it. */
  readonly address: string;
  /** As pods reach it. */
  readonly podAddress: string;
  /** A Vault namespace (Enterprise, HCP or OpenBao). */
  readonly namespace?: string;
  /** The private CA that signed Vault's server certificate. */
  readonly caCertificate?: CertificateFile;
}

/** A public certificate and the file it came from. */
export interface CertificateFile {
  /** Absolute path. */
  readonly path: string;
  readonly pem: string;
}

export type RootConfig =
  | {
      readonly source: "vault-pki" | "tls-provider";
      readonly name: string;
      readonly keyAlgorithm: KeyAlgorithm;
      readonly validFor: Duration;
      readonly commonName: string;
    }
  | {
      readonly source: "existing";
      readonly name: string;
      /** Path of the PKI mount that signs. */
      readonly mountPath: string;
      /** Id or name of the issuer in that mount. */
      readonly issuer: string;
      readonly certificatePem: string;
    }
  | {
      /** Only the certificate is known; signing, if any, happens elsewhere. */
      readonly source: "offline";
      readonly name: string;
      readonly certificatePem: string;
    };

/** Where Terraform keeps state; each stack has its own. */
export type BackendConfig =
  | { readonly type: "local" }
  | {
      readonly type: "s3";
      readonly bucket: string;
      readonly region: string;
      readonly keyPrefix: string;
      readonly kmsKeyId?: string;
    }
  | { readonly type: "gcs"; readonly bucket: string; readonly prefix: string }
  | {
      readonly type: "azurerm";
      readonly resourceGroupName: string;
      readonly storageAccountName: string;
      readonly containerName: string;
      readonly keyPrefix: string;
    }
  | {
      /** Any other backend, as Terraform's own configuration; `{stack}` stands for the stack's name. */
      readonly type: "other";
      readonly name: string;
      readonly configuration: Readonly<Record<string, unknown>>;
    };

export interface ClusterConfig {
  readonly name: string;
  /** Istio's network name, for several networks. */
  readonly network?: string;
  /** The API server as Vault reaches it. */
  readonly kubernetesHost: string;
  /** PEM of the CA that signed the API server's certificate. */
  readonly kubernetesCaCertificate: string;
  readonly kubeconfig: KubeconfigAccess;
  readonly createNamespaces: boolean;
  /** Whether what the cluster's names stand for is there already, made by hand. */
  readonly adopt: boolean;
  readonly trust: TrustConfig;
  readonly intermediates: IntermediateConfig;
  readonly vaultAuth: VaultAuthConfig;
  readonly istio: IstioConfig;
  readonly injector: InjectorConfig;
  readonly agent: AgentConfig;
  readonly gateways: readonly GatewayConfig[];
}

/** How Terraform reaches the cluster. Never a credential: only where one is found. */
export type KubeconfigAccess =
  | { readonly kind: "file"; /** Absolute path. */ readonly file?: string; readonly context?: string }
  | {
      readonly kind: "exec";
      readonly command: string;
      readonly args: readonly string[];
      readonly env: Readonly<Record<string, string>>;
      /** Version of `client.authentication.k8s.io` it answers in. */
      readonly apiVersion: "v1" | "v1beta1";
      /** URL of the API server as Terraform reaches it. */
      readonly host: string;
    };

export interface TrustConfig {
  /** Name of the root that signs the intermediate. */
  readonly signing: string;
  /** Names of the roots in `root-cert.pem`, in order. */
  readonly bundle: readonly string[];
}

/** Who makes the intermediate, and what it is to be. */
export type IntermediateConfig = {
  readonly keyAlgorithm: KeyAlgorithm;
  readonly validFor: Duration;
} & ({ readonly issuance: "terraform"; readonly generation: number } | { readonly issuance: "external" });

export type IssuerConfig =
  | { readonly method: "approle"; readonly secretIdTtl: Duration }
  | {
      readonly method: "github-actions";
      readonly repositoryId: string;
      readonly environment: string;
      readonly ref: string;
      readonly events: readonly string[];
    }
  | {
      readonly method: "gitlab";
      readonly url: string;
      readonly projectId: string;
      readonly environment: string;
      readonly branch: string;
      readonly sources: readonly string[];
    }
  | {
      readonly method: "kubernetes";
      readonly kubernetesHost: string;
      readonly kubernetesCaCertificate: string;
      readonly serviceAccount: string;
      readonly namespace: string;
    };

export type VaultAuthConfig = {
  readonly tokenTtl: Duration;
  readonly tokenMaxTtl: Duration;
} & (
  | { readonly method: "kubernetes"; readonly reviewer: "pod-token" }
  | { readonly method: "kubernetes"; readonly reviewer: "variable"; readonly audience?: string }
  | {
      readonly method: "jwt";
      /** The cluster's service-account issuer. */
      readonly issuer: string;
      readonly audience: string;
      /** PEM public keys; without them Vault asks the issuer's discovery URL. */
      readonly publicKeys?: readonly string[];
      /** PEM of the private CA of the discovery URL. */
      readonly issuerCaCertificate?: string;
    }
);

/** Where a Helm chart comes from: a repository's URL, or a directory that holds unpacked charts. */
export type ChartsFrom =
  | { readonly kind: "repository"; readonly url?: string }
  | { readonly kind: "directory"; /** Absolute path. */ readonly path: string };

/** The istiods of a cluster. */
export interface IstioConfig {
  /** One, without a revision, where mesh.yaml lists none. */
  readonly revisions: readonly RevisionConfig[];
  /** Name of the one that injects where nobody names a revision. */
  readonly defaultRevision: string;
  /** Whether mesh.yaml lists them. */
  readonly isListed: boolean;
}

export interface RevisionConfig {
  /** "default" is the istiod without a revision. */
  readonly name: string;
  readonly version: string;
  readonly charts: ChartsFrom;
  readonly imageHub?: string;
  readonly imagePullSecrets: readonly string[];
  readonly replicas: number;
  /** The user's own Helm values for the istiod chart. */
  readonly values: Readonly<Record<string, unknown>>;
}

export interface InjectorConfig {
  readonly chartVersion: string;
  readonly charts: ChartsFrom;
  readonly replicas: number;
  readonly image?: string;
  readonly imagePullSecrets: readonly string[];
  /** The user's own Helm values for the vault chart. */
  readonly values: Readonly<Record<string, unknown>>;
}

export interface AgentConfig {
  /** Image of Vault Agent, also of istiod's guard. */
  readonly image: string;
  /** How often the agent looks for new CA files. */
  readonly renderInterval: Duration;
}

export interface GatewayConfig {
  readonly name: string;
  readonly namespace: string;
  readonly certificate: GatewayCertificateConfig;
  readonly replicas: number;
  /** The user's own Helm values for the gateway chart. */
  readonly values: Readonly<Record<string, unknown>>;
}

export type GatewayCertificateConfig =
  | {
      readonly source: "vault-pki";
      readonly domains: readonly string[];
      /** Path of someone else's PKI mount; without it vault-root makes one. */
      readonly mountPath?: string;
      readonly issuer: string;
      readonly validFor: Duration;
      readonly keyAlgorithm: KeyAlgorithm;
    }
  | {
      readonly source: "vault-kv";
      /** Path of the KV v2 mount; without it the cluster's own. */
      readonly mountPath?: string;
      /** Path within the mount. */
      readonly path?: string;
    };
