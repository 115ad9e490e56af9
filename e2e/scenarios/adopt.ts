import assert from "node:assert/strict";
import type { V1MutatingWebhookConfiguration } from "@kubernetes/client-node";
import { approleCredential } from "../approle";
import type { Cluster } from "../cluster";
import { VAULT_STACKS } from "../deployment";
import { guardOf } from "../guard";
import { IntermediateSecret } from "../intermediate-secret";
import { IstioVault } from "../istio-vault";
import { agentFile, ISTIO_NAMESPACE, istiodPods, readyIstiod } from "../istiod";
import type { MeshSettings } from "../mesh-file";
import { externalMesh, FIRST_CLUSTERS } from "../meshes";
import { runCommands, shellBlock } from "../page-commands";
import { check, part, scenario, step } from "../scenario";
import { waitFor } from "../wait";
import { signWorkload } from "../workload-certificate";
import { certificates } from "../x509";
import { ByHand } from "./adopt/by-hand";
import { PlainCommands } from "./adopt/plain-commands";
import { RENEWED_EACH_MINUTE } from "./rotation/mesh";

/** What istiod calls its cluster where nobody gave it a name: so do the proxies it injected. */
const UNNAMED = "Kubernetes";

/** Where the root's key is brought from the laptop it was made on. */
const ROOT_MOUNT = "istio-root-article";

const INJECTOR = "mutatingwebhookconfiguration vault-inject-agent-injector-cfg";
const ISTIOD = `deployment istiod -n ${ISTIO_NAMESPACE}`;

let commands: PlainCommands;
let byHand: ByHand;

/** docs/adopt.md: the article followed by hand, and then taken over while requests go on. */
scenario({ clusters: FIRST_CLUSTERS, needs: ["helm"] }, () => {
  part("set up by hand, as in the article", () => {
    step("kubectl, vault, openssl and helm bring up two clusters that serve", async ({ rig, traffic }) => {
      commands = new PlainCommands(rig);
      byHand = new ByHand(rig, commands);
      await byHand.setUp(FIRST_CLUSTERS);
      for (const cluster of rig.clusters) {
        await readyIstiod(cluster);
        await signsWith(cluster, serialOf(commands.read(`${cluster.name}-ca-cert.pem`)), UNNAMED);
      }
      await traffic.start(rig.clusters);
    });
  });
  part("Vault's objects are taken over", () => {
    step("the root's key goes from the reader's disk into a PKI mount", async () => {
      await commands.vault(["secrets", "enable", `-path=${ROOT_MOUNT}`, "-max-lease-ttl=87600h", "pki"]);
      const pem = commands.read("root-key.pem") + commands.read("root-cert.pem");
      await commands.vault([
        "write",
        `${ROOT_MOUNT}/config/ca`,
        `pem_bundle=@${commands.file("root.pem", pem)}`,
      ]);
    });
    check(
      "the plan imports four objects of each cluster, and destroys and replaces nothing",
      async ({ deployment }) => {
        deployment.configure(adoptedMesh(true));
        await deployment.synth();
        const changes = await deployment.plannedChanges(VAULT_STACKS);
        assert.deepEqual(
          changes.filter(({ actions }) => actions.includes("delete")),
          [],
        );
        const { text } = await deployment.plan(VAULT_STACKS);
        assert.match(text, /(^Plan: 4 to import, \d+ to add, \d+ to change, 0 to destroy\.$[^]*){2}/m);
      },
    );
    step("it deploys while istiod serves; a second plan is empty", async ({ deployment, traffic }) => {
      await traffic.unbroken(() => deployment.deploy(VAULT_STACKS));
      await deployment.requireEmptyPlan(VAULT_STACKS);
    });
    check(
      "the mounts are KV version 2, with the reader's files as version 1 and check-and-set demanded",
      async ({ rig }) => {
        for (const name of FIRST_CLUSTERS) {
          const secret = new IntermediateSecret(rig, name);
          const files = await secret.files();
          assert.equal(files.ca_key.trim(), commands.read(`${name}-ca-key.pem`).trim());
          assert.equal(files.root_cert.trim(), commands.read("root-cert.pem").trim());
          const { data } = await rig.vault.ask("GET", secret.metadataPath);
          assert.deepEqual([data.current_version, data.cas_required], [1, true]);
        }
      },
    );
    check("Vault has forgotten the long-lived reviewer's token", async ({ rig }) => {
      for (const name of FIRST_CLUSTERS) {
        const { data } = await rig.vault.ask("GET", `auth/kubernetes-${name}/config`);
        assert.equal(data.token_reviewer_jwt_set, false);
      }
    });
    check(
      "a new pod of the release made by hand refuses to start on what it now gets, and the old one serves on",
      async ({ rig, traffic }) => {
        const cluster = rig.cluster("cluster1");
        const old = await readyIstiod(cluster);
        await traffic.unbroken(async () => {
          await cluster.kubectl(`scale ${ISTIOD} --replicas=2`);
          await waitFor("a refusal", 120, async () => {
            const added = (await istiodPods(cluster)).find(
              ({ metadata }) => metadata.uid !== old.metadata.uid,
            )!;
            assert.equal((await agentFile(cluster, added, "ca-key.pem")).trim(), "<no value>");
            return /failed to create CA .*invalid PEM encoded certificate/.test(
              await cluster.log(added, "discovery"),
            );
          });
          await cluster.kubectl(`scale ${ISTIOD} --replicas=1`);
          assert.equal((await readyIstiod(cluster)).metadata.uid, old.metadata.uid);
        });
      },
    );
    check(
      "the way back: a release made by hand that reads the new paths starts anew",
      async ({ rig, traffic }) => {
        const cluster = rig.cluster("cluster2");
        await traffic.unbroken(() => anotherIstiod(cluster, () => byHand.readVersion2(cluster.name)));
      },
    );
  });
  part("the clusters are taken over", () => {
    check(
      "each plan imports two namespaces and three releases, adds the Secret with Vault's CA, and destroys and replaces nothing",
      async ({ deployment }) => {
        for (const name of FIRST_CLUSTERS) {
          const { text } = await deployment.plan(name);
          assert.match(text, /^Plan: 5 to import, 1 to add, \d+ to change, 0 to destroy\.$/m);
        }
      },
    );
    step("they deploy, and fail closed from then on", async ({ rig, deployment, traffic }) => {
      const stop = shellBlock("docs/adopt.md", "scale deployment vault-inject-agent-injector");
      await traffic.unbroken(async () => {
        for (const cluster of rig.clusters)
          await runCommands(rig, cluster, stop.replaceAll("cluster1", cluster.name), rig.directory);
        await deployment.deploy(...FIRST_CLUSTERS);
      });
      for (const cluster of rig.clusters) {
        const { webhooks } = await cluster.get<V1MutatingWebhookConfiguration>(INJECTOR);
        assert.deepEqual(
          webhooks!.map(({ failurePolicy }) => failurePolicy),
          ["Fail"],
        );
        guardOf(await readyIstiod(cluster));
      }
    });
    step(
      "istio-vault issue --due finds the intermediates made by hand due, and replaces them under the same root",
      async ({ rig, deployment, traffic }) => {
        await traffic.unbroken(async () => {
          const issuer = new IstioVault(rig, deployment, await approleCredential(rig));
          const { clusters } = JSON.parse(await issuer.output(["issue", "--due", "-o", "json"])) as {
            clusters: { result: string; reason: string }[];
          };
          assert.deepEqual(
            clusters.map(({ result, reason }) => [result, reason]),
            FIRST_CLUSTERS.map(() => ["issued", "version 1 was written without an issuer's record"]),
          );
          for (const cluster of rig.clusters) {
            const { serial } = await new IntermediateSecret(rig, cluster.name).record();
            await signsWith(cluster, serial!);
          }
          await traffic.round();
        });
      },
    );
    check(
      "without the reader's token, binding and key, a new istiod logs in by its own token and starts",
      async ({ rig, traffic }) => {
        for (const cluster of rig.clusters) {
          await cluster.kubectl(`delete secret istiod -n ${ISTIO_NAMESPACE}`);
          await cluster.kubectl("delete clusterrolebinding role-tokenreview-binding");
          const versions = [`-mount=kubernetes-${cluster.name}-secrets`, "-versions=1"];
          await commands.vault(["kv", "destroy", ...versions, "istiod-service/certs"]);
        }
        const cluster = rig.cluster("cluster2");
        await traffic.unbroken(() =>
          anotherIstiod(cluster, () => cluster.kubectl(`rollout restart ${ISTIOD}`)),
        );
      },
    );
    check(
      "proxies from before, which know no name of their cluster, are served; one of another cluster is not",
      async ({ rig }) => {
        const cluster = rig.cluster("cluster1");
        await signWorkload(cluster, { clusterName: UNNAMED });
        await assert.rejects(signWorkload(cluster, { clusterName: "cluster9" }));
      },
    );
    check("workloads of any time and cluster accept each other", async ({ rig, traffic }) => {
      await traffic.unbroken(async () => {
        for (const cluster of rig.clusters) await traffic.restartServer(cluster);
        await traffic.round();
      });
    });
    check("without adopt: true every plan is still empty", async ({ deployment }) => {
      deployment.configure(adoptedMesh(false));
      await deployment.synth();
      await deployment.requireEmptyPlan(VAULT_STACKS, ...FIRST_CLUSTERS);
    });
  });
});

/** The article's clusters taken over. */
function adoptedMesh(adopt: boolean): MeshSettings {
  const alias = (name: string) => ({ extraContainerArgs: [`--clusterAliases=${UNNAMED}=${name}`] });
  return {
    ...externalMesh,
    root: {
      name: "article",
      source: "existing",
      mountPath: ROOT_MOUNT,
      certificateFile: byHand.rootCertificate,
    },
    overrides: Object.fromEntries(
      FIRST_CLUSTERS.map((name) => [name, { adopt, istio: { values: alias(name) } }]),
    ),
    sections: { ...externalMesh.sections, leafLifetime: RENEWED_EACH_MINUTE },
  };
}

function serialOf(pem: string): string {
  return certificates(pem)[0]!.serialNumber.toLowerCase();
}

/** Waits until a cluster signs with this intermediate. */
async function signsWith(cluster: Cluster, serial: string, clusterName?: string): Promise<void> {
  await waitFor(`a leaf of ${cluster.name}'s intermediate ${serial}`, 120, async () => {
    const { chain } = await signWorkload(cluster, { clusterName });
    return certificates(chain)[1]!.serialNumber.toLowerCase() === serial;
  });
}

/** Waits until another istiod has taken the place of the one there is. */
async function anotherIstiod(cluster: Cluster, replace: () => Promise<unknown>): Promise<void> {
  const old = await readyIstiod(cluster);
  await replace();
  await waitFor("another istiod", 180, async () => {
    return (await readyIstiod(cluster)).metadata.uid !== old.metadata.uid;
  });
}
