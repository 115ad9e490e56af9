import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { approleCredential } from "../../approle";
import type { Part } from "../../checks";
import { PlanOutcome, VAULT_STACK } from "../../deployment";
import { handshake } from "../../handshake";
import { IntermediateSecret } from "../../intermediate-secret";
import { IstioVault } from "../../istio-vault";
import { pluginCaFile, readyIstiod } from "../../istiod";
import { basicConstraints } from "../../../x509";
import { workload } from "../istiod-on-vault";
import { MESH_NEEDS } from "../needs";
import { CLUSTERS, externalMesh } from "./mesh";

export const firstIssue: Part = {
  name: "first deploy with an external issuer",
  needs: MESH_NEEDS,
  foundation: true,
  checks: [
    {
      name: "vault-root deploys and holds no intermediate yet",
      prerequisite: true,
      run: async ({ rig, deployment }) => {
        await Promise.all(CLUSTERS.map((name) => rig.addCluster(name)));
        deployment.configure(externalMesh);
        await deployment.deploy(VAULT_STACK);
        assert.equal(await new IntermediateSecret(rig, "cluster1").version(), 0);
      },
    },
    {
      name: "istio-vault issue --all, logged in by AppRole, issues both",
      prerequisite: true,
      run: async ({ rig, deployment }) => {
        const issuer = new IstioVault(rig, deployment, await approleCredential(rig));
        const { clusters } = JSON.parse(await issuer.output(["issue", "--all", "-o", "json"]));
        assert.deepEqual(
          clusters.map(({ cluster, result, version }: Record<string, unknown>) => [cluster, result, version]),
          CLUSTERS.map((name) => [name, "issued", 1]),
        );
      },
    },
    {
      name: "the secret's metadata say what it holds, and hold nothing secret",
      run: async ({ rig }) => {
        for (const name of CLUSTERS) {
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
      },
    },
    {
      name: "the clusters deploy, and istiod has the files that were issued",
      prerequisite: true,
      run: async ({ rig, deployment }) => {
        await deployment.deploy(...CLUSTERS);
        for (const name of CLUSTERS) {
          const cluster = rig.cluster(name);
          const { ca_cert } = await new IntermediateSecret(rig, name).files();
          const file = pluginCaFile(cluster, await readyIstiod(cluster, 120), "ca-cert.pem");
          assert.equal(file.trim(), ca_cert.trim());
        }
      },
    },
    {
      name: "a second plan of every stack is empty",
      run: async ({ deployment }) => {
        for (const stack of [VAULT_STACK, ...CLUSTERS]) {
          const { outcome, text } = await deployment.plan(stack);
          assert.equal(outcome, PlanOutcome.EMPTY, text);
        }
      },
    },
    {
      name: "workloads of both clusters accept each other",
      run: async ({ rig }) => {
        const [one, two] = await Promise.all(CLUSTERS.map((name) => workload(rig.cluster(name))));
        await handshake(one!, two!);
        await handshake(two!, one!);
      },
    },
  ],
};
