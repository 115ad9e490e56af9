import assert from "node:assert/strict";
import { approleCredential } from "../../approle";
import type { Part } from "../../checks";
import type { Cluster } from "../../cluster";
import { output } from "../../../command";
import { VAULT_STACK } from "../../deployment";
import { handshake } from "../../handshake";
import { IntermediateSecret } from "../../intermediate-secret";
import { IstioVault } from "../../istio-vault";
import { ISTIO_NAMESPACE, readyIstiod } from "../../istiod";
import type { Rig } from "../../rig";
import { forge } from "../../rotation/forgery";
import { ForcedTrust } from "../../rotation/forced-trust";
import { RootNames } from "../../rotation/root-names";
import { newWorkload, type Workload } from "../../rotation/workloads";
import { Duration } from "../../../../lib";
import { vaultCli } from "../../vault-cli";
import { delay, waitFor } from "../../../wait";
import type { WorkloadCertificate } from "../../workload-certificate";
import type { World } from "../../world";
import { certificates } from "../../../x509";
import { MESH_NEEDS } from "../needs";
import { rotationMesh, trustState } from "./mesh";

const SHORT = Duration.seconds(40);
const names = new RootNames();
let stolen: WorkloadCertificate;

/** docs/incidents.md, while root a is good. */
export const lesserIncidents: Part = {
  name: "incidents: an intermediate's key is stolen, an intermediate expires",
  needs: MESH_NEEDS,
  checks: [
    {
      name: "with a stolen key anyone can be anyone; a new intermediate does not end that",
      prerequisite: true,
      run: async (world) => {
        const { rig } = world;
        await names.learn(rig);
        stolen = await forge(rig, await new IntermediateSecret(rig, "cluster1").files(), names.pem("a"));
        const other = await newWorkload(rig.cluster("cluster2"), names);
        assert.equal((await meets(stolen, other)).client, "spiffe://cluster.local/ns/kube-system/sa/admin");
        const old = await newWorkload(rig.cluster("cluster1"), names);
        await revokeLogins(rig, "cluster1");
        await issue(world, "--cluster", "cluster1");
        await waitFor("a new intermediate in effect", 60, async () => {
          return intermediateOf(await newWorkload(rig.cluster("cluster1"), names)) !== intermediateOf(old);
        });
        await meets(stolen, other);
      },
    },
    {
      name: "an expired intermediate ends every certificate under it; istio-vault issue heals it without a restart",
      prerequisite: true,
      run: async (world) => {
        const cluster = world.rig.cluster("cluster1");
        const istiod = await readyIstiod(cluster);
        await new ForcedTrust(world.rig, names).signer("cluster1", "a", SHORT);
        const last = await waitFor("a workload under the one that ends", 60, async () => {
          const workload = await newWorkload(cluster, names);
          return workload.until < Date.now() + SHORT.toSeconds() * 1000 && workload;
        });
        await delay(Math.max(0, last.until - Date.now()) / 1000 + 1);
        await assert.rejects(newWorkload(cluster, names), /certificate/);
        await assert.rejects(meets(last.certificate, last), /expired/);
        const started = Date.now();
        await issue(world, "--due");
        await waitFor("a request that succeeds", 60, () => newWorkload(cluster, names));
        console.log(`         healed in ${((Date.now() - started) / 1000).toFixed(1)} s`);
        assert.equal((await readyIstiod(cluster)).metadata.uid, istiod.metadata.uid);
      },
    },
  ],
};

/** The same page, when root a is not. */
export const compromisedRoot: Part = {
  name: "incidents: a root's key is stolen",
  needs: [...MESH_NEEDS, "kubectl"],
  checks: [
    {
      name: "trust.emergency: b in place of a at once; restarted istiods and workloads trust b alone, and no stolen key",
      run: async (world) => {
        const { rig, deployment } = world;
        const old = await newWorkload(rig.cluster("cluster1"), names);
        const mesh = rotationMesh(trustState("b:b", "b:b"));
        const started = Date.now();
        deployment.configure({
          ...mesh,
          sections: {
            ...mesh.sections,
            trust: { signing: "b", bundle: ["b"], emergency: "the key of root a was copied" },
          },
        });
        await deployment.deploy(VAULT_STACK);
        await issue(world, "--due");
        await Promise.all(rig.clusters.map((cluster) => restartIstiod(world, cluster)));
        const [one, two] = await Promise.all(
          rig.clusters.map((cluster) =>
            waitFor(`${cluster.name} on b`, 180, async () => {
              const workload = await newWorkload(cluster, names);
              return workload.root === "b" && workload.bundle === "b" && workload;
            }),
          ),
        );
        console.log(`         every istiod on b after ${((Date.now() - started) / 1000).toFixed(0)} s`);
        await meets(one!.certificate, two!);
        await meets(two!.certificate, one!);
        for (const lost of [stolen, old.certificate]) {
          await assert.rejects(meets(lost, two!), /certificate/);
        }
      },
    },
  ],
};

/** A handshake with a workload that trusts the bundle istiod sent it. */
function meets(client: WorkloadCertificate, { certificate }: Workload) {
  return handshake({ certificate: client, roots: names.all }, { certificate, roots: certificate.root });
}

async function issue({ rig, deployment }: World, ...options: string[]): Promise<void> {
  await new IstioVault(rig, deployment, await approleCredential(rig)).output(["issue", ...options]);
}

/** `vault token revoke`, as the page has it: every login of a cluster's istiods. */
async function revokeLogins(rig: Rig, cluster: string): Promise<void> {
  await vaultCli(rig, ["token", "revoke", "-mode=path", `auth/kubernetes-${cluster}`]);
}

/** `kubectl rollout restart`, as the page has it. */
async function restartIstiod({ rig }: World, { name, controlPlane }: Cluster): Promise<void> {
  await output(rig.programs.path("kubectl"), [
    `--kubeconfig=${controlPlane.kubeconfig}`,
    ...[`--context=${name}`, "-n", ISTIO_NAMESPACE, "rollout", "restart", "deployment", "istiod"],
  ]);
}

function intermediateOf({ certificate }: Workload): string {
  return certificates(certificate.chain)[1]!.serialNumber;
}
