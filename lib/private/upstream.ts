/**
 * What the projects that this one depends on release, support and shut down. Data alone: upstream-facts.ts answers
 * questions about it, istio-version.ts has what depends on a version in Istio's behaviour, and
 * docs/tested-versions.md is made from it.
 */

/** The evidence for a row. */
export interface Evidence {
  /** What was run here: the exact version, and the scenarios of e2e. Undefined: only read. */
  readonly run?: string;
  /** Where the rest was read. */
  readonly read: readonly string[];
}

/** Versions that are supported together, such as a minor of Istio's. Days are `2026-08-31`, in UTC. */
export interface ReleaseLine extends Evidence {
  /** Major and minor. */
  readonly line: string;
  readonly firstDay: string;
  /** Last day of support. Undefined: until the next line is out, and none is announced. */
  readonly lastDay?: string;
  /** Whether upstream gives the last day only as expected, by its month. */
  readonly expected?: boolean;
}

export interface IstioMinor extends ReleaseLine {
  /** Versions of Kubernetes that Istio supports it on. */
  readonly kubernetes: string;
  /** Version of the Gateway API's CRDs it is built with. */
  readonly gatewayApi: string;
}

const SUPPORTED_RELEASES = "istio.io/latest/docs/releases/supported-releases";

/** In order. The oldest is the first that starts on no incomplete set of CA files. */
export const ISTIO_MINORS: readonly IstioMinor[] = [
  {
    line: "1.27",
    firstDay: "2025-08-11",
    lastDay: "2026-04-07",
    kubernetes: "1.29 to 1.33",
    gatewayApi: "1.3",
    read: [SUPPORTED_RELEASES, "istio/istio.io#17406"],
  },
  {
    line: "1.28",
    firstDay: "2025-11-05",
    lastDay: "2026-07-01",
    kubernetes: "1.30 to 1.34",
    gatewayApi: "1.4",
    read: [SUPPORTED_RELEASES, "istio/istio.io#17463"],
  },
  {
    line: "1.29",
    firstDay: "2026-02-16",
    lastDay: "2026-10-12",
    kubernetes: "1.31 to 1.35",
    gatewayApi: "1.4",
    run: "1.29.6, built from source: upgrade; earlier, every scenario",
    read: [SUPPORTED_RELEASES, "istio/istio.io#17599"],
  },
  {
    line: "1.30",
    firstDay: "2026-05-18",
    lastDay: "2027-01-31",
    expected: true,
    kubernetes: "1.32 to 1.36",
    gatewayApi: "1.5",
    run: "1.30.3, built from source: revisions, upgrade",
    read: [SUPPORTED_RELEASES, "istio/istio.io#17540", "istio/istio.io#17347"],
  },
  {
    line: "1.31",
    firstDay: "2026-08-31",
    lastDay: "2027-02-28",
    expected: true,
    kubernetes: "1.32 to 1.37",
    gatewayApi: "1.6",
    run: "1.31.0-rc.0, built from source: article, revisions, upgrade, ci; earlier, gateways, rotation, lint",
    read: [SUPPORTED_RELEASES, "istio/istio.io#17638"],
  },
];

/** The free edition's: HashiCorp supports a line until the next one is out (hashicorp/vault#28471). */
export const VAULT_LINES: readonly ReleaseLine[] = [
  {
    line: "1.21",
    firstDay: "2025-10-22",
    lastDay: "2026-04-14",
    run: "1.21.4, server and agent: every scenario",
    read: ["hashicorp/vault#28471"],
  },
  {
    line: "2.0",
    firstDay: "2026-04-14",
    lastDay: "2026-09-01",
    read: ["hashicorp/vault#28471", "hashicorp/vault#31919"],
  },
  { line: "2.1", firstDay: "2026-09-01", read: ["hashicorp/vault#28471"] },
];

/** A host that is shut down, and what to use instead. */
export interface GoingHost {
  /** Host and path, without a scheme. */
  readonly host: string;
  /** The same, on a host that stays. */
  readonly instead: string;
}

/** Istio leaves Google's hosting. The more exact path comes first. */
export const GOING_HOSTS: readonly GoingHost[] = [
  { host: "gcr.io/istio-release/charts", instead: "ghcr.io/istio/release/charts" },
  { host: "gcr.io/istio-release", instead: "docker.io/istio" },
  { host: "registry.istio.io/release", instead: "docker.io/istio" },
  { host: "registry.istio.io", instead: "docker.io/istio" },
  { host: "istio-release.storage.googleapis.com", instead: "blob.istio.io/istio-release" },
];

/** When. After the last of several tests they are removed, on a day that is not announced yet. */
export const HOSTS_GO = {
  /** First day on which nothing answers, for 24 hours from 15:00 UTC. */
  switchedOff: "2026-12-08",
  removed: "December 2026",
  read: [
    "istio.io/latest/blog/2026/retirement-of-gcp",
    "istio/istio#61467",
    "istio/istio.io#17539",
    "istio/istio.io#17492",
  ],
} as const;

/** Istio's own chart repository, and registry of images: both stay. */
export const ISTIO_CHARTS = "https://blob.istio.io/istio-release/charts";
export const ISTIO_IMAGES = "docker.io/istio";

/** What some versions of Vault do otherwise than those before and after. */
export interface VaultChange {
  /** Of Vault, as a range of SemVer's. */
  readonly versions: string;
  readonly what: string;
  /** What to run instead, where an agent of those versions does not start in an injected pod. */
  readonly instead?: string;
  readonly read: readonly string[];
}

export const VAULT_CHANGES: readonly VaultChange[] = [
  {
    versions: "1.21.6 || 2.0.1",
    what: "the image needs the capability IPC_LOCK, which the injector drops",
    instead: "1.21.7, 2.0.2 or later",
    read: ["hashicorp/vault#31919", "bank-vaults/vault-secrets-webhook#952"],
  },
  {
    versions: ">=1.21.5",
    what: "a path that is not clean, such as one with two slashes in a row, is refused",
    read: ["Vault's changelog"],
  },
  {
    versions: ">=2.1.0",
    what: "an attribute written twice in HCL is an error; the injector writes JSON",
    read: ["Vault's changelog"],
  },
];

/** Other components, whose support is not tracked here. */
export interface Component extends Evidence {
  readonly name: string;
}

export const COMPONENTS: readonly Component[] = [
  { name: "vault-k8s, the injector", run: "1.7.6: every scenario", read: ["github.com/hashicorp/vault-k8s"] },
  {
    name: "vault-helm, its chart",
    run: "0.34.1: every scenario",
    read: ["github.com/hashicorp/vault-helm: 0.34.1 is the newest, of 2026-08"],
  },
  { name: "OpenBao", run: "2.6: openbao", read: ["2.7.1 is out"] },
  { name: "Kubernetes", run: "1.35: every scenario", read: [] },
  { name: "Terraform", run: "1.11.4: every scenario", read: [] },
  { name: "OpenTofu", run: "1.12: opentofu", read: [] },
];

/** The providers the stacks use; each within the major version that cdktf's binding is made for. */
export interface Provider extends Evidence {
  /** cdktf's package. */
  readonly binding: string;
  readonly major: number;
  /** What mesh.yaml asks for where it says nothing: from the binding's own version on. */
  readonly constraint: string;
}

export const PROVIDERS = {
  vault: {
    binding: "@cdktf/provider-vault 15.6.1, for 5.6.0",
    major: 5,
    constraint: "~> 5.6",
    run: "5.6.0: every scenario; 5.11.0: article, revisions, upgrade, ci",
    read: ["5.11.0 is the newest, of 2026-08-14"],
  },
  kubernetes: {
    binding: "@cdktf/provider-kubernetes 12.1.1, for 2.38.0",
    major: 2,
    constraint: "~> 2.38",
    run: "2.38.0: every scenario",
    read: ["2.38.0 is the newest of major version 2; 3 needs another binding"],
  },
  helm: {
    binding: "@cdktf/provider-helm 12.1.2, for 3.1.1",
    major: 3,
    constraint: "~> 3.1",
    run: "3.1.1: every scenario; 3.1.2: article, revisions, upgrade, ci",
    read: ["3.1.2 is out"],
  },
  tls: {
    binding: "@cdktf/provider-tls 11.0.1, for 4.1.0",
    major: 4,
    constraint: "~> 4.1",
    run: "4.1.0: every scenario; 4.2.1: article, revisions, upgrade, ci",
    read: ["4.2.1 is out"],
  },
} satisfies Readonly<Record<string, Provider>>;

export type ProviderName = keyof typeof PROVIDERS;

/**
 * What mesh.yaml and the examples start with: the newest patch whose charts and images were seen
 * published, of the newest minor that was run.
 */
export const DEFAULT_ISTIO_VERSION = "1.31.1";

/** Image of Vault Agent: of the one line that the free edition supports. */
export const DEFAULT_AGENT_IMAGE = "hashicorp/vault:2.1.2";

/** Version of HashiCorp's `vault` chart, the one the tests on real programs run. */
export const DEFAULT_INJECTOR_CHART_VERSION = "0.34.1";
