import assert from "node:assert/strict";
import { output } from "../../command";
import type { Pod } from "../../kubernetes-objects";
import { waitFor } from "../../wait";
import type { World } from "../../world";
import type { Check, Part } from "../../checks";
import { GATEWAY_NEEDS } from "../needs";
import { admit, LIMITS, type PodTemplate, podOf, type ReleaseName, withResources } from "./admission";
import { INGRESS } from "./settings";

const CLUSTER = "cluster1";
/** Its webhook comes first by name: API servers ask them in that order. */
const OTHER = { release: "another", namespace: "platform", vault: "https://vault.platform.example.com:8200" };

/** Another team's injector, which has another Vault and is asked first. */
export const secondInjector: Part = {
  name: "a second injector",
  needs: [...GATEWAY_NEEDS, "helm", "kubectl"],
  checks: [
    {
      name: "it injects what names no Vault, and gives it its own",
      prerequisite: true,
      run: async (world) => {
        await install(world);
        const template = unpinned(await limited(world, "istio-istiod"));
        await waitFor("a pod that the second injector has had", 120, async () => {
          const pod = await admit(world.rig.cluster(CLUSTER), "istio-istiod", template);
          return vaultOf(pod).address === OTHER.vault;
        });
      },
    },
    ...staysWithItsVault("istio-istiod"),
    ...staysWithItsVault(INGRESS),
  ],
};

function staysWithItsVault(release: ReleaseName): Check[] {
  return [
    {
      name: `the pod of ${release} asks its own Vault, by the CA of that one`,
      run: async (world) => {
        const pod = await admit(world.rig.cluster(CLUSTER), release, await limited(world, release));
        assert.deepEqual(vaultOf(pod), {
          address: world.rig.vault.address,
          ca_cert: "/vault/tls/ca.crt",
        });
      },
    },
  ];
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
  const { kubeconfig } = rig.cluster(CLUSTER).controlPlane;
  const kubectl = (args: readonly string[], input?: string) =>
    output(rig.programs.path("kubectl"), ["--kubeconfig", kubeconfig, "--namespace", namespace, ...args], {
      input,
    });
  await kubectl(["create", "namespace", namespace]);
  await kubectl(["apply", "--filename", "-"], objects);
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
