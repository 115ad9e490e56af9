import pLimit from "p-limit";
import { z } from "zod";
import { loadMesh } from "../../config/load-mesh";
import type { ClusterConfig, Mesh } from "../../config/mesh";
import {
  clusterVaultNames,
  INTERMEDIATE_LISTS_PATH,
  REVOCATION_LISTS_MOUNT,
  ROOT_LISTS_PATH,
} from "../../lib/names";
import { CommandError } from "../command-line/command-error";
import { unknownCluster } from "../command-line/unknown-cluster";
import { type Environment, meshFile } from "../command-line/environment";
import { connect } from "../vault/connect";
import { logIn } from "../vault/login";
import type { VaultClient } from "../vault/vault-client";
import { targetOf } from "../vault/target";
import { inFile } from "./lint-finding";
import { CA_CRL } from "./plugin-ca-files";
import { rules } from "./rules";
import { subjectFindings } from "./subject";
import type { LintTarget } from "./targets";
import { kvData } from "../../lib/private/kv";

/** The values of a secret. */
const SECRET = z.object({ data: z.record(z.string(), z.string()) });

/** Where the lists of all are. */
const LISTS = [ROOT_LISTS_PATH, INTERMEDIATE_LISTS_PATH].map((path) => kvData(REVOCATION_LISTS_MOUNT, path));

/** Clusters that are read at once. */
const AT_ONCE = 8;

/** Clusters whose files could be read, and for the others why not. */
export interface ClusterTargets {
  readonly targets: readonly LintTarget[];
  /** One line each. */
  readonly failures: readonly string[];
}

/**
 * What the agents of these clusters would write for their istiods, as it is in Vault now. A cluster whose secrets
 * are absent or refused stops no other.
 *
 * @throws CommandError for a cluster mesh.yaml does not know, or where the login fails
 */
export async function clusterTargets(names: readonly string[], env: Environment): Promise<ClusterTargets> {
  const mesh = loadMesh(meshFile(env));
  const clusters = names.map((name) => clusterNamed(mesh, name));
  const vault = await logIn(connect(mesh.vault, env), mesh, env);
  const limit = pLimit(AT_ONCE);
  const asked = await Promise.all(
    clusters.map((cluster) => limit(() => targetOrFailure(vault, mesh, cluster))),
  );
  return {
    targets: asked.flatMap((one) => (typeof one === "string" ? [] : [one])),
    failures: asked.filter((one) => typeof one === "string"),
  };
}

function clusterNamed({ clusters }: Mesh, name: string): ClusterConfig {
  const cluster = clusters.find((each) => each.name === name);
  if (cluster) return cluster;
  throw unknownCluster(
    name,
    clusters.map((each) => each.name),
  );
}

async function targetOrFailure(
  vault: VaultClient,
  mesh: Mesh,
  cluster: ClusterConfig,
): Promise<LintTarget | string> {
  try {
    return await clusterTarget(vault, mesh, cluster);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return `${cluster.name}: not checked: ${error.message}`;
  }
}

async function clusterTarget(vault: VaultClient, mesh: Mesh, cluster: ClusterConfig): Promise<LintTarget> {
  const { name, nameInVault, agent } = cluster;
  const { secretsMount, certificatesPath, trustBundlePath } = clusterVaultNames(nameInVault);
  const [intermediate, bundle, ...lists] = await Promise.all([
    secretAt(vault, kvData(secretsMount, certificatesPath)),
    secretAt(vault, kvData(secretsMount, trustBundlePath)),
    ...(mesh.revocation ? LISTS.map((path) => secretAt(vault, path)) : []),
  ]);
  const { ca_crl: own } = intermediate;
  const withoutOwn = mesh.revocation && own === undefined ? [inFile(CA_CRL, rules.crlNotIssued())] : [];
  return {
    name,
    files: {
      caKey: intermediate.ca_key,
      caCert: intermediate.ca_cert,
      certChain: intermediate.cert_chain,
      rootCert: bundle.root_cert,
      // As the agent writes it, once istiod is to hand it out.
      ...(mesh.revocation && {
        caCrl: [own ?? "", ...lists.flatMap((one) => Object.values(one))].join("\n"),
      }),
    },
    publicOnly: false,
    findings: [
      ...(targetOf(mesh, cluster).signer ? subjectFindings(`${intermediate.ca_cert}`) : []),
      ...withoutOwn,
    ],
    renderInterval: agent.renderInterval,
  };
}

async function secretAt(vault: VaultClient, path: string): Promise<Readonly<Record<string, string>>> {
  const answer = await vault.read(path, SECRET);
  if (answer) return answer.data.data;
  throw new CommandError(
    `Vault holds nothing at ${path}; deploy its Vault stack, and issue the intermediate`,
  );
}
