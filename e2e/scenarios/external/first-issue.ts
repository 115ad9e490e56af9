import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { approleCredential } from "../../approle";
import { check, part, step } from "../../scenario";
import { VAULT_STACKS } from "../../deployment";
import { IntermediateSecret } from "../../intermediate-secret";
import { IstioVault } from "../../istio-vault";
import { agentFile, readyIstiod } from "../../istiod";
import { basicConstraints } from "../../x509";
import { externalMesh, FIRST_CLUSTERS } from "../../meshes";

export function firstIssue(): void {
  part("first deploy with an external issuer", () => {
    step("Vault's stacks deploy and hold no intermediate yet", async ({ rig, deployment }) => {
      deployment.configure(externalMesh);
      await deployment.deploy(VAULT_STACKS);
      assert.equal(await new IntermediateSecret(rig, "cluster1").version(), 0);
    });
    step("istio-vault issue --all, logged in by AppRole, issues both", async ({ rig, deployment }) => {
      const issuer = new IstioVault(rig, deployment, await approleCredential(rig));
      const { clusters } = JSON.parse(await issuer.output(["issue", "--all", "-o", "json"])) as {
        clusters: Record<string, unknown>[];
      };
      assert.deepEqual(
        clusters.map(({ cluster, result, version }) => [cluster, result, version]),
        FIRST_CLUSTERS.map((name) => [name, "issued", 1]),
      );
    });
    check("the secret's metadata say what it holds, and hold nothing secret", async ({ rig }) => {
      for (const name of FIRST_CLUSTERS) {
        const secret = new IntermediateSecret(rig, name);
        const [record, files] = [await secret.record(), await secret.files()];
        const certificate = new X509Certificate(files.ca_cert);
        assert.deepEqual(record, {
          serial: certificate.serialNumber.toLowerCase(),
          sha256: certificate.fingerprint256.replaceAll(":", "").toLowerCase(),
          root: "a",
          not_before: new Date(certificate.validFrom).toISOString(),
          not_after: new Date(certificate.validTo).toISOString(),
          version: "1",
        });
        assert.equal(await basicConstraints(files.ca_cert), "CA:TRUE, pathlen:0");
        assert.equal(certificate.subjectAltName, "DNS:istiod.istio-system.svc");
      }
    });
    step("the clusters deploy, and istiod has the files that were issued", async ({ rig, deployment }) => {
      await deployment.deploy(...FIRST_CLUSTERS);
      for (const name of FIRST_CLUSTERS) {
        const cluster = rig.cluster(name);
        const { ca_cert } = await new IntermediateSecret(rig, name).files();
        const file = await agentFile(cluster, await readyIstiod(cluster), "ca-cert.pem");
        assert.equal(file.trim(), ca_cert.trim());
      }
    });
    check("a second plan of every stack is empty", ({ deployment }) =>
      deployment.requireEmptyPlan(VAULT_STACKS, ...FIRST_CLUSTERS),
    );
    step("a client in each cluster is answered by a server in each", ({ rig, traffic }) =>
      traffic.start(rig.clusters),
    );
  });
}
