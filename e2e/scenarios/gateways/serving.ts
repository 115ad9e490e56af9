import assert from "node:assert/strict";
import { createPrivateKey, X509Certificate } from "node:crypto";
import type { Cluster, Pod } from "../../cluster";
import { agentFile, readyIstiod } from "../../istiod";
import type { Rig } from "../../rig";
import { check, note, part, step } from "../../scenario";
import { TRAFFIC_NAMESPACE } from "../../traffic/objects";
import { waitFor } from "../../wait";
import { callIngress, callPartner, ingressClient, Partner } from "./calls";
import {
  documented,
  EGRESS,
  EGRESS_HOST,
  GATEWAY_FILES,
  INGRESS,
  ingressHost,
  PARTNER,
  writeEgressCertificate,
} from "./settings";

/** By gateway: those the agent renames into place, and those its template writes over. */
const MODES: Readonly<Record<string, readonly string[]>> = {
  [INGRESS]: ["600", "600", "400"],
  [EGRESS]: ["400", "400", "400"],
};

let partner: Partner;

export function gatewaysServing(): void {
  part("gateways on their certificates from Vault", () => {
    check(
      "their pods have the three files, the proxy's alone, and no container besides sees them",
      async ({ rig }) => {
        for (const [cluster, gateway] of gateways(rig))
          await requireFiles(cluster, await readyGateway(cluster, gateway));
      },
    );
    step(
      "with the documented Gateway each ingress gateway serves its name, and leads to a workload",
      async ({ rig }) => {
        for (const cluster of rig.clusters) {
          await cluster.apply(...ingressRoutes(cluster.name));
          const { certificate, text } = await served(rig, cluster);
          assert.equal(
            certificate.subjectAltName,
            `DNS:*.apps.${cluster.name}.example.com, DNS:${ingressHost(cluster.name)}`,
          );
          assert.equal(text, cluster.name);
          const elsewhere = callIngress(cluster, "other.example.com", await ingressClient(rig));
          // Envoy has no filter chain for that name.
          await assert.rejects(elsewhere, /ECONNRESET/);
        }
      },
    );
    check("with mode MUTUAL a client's certificate is held against ca.crt", async ({ rig }) => {
      const cluster = rig.cluster("cluster1");
      const host = "one.apps.cluster1.example.com";
      const content = { common_name: ingressHost("cluster1") };
      const { data } = await rig.vault.ask("PUT", "istio-gateways/issue/cluster1.istio-ingress", content);
      const client = await ingressClient(rig);
      const own = { ...client, cert: data.certificate as string, key: data.private_key as string };
      assert.equal((await callIngress(cluster, host, own)).status, 200);
      await assert.rejects(callIngress(cluster, host, client), /alert/);
      await assert.rejects(callIngress(cluster, host, { ...client, ...rig.vault.serverIdentity }), /alert/);
    });
    step(
      "with the documented DestinationRule the egress gateway shows a partner what was written to Vault",
      async ({ rig }) => {
        const cluster = rig.cluster("cluster1");
        partner = await Partner.start(rig.machine, await writeEgressCertificate(rig));
        await cluster.apply(...egressRoutes(rig.machine, partner.port));
        assert.equal(await answerOfPartner(cluster), `DNS:${EGRESS_HOST}`);
      },
    );
    check(
      "the agent renews the ingress gateway's certificate before it ends, with no restart and no refusal",
      async ({ rig }) => {
        const cluster = rig.cluster("cluster1");
        const before = await readyGateway(cluster, INGRESS);
        await servesAnother(rig, cluster);
        await requireUnchanged(cluster, before);
        await requireFiles(cluster, before);
      },
    );
    check(
      "a new version of the secret is shown, and another CA trusted, with no restart",
      async ({ rig }) => {
        const cluster = rig.cluster("cluster1");
        const before = await readyGateway(cluster, EGRESS);
        partner.become(await writeEgressCertificate(rig));
        assert.equal(await answerOfPartner(cluster), `DNS:${EGRESS_HOST}`);
        await requireUnchanged(cluster, before);
        await requireFiles(cluster, before);
      },
    );
    check("istiod has no part in it", async ({ rig }) => {
      for (const cluster of rig.clusters) await requireUnchanged(cluster, await readyIstiod(cluster));
    });
  });
}

function gateways(rig: Rig): [Cluster, string][] {
  return [
    ...rig.clusters.map((cluster): [Cluster, string] => [cluster, INGRESS]),
    [rig.cluster("cluster1"), EGRESS],
  ];
}

/** The pod of a gateway; its namespace is named after it. */
export async function readyGateway(cluster: Cluster, gateway: string): Promise<Pod> {
  return (await cluster.readyPods(gateway, `app=${gateway}`))[0]!;
}

/** The page's Gateway, one more server by MUTUAL, and where both lead. */
function ingressRoutes(cluster: string): object[] {
  const gateway = documented("Gateway", { "shop.example.com": ingressHost(cluster) });
  const [server] = gateway.spec.servers;
  const mutual = {
    ...server,
    hosts: [`one.apps.${cluster}.example.com`],
    port: { ...server.port, name: "https-mutual" },
    tls: { ...server.tls, mode: "MUTUAL" },
  };
  const host = `server-${cluster}.${TRAFFIC_NAMESPACE}.svc.cluster.local`;
  return [
    { ...gateway, spec: { ...gateway.spec, servers: [server, mutual] } },
    {
      apiVersion: "networking.istio.io/v1",
      kind: "VirtualService",
      metadata: { name: "shop", namespace: INGRESS },
      spec: {
        hosts: [...server.hosts, ...mutual.hosts],
        gateways: ["shop"],
        http: [{ retries: { attempts: 0 }, route: [{ destination: { host, port: { number: 8080 } } }] }],
      },
    },
  ];
}

/** The page's DestinationRule, where the partner is, and a way to it by plain HTTP. */
function egressRoutes(address: string, port: number): object[] {
  const object = (kind: string, spec: object) => ({
    apiVersion: "networking.istio.io/v1",
    kind,
    metadata: { name: "partner", namespace: EGRESS },
    spec,
  });
  return [
    documented("DestinationRule"),
    object("ServiceEntry", {
      hosts: [PARTNER],
      location: "MESH_EXTERNAL",
      ports: [{ number: port, name: "http-partner", protocol: "HTTP" }],
      resolution: "STATIC",
      endpoints: [{ address }],
    }),
    object("Gateway", {
      selector: { istio: "egress" },
      servers: [{ hosts: [PARTNER], port: { number: 80, name: "http", protocol: "HTTP" } }],
    }),
    object("VirtualService", {
      hosts: [PARTNER],
      gateways: ["partner"],
      http: [{ route: [{ destination: { host: PARTNER, port: { number: port } } }] }],
    }),
  ];
}

/** What a cluster's ingress gateway serves to a client of its name, as soon as it does. */
export function served(rig: Rig, cluster: Cluster) {
  return waitFor(`${cluster.name}'s ingress gateway`, 60, async () => {
    const answer = await callIngress(cluster, ingressHost(cluster.name), await ingressClient(rig));
    return answer.status === 200 && answer;
  });
}

function answerOfPartner(cluster: Cluster): Promise<string> {
  return waitFor("the partner's answer", 60, () => callPartner(cluster));
}

async function requireFiles(cluster: Cluster, pod: Pod): Promise<void> {
  const listed = await cluster.exec(
    pod,
    "vault-agent",
    "sh",
    "-c",
    "cd /vault/secrets; stat -c '%n %u %g %a' *",
  );
  const modes = MODES[pod.metadata.namespace!]!;
  assert.deepEqual(
    listed.trim().split("\n"),
    GATEWAY_FILES.map((file, index) => `${file} 1337 1337 ${modes[index]}`),
  );
  const [ca, certificate, key] = await Promise.all(
    GATEWAY_FILES.map((file) => agentFile(cluster, pod, file)),
  );
  const leaf = new X509Certificate(certificate!);
  assert.ok(leaf.checkPrivateKey(createPrivateKey(key!)), "the key is another one's");
  assert.ok(leaf.verify(new X509Certificate(ca!).publicKey), "the CA is another one's");
  const readers = pod.spec.containers.filter(({ volumeMounts = [] }) =>
    volumeMounts.some(({ mountPath }) => mountPath === "/vault/secrets"),
  );
  assert.deepEqual(readers.map(({ name }) => name).sort(), ["istio-proxy", "vault-agent"]);
}

/** Calls until another certificate is served; each call on the way must succeed. */
async function servesAnother(rig: Rig, cluster: Cluster): Promise<void> {
  const client = await ingressClient(rig);
  const serials = new Set<string>();
  let calls = 0;
  const started = Date.now();
  while (serials.size < 2 && Date.now() - started < 120_000) {
    const { certificate, status } = await callIngress(cluster, ingressHost(cluster.name), client);
    assert.equal(status, 200);
    serials.add(certificate.serialNumber);
    calls++;
  }
  note(`${calls} connections from outside, 0 failed`);
  assert.equal(serials.size, 2, "no other certificate within 120 s");
}

/** It is the same pod, and none of its containers was started again. */
async function requireUnchanged(
  cluster: Cluster,
  { metadata: { name, namespace, uid } }: Pod,
): Promise<void> {
  const after = await cluster.core.readNamespacedPod({ name: name!, namespace: namespace! });
  assert.equal(after.metadata!.uid, uid);
  for (const status of after.status!.containerStatuses!) assert.equal(status.restartCount, 0, status.name);
}
