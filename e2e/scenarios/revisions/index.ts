import assert from "node:assert/strict";
import type { V1ValidatingWebhookConfiguration } from "@kubernetes/client-node";
import { isReady } from "../../cluster";
import { VAULT_STACKS } from "../../deployment";
import { ISTIO_NEEDS, type IstioNeed } from "../../istio-builds";
import { ISTIO_NAMESPACE, istiodImage, istiodPods } from "../../istiod";
import { check, part, scenario, step } from "../../scenario";
import { waitFor } from "../../wait";
import { webhooksOf } from "./injection";
import { addWorkload, moveWorkload, users } from "./leftovers";
import { loggedIn, loginStatus } from "./logins";
import { CANARY, CANARY_ISTIOD, CLUSTER, upgradeMesh } from "./mesh";
import { deployWatched, injects, signAlike, status } from "./observed";
import { reviewed } from "./review";

/** Namespaces, each with its label. */
const LABELLED = {
  enabled: "istio-injection=enabled",
  shop: "istio-injection=enabled",
  moved: `istio.io/rev=${CANARY}`,
  tagged: "istio.io/rev=default",
};

/** docs/upgrade-istio.md, from this version to the minor above it. */
export function revisions(istio: IstioNeed): void {
  const next = ISTIO_NEEDS[ISTIO_NEEDS.indexOf(istio) - 1]!;
  const needs = [next, `${next}'s proxy`, "git", "jq"] as const;
  scenario({ clusters: [CLUSTER], needs, variant: { istio } }, () => {
    part(
      "two revisions of istiod, of neighbouring versions, from the first listed to the other removed",
      () => {
        step("one istiod, without a revision, injects by its chart's own webhook", async (world) => {
          const { rig, deployment, traffic } = world;
          const cluster = rig.cluster(CLUSTER);
          deployment.configure(upgradeMesh(rig, "one"));
          await deployment.deploy(VAULT_STACKS);
          await deployment.deploy(CLUSTER);
          for (const [name, label] of Object.entries(LABELLED)) {
            await cluster.kubectl(`create namespace ${name}`);
            await cluster.kubectl(`label namespace ${name} ${label}`);
          }
          for (const name of Object.keys(LABELLED))
            await waitFor(`the ServiceAccount of ${name}`, 60, () =>
              cluster.exists(`serviceaccount default -n ${name}`),
            );
          await injects(cluster, "istio-sidecar-injector", "default");
          await traffic.start([cluster]);
          await addWorkload(rig);
        });
        check("a revision that is not listed cannot log in to Vault: 403", async ({ rig }) => {
          const cluster = rig.cluster(CLUSTER);
          await cluster.kubectl(`create serviceaccount ${CANARY_ISTIOD} -n ${ISTIO_NAMESPACE}`);
          assert.equal(await loginStatus(rig, CANARY_ISTIOD), 403);
          assert.equal(await loginStatus(rig, "istiod"), 200);
          await cluster.kubectl(`delete serviceaccount ${CANARY_ISTIOD} -n ${ISTIO_NAMESPACE}`);
        });
        step(
          "listing it plans one more release, and a webhook that takes the place of the chart's",
          async (world) => {
            const { rig, deployment } = world;
            const before = await webhooksOf(rig.cluster(CLUSTER), "istio-sidecar-injector");
            deployment.configure(upgradeMesh(rig, "listed"));
            await deployment.synth();
            assert.deepEqual(await deployment.changes(VAULT_STACKS), [
              "update vault_kubernetes_auth_backend_role.cluster1_Auth_Roles_istiod",
            ]);
            assert.deepEqual(await deployment.changes(CLUSTER), [
              "create helm_release.Revisions_canary",
              "create kubernetes_mutating_webhook_configuration_v1.DefaultRevision",
              "create kubernetes_secret_v1.Revisions_canary_VaultCa",
              "update helm_release.IstioBase",
              "update helm_release.Istiod",
            ]);
            await deployment.deploy(VAULT_STACKS);
            assert.deepEqual(await deployWatched(world), ["default"]);
            // The same webhooks as in the chart, to the last selector, as the API server completes them.
            assert.deepEqual(await webhooksOf(rig.cluster(CLUSTER), "istio-revision-tag-default"), before);
          },
        );
        step("both are ready, and each has logged in under its own ServiceAccount", async ({ rig }) => {
          const pods = await istiodPods(rig.cluster(CLUSTER));
          assert.deepEqual(
            new Map(pods.map((pod) => [pod.metadata.labels?.["istio.io/rev"], istiodImage(pod)])),
            new Map([
              ["default", `docker.io/istio/pilot:${rig.istio.version}`],
              [CANARY, `docker.io/istio/pilot:${rig.nextIstio.version}`],
            ]),
          );
          assert.ok(pods.every(isReady));
          assert.deepEqual([...loggedIn(rig)].sort(), ["istiod", CANARY_ISTIOD]);
        });
        check("both sign with one intermediate, and a proxy accepts workloads of either", ({ rig }) =>
          signAlike(rig.cluster(CLUSTER), "istiod", CANARY_ISTIOD),
        );
        check("each namespace is injected by exactly one, the one its label names", ({ rig }) =>
          injects(rig.cluster(CLUSTER), "istio-revision-tag-default", "default"),
        );
        check("istio-vault status asks both, and finds nothing wrong", async (world) => {
          const { clusters, findings } = await status(world);
          assert.deepEqual(findings, []);
          assert.equal(clusters[0]!.istiods.length, 2);
        });
        check(
          "given up again, its release and the webhook go, and nobody starts without a proxy meanwhile",
          async (world) => {
            const { rig, deployment } = world;
            deployment.configure(upgradeMesh(rig, "one"));
            await deployment.synth();
            assert.deepEqual(await deployment.changes(CLUSTER), [
              "delete helm_release.Revisions_canary",
              "delete kubernetes_mutating_webhook_configuration_v1.DefaultRevision",
              "delete kubernetes_secret_v1.Revisions_canary_VaultCa",
              "update helm_release.IstioBase",
              "update helm_release.Istiod",
            ]);
            assert.deepEqual(await deployWatched(world), ["default"]);
            await injects(rig.cluster(CLUSTER), "istio-sidecar-injector", "default");
            deployment.configure(upgradeMesh(rig, "listed"));
            assert.deepEqual(await deployWatched(world), ["default"]);
          },
        );
        check("review refuses to promote what is not listed, and to remove what was the default", ({ rig }) =>
          reviewed(rig),
        );
        step(
          "a promotion changes two objects in place, and every pod meanwhile is injected by one of the two",
          async (world) => {
            const { rig, deployment } = world;
            deployment.configure(upgradeMesh(rig, "promoted"));
            await deployment.synth();
            assert.deepEqual(await deployment.changes(VAULT_STACKS), []);
            assert.deepEqual(await deployment.changes(CLUSTER), [
              "update helm_release.IstioBase",
              "update kubernetes_mutating_webhook_configuration_v1.DefaultRevision",
            ]);
            assert.deepEqual(await deployWatched(world, 0), ["default", CANARY]);
          },
        );
        check(
          "now the promoted one injects what names none, validates, and both still sign",
          async (world) => {
            const cluster = world.rig.cluster(CLUSTER);
            await injects(cluster, "istio-revision-tag-default", CANARY);
            const validator = await cluster.get<V1ValidatingWebhookConfiguration>(
              "validatingwebhookconfiguration istiod-default-validator",
            );
            assert.deepEqual(
              validator.webhooks?.map(({ clientConfig }) => clientConfig.service?.name),
              [CANARY_ISTIOD],
            );
            await signAlike(cluster, "istiod", CANARY_ISTIOD);
            assert.deepEqual((await status(world)).findings, []);
          },
        );
        step("the page's commands find who still uses the other, and move it", ({ rig, traffic }) =>
          traffic.unbroken(async () => {
            await moveWorkload(rig);
            await traffic.restartServer(rig.cluster(CLUSTER));
            assert.ok((await users(rig, CANARY)).some((pod) => pod.startsWith("traffic/server-")));
            await traffic.round();
          }),
        );
        step(
          "removing the other destroys its release and nothing else, and Vault no longer knows it",
          async (world) => {
            const { rig, deployment } = world;
            deployment.configure(upgradeMesh(rig, "removed"));
            await deployment.synth();
            assert.deepEqual(await deployment.changes(CLUSTER), [
              "delete helm_release.Istiod",
              "delete kubernetes_secret_v1.Istiod_VaultCa",
            ]);
            assert.deepEqual(await deployment.changes(VAULT_STACKS), [
              "update vault_kubernetes_auth_backend_role.cluster1_Auth_Roles_istiod",
            ]);
            assert.equal(await loginStatus(rig, "istiod"), 200);
            assert.deepEqual(await deployWatched(world, 0), [CANARY]);
            await deployment.deploy(VAULT_STACKS);
            const cluster = rig.cluster(CLUSTER);
            assert.equal(await cluster.exists(`serviceaccount istiod -n ${ISTIO_NAMESPACE}`), false);
            await cluster.kubectl(`create serviceaccount istiod -n ${ISTIO_NAMESPACE}`);
            assert.equal(await loginStatus(rig, "istiod"), 403);
            assert.equal(await loginStatus(rig, CANARY_ISTIOD), 200);
            await cluster.kubectl(`delete serviceaccount istiod -n ${ISTIO_NAMESPACE}`);
          },
        );
        check(
          "what is left injects and signs, plans are empty, and status names the client that was not moved",
          async (world) => {
            const { rig, deployment } = world;
            const cluster = rig.cluster(CLUSTER);
            await injects(cluster, "istio-revision-tag-default", CANARY);
            await signAlike(cluster, CANARY_ISTIOD);
            await deployment.requireEmptyPlan(CLUSTER, VAULT_STACKS);
            const { findings } = await status(world);
            assert.deepEqual(
              findings.map(({ rule }) => rule),
              ["IV0728"],
            );
            assert.match(findings[0]!.message, /: traffic\/client-\S+; connected to no istiod/);
          },
        );
      },
    );
  });
}
