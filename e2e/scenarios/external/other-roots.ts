import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { check, part, step } from "../../scenario";
import { output } from "../../command";
import { Deployment, VAULT_STACKS } from "../../deployment";
import { IntermediateSecret } from "../../intermediate-secret";
import { IstioVault } from "../../istio-vault";
import type { Rig } from "../../rig";
import { certificates, nameOf } from "../../x509";

/** Signed by a company's root in a PKI mount someone else made; by a root whose key is outside of Vault. */
export const [UNDER_EXISTING, UNDER_OFFLINE] = ["edge1", "edge2"];
const CORP_MOUNT = "corp-pki";

export function otherRoots(): void {
  part("roots that this program did not make", () => {
    step("Vault's stacks deploy with an existing root and an offline one", async ({ rig }) => {
      await makeRoots(rig);
      const deployment = deploymentOf(rig);
      deployment.configure({
        clusters: [],
        sections: {
          clusters: [
            absent(rig, UNDER_EXISTING),
            { ...absent(rig, UNDER_OFFLINE), trust: { signing: "offline" } },
          ],
          roots: [
            {
              name: "corp",
              source: "existing",
              mountPath: CORP_MOUNT,
              issuer: "istio",
              certificateFile: file(rig, "corp.pem"),
            },
            { name: "offline", source: "offline", certificateFile: file(rig, "offline.pem") },
          ],
          trust: { signing: "corp", bundle: ["corp", "offline"] },
          intermediates: { issuance: "external", keyAlgorithm: "ecdsa-p256", validFor: "10d" },
        },
      });
      await deployment.deploy(VAULT_STACKS);
    });
    check("the existing root's issuer signs", async ({ rig }) => {
      await (await issuerOf(rig, UNDER_EXISTING)).output(["issue", "--cluster", UNDER_EXISTING]);
      const { ca_cert, cert_chain, root_cert } = await new IntermediateSecret(rig, UNDER_EXISTING).files();
      const [corp] = certificates(root_cert);
      assert.equal(nameOf(corp!.subject), "CN=Company Root");
      assert.ok(new X509Certificate(ca_cert).verify(corp!.publicKey));
      assert.equal(cert_chain.trim(), ca_cert.trim(), "the root is sent along");
    });
    check(
      "of an offline root the request goes out, its key waits in Vault, and its certificate is brought",
      async ({ rig }) => {
        const command = await issuerOf(rig, UNDER_OFFLINE);
        const [csr, pem] = [file(rig, "edge2.csr"), file(rig, "edge2.pem")];
        const request = ["issue", "--cluster", UNDER_OFFLINE, "--csr-out", csr];
        await command.output(request);
        await command.output(request); // the same one again, as long as none came back
        await output("openssl", [
          ...["x509", "-req", "-in", csr, "-copy_extensions", "copy", "-days", "10", "-out", pem],
          ...["-CA", file(rig, "offline.pem"), "-CAkey", file(rig, "offline.key")],
        ]);
        const said = await command.output(["issue", "--cluster", UNDER_OFFLINE, "--certificate-in", pem]);
        assert.match(said, /^edge2 {2}issued {2}certificate imported/);
        const secret = new IntermediateSecret(rig, UNDER_OFFLINE);
        assert.equal((await secret.record()).root, "offline");
        const pending = "kubernetes-edge2-secrets/metadata/istiod-service/pending";
        const { status } = await rig.vault.client.send("GET", pending, { token: rig.vault.rootToken });
        assert.equal(status, 404, "the key still waits");
      },
    );
    check("istio-vault lint finds nothing wrong with either, nor between them", async ({ rig }) => {
      const reader = new IstioVault(rig, deploymentOf(rig), { VAULT_TOKEN: rig.vault.rootToken });
      await reader.output(["lint", "--cluster", UNDER_EXISTING, UNDER_OFFLINE, "--fail-on", "warning"]);
    });
  });
}

function deploymentOf(rig: Rig): Deployment {
  return new Deployment(rig, join(rig.directory, "other-roots"));
}

/** Section of a cluster that is not there: nothing but its intermediate is asked for. */
function absent(rig: Rig, name: string) {
  return {
    name,
    kubernetesHost: `https://${name}.example:6443`,
    kubernetesCaCertificateFile: rig.vault.caFile,
    kubeconfig: { context: name },
  };
}

function file(rig: Rig, name: string): string {
  return join(rig.directory, name);
}

/** With the policy of that cluster's issuer alone. */
async function issuerOf(rig: Rig, cluster: string): Promise<IstioVault> {
  const { auth } = await rig.vault.client.require("POST", "auth/token/create", {
    token: rig.vault.rootToken,
    content: { policies: [`istio-issuer-${cluster}`], ttl: "10m" },
  });
  return new IstioVault(rig, deploymentOf(rig), { VAULT_TOKEN: auth!.client_token });
}

async function makeRoots(rig: Rig): Promise<void> {
  const vault = (path: string, content: object) =>
    rig.vault.client.require("POST", path, { token: rig.vault.rootToken, content });
  await vault(`sys/mounts/${CORP_MOUNT}`, { type: "pki", config: { max_lease_ttl: "8760h" } });
  const { data } = await vault(`${CORP_MOUNT}/root/generate/internal`, {
    common_name: "Company Root",
    issuer_name: "istio",
    key_type: "ec",
    ttl: "8760h",
  });
  writeFileSync(file(rig, "corp.pem"), data.certificate);
  await output("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-days", "365"],
    ...["-subj", "/CN=Offline Root", "-keyout", file(rig, "offline.key"), "-out", file(rig, "offline.pem")],
    ...["-addext", "basicConstraints=critical,CA:TRUE,pathlen:1"],
    ...["-addext", "keyUsage=critical,keyCertSign,cRLSign"],
  ]);
}
