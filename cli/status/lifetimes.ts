import type { X509Certificate } from "node:crypto";
import { fingerprintOf, sameCertificates } from "./certificates";
import type { ClusterState } from "./cluster-state";
import { valueOf } from "./facts";
import type { ListLifetime } from "./published-lists";
import type { RootCertificates } from "./root-certificates";

export interface Lifetime {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** What expires in a cluster besides the intermediates it signs with, and whether a new one is on its way. */
export interface ClusterLifetimes {
  readonly cluster: string;
  /** Each root of the bundle that istiod publishes, and of the one in Vault. */
  readonly roots: readonly (Lifetime & { readonly root: string })[];
  /** The intermediate in Vault; undefined without an issuer's record. */
  readonly stored: Lifetime | undefined;
  /** Whether istiod publishes the bundle in Vault; undefined if either is unknown. */
  readonly publishesStored: boolean | undefined;
  /** The revocation lists that istiod hands out. */
  readonly lists: readonly ListLifetime[];
}

export function lifetimesOf(
  state: ClusterState,
  roots: RootCertificates,
  lists: readonly ListLifetime[],
): ClusterLifetimes {
  const { published, facts } = state;
  const vault = valueOf(facts.vault);
  const bundle = new Map(
    [...(published ?? []), ...(vault?.bundle ?? [])].map((root) => [fingerprintOf(root), root]),
  );
  const record = vault?.record?.version === vault?.currentVersion ? vault?.record : undefined;
  return {
    cluster: state.name,
    roots: [...bundle.values()].map((root) => ({ root: roots.nameOf(root), ...lifetimeOf(root) })),
    stored: record && { notBefore: record.notBefore, notAfter: record.notAfter },
    publishesStored:
      published && vault && sameCertificates(published, vault.bundle) && state.leafLine === vault.leafLine,
    lists,
  };
}

function lifetimeOf(certificate: X509Certificate): Lifetime {
  return { notBefore: new Date(certificate.validFrom), notAfter: new Date(certificate.validTo) };
}
