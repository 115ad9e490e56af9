import { ISTIO_NAMESPACE, ISTIOD_DEPLOYMENT } from "../istiod";
import { KubernetesError } from "../kube-client";
import type { World } from "../world";
import { agent } from "./agent";
import { ACCEPTED, type Mend, type PermissionCase } from "./case";
import { KUBERNETES_CLUSTER } from "./logins";
import { administer } from "./vault-objects";

const INJECTOR = { namespace: "vault", deployment: "vault-inject-agent-injector" };
const INJECTOR_LABELS = "app.kubernetes.io/name=vault-agent-injector";
const SECRET = `kubernetes-${KUBERNETES_CLUSTER}-secrets/data/istiod-service/certs`;

/** No refusal of Vault's, though istiod waits just the same. */
export const lookAlikes: readonly PermissionCase[] = [
  {
    row: "secret-deleted",
    bring: async (world) => {
      const version = (await administer(world, "GET", SECRET)).data.metadata.version;
      await administer(world, "DELETE", SECRET);
      const undelete = SECRET.replace("/data/", "/undelete/");
      return () => administer(world, "POST", undelete, { versions: [version] });
    },
    refused: agent(),
    accepted: agent(),
  },
  {
    row: "key-missing",
    bring: async (world) => {
      const { data } = await administer(world, "GET", SECRET);
      const { cert_chain: _, ...others } = data.data;
      await administer(world, "POST", SECRET, { data: others });
      return () => administer(world, "POST", SECRET, { data: data.data });
    },
    refused: agent(),
    accepted: agent(),
  },
  {
    row: "vault-ca",
    refused: agent(({ vault }, environment) => {
      delete vault.ca_cert;
      environment.delete("VAULT_CACERT_BYTES");
    }),
    accepted: agent(),
  },
  {
    row: "vault-name",
    refused: agent(({ vault }) => {
      vault.address = "https://vault.invalid:8200";
    }),
    accepted: agent(),
  },
  {
    row: "vault-down",
    bring: async ({ rig }) => {
      await rig.vault.stop();
      return () => rig.vault.restart();
    },
    refused: agent(),
    accepted: agent(),
  },
  {
    row: "vault-sealed",
    bring: async ({ rig }) => {
      await rig.vault.seal();
      return () => rig.vault.unseal();
    },
    refused: agent(),
    accepted: agent(),
  },
  {
    row: "webhook-down",
    bring: async ({ rig }): Promise<Mend> => {
      const cluster = rig.cluster(KUBERNETES_CLUSTER);
      const scale = (replicas: number) =>
        cluster.scale(INJECTOR.namespace, INJECTOR.deployment, INJECTOR_LABELS, replicas);
      await scale(0);
      return () => scale(1);
    },
    refused: makesAPod,
    accepted: makesAPod,
  },
];

/** Makes a pod of istiod's Deployment, but for keeping it. */
async function makesAPod({ rig }: World): Promise<string> {
  const { api } = rig.cluster(KUBERNETES_CLUSTER);
  const { spec } = await api.get<{ spec: { template: { metadata: object; spec: object } } }>(
    ISTIOD_DEPLOYMENT,
  );
  const { metadata, spec: podSpec } = spec.template;
  const pod = { metadata: { ...metadata, name: "istiod-dry-run" }, spec: podSpec };
  try {
    await api.create(`/api/v1/namespaces/${ISTIO_NAMESPACE}/pods?dryRun=All`, pod);
    return ACCEPTED;
  } catch (error) {
    if (error instanceof KubernetesError) return error.message;
    throw error;
  }
}
