import assert from "node:assert/strict";
import { guardOf, requireGuarding, tryGuard } from "../../guard";
import { agentFile, ISTIO_NAMESPACE, PLUGIN_CA_FILES, readyIstiod } from "../../istiod";
import { meetEnvoy } from "../../meet-envoy";
import { check, part } from "../../scenario";
import { TRAFFIC_NAMESPACE } from "../../traffic/objects";
import { publishedRoots, signWorkload } from "../../workload-certificate";
import { basicConstraints, certificates, nameOf } from "../../x509";

export function istiodOnVault(): void {
  part("istiod on its CA from Vault", () => {
    check("the injected pod has the four files, 0400, owned by 1337", async ({ rig }) => {
      for (const cluster of rig.clusters) {
        const istiod = await readyIstiod(cluster);
        const listed = await cluster.exec(
          istiod,
          "vault-agent",
          "sh",
          "-c",
          "cd /vault/secrets; stat -c '%n %u %g %a' *",
        );
        assert.deepEqual(
          listed.trim().split("\n"),
          PLUGIN_CA_FILES.map((file) => `${file} 1337 1337 400`),
        );
        for (const file of PLUGIN_CA_FILES) assert.notEqual(await agentFile(cluster, istiod, file), "", file);
      }
    });
    check(
      "the guard lets istiod start with the four files, and with none of them missing or empty",
      async ({ rig }) => {
        const cluster = rig.clusters[0]!;
        const guard = guardOf(await readyIstiod(cluster));
        const verdicts = await tryGuard(cluster, ISTIO_NAMESPACE, guard, PLUGIN_CA_FILES);
        requireGuarding(verdicts, PLUGIN_CA_FILES);
      },
    );
    check("istiod's log shows the plugged-in certificate and its issuer", async ({ rig }) => {
      for (const cluster of rig.clusters) {
        const log = await cluster.log(await readyIstiod(cluster), "discovery");
        const subject = `CN=Intermediate CA,O=Istio,L=istiod-${cluster.name}`;
        assert.ok(log.includes(`Issuer: "CN=Root CA,O=Istio", Subject: "${subject}"`), log);
        assert.ok(!log.includes("Use self-signed certificate"), "istiod signs for itself");
      }
    });
    check("the intermediates have pathlen 0, and istiod's DNS name", async ({ rig }) => {
      for (const cluster of rig.clusters) {
        const pem = await agentFile(cluster, await readyIstiod(cluster), "ca-cert.pem");
        assert.equal(await basicConstraints(pem), "CA:TRUE, pathlen:0");
        assert.equal(certificates(pem)[0]!.subjectAltName, "DNS:istiod.istio-system.svc");
      }
    });
    check("each Envoy has its identity, signed by its own cluster's intermediate", async ({ traffic }) => {
      for (const { cluster, chain } of await traffic.envoys()) {
        const [leaf] = certificates(chain);
        assert.equal(nameOf(leaf!.issuer), `CN=Intermediate CA,O=Istio,L=istiod-${cluster}`);
        assert.equal(leaf!.subjectAltName, `URI:spiffe://cluster.local/ns/${TRAFFIC_NAMESPACE}/sa/default`);
      }
    });
    check(
      "a workload that trusts another root refuses them, and one that another CA signed is refused",
      async ({ rig }) => {
        const cluster = rig.cluster("cluster1");
        const [server] = await cluster.readyPods(TRAFFIC_NAMESPACE, "app=server");
        const { chain: cert, key } = await signWorkload(cluster);
        const ca = await publishedRoots(cluster);
        await meetEnvoy(server!, 8080, { ca, cert, key });
        await assert.rejects(
          meetEnvoy(server!, 8080, { ca: rig.vault.caCertificate, cert, key }),
          /certificate/,
        );
        await assert.rejects(meetEnvoy(server!, 8080, { ca, ...rig.vault.serverIdentity }), /alert/);
        await assert.rejects(meetEnvoy(server!, 8080, { ca }), /alert/);
      },
    );
  });
}
