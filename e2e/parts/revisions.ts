import assert from "node:assert/strict";
import type { Check, Part } from "../checks";
import { VAULT_STACK } from "../deployment";
import type { Peer } from "../handshake";
import { webhooksOf } from "../injection";
import { istiodImage, istiodPods } from "../istiod";
import { isReady } from "../kubernetes-objects";
import { addWorkload, moveWorkload } from "../revisions/leftovers";
import { loggedIn, loginStatus } from "../revisions/logins";
import { CANARY, CLUSTER, upgradeMesh } from "../revisions/meshes";
import { ACCOUNT, bothWays, changes, injects, signedBy, status, watching } from "../revisions/observed";
import { reviewed } from "../revisions/review";
import { waitFor } from "../wait";
import { certificates } from "../x509";
import { MESH_NEEDS } from "./needs";

const SERVICE_ACCOUNTS = "/api/v1/namespaces/istio-system/serviceaccounts";

/** Namespaces, each with its label. */
const LABELLED = {
  enabled: { "istio-injection": "enabled" },
  shop: { "istio-injection": "enabled" },
  moved: { "istio.io/rev": CANARY },
  tagged: { "istio.io/rev": "default" },
};

/** What the first istiod signed, while it was alone. */
let first: Peer;

export const revisions: Part = {
  name: "two revisions of istiod, of neighbouring versions, from the first listed to the other removed",
  needs: [...MESH_NEEDS, "Istio, the minor below", "git", "kubectl", "jq"],
  checks: [
    {
      name: "one istiod, without a revision, injects by its chart's own webhook",
      prerequisite: true,
      run: async ({ rig, deployment }) => {
        const cluster = await rig.addCluster(CLUSTER);
        await cluster.serveKubelet();
        deployment.configure(upgradeMesh(rig, "one"));
        await deployment.deploy(VAULT_STACK);
        await deployment.deploy(CLUSTER);
        for (const [name, labels] of Object.entries(LABELLED)) {
          await cluster.api.create("/api/v1/namespaces", { metadata: { name, labels } });
        }
        for (const name of Object.keys(LABELLED)) {
          await waitFor(`the ServiceAccount of ${name}`, 60, async () =>
            cluster.api.find(`/api/v1/namespaces/${name}/serviceaccounts/default`),
          );
        }
        await injects(cluster, "istio-sidecar-injector", "default");
        first = await signedBy(cluster, "istiod");
        await addWorkload(rig);
      },
    },
    {
      name: "a revision that is not listed cannot log in to Vault: 403",
      run: async ({ rig }) => {
        const { api } = rig.cluster(CLUSTER);
        await api.create(SERVICE_ACCOUNTS, { metadata: { name: ACCOUNT } });
        assert.equal(await loginStatus(rig, ACCOUNT), 403);
        assert.equal(await loginStatus(rig, "istiod"), 200);
        await api.delete(`${SERVICE_ACCOUNTS}/${ACCOUNT}`);
      },
    },
    {
      name: "listing it plans one more release, and a webhook that takes the place of the chart's",
      prerequisite: true,
      run: async ({ rig, deployment }) => {
        const before = await webhooksOf(rig.cluster(CLUSTER), "istio-sidecar-injector");
        deployment.configure(upgradeMesh(rig, "listed"));
        await deployment.synth();
        assert.deepEqual(await changes(deployment, VAULT_STACK), [
          "update vault_kubernetes_auth_backend_role.cluster1_Auth_Roles_istiod",
        ]);
        assert.deepEqual(await changes(deployment, CLUSTER), [
          "create helm_release.Revisions_canary",
          "create kubernetes_mutating_webhook_configuration_v1.DefaultRevision",
          "create kubernetes_secret_v1.Revisions_canary_VaultCa",
          "update helm_release.IstioBase",
          "update helm_release.Istiod",
        ]);
        await deployment.deploy(VAULT_STACK);
        const watched = await watching(rig, () => deployment.deploy(CLUSTER));
        assert.deepEqual(watched, ["default"]);
        // The same webhooks as in the chart, to the last selector, as the API server completes them.
        assert.deepEqual(await webhooksOf(rig.cluster(CLUSTER), "istio-revision-tag-default"), before);
      },
    },
    {
      name: "both are ready, and each has logged in under its own ServiceAccount",
      prerequisite: true,
      run: async ({ rig }) => {
        const pods = await istiodPods(rig.cluster(CLUSTER));
        assert.deepEqual(pods.map(({ metadata }) => metadata.labels?.["istio.io/rev"]).sort(), [
          CANARY,
          "default",
        ]);
        assert.ok(pods.every(isReady));
        assert.deepEqual(
          pods.map(istiodImage).sort(),
          [rig.istio, rig.nextIstio].map(({ version }) => `docker.io/istio/pilot:${version}`),
        );
        for (const pod of pods) {
          const { serviceAccountName } = pod.spec;
          assert.equal(
            serviceAccountName,
            pod.metadata.labels?.["istio.io/rev"] === CANARY ? ACCOUNT : "istiod",
          );
        }
        assert.deepEqual([...loggedIn(rig)].sort(), ["istiod", ACCOUNT]);
      },
    },
    signBoth("both sign with one intermediate, and workloads of each accept those of the other"),
    {
      name: "each namespace is injected by exactly one, the one its label names",
      run: async ({ rig }) => {
        await injects(rig.cluster(CLUSTER), "istio-revision-tag-default", "default");
      },
    },
    {
      name: "istio-vault status asks both, and finds nothing wrong",
      run: async ({ rig, deployment }) => {
        const { clusters, findings } = await status(rig, deployment);
        assert.deepEqual(findings, []);
        assert.equal(clusters[0]!.istiods.length, 2);
      },
    },
    {
      name: "given up again, its release and the webhook go, and nobody starts without a proxy meanwhile",
      run: async ({ rig, deployment }) => {
        deployment.configure(upgradeMesh(rig, "one"));
        await deployment.synth();
        assert.deepEqual(await changes(deployment, CLUSTER), [
          "delete helm_release.Revisions_canary",
          "delete kubernetes_mutating_webhook_configuration_v1.DefaultRevision",
          "delete kubernetes_secret_v1.Revisions_canary_VaultCa",
          "update helm_release.IstioBase",
          "update helm_release.Istiod",
        ]);
        assert.deepEqual(await watching(rig, () => deployment.deploy(CLUSTER)), ["default"]);
        await injects(rig.cluster(CLUSTER), "istio-sidecar-injector", "default");
        deployment.configure(upgradeMesh(rig, "listed"));
        assert.deepEqual(await watching(rig, () => deployment.deploy(CLUSTER)), ["default"]);
      },
    },
    {
      name: "review refuses to promote what is not listed, and to remove what was the default",
      run: ({ rig }) => reviewed(rig),
    },
    {
      name: "a promotion changes two objects in place, and every pod meanwhile is injected by one of the two",
      prerequisite: true,
      run: async ({ rig, deployment }) => {
        deployment.configure(upgradeMesh(rig, "promoted"));
        await deployment.synth();
        assert.deepEqual(await changes(deployment, VAULT_STACK), []);
        assert.deepEqual(await changes(deployment, CLUSTER), [
          "update helm_release.IstioBase",
          "update kubernetes_mutating_webhook_configuration_v1.DefaultRevision",
        ]);
        const watched = await watching(rig, () => deployment.deploy(CLUSTER), 0);
        assert.deepEqual(watched, ["default", CANARY]);
      },
    },
    {
      name: "now the promoted one injects what names none, validates, and both still sign",
      run: async (world) => {
        const cluster = world.rig.cluster(CLUSTER);
        await injects(cluster, "istio-revision-tag-default", CANARY);
        const validator = await cluster.api.get<{
          webhooks: { clientConfig: { service: { name: string } } }[];
        }>("/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/istiod-default-validator");
        assert.deepEqual(
          validator.webhooks.map(({ clientConfig }) => clientConfig.service.name),
          [ACCOUNT],
        );
        await signBoth("").run(world);
        assert.deepEqual((await status(world.rig, world.deployment)).findings, []);
      },
    },
    {
      name: "the page's commands find who still uses the other, and move it",
      run: ({ rig }) => moveWorkload(rig),
    },
    {
      name: "removing the other destroys its release and nothing else, and Vault no longer knows it",
      prerequisite: true,
      run: async ({ rig, deployment }) => {
        deployment.configure(upgradeMesh(rig, "removed"));
        await deployment.synth();
        assert.deepEqual(await changes(deployment, CLUSTER), [
          "delete helm_release.Istiod",
          "delete kubernetes_secret_v1.Istiod_VaultCa",
        ]);
        assert.deepEqual(await changes(deployment, VAULT_STACK), [
          "update vault_kubernetes_auth_backend_role.cluster1_Auth_Roles_istiod",
        ]);
        assert.equal(await loginStatus(rig, "istiod"), 200);
        assert.deepEqual(await watching(rig, () => deployment.deploy(CLUSTER), 0), [CANARY]);
        await deployment.deploy(VAULT_STACK);
        const { api } = rig.cluster(CLUSTER);
        assert.equal(await api.find(`${SERVICE_ACCOUNTS}/istiod`), undefined);
        await api.create(SERVICE_ACCOUNTS, { metadata: { name: "istiod" } });
        assert.equal(await loginStatus(rig, "istiod"), 403);
        assert.equal(await loginStatus(rig, ACCOUNT), 200);
        await api.delete(`${SERVICE_ACCOUNTS}/istiod`);
      },
    },
    {
      name: "what is left injects, signs, and is accepted by workloads of the one that is gone",
      run: async ({ rig, deployment }) => {
        const cluster = rig.cluster(CLUSTER);
        await injects(cluster, "istio-revision-tag-default", CANARY);
        await bothWays(first, await signedBy(cluster, ACCOUNT));
        assert.deepEqual(await changes(deployment, CLUSTER), []);
        assert.deepEqual(await changes(deployment, VAULT_STACK), []);
        assert.deepEqual((await status(rig, deployment)).findings, []);
      },
    },
  ],
};

function signBoth(name: string): Check {
  return {
    name,
    run: async ({ rig }) => {
      const cluster = rig.cluster(CLUSTER);
      const peers = [await signedBy(cluster, "istiod"), await signedBy(cluster, ACCOUNT)] as const;
      const intermediates = [first, ...peers].map(
        ({ certificate }) => certificates(certificate.chain)[1]!.serialNumber,
      );
      assert.equal(new Set(intermediates).size, 1);
      await bothWays(...peers);
      for (const peer of peers) await bothWays(first, peer);
    },
  };
}
