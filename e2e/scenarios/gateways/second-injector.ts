import assert from "node:assert/strict";
import type { Pod } from "../../cluster";
import { output } from "../../command";
import { check, part, step, type World } from "../../scenario";
import { waitFor } from "../../wait";
import { admit, LIMITS, type PodTemplate, podOf, type ReleaseName, withResources } from "./admission";
import { INGRESS } from "./settings";

const CLUSTER = "cluster1";
/** Its webhook comes first by name: API servers ask them in that order. */
const OTHER = { release: "another", namespace: "platform", vault: "https://vault.platform.example.com:8200" };

/** Another team's injector, which has another Vault and is asked first. */
export function secondInjector(): void {
  part("a second injector", () => {
    step("it injects what names no Vault, and gives it its own", async (world) => {
      await install(world);
      const template = unpinned(await limited(world, "istio-istiod"));
      await waitFor("a pod that the second injector has had", 120, async () => {
        const pod = await admit(world.rig.cluster(CLUSTER), "istio-istiod", template);
        return vaultOf(pod).address === OTHER.vault;
      });
    });
    for (const release of ["istio-istiod", INGRESS] as const) {
      check(`the pod of ${release} asks its own Vault, by the CA of that one`, async (world) => {
        const pod = await admit(world.rig.cluster(CLUSTER), release, await limited(world, release));
        assert.deepEqual(vaultOf(pod), {
          address: world.rig.vault.address,
          ca_cert: "/vault/tls/ca.crt",
        });
      });
    }
  });
}

async function install({ rig }: World): Promise<void> {
  const values = {
    global: { externalVaultAddr: OTHER.vault },
    server: { enabled: false },
    injector: { failurePolicy: "Fail" },
  };
  const { release, namespace } = OTHER;
  const objects = await output(
    rig.programs.path("helm"),
    ["template", release, `${rig.programs.chartsDirectory}/vault`, "--namespace", namespace, "--values", "-"],
    { input: JSON.stringify(values) },
  );
  const cluster = rig.cluster(CLUSTER);
  await cluster.kubectl(`create namespace ${namespace}`);
  await cluster.kubectl(`apply --namespace ${namespace} -f -`, objects);
}

/** The quota is still in force. */
async function limited(world: World, release: ReleaseName): Promise<PodTemplate> {
  return withResources(await podOf(world, CLUSTER, release), LIMITS);
}

/** As it was before pods named their Vault. */
function unpinned({ metadata, spec }: PodTemplate): PodTemplate {
  const pins = ["service", "namespace", "tls-secret", "ca-cert"].map((name) => `vault.hashicorp.com/${name}`);
  const annotations = Object.entries(metadata.annotations ?? {}).filter(([name]) => !pins.includes(name));
  return { metadata: { ...metadata, annotations: Object.fromEntries(annotations) }, spec };
}

/** Which Vault a pod's agent was told to ask. */
function vaultOf({ spec }: Pod): { readonly address: string; readonly ca_cert?: string } {
  const agent = spec.initContainers!.find(({ name }) => name === "vault-agent-init")!;
  const configuration = agent.env!.find(({ name }) => name === "VAULT_CONFIG")!.value!;
  return (JSON.parse(Buffer.from(configuration, "base64").toString()) as { vault: { address: string } })
    .vault;
}
