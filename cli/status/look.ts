import pLimit from "p-limit";
import type { ClusterConfig, Mesh } from "../../config/mesh";
import { upstreamWarnings } from "../../config/upstream-warnings";
import { leafLineOf } from "../../lib/private/leaf-generation";
import { parseCertificates } from "../../lib/private/pem";
import { shown } from "../../lib/private/shown";
import { CommandError } from "../command-line/command-error";
import { SecretStore } from "../vault/secret-store";
import { targetOf } from "../vault/target";
import type { ClusterApi, ServiceAccount } from "../kubernetes/cluster-api";
import type { VaultClient } from "../vault/vault-client";
import { ClusterState } from "./cluster-state";
import type { Asked, VaultFacts } from "./facts";
import { gate } from "./gate";
import { gather } from "./gather";
import { probeRequest } from "./istiod-ca";
import { judge } from "./judge";
import { judgeLists } from "./judge-lists";
import { lifetimesOf } from "./lifetimes";
import type { MeshStatus } from "./mesh-status";
import { authoritiesOf, listLifetimes } from "./published-lists";
import { rootCertificates, type RootCertificates } from "./root-certificates";
import { findingsAt } from "./status-finding";
import { viewOf } from "./view";

/** Each cluster is some ten requests, most of the time spent waiting: a thousand that take a second each are asked within a minute. */
const AT_ONCE = 64;

/** What an inspection of a mesh needs. */
export interface Inspection {
  readonly mesh: Mesh;
  /** Needs no token: roots are public. */
  readonly vault: VaultClient;
  /** Logged in, or why not. */
  readonly login: Asked<VaultClient>;
  readonly api: (cluster: ClusterConfig) => Promise<ClusterApi>;
  /** The ServiceAccount used for the test request. */
  readonly account: ServiceAccount;
  /** Whether the next step is to be judged. */
  readonly gate: boolean;
  /** Whether what differs from mesh.yaml is a finding. Default: unless the next step is judged, which it is then. */
  readonly drift?: boolean;
}

/** What was seen of a mesh, before anything is made of it. */
export interface Observation {
  readonly states: readonly ClusterState[];
  readonly roots: RootCertificates;
  readonly at: Date;
}

/** Inspects every cluster of a mesh once. */
export async function inspect(inspection: Inspection, advance: () => void): Promise<MeshStatus> {
  return statusOf(inspection, await observe(inspection, advance));
}

/** Asks every cluster of a mesh, and Vault, once. */
export async function observe(
  inspection: Omit<Inspection, "gate">,
  advance: () => void,
): Promise<Observation> {
  const { mesh, vault, api, account } = inspection;
  const csr = await probeRequest();
  const limit = pLimit(AT_ONCE);
  const facts = await Promise.all(
    mesh.clusters.map((cluster) =>
      limit(async () => {
        const found = await gather(cluster, {
          ...{ vault: (it) => vaultFacts(inspection, it), api, account, csr },
          withLists: mesh.revocation !== undefined,
        });
        advance();
        return found;
      }),
    ),
  );
  const roots = await rootCertificates(mesh, vault, facts);
  return { states: facts.map((fact) => new ClusterState(fact, roots)), roots, at: new Date() };
}

/** What is to be said of it. */
export function statusOf(
  inspection: Pick<Inspection, "mesh" | "gate" | "drift">,
  { states, roots, at }: Observation,
): MeshStatus {
  const { mesh } = inspection;
  const authorities = authoritiesOf(states, roots);
  return {
    mesh: shown(mesh.id),
    at,
    clusters: states.map((state) => viewOf(state, roots, at)),
    lifetimes: states.map((state) => lifetimesOf(state, roots, listLifetimes(state, authorities, at))),
    findings: [
      ...[...judge(mesh, states, roots, at), ...judgeLists(mesh, states, authorities, at)].filter(
        ({ category }) => (inspection.drift ?? !inspection.gate) || category !== "differs from mesh.yaml",
      ),
      ...upstreamWarnings(mesh, at).map(({ cluster, finding }) =>
        findingsAt("versions", cluster).found(finding),
      ),
    ],
    next: inspection.gate ? gate(mesh, states, roots, at) : undefined,
  };
}

async function vaultFacts(
  { mesh, login }: Pick<Inspection, "mesh" | "login">,
  cluster: ClusterConfig,
): Promise<VaultFacts> {
  if (!login.known) throw new CommandError(login.reason);
  const store = new SecretStore(login.value, targetOf(mesh, cluster));
  const [state, bundle] = await Promise.all([store.state(), store.storedBundle()]);
  const before = await store.bundleBefore(bundle);
  return {
    ...state,
    bundle: parseCertificates(bundle.pem) ?? [],
    leafLine: leafLineOf(bundle.pem),
    bundleWrittenAt: bundle.writtenAt,
    bundleBefore: before && (parseCertificates(before.pem) ?? []),
  };
}
