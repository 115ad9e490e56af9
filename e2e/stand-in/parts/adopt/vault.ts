import assert from "node:assert/strict";
import type { Check } from "../../checks";
import { PlanOutcome, VAULT_STACK } from "../../deployment";
import { IntermediateSecret } from "../../../intermediate-secret";
import { istiodPods, pluginCaFile, readLog, readyIstiod } from "../../istiod";
import { isReady } from "../../kubernetes-objects";
import { waitFor } from "../../../wait";
import { adoptedMesh, CLUSTERS, ROOT_MOUNT } from "./meshes";
import type { AdoptedClusters } from "./state";

export function vaultChecks(adopted: () => AdoptedClusters): Check[] {
  return [
    {
      name: "the root's key goes from the reader's disk into a PKI mount",
      prerequisite: true,
      run: async () => {
        const { commands } = adopted();
        await commands.vault(["secrets", "enable", `-path=${ROOT_MOUNT}`, "-max-lease-ttl=87600h", "pki"]);
        const bundle = commands.file(
          "root.pem",
          commands.read("root-key.pem") + commands.read("root-cert.pem"),
        );
        await commands.vault(["write", `${ROOT_MOUNT}/config/ca`, `pem_bundle=@${bundle}`]);
      },
    },
    {
      name: "the plan imports four objects of each cluster, and destroys and replaces nothing",
      run: async ({ deployment }) => {
        deployment.configure(adoptedMesh(adopted().byHand.rootCertificate, true));
        await deployment.synth();
        const changes = await deployment.plannedChanges(VAULT_STACK);
        assert.deepEqual(
          changes.filter(({ actions }) => actions.includes("delete")),
          [],
        );
        const { text } = await deployment.plan(VAULT_STACK);
        assert.match(text, /^Plan: 8 to import, \d+ to add, \d+ to change, 0 to destroy\.$/m);
      },
    },
    {
      name: "it deploys while istiod serves; a second plan is empty",
      prerequisite: true,
      run: async ({ deployment }) => {
        await deployment.deploy(VAULT_STACK);
        const { outcome, text } = await deployment.plan(VAULT_STACK);
        assert.equal(outcome, PlanOutcome.EMPTY, text);
      },
    },
    {
      name: "the mounts are KV version 2, with the reader's files as version 1 and check-and-set demanded",
      run: async ({ rig }) => {
        const token = rig.vault.rootToken;
        for (const name of CLUSTERS) {
          const secret = new IntermediateSecret(rig, name);
          const files = await secret.files();
          const { commands } = adopted();
          assert.equal(files.ca_key.trim(), commands.read(`${name}-ca-key.pem`).trim());
          assert.equal(files.root_cert.trim(), commands.read("root-cert.pem").trim());
          const { data } = await rig.vault.client.require("GET", secret.metadataPath, { token });
          assert.deepEqual([data.current_version, data.cas_required], [1, true]);
        }
      },
    },
    {
      name: "Vault has forgotten the long-lived reviewer's token",
      run: async ({ rig }) => {
        for (const name of CLUSTERS) {
          const path = `auth/kubernetes-${name}/config`;
          const { data } = await rig.vault.client.require("GET", path, { token: rig.vault.rootToken });
          assert.equal(data.token_reviewer_jwt_set, false);
        }
      },
    },
    {
      name: "a new pod of the release made by hand refuses to start on what it now gets, and the old one serves on",
      run: async ({ rig }) => {
        const cluster = rig.cluster("cluster1");
        const [old] = await istiodPods(cluster);
        await cluster.scale("istio-system", "istiod", "app=istiod", 2);
        const added = (await istiodPods(cluster)).find(({ metadata }) => metadata.uid !== old!.metadata.uid);
        await waitFor("a refusal", 60, async () =>
          /failed to create CA .*invalid PEM encoded certificate/.test(readLog(cluster, added!, "discovery")),
        );
        assert.equal(pluginCaFile(cluster, added!, "ca-key.pem").trim(), "<no value>");
        const pods = await istiodPods(cluster);
        assert.deepEqual(pods.map((pod) => [pod.metadata.uid === old!.metadata.uid, isReady(pod)]).sort(), [
          [false, false],
          [true, true],
        ]);
        await cluster.scale("istio-system", "istiod", "app=istiod", 1);
      },
    },
    {
      name: "the way back: a release made by hand that reads the new paths starts anew",
      run: async ({ rig }) => {
        const cluster = rig.cluster("cluster2");
        const old = await readyIstiod(cluster);
        await adopted().byHand.readVersion2("cluster2");
        await waitFor("an istiod of the changed release", 120, async () => {
          const pods = await istiodPods(cluster);
          return pods.length === 1 && isReady(pods[0]!) && pods[0]!.metadata.uid !== old.metadata.uid;
        });
      },
    },
  ];
}
