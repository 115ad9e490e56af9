import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Check, Part } from "../../checks";
import type { Cluster } from "../../cluster";
import { callGateway, GATEWAY_FILES, type GatewayCall, readyGateway, requireMatching } from "../../gateway";
import { handshake } from "../../handshake";
import { pluginCaDirectory, readyIstiod } from "../../istiod";
import type { Pod } from "../../kubernetes-objects";
import type { Rig } from "../../rig";
import { waitFor } from "../../../wait";
import { workload } from "../istiod-on-vault";
import { GATEWAY_NEEDS } from "../needs";
import {
  CLUSTERS,
  EGRESS,
  EGRESS_HOST,
  egressCall,
  INGRESS,
  ingressCall,
  ingressHost,
  writeEgressCertificate,
} from "./settings";

const ISTIO_UID = 1337;
/** By gateway: those the agent renames into place, and those its template writes over. */
const MODES: Readonly<Record<string, readonly number[]>> = {
  [INGRESS]: [0o600, 0o600, 0o400],
  [EGRESS]: [0o400, 0o400, 0o400],
};

export const gatewaysServing: Part = {
  name: "gateways on their certificates from Vault",
  needs: GATEWAY_NEEDS,
  checks: [
    {
      name: "their pods have the three files, the proxy's alone, and no container besides sees them",
      run: async ({ rig }) => {
        for (const [cluster, gateway] of gateways(rig)) requireFiles(cluster, await pod(cluster, gateway));
      },
    },
    ...CLUSTERS.map((name): Check => ({
      name: `${name}'s ingress gateway serves its name, verified with the CA Vault shows`,
      run: async ({ rig }) => {
        const call = await ingressCall(rig, name);
        const { certificate } = await callGateway(rig.cluster(name), call);
        assert.equal(certificate.subjectAltName, `DNS:*.apps.${name}.example.com, DNS:${ingressHost(name)}`);
        const other = { ...call, host: "other.example.com" };
        await assert.rejects(callGateway(rig.cluster(name), other), /does not match certificate's altnames/);
      },
    })),
    {
      name: "a client's certificate is held against ca.crt",
      run: async ({ rig }) => {
        const call = await ingressCall(rig, "cluster1");
        const { data } = await rig.vault.client.require(
          "PUT",
          "istio-gateways/issue/cluster1.istio-ingress",
          {
            token: rig.vault.rootToken,
            content: { common_name: ingressHost("cluster1") },
          },
        );
        const own = { ...call.client, cert: data.certificate, key: data.private_key };
        const cluster = rig.cluster("cluster1");
        assert.equal((await callGateway(cluster, { ...call, client: own })).clientIsAuthorized, true);
        assert.equal((await callGateway(cluster, call)).clientIsAuthorized, false);
      },
    },
    {
      name: "the egress gateway serves the certificate that was written to Vault",
      run: async ({ rig }) => {
        const { certificate } = await callGateway(rig.cluster("cluster1"), await egressCall(rig));
        assert.equal(certificate.subjectAltName, `DNS:${EGRESS_HOST}`);
      },
    },
    {
      name: "the agent renews the ingress gateway's certificate before it ends, with no restart and no refusal",
      run: async ({ rig }) => {
        const cluster = rig.cluster("cluster1");
        const before = await pod(cluster, INGRESS);
        await servesAnother(cluster, await ingressCall(rig, "cluster1"));
        await unchanged(cluster, before);
        requireFiles(cluster, before);
      },
    },
    {
      name: "a new version of the secret is served, by another CA, with no restart",
      run: async ({ rig }) => {
        const cluster = rig.cluster("cluster1");
        const before = await pod(cluster, EGRESS);
        const { certificate: old } = await callGateway(cluster, await egressCall(rig));
        await writeEgressCertificate(rig);
        const call = await egressCall(rig);
        const renewed = await waitFor("the new certificate", 60, () => callGateway(cluster, call));
        assert.notEqual(renewed.certificate.serialNumber, old.serialNumber);
        await unchanged(cluster, before);
        requireFiles(cluster, before);
      },
    },
    {
      name: "istiod has no part in it: it signs on, and workloads of both clusters accept each other",
      run: async ({ rig }) => {
        for (const cluster of rig.clusters) await unchanged(cluster, await readyIstiod(cluster));
        const [one, two] = await Promise.all(rig.clusters.map((cluster) => workload(cluster)));
        await handshake(one!, two!);
        await handshake(two!, one!);
      },
    },
  ],
};

function gateways(rig: Rig): [Cluster, string][] {
  return [
    ...rig.clusters.map((cluster): [Cluster, string] => [cluster, INGRESS]),
    [rig.cluster("cluster1"), EGRESS],
  ];
}

/** The pod of a gateway; its namespace is named after it. */
function pod(cluster: Cluster, gateway: string): Promise<Pod> {
  return readyGateway(cluster, gateway, gateway);
}

function requireFiles(cluster: Cluster, gateway: Pod): void {
  const directory = pluginCaDirectory(cluster, gateway);
  assert.deepEqual(readdirSync(directory).sort(), GATEWAY_FILES);
  const modes = GATEWAY_FILES.map((file) => {
    const { uid, gid, mode } = statSync(join(directory, file));
    assert.deepEqual([uid, gid], [ISTIO_UID, ISTIO_UID], file);
    return mode & 0o777;
  });
  assert.deepEqual(modes, MODES[gateway.metadata.namespace]);
  requireMatching(
    Object.fromEntries(GATEWAY_FILES.map((file) => [file, readFileSync(join(directory, file), "utf8")])),
  );
  const readers = gateway.spec.containers.filter(({ volumeMounts = [] }) =>
    volumeMounts.some(({ mountPath }) => mountPath === "/vault/secrets"),
  );
  assert.deepEqual(readers.map(({ name }) => name).sort(), ["istio-proxy", "vault-agent"]);
}

/** Calls until another certificate is served; each call on the way must succeed. */
async function servesAnother(cluster: Cluster, call: GatewayCall): Promise<void> {
  const refusals: string[] = [];
  const first = await callGateway(cluster, call);
  await waitFor("another certificate", 120, async () => {
    try {
      const { certificate } = await callGateway(cluster, call);
      return certificate.serialNumber !== first.certificate.serialNumber;
    } catch (error) {
      refusals.push((error as Error).message);
      return false;
    }
  });
  assert.deepEqual(refusals, []);
}

/** It is the same pod, and none of its containers was started again. */
async function unchanged(cluster: Cluster, before: Pod): Promise<void> {
  const { namespace, name, uid } = before.metadata;
  const after = await cluster.api.get<Pod>(`/api/v1/namespaces/${namespace}/pods/${name}`);
  assert.equal(after.metadata.uid, uid);
  const restarts = (after.status.containerStatuses ?? []).map(({ restartCount }) => restartCount);
  assert.deepEqual(
    restarts,
    restarts.map(() => 0),
  );
}
