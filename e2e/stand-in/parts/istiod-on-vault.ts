import assert from "node:assert/strict";
import { readdirSync, rmSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import type { Check, Part } from "../checks";
import type { Cluster } from "../cluster";
import { tryContainer } from "../container-trial";
import { handshake } from "../handshake";
import { guardOf, PLUGIN_CA_FILES, pluginCaDirectory, pluginCaFile, readLog, readyIstiod } from "../istiod";
import type { PodVolumes } from "../node/volumes";
import type { Programs } from "../../programs";
import { publishedRoots, signWorkload } from "../workload-certificate";
import { basicConstraints, certificates, nameOf } from "../../x509";
import { MESH_NEEDS } from "./needs";

const ISTIO_UID = 1337;

export const istiodOnVault: Part = {
  name: "istiod on its CA from Vault",
  needs: MESH_NEEDS,
  checks: [
    {
      name: "the injected pod has the four files, 0400, owned by 1337",
      run: async ({ rig }) => {
        for (const cluster of rig.clusters) {
          const directory = pluginCaDirectory(cluster, await readyIstiod(cluster));
          assert.deepEqual(readdirSync(directory).sort(), PLUGIN_CA_FILES);
          for (const file of PLUGIN_CA_FILES) {
            const { uid, gid, mode, size } = statSync(join(directory, file));
            assert.deepEqual([uid, gid, mode & 0o777], [ISTIO_UID, ISTIO_UID, 0o400], file);
            assert.notEqual(size, 0, file);
          }
        }
      },
    },
    {
      name: "the guard passes with the four files",
      run: async ({ rig }) => {
        const { exitCode, log } = await tryGuard(rig.clusters[0]!, rig.programs, () => {});
        assert.equal(exitCode, 0, log);
      },
    },
    ...PLUGIN_CA_FILES.flatMap((file) => [
      guardRefuses(file, "missing", (path) => rmSync(path)),
      guardRefuses(file, "empty", (path) => truncateSync(path)),
    ]),
    {
      name: "istiod's log shows the plugged-in certificate and its issuer",
      run: async ({ rig }) => {
        for (const cluster of rig.clusters) {
          const log = readLog(cluster, await readyIstiod(cluster), "discovery");
          const subject = `CN=Intermediate CA,O=Istio,L=istiod-${cluster.name}`;
          assert.ok(log.includes(`Issuer: "CN=Root CA,O=Istio", Subject: "${subject}"`), log);
          assert.ok(!log.includes("Use self-signed certificate"), "istiod signs for itself");
        }
      },
    },
    {
      name: "the intermediates have pathlen 0, and istiod's DNS name",
      run: async ({ rig }) => {
        for (const cluster of rig.clusters) {
          const pem = pluginCaFile(cluster, await readyIstiod(cluster), "ca-cert.pem");
          assert.equal(await basicConstraints(pem), "CA:TRUE, pathlen:0");
          assert.equal(certificates(pem)[0]!.subjectAltName, "DNS:istiod.istio-system.svc");
        }
      },
    },
    {
      name: "each cluster signs workloads with its own intermediate",
      run: async ({ rig }) => {
        for (const cluster of rig.clusters) {
          const { chain } = await signWorkload(cluster, "default", "default");
          const [leaf] = certificates(chain);
          assert.equal(nameOf(leaf!.issuer), `CN=Intermediate CA,O=Istio,L=istiod-${cluster.name}`);
        }
      },
    },
    {
      name: "workloads of cluster1 and cluster2 accept each other, whichever calls",
      run: async ({ rig }) => {
        const [one, two] = await Promise.all([
          workload(rig.cluster("cluster1")),
          workload(rig.cluster("cluster2")),
        ]);
        const identity = "spiffe://cluster.local/ns/default/sa/default";
        assert.deepEqual(await handshake(one, two), { client: identity, server: identity });
        assert.deepEqual(await handshake(two, one), { client: identity, server: identity });
      },
    },
    {
      name: "a workload that trusts another root refuses them",
      run: async ({ rig }) => {
        const one = await workload(rig.cluster("cluster1"));
        const stranger = { ...one, roots: rig.vault.caCertificate };
        await assert.rejects(handshake(stranger, one), /certificate/);
      },
    },
  ],
};

/** What a workload of a cluster has: a certificate of its own, and the published roots. */
export async function workload(cluster: Cluster) {
  const [certificate, roots] = await Promise.all([
    signWorkload(cluster, "default", "default"),
    publishedRoots(cluster, "default"),
  ]);
  return { certificate, roots };
}

function guardRefuses(file: string, state: string, change: (path: string) => void): Check {
  return {
    name: `the guard stops istiod with ${file} ${state}`,
    run: async ({ rig }) => {
      const cluster = rig.clusters[0]!;
      const { exitCode, log } = await tryGuard(cluster, rig.programs, (directory) =>
        change(join(directory, file)),
      );
      assert.notEqual(exitCode, 0);
      assert.ok(log.includes(file), log);
    },
  };
}

async function tryGuard(cluster: Cluster, programs: Programs, change: (directory: string) => void) {
  const pod = await readyIstiod(cluster);
  const guard = guardOf(pod);
  const volume = guard.volumeMounts?.find(({ mountPath }) => mountPath === "/vault/secrets");
  assert.ok(volume, "the guard does not see /vault/secrets");
  return tryContainer(cluster, programs, pod, guard, (volumes: PodVolumes) =>
    change(volumes.path(volume.name)),
  );
}
