import assert from "node:assert/strict";
import { type Shortcut, shortcuts } from "../../../../__tests__/support/trust-shortcuts";
import { loadMesh } from "../../../../config/load-mesh";
import { MeshFileError } from "../../../../config/mesh-file-error";
import { trustFindings } from "../../../../config/trust-transition";
import { KeyAlgorithm } from "../../../../lib";
import type { Check, Part } from "../../checks";
import type { Cluster } from "../../cluster";
import { PlanOutcome, VAULT_STACK } from "../../deployment";
import { handshake } from "../../handshake";
import { deletePod, pluginCaFile, readLog, readyIstiod } from "../../istiod";
import { ForcedTrust } from "../../rotation/forced-trust";
import { RootNames } from "../../rotation/root-names";
import { newWorkload, nameOf, type Workload } from "../../rotation/workloads";
import { waitFor } from "../../../wait";
import type { World } from "../../world";
import { certificates } from "../../../x509";
import { MESH_NEEDS } from "../needs";
import { rotationMesh, trustState } from "./mesh";

/** The agent looks every 10 s; the rest is for a busy machine. */
const RENDER_SECONDS = 60;
const NOT_TAKEN = "Updating new ROOT-CA not supported";

const names = new RootNames();
let forced: ForcedTrust;

export const forbiddenShortcuts: Part = {
  name: "every shortcut, forced past the checks",
  needs: MESH_NEEDS,
  checks: [
    {
      name: "who refuses it: synth by mesh.yaml alone, review by the commit before",
      prerequisite: true,
      run: async (world) => {
        forced = new ForcedTrust(world.rig, names);
        await forced.root("c");
        await forced.root("b-again");
        for (const shortcut of shortcuts) {
          const refused = whoRefuses(world, shortcut);
          const { synth, review } = shortcut;
          console.log(
            `         ${shortcut.name}: synth ${synth.join(", ") || "-"}; review ${review.join(", ") || "-"}`,
          );
          assert.deepEqual(refused, { synth, review }, shortcut.name);
        }
      },
    },
    {
      name: "Terraform refuses to make another root in place of one",
      run: async ({ deployment }) => {
        const other = { name: "a", source: "vault-pki", keyAlgorithm: "ecdsa-p384" };
        deployment.configure(rotationMesh(trustState("a:a", "a:a"), [other, "b"]));
        await deployment.synth();
        const { outcome, text } = await deployment.plan(VAULT_STACK);
        assert.equal(outcome, PlanOutcome.ERROR);
        assert.match(text, /Instance cannot be destroyed/);
      },
    },
    breaks(
      [
        "cluster1 signs with b before cluster2 trusts b",
        "b is added to every bundle, and signs in the same change",
      ],
      async (one, two) => {
        const late = await newWorkload(two, names);
        await forced.bundle("cluster1", ["a", "b"]);
        await forced.signer("cluster1", "b");
        const early = await takes(one, "b", "a+b");
        await isRefused(early, late);
        await forced.bundle("cluster2", ["a", "b"]);
        await forced.signer("cluster1", "a");
        await Promise.all([takes(one, "a", "a+b"), takes(two, "a", "a+b")]);
        await isRefused(early, late);
      },
    ),
    breaks(["the bundle is reordered", "a root is put into the middle of the bundle"], (one, two) =>
      Promise.all([stopsRenewals(one, ["b", "a"]), stopsRenewals(two, ["a", "c", "b"])]),
    ),
    breaks(
      [
        "a is dropped while cluster2 signs with it",
        "cluster2 changes over to b, and a is dropped in the same change",
      ],
      async (one, two) => {
        const underA = await newWorkload(two, names);
        await forced.signer("cluster1", "b");
        await takes(one, "b", "a+b");
        const refusedBefore = count(two, await readyIstiod(two));
        for (const cluster of ["cluster1", "cluster2"]) await forced.bundle(cluster, ["b"]);
        await isRefused(underA, await takes(one, "b", "b"));
        await waitFor("cluster2 keeps what it has", RENDER_SECONDS, async () => {
          return pluginCaFile(two, await readyIstiod(two), "root-cert.pem").trim() === names.pem("b");
        });
        assert.deepEqual([(await newWorkload(two, names)).bundle, refusedBefore], ["a+b", refusedBefore]);
      },
    ),
    breaks(["a is dropped while certificates under a are in use"], async (one, two) => {
      const underA = await newWorkload(two, names);
      assert.equal(underA.root, "a");
      await forced.signer("cluster2", "b");
      const underB = await takes(two, "b", "b");
      await isRefused(underA, underB);
      await isRefused(underA, await newWorkload(one, names));
    }),
    breaks(["a is replaced by b in one change", "a is another root under the same name"], (one, two) =>
      Promise.all([replaced(one, two, "a"), replaced(two, one, "b-again")]),
    ),
  ],
};

/** One check for shortcuts that end in the same failure; each must be in the table. */
function breaks(which: readonly string[], run: (one: Cluster, two: Cluster) => Promise<unknown>): Check {
  const known = which.filter((name) => shortcuts.some((shortcut) => shortcut.name === name));
  assert.deepEqual(known, which);
  return {
    name: `fails: ${which.join("; ")}`,
    prerequisite: true,
    run: async ({ rig }) => {
      await run(rig.cluster("cluster1"), rig.cluster("cluster2"));
    },
  };
}

function whoRefuses({ deployment }: World, { base, head, changedInPlace }: Shortcut) {
  const roots = ["a", "b", "c"];
  deployment.configure(rotationMesh(base, roots));
  const before = loadMesh(deployment.meshFile);
  deployment.configure(rotationMesh(head, roots));
  let synth: string[] = [];
  try {
    loadMesh(deployment.meshFile);
  } catch (error) {
    if (!(error instanceof MeshFileError)) throw error;
    synth = [...new Set(error.problems.map(({ finding }) => finding.rule))];
  }
  // What synth refuses is no mesh; the rules of review are asked all the same.
  const after = {
    roots: before.roots.map((root) =>
      root.name === changedInPlace ? { ...root, keyAlgorithm: KeyAlgorithm.ecdsa(384) } : root,
    ),
    clusters: before.clusters.map((cluster) => ({
      ...cluster,
      trust: head[cluster.name as keyof typeof head],
    })),
  };
  return { synth, review: trustFindings(before, after).map(({ rule }) => rule) };
}

/** Waits until a cluster's istiod signs with a root and hands out a bundle. */
function takes(cluster: Cluster, root: string, bundle: string): Promise<Workload> {
  return waitFor(`${cluster.name} signs with ${root} and hands out ${bundle}`, RENDER_SECONDS, async () => {
    const workload = await newWorkload(cluster, names);
    return workload.root === root && workload.bundle === bundle && workload;
  });
}

/** A bundle that istiod does not take; nor does it take the next intermediate, until the old bytes are back. */
async function stopsRenewals(cluster: Cluster, roots: readonly string[]): Promise<void> {
  const pod = await readyIstiod(cluster);
  const before = await newWorkload(cluster, names);
  for (const change of [() => forced.bundle(cluster.name, roots), () => forced.signer(cluster.name, "a")]) {
    const said = count(cluster, pod);
    await change();
    await waitFor("istiod says so", RENDER_SECONDS, async () => count(cluster, pod) > said);
  }
  const kept = await newWorkload(cluster, names);
  assert.deepEqual([intermediateOf(kept), kept.bundle], [intermediateOf(before), before.bundle]);
  await forced.bundle(cluster.name, ["a", "b"]);
  await waitFor("the renewal is taken", RENDER_SECONDS, async () => {
    return intermediateOf(await newWorkload(cluster, names)) !== intermediateOf(before);
  });
}

/** One root in place of the other: a running istiod keeps the old one, and a restarted one breaks with it. */
async function replaced(cluster: Cluster, other: Cluster, root: string): Promise<void> {
  const [own, peer] = [await newWorkload(cluster, names), await newWorkload(other, names)];
  const pod = await readyIstiod(cluster);
  const said = count(cluster, pod);
  await forced.signer(cluster.name, root);
  await forced.bundle(cluster.name, [root]);
  await waitFor("istiod refuses it", RENDER_SECONDS, async () => count(cluster, pod) > said);
  assert.equal((await newWorkload(cluster, names)).root, own.root);
  await deletePod(cluster, pod);
  await waitFor(
    "the restart",
    120,
    async () => (await readyIstiod(cluster)).metadata.uid !== pod.metadata.uid,
  );
  const after = await waitFor(`a workload under ${root}`, 120, async () => {
    const workload = await newWorkload(cluster, names);
    return workload.root === root && workload;
  });
  await isRefused(after, peer);
  await isRefused(peer, after);
  await isRefused(own, after);
}

/** By a workload that holds the bundle of its own cluster, whichever calls; by the same one with every root it is not. */
async function isRefused(refused: Workload, by: Workload): Promise<void> {
  const one = { certificate: refused.certificate, roots: names.all };
  const other = { certificate: by.certificate, roots: by.certificate.root };
  await assert.rejects(handshake(one, other), /certificate/, nameOf(refused));
  await assert.rejects(handshake(other, one), /certificate/, nameOf(refused));
  await handshake(one, { ...other, roots: names.all });
}

function intermediateOf({ certificate }: Workload): string {
  return certificates(certificate.chain)[1]!.serialNumber;
}

function count(cluster: Cluster, pod: Parameters<typeof readLog>[1]): number {
  return readLog(cluster, pod, "discovery").split(NOT_TAKEN).length - 1;
}
