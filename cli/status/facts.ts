import type { X509Certificate } from "node:crypto";
import type { ClusterConfig } from "../../config/mesh";
import { shown } from "../../lib/private/shown";
import type { ProxyPod } from "../kubernetes/cluster-api";
import type { IntermediateRecord } from "../vault/intermediate-record";

/** An answer, or why there is none. */
export type Asked<T> =
  { readonly known: true; readonly value: T } | { readonly known: false; readonly reason: string };

export function known<T>(value: T): Asked<T> {
  return { known: true, value };
}

/** @param reason may quote what an API server, an istiod or Vault said, in several lines, or with "\\n" written out */
export function unknown(reason: string): { readonly known: false; readonly reason: string } {
  return { known: false, reason: shown(reason.replace(/(?:\\n|\s)+/g, " ").trim()) };
}

export function valueOf<T>(asked: Asked<T>): T | undefined {
  return asked.known ? asked.value : undefined;
}

/** What Vault says about a cluster, without a key. */
export interface VaultFacts {
  /** Version of the intermediate's secret; 0 where it has none. */
  readonly currentVersion: number;
  /** When that version was written. */
  readonly writtenAt: Date | undefined;
  /** The issuer's record of it. */
  readonly record: IntermediateRecord | undefined;
  readonly bundle: readonly X509Certificate[];
  /** What stands in its text behind the roots, where anything does. */
  readonly leafLine?: string;
  /** When it was written; undefined if that is not known. */
  readonly bundleWrittenAt?: Date;
  /** The roots of the bundle before it; undefined if there is none any more. */
  readonly bundleBefore?: readonly X509Certificate[];
}

/** What a cluster's API server says. */
export interface KubernetesFacts {
  /** The roots istiod published; undefined where it has published none. */
  readonly published: readonly X509Certificate[] | undefined;
  /** The line of the leaf generation in their text. */
  readonly leafLine?: string;
  /** Pods with a proxy. */
  readonly proxies: Asked<readonly ProxyPod[]>;
  /** When it published them; undefined if that is not known. */
  readonly publishedAt: Date | undefined;
  /** The revocation lists that istiod publishes, PEM and perhaps empty; undefined where none were asked for. */
  readonly revocationLists?: Asked<string>;
  /** Whether the cluster holds the key of a CA that istiod created itself. */
  readonly selfSignedCaKey: Asked<boolean>;
  readonly istiods: Counted;
  /** The same for each revision that runs, by name. */
  readonly revisions: ReadonlyMap<string, Counted>;
}

/** Pods, and those of them that are ready. */
export interface Counted {
  readonly ready: number;
  readonly total: number;
}

/** What one istiod answers to the requests of a sidecar. */
export interface IstiodFacts {
  readonly pod: string;
  readonly startedAt: Date;
  readonly reached: Asked<{
    /** When istiod's own certificate was issued; it issues a new one whenever it loads another CA. */
    readonly ownCertificateFrom: Date;
    /** Why a sidecar would reject that certificate; undefined if it accepts it. */
    readonly refused: string | undefined;
  }>;
  readonly signed: Asked<SignedLeaf>;
  /** The proxies that are connected to it. */
  readonly connected: Asked<readonly ConnectedProxy[]>;
}

/** A proxy as its istiod sees it. */
export interface ConnectedProxy {
  /** Namespace and name of its pod, or of its workload entry: `namespace/name`. */
  readonly name: string;
  /** When it was sent a bundle; undefined where it asks for none. */
  readonly sentAt: Date | undefined;
  /** Whether it acknowledged what it was sent last. */
  readonly acknowledged: boolean;
}

/** istiod's answer to a signing request. */
export interface SignedLeaf {
  /** The leaf, and what leads from it to the root. */
  readonly chain: readonly [X509Certificate, ...X509Certificate[]];
  /** The roots it answers with. */
  readonly bundle: readonly X509Certificate[];
  /** The line of the leaf generation in their text. */
  readonly leafLine?: string;
}

export interface ClusterFacts {
  readonly cluster: ClusterConfig;
  readonly vault: Asked<VaultFacts>;
  readonly kubernetes: Asked<KubernetesFacts>;
  /** One for each istiod that is ready. */
  readonly istiods: readonly IstiodFacts[];
}
