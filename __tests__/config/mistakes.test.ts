import { generateKeyPairSync } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadMesh } from "../../config/load-mesh";
import { RULES_PAGE } from "../../lib/private/pages";
import {
  clusterLike,
  type MeshChange,
  type MeshData,
  meshDirectory,
  meshWith,
  problemsOf,
} from "../support/mesh-file";
import { craftedBundles } from "../support/plugin-ca-crafted-bundles";

/** Signs in the deploy with a root whose key is not in Vault. */
function signsOutsideVault(mesh: MeshData): void {
  mesh.roots.push({ name: "old", source: "offline", certificateFile: "clusters/cluster1-ca.pem" });
  mesh.trust = { signing: "old", bundle: ["a", "old"] };
  mesh.intermediates = { issuance: "deploy" };
}

/** Each rule that a mesh.yaml can break: what is changed in a right one, and everything said of it. */
const mistakes: Record<string, [change: MeshChange, ...problems: string[]]> = {
  "an unknown key, with the nearest known one, which then is not missing as well": [
    (mesh) => {
      mesh.clusters[1].kubernetesHst = mesh.clusters[1].kubernetesHost;
      delete mesh.clusters[1].kubernetesHost;
    },
    'clusters[1].kubernetesHst: unknown key; did you mean "kubernetesHost"? (IV0103)',
  ],
  "an unknown key unlike any other": [(mesh) => (mesh.webhooks = []), "webhooks: unknown key (IV0103)"],
  "a key of a section beside it": [
    (mesh) => {
      mesh.groups = { eu: { values: {} } };
      mesh.clusters[0].signing = "a";
    },
    'groups.eu.values: unknown key; did you mean "istio.values"? (IV0103)',
    'clusters[0].signing: unknown key; did you mean "trust.signing"? (IV0103)',
  ],
  "a missing key": [
    (mesh) => delete mesh.clusters[0].kubernetesHost,
    "clusters[0].kubernetesHost: required and missing: URL of the API server as Vault reaches it: https://host:port (IV0104)",
  ],
  "an issuance left out, which has no default": [
    (mesh) => delete mesh.intermediates.issuance,
    "intermediates.issuance: required and missing: Who creates intermediates and their keys. deploy: istio-vault issue, run by the deploy; keys are kept in Vault only. external: istio-vault issue by a schedule, or another issuer; keys are kept in Vault only. terraform: keys are kept in the state of vault-<cluster> (IV0104)",
  ],
  "a wrong type": [
    (mesh) => (mesh.istio.replicas = "two"),
    'istio.replicas: is "two"; write a number (IV0105)',
  ],
  "a version and a duration that YAML reads as numbers": [
    (mesh) => {
      mesh.istio.version = 1.3;
      mesh.intermediates.validFor = 90;
    },
    'intermediates.validFor: is 90; write a whole number and s, m, h, d or y, such as "90d" (IV0105)',
    "istio.version: is 1.3; write x.y.z, such as 1.29.6 (IV0105)",
  ],
  "a secret under Helm values, of another type": [
    (mesh) => (mesh.istio.values = "hunter2"),
    "istio.values: is of another type; write a mapping (IV0105)",
  ],
  "a key that another variant knows, without suggesting it": [
    (mesh) => (mesh.roots[0].acceptKeysInState = true),
    "roots[0].acceptKeysInState: unknown key (IV0103)",
  ],
  "another version, of which nothing else is said": [
    (mesh) => Object.assign(mesh, { version: 2, clusters: 3 }),
    "version: is 2; write 1, the only version of mesh.yaml that this program reads (IV0106)",
  ],
  "mistakes of every kind at once": [
    (mesh) => {
      mesh.clusters[1].kubernetesHst = mesh.clusters[1].kubernetesHost;
      delete mesh.clusters[1].kubernetesHost;
      mesh.clusters[1].name = "cluster1";
      mesh.clusters[1].vaultAuth = { methd: "jwt" };
      mesh.clusters[0].kubernetesCaCertificateFile = "nope.pem";
      mesh.intermediates.validFor = "20y";
    },
    'clusters[0].kubernetesCaCertificateFile: "nope.pem" cannot be read: no such file; paths are relative to mesh.yaml (IV0107)',
    'clusters[1].vaultAuth.methd: unknown key; did you mean "method"? (IV0103)',
    'clusters[1].kubernetesHst: unknown key; did you mean "kubernetesHost"? (IV0103)',
    'clusters[1].name: "cluster1" is used twice (first: clusters[0]); names must be unique (IV0108)',
    'intermediates.validFor: "20y" is longer than root a is valid (10y); write at most 10y (IV0204)',
  ],
  "a wrong lifetime of a root, without guessing at the intermediates'": [
    (mesh) => {
      mesh.roots[0].validFor = "1 year";
      mesh.intermediates.validFor = "20y";
    },
    'roots[0].validFor: "1 year" is not a duration; write a whole number and s, m, h, d or y, such as "90d" (IV0111)',
  ],
  "a mesh-wide mistake in a cluster that overrides another key, said once": [
    (mesh) => {
      mesh.intermediates.validFor = "20y";
      mesh.clusters[0].intermediates = { keyAlgorithm: "ecdsa-p256" };
    },
    'intermediates.validFor: "20y" is longer than root a is valid (10y); write at most 10y (IV0204)',
  ],
  "a generation too small": [
    (mesh) => (mesh.intermediates.generation = 0),
    'intermediates.generation: "generation" is 0; write a whole number of at least 1, and raise it by one to renew (IV0210)',
  ],
  "no replicas": [
    (mesh) => (mesh.istio.replicas = 0),
    'istio.replicas: "replicas" is 0; write a whole number of at least 1 (IV0403)',
  ],
  "an intermediate that ends before the agent looks again": [
    (mesh) => {
      mesh.intermediates.validFor = "1h";
      mesh.agent = { renderInterval: "2h" };
    },
    'intermediates.validFor: "1h" is not longer than "renderInterval" (2h); istiod could not load the next one before this one expires; write a longer lifetime, or a shorter interval (IV0211)',
  ],
  "a certificate of a server in place of its CA": [
    (mesh) => (mesh.vault.caCertificateFile = join(__dirname, "..", "support", "server-certificate.pem")),
    `vault.caCertificateFile: "${join(__dirname, "..", "support", "server-certificate.pem")}" holds a certificate that is not a CA's; give a file with only the CA's public certificate, which begins with -----BEGIN CERTIFICATE----- (IV0114)`,
  ],
  "http to Vault from pods": [
    (mesh) => (mesh.vault.podAddress = "http://127.0.0.1:8200"),
    'vault.podAddress: "podAddress" is not an https URL of host and port; write one such as "https://vault.example.com:8200" (IV0113)',
  ],
  "an empty list": [
    (mesh) => (mesh.clusters = []),
    "clusters: is an empty list; write a list of at least one (IV0105)",
  ],
  "an empty text": [(mesh) => (mesh.mesh.id = ""), 'mesh.id: is ""; write a non-empty string (IV0105)'],
  "another version": [
    (mesh) => (mesh.version = 2),
    "version: is 2; write 1, the only version of mesh.yaml that this program reads (IV0106)",
  ],
  "a missing version": [
    (mesh) => delete mesh.version,
    "version: is missing; write 1, the only version of mesh.yaml that this program reads (IV0106)",
  ],
  "a file that is not there": [
    (mesh) => (mesh.clusters[0].kubernetesCaCertificateFile = "nope.pem"),
    'clusters[0].kubernetesCaCertificateFile: "nope.pem" cannot be read: no such file; paths are relative to mesh.yaml (IV0107)',
  ],
  "a cluster's name used twice": [
    (mesh) => (mesh.clusters[1].name = "cluster1"),
    'clusters[1].name: "cluster1" is used twice (first: clusters[0]); names must be unique (IV0108)',
  ],
  "a root's name used twice": [
    (mesh) => mesh.roots.push(mesh.roots[0]),
    'roots[1].name: "a" is used twice (first: roots[0]); names must be unique (IV0108)',
  ],
  "a root twice in a bundle": [
    (mesh) => (mesh.trust.bundle = ["a", "a"]),
    'trust.bundle[1]: "a" is used twice (first: trust.bundle[0]); names must be unique (IV0108)',
  ],
  "an unknown choice": [
    (mesh) => (mesh.backend.type = "etcd"),
    'backend.type: is "etcd"; write local or s3 or gcs or azurerm or other (IV0109)',
  ],
  "a method that is none": [
    (mesh) => (mesh.vaultAuth = { method: "approle" }),
    'vaultAuth.method: is "approle"; write kubernetes or jwt (IV0109)',
  ],
  "a root outside Vault that is to sign in a deploy": [
    (mesh) => {
      signsOutsideVault(mesh);
      mesh.clusters.splice(1);
    },
    'intermediates.issuance: cluster1 has issuance "deploy" and signs with root old, whose key is not in Vault, so the deploy could not have the intermediate signed; sign with a root in Vault\'s PKI engine, or use another issuance (IV0223)',
  ],
  "an issuance that is none": [
    (mesh) => (mesh.intermediates.issuance = "manual"),
    'intermediates.issuance: is "manual"; write deploy or external or terraform (IV0109)',
  ],
  "a name that is none": [
    (mesh) => (mesh.clusters[0].name = "Cluster_1"),
    'clusters[0].name: "name" is "Cluster_1"; write at most 40 lower-case letters, digits and dashes, a letter or digit first and last, since Vault mounts, policies and stacks are named after it (IV0110)',
  ],
  "a name that every object has": [
    (mesh) => (mesh.clusters[0].name = "constructor"),
    'clusters[0].name: "name" is "constructor", which no construct can be called; write another name (IV0110)',
  ],
  "a duration that is none": [
    (mesh) => (mesh.intermediates.validFor = "2 years"),
    'intermediates.validFor: "2 years" is not a duration; write a whole number and s, m, h, d or y, such as "90d" (IV0111)',
  ],
  "a key algorithm that is none": [
    (mesh) => (mesh.roots[0].keyAlgorithm = "rsa-1024"),
    'roots[0].keyAlgorithm: "rsa-1024" is not a supported key algorithm; write rsa-2048, rsa-3072, rsa-4096, ecdsa-p256 or ecdsa-p384 (IV0112)',
  ],
  "a Vault address with a path": [
    (mesh) => (mesh.vault.address = "https://vault.example.com/v1"),
    'vault.address: "address" is not an https URL of host and port; write one such as "https://vault.example.com:8200" (IV0113)',
  ],
  "a certificate file that holds a key": [
    (mesh, directory) => {
      writeFileSync(join(directory, "key.pem"), "-----BEGIN PRIVATE KEY-----\n");
      mesh.clusters[0].kubernetesCaCertificateFile = "key.pem";
    },
    'clusters[0].kubernetesCaCertificateFile: "key.pem" holds a private key; give a file with only the CA\'s public certificate, which begins with -----BEGIN CERTIFICATE----- (IV0114)',
  ],
  "a certificate file that holds none": [
    (mesh) => (mesh.vault.caCertificateFile = "mesh.yaml"),
    'vault.caCertificateFile: "mesh.yaml" holds no readable certificate; give a file with only the CA\'s public certificate, which begins with -----BEGIN CERTIFICATE----- (IV0114)',
  ],
  "a cluster whose Vault stack would be the shared one": [
    (mesh) => (mesh.clusters[0].name = "shared"),
    'clusters[0].name: "shared" would be the name of one of Vault\'s stacks, or the cluster\'s Vault stack that of another; give the cluster a name other than "root" and "shared" that does not begin with "vault-" (IV0115)',
  ],
  "a cluster whose Vault stack would be the one for all": [
    (mesh) => (mesh.clusters[0].name = "root"),
    'clusters[0].name: "root" would be the name of one of Vault\'s stacks, or the cluster\'s Vault stack that of another; give the cluster a name other than "root" and "shared" that does not begin with "vault-" (IV0115)',
  ],
  "a cluster named after a Vault stack": [
    (mesh) => (mesh.clusters[0].name = "vault-cluster2"),
    'clusters[0].name: "vault-cluster2" would be the name of one of Vault\'s stacks, or the cluster\'s Vault stack that of another; give the cluster a name other than "root" and "shared" that does not begin with "vault-" (IV0115)',
  ],
  "two sources of charts": [
    (mesh) => {
      mesh.istio.chartRepository = "https://charts.example.com";
      mesh.istio.chartsDirectory = "charts";
    },
    'istio.chartsDirectory: "chartRepository" and "chartsDirectory" cannot be set together; remove one of them (IV0116)',
  ],
  "a program and a kubeconfig": [
    (mesh) => (mesh.clusters[0].kubeconfig.exec = { command: "aws" }),
    'clusters[0].kubeconfig: "exec" and "context" cannot be set together; remove one of them (IV0116)',
  ],
  "an API server for Terraform that is no URL": [
    (mesh) => {
      mesh.clusters[0].kubeconfig = { exec: { command: "aws", host: "k8s-1.example.com:6443" } };
      mesh.clusters[1].kubeconfig = { exec: { command: "aws", host: "https://fd00::1:6443" } };
    },
    'clusters[0].kubeconfig.exec.host: "host" is not an https URL of host and port; write one such as "https://vault.example.com:8200" (IV0113)',
    'clusters[1].kubeconfig.exec.host: "host" is not an https URL of host and port; write one such as "https://vault.example.com:8200" (IV0113)',
  ],
  "a CA for an issuer's URL that nobody asks": [
    (mesh, directory) => {
      const { publicKey } = generateKeyPairSync("ed25519");
      writeFileSync(join(directory, "sa.pub"), publicKey.export({ type: "spki", format: "pem" }));
      mesh.vaultAuth = { method: "jwt", issuer: "https://oidc.example.com", publicKeysFile: "sa.pub" };
      mesh.clusters[0].vaultAuth = { method: "kubernetes" };
      mesh.clusters[1].vaultAuth = { issuerCaCertificateFile: "clusters/cluster2-ca.pem" };
    },
    'clusters[1].vaultAuth.issuerCaCertificateFile: "publicKeysFile" and "issuerCaCertificateFile" cannot be set together; remove one of them (IV0116)',
  ],
  "a public key file that holds none": [
    (mesh) =>
      (mesh.vaultAuth = { method: "jwt", issuer: "https://oidc.example.com", publicKeysFile: "mesh.yaml" }),
    'vaultAuth.publicKeysFile: "mesh.yaml" holds no public key; give a file with only public keys: PEM, each of which begins with -----BEGIN PUBLIC KEY-----, certificates of them, or the JWKS that "kubectl get --raw /openid/v1/jwks" prints (IV0117)',
  ],
  "a public key file that holds a private one": [
    (mesh, directory) => {
      writeFileSync(join(directory, "sa.key"), "-----BEGIN RSA PRIVATE KEY-----\n");
      mesh.vaultAuth = { method: "jwt", issuer: "https://oidc.example.com", publicKeysFile: "sa.key" };
    },
    'vaultAuth.publicKeysFile: "sa.key" holds a private key; give a file with only public keys: PEM, each of which begins with -----BEGIN PUBLIC KEY-----, certificates of them, or the JWKS that "kubectl get --raw /openid/v1/jwks" prints (IV0117)',
  ],
  "a cluster that is whichever context is current": [
    (mesh) => (mesh.clusters[0].kubeconfig = {}),
    "clusters[0].kubeconfig: names neither a file, nor a context, nor exec: the cluster would depend on which context is current; name the context (IV0118)",
  ],
  "a signing root nobody declared": [
    (mesh) => (mesh.trust = { signing: "b", bundle: ["a", "b"] }),
    'trust.signing: root "b" is not declared under roots (a); add it there, or use one of these (IV0201)',
    'trust.bundle[1]: root "b" is not declared under roots (a); add it there, or use one of these (IV0201)',
  ],
  "what Terraform would evaluate, but for Helm values, which it leaves alone": [
    (mesh) => {
      mesh.clusters[0].network = '${file("/etc/passwd")}';
      mesh.backend = { type: "other", name: "http", configuration: { "%{ if true }": "{stack}" } };
      mesh.istio.values = { note: "${HOME} %{x}" };
      mesh.injector = { values: { note: ["${TfToken[TOKEN.9]}"] } };
    },
    'backend.configuration.%{ if true }: holds "%{", which Terraform or cdktf would evaluate; write the value itself (IV0119)',
    'clusters[0].network: holds "${", which Terraform or cdktf would evaluate; write the value itself (IV0119)',
    'injector.values.note[0]: holds "TfToken[", which Terraform or cdktf would evaluate; write the value itself (IV0119)',
  ],
  "what Terraform would evaluate, in a group or gateway that is named as a key with free contents": [
    (mesh) => {
      mesh.groups = { values: { agent: { image: '${file("/etc/passwd")}' } } };
      mesh.clusters[0].groups = ["values"];
      mesh.gateways = { values: { certificate: { source: "vault-kv" }, namespace: "${x}" } };
      mesh.gateways.configuration = { certificate: { source: "none" }, values: { note: "${HOME}" } };
    },
    'groups.values.agent.image: holds "${", which Terraform or cdktf would evaluate; write the value itself (IV0119)',
    'gateways.values.namespace: holds "${", which Terraform or cdktf would evaluate; write the value itself (IV0119)',
  ],
  "a backend that keeps all stacks' state in one place": [
    (mesh) =>
      (mesh.backend = {
        type: "other",
        name: "http",
        configuration: { address: "https://states.example.com" },
      }),
    'backend.configuration: no argument holds "{stack}", so all stacks would have one state, and each deploy would destroy what the others created; write {stack}, which each stack replaces by its name, where the backend names a state, such as "address: https://example.com/state/{stack}" (IV0134)',
  ],
  "credentials of a backend, by their names and by their looks": [
    (mesh) =>
      (mesh.backend = {
        type: "other",
        name: "pg",
        configuration: {
          schema_name: "{stack}",
          conn_str: "postgres://mesh:hunter2@db.example.com/state",
          assume_role: { token: "x" },
        },
      }),
    'backend.configuration.conn_str: "conn_str" is a credential, which would be in every synthesized stack; remove it here, and set the environment variable that Terraform documents for this backend, or use a file (IV0135)',
    'backend.configuration.assume_role.token: "token" is a credential, which would be in every synthesized stack; remove it here, and set the environment variable that Terraform documents for this backend, or use a file (IV0135)',
  ],
  "a token of cdktf as a revision, beside a gateway": [
    (mesh) => {
      mesh.clusters[0].istio = { revisions: { "${TfToken[TOKEN.9]}": { version: "1.31.1" } } };
      mesh.clusters[0].gateways = { edge: { certificate: { source: "vault-kv" } } };
    },
    'clusters[0].istio.revisions: the default revision is "default", which is not among [${TfToken[TOKEN.9]}]; no istiod would inject namespaces labelled istio-injection=enabled; set "defaultRevision" to one of them, or list it (IV0807)',
    'clusters[0].istio.revisions."${TfToken[TOKEN.9]}": a revision is named "${TfToken[TOKEN.9]}"; write lower-case letters, digits and dashes, at most 40, such as "1-30-0", or "default" for the istiod without a revision (IV0805)',
    'clusters[0].istio.revisions."${TfToken[TOKEN.9]}": holds "${", which Terraform or cdktf would evaluate; write the value itself (IV0119)',
  ],
  "a signing root nobody declared, which no bundle should hold either": [
    (mesh) => (mesh.trust.signing = "b"),
    'trust.signing: root "b" is not declared under roots (a); add it there, or use one of these (IV0201)',
  ],
  "a mesh that signs with a root it does not trust, said once for all clusters": [
    (mesh) => {
      mesh.roots.push({ name: "b", source: "vault-pki" });
      mesh.trust.signing = "b";
    },
    "trust.bundle: each of cluster1, cluster2 signs with root b, which is not in its own bundle; its workloads would refuse each other; add b to the bundle (IV0202)",
  ],
  "a group that signs before others trust it, said once for its clusters": [
    (mesh) => {
      mesh.roots.push({ name: "b", source: "vault-pki" });
      mesh.groups = { eu: { trust: { signing: "b", bundle: ["a", "b"] } } };
      mesh.clusters.push(clusterLike(mesh.clusters[0], "cluster3"));
      for (const index of [0, 2]) mesh.clusters[index].groups = ["eu"];
    },
    "groups.eu.trust.signing: each of cluster1, cluster3 signs with root b, which cluster2 does not trust, and would refuse every connection from each of cluster1, cluster3; first add b to the bundle of every cluster and deploy that (IV0203)",
  ],
  "a mesh whose deploy cannot sign, said once for all clusters": [
    signsOutsideVault,
    'intermediates.issuance: each of cluster1, cluster2 has issuance "deploy" and signs with root old, whose key is not in Vault, so the deploy could not have the intermediate signed; sign with a root in Vault\'s PKI engine, or use another issuance (IV0223)',
  ],
  "a root nobody declared": [
    (mesh) => (mesh.trust.bundle = ["a", "b"]),
    'trust.bundle[1]: root "b" is not declared under roots (a); add it there, or use one of these (IV0201)',
  ],
  "a cluster that does not trust its own signer": [
    (mesh) => {
      mesh.roots.push({ name: "b", source: "vault-pki" });
      mesh.clusters[1].trust = { bundle: ["b"] };
    },
    "clusters[1].trust.bundle: cluster2 signs with root a, which is not in its own bundle; its workloads would refuse each other; add a to the bundle (IV0202)",
    "trust.signing: cluster1 signs with root a, which cluster2 does not trust, and would refuse every connection from cluster1; first add a to the bundle of every cluster and deploy that (IV0203)",
  ],
  "a root that signs before all trust it": [
    (mesh) => {
      mesh.roots.push({ name: "b", source: "vault-pki" });
      mesh.clusters[1].trust = { signing: "b", bundle: ["a", "b"] };
    },
    "clusters[1].trust.signing: cluster2 signs with root b, which cluster1 does not trust, and would refuse every connection from cluster2; first add b to the bundle of every cluster and deploy that (IV0203)",
  ],
  "an offline root that should sign, said for the one cluster that lets it": [
    (mesh) => {
      mesh.roots.push({ name: "old", source: "offline", certificateFile: "clusters/cluster1-ca.pem" });
      mesh.trust.bundle = ["a", "old"];
      mesh.clusters[1].trust = { signing: "old" };
    },
    "clusters[1].trust.signing: root old is offline: only its certificate is known, so Terraform cannot sign an intermediate with it; let another root sign, or use an issuance that signs elsewhere (IV0213)",
  ],
  "an emergency of one cluster": [
    (mesh) => (mesh.clusters[0].trust = { emergency: "root a is out" }),
    "clusters[0].trust.emergency: unknown key (IV0103)",
  ],
  "an intermediate that outlives its root, said once": [
    (mesh) => (mesh.intermediates.validFor = "20y"),
    'intermediates.validFor: "20y" is longer than root a is valid (10y); write at most 10y (IV0204)',
  ],
  "keys in state not accepted": [
    (mesh) => delete mesh.intermediates.acceptKeysInState,
    'intermediates.acceptKeysInState: issuance "terraform" keeps the intermediate\'s private key in Terraform\'s state, and whoever can read the state can act as this cluster\'s CA; write "acceptKeysInState: true" if that is intended (IV0205)',
  ],
  "state with keys in etcd": [
    (mesh) =>
      (mesh.backend = { type: "other", name: "kubernetes", configuration: { secret_suffix: "{stack}" } }),
    'backend.name: backend "kubernetes" keeps the state in a Secret, and this state holds private keys: they would be stored in etcd, which this setup exists to avoid; choose another backend (IV0206)',
  ],
  "a root's key in state not accepted": [
    (mesh) => (mesh.roots[0] = { name: "a", source: "tls-provider" }),
    "roots[0].acceptKeysInState: a root of the tls provider keeps its private key in Terraform's state, and whoever can read the state can sign for the mesh; write \"acceptKeysInState: true\" if that is intended, or use a root in Vault's PKI engine (IV0207)",
  ],
  "a root that signed itself not": [
    (mesh, directory) => {
      const certificate = readFileSync(join(directory, "clusters", "cluster1-ca.pem"), "utf8");
      writeFileSync(join(directory, "two.pem"), certificate + certificate);
      mesh.roots[0] = { name: "a", source: "existing", mountPath: "pki", certificateFile: "two.pem" };
    },
    'roots[0].certificateFile: "certificatePem" is not exactly one self-signed CA certificate; give the certificate at the top of the issuer\'s chain, alone, as PEM (IV0208)',
  ],
  "a root that Node reads and istiod does not": [
    (mesh, directory) => {
      writeFileSync(
        join(directory, "negative.pem"),
        craftedBundles()["root with a negative serial number"]!.rootCert!,
      );
      mesh.roots[0] = { name: "a", source: "existing", mountPath: "pki", certificateFile: "negative.pem" };
    },
    "roots[0].certificateFile: the certificate has a negative serial number, so that Go or BoringSSL refuses it, and no istiod starts under this root and no workload trusts it; have the root reissued, or remove it (IV0551)",
  ],
  "an existing root at a path that could mean several": [
    (mesh) =>
      (mesh.roots[0] = {
        name: "a",
        source: "existing",
        mountPath: "pki/+",
        issuer: "*",
        certificateFile: "clusters/cluster1-ca.pem",
      }),
    'roots[0].mountPath: "mountPath" is "pki/+"; write the path without "data/" and without a slash at either end, using only letters, digits, dots, dashes and underscores between slashes, since "*" and "+" are wildcards in a policy (IV0803)',
    'roots[0].issuer: "issuer" is "*"; write the path without "data/" and without a slash at either end, using only letters, digits, dots, dashes and underscores between slashes, since "*" and "+" are wildcards in a policy (IV0803)',
  ],
  "an external issuer for a root in the state": [
    (mesh) => {
      mesh.roots[0] = { name: "a", source: "tls-provider", acceptKeysInState: true };
      mesh.intermediates = { issuance: "external" };
      mesh.clusters.splice(1);
    },
    "intermediates.issuance: cluster1 signs with root a, whose key is in Terraform's state, where no external issuer can use it; sign with a root in Vault's PKI engine, or write issuance \"terraform\" (IV0214)",
  ],
  "an external issuer's intermediate outlives its root": [
    (mesh) => {
      mesh.roots[0].validFor = "30d";
      mesh.intermediates = { issuance: "external" };
    },
    'intermediates.validFor: "90d" is longer than root a is valid (30d); write at most 30d (IV0204)',
  ],
  "a repository by its name": [
    (mesh) => (mesh.issuer = { method: "github-actions", repositoryId: "acme/mesh", environment: "issuer" }),
    'issuer.repositoryId: "repositoryId" is "acme/mesh"; write its numeric id, since a name can be released and registered by someone else (IV0901)',
  ],
  "a management cluster's API server by http": [
    (mesh) =>
      (mesh.issuer = {
        method: "kubernetes",
        kubernetesHost: "http://10.0.0.9:6443",
        kubernetesCaCertificateFile: "clusters/cluster1-ca.pem",
        serviceAccount: "issuer",
        namespace: "istio-vault",
      }),
    'issuer.kubernetesHost: "kubernetesHost" is "http://10.0.0.9:6443"; write the API server\'s URL as Vault reaches it, such as "https://10.0.0.1:6443" (IV0302)',
  ],
  "a GitLab by http": [
    (mesh) =>
      (mesh.issuer = {
        method: "gitlab",
        projectId: 1,
        environment: "issuer",
        url: "http://gitlab.example.com",
      }),
    'issuer.url: "url" is "http://gitlab.example.com"; write the instance\'s URL, the "iss" of its tokens, such as "https://gitlab.com" (IV0903)',
  ],
  "an issuer that pull requests start": [
    (mesh) =>
      (mesh.issuer = {
        method: "github-actions",
        repositoryId: 1,
        environment: "issuer",
        events: ["schedule", "pull_request"],
      }),
    'issuer.events: "events" is [schedule, pull_request]; name at least one, and no pull request\'s: whoever opens one chooses what its jobs run (IV0902)',
  ],
  "an audience the API server would refuse": [
    (mesh) => (mesh.vaultAuth = { method: "kubernetes", audience: "vault" }),
    "vaultAuth.audience: audience \"vault\" cannot work while the pod's own token reviews itself: the API server rejects a token issued for another audience; remove the audience, set a reviewer's token, or use the JWT method (IV0301)",
  ],
  "an API server by http": [
    (mesh) => (mesh.clusters[0].kubernetesHost = "http://k8s-1.example.com:6443"),
    'clusters[0].kubernetesHost: "kubernetesHost" is "http://k8s-1.example.com:6443"; write the API server\'s URL as Vault reaches it, such as "https://10.0.0.1:6443" (IV0302)',
  ],
  "an issuer that is no URL": [
    (mesh) => (mesh.clusters[0].vaultAuth = { method: "jwt", issuer: "cluster1" }),
    'clusters[0].vaultAuth.issuer: "issuer" is "cluster1", where Vault asks for the keys; write the cluster\'s service-account issuer, the "iss" of its tokens, such as "https://oidc.example.com/cluster1", or give the public keys (IV0304)',
  ],
  "HCP Terraform as a backend": [
    (mesh) =>
      (mesh.backend = {
        type: "other",
        name: "cloud",
        configuration: { organization: "example", workspaces: { name: "{stack}" } },
      }),
    'backend.name: "cloud" is a block of its own in Terraform, and no backend; write "name: remote" with "organization" and "workspaces", for HCP Terraform and Terraform Enterprise alike (IV0120)',
  ],
  "a cluster id that Istio cannot have": [
    (mesh) => (mesh.clusters[0].clusterId = "prod eu"),
    'clusters[0].clusterId: "clusterId" is "prod eu"; write the id Istio knows the cluster by: at most 253 letters, digits, dots, dashes and underscores, a letter or digit first and last (IV0121)',
  ],
  "a cluster id of two clusters": [
    (mesh) => mesh.clusters.forEach((cluster: Record<string, string>) => (cluster.clusterId = "prod_eu")),
    'clusters[1].clusterId: "prod_eu" is used twice (first: clusters[0]); names must be unique (IV0108)',
  ],
  "a cluster id that is another cluster's name": [
    (mesh) => Object.assign(mesh.clusters[0], { name: "paris", clusterId: "cluster2" }),
    'clusters[1].clusterId: "cluster2" is used twice (first: clusters[0]); names must be unique (IV0108)',
  ],
  "a name in Vault that Vault stacks cannot have": [
    (mesh) => (mesh.clusters[0].nameInVault = "shared"),
    'clusters[0].nameInVault: "shared" would be the name of one of Vault\'s stacks, or the cluster\'s Vault stack that of another; give the cluster a name other than "root" and "shared" that does not begin with "vault-" (IV0115)',
  ],
  "a name in Vault of another form": [
    (mesh) => (mesh.clusters[0].nameInVault = "Cluster_1"),
    'clusters[0].nameInVault: "nameInVault" is "Cluster_1"; write at most 40 lower-case letters, digits and dashes, a letter or digit first and last, since Vault mounts, policies and stacks are named after it (IV0110)',
  ],
  "a name in Vault that Terraform's ids cannot begin with": [
    (mesh) => {
      mesh.clusters[0].name = "1a";
      Object.assign(mesh.clusters[1], { name: "2b", nameInVault: "b2" });
    },
    'clusters[0].name: "1a" begins with a digit; the names of all that is in the cluster\'s Vault stack begin with it, and Terraform takes none that begins with a digit; write a "nameInVault" that begins with a letter (IV0129)',
  ],
  "a name in Vault that is another cluster's name": [
    (mesh) => (mesh.clusters[1].nameInVault = "cluster1"),
    'clusters[1].nameInVault: "cluster1" is the name in Vault of cluster1 too: both would write the same keys and logins; write another "nameInVault" (IV0128)',
  ],
  "a name that is another cluster's in Vault": [
    (mesh) => {
      mesh.clusters[0].name = "paris";
      mesh.clusters[0].nameInVault = "cluster2";
    },
    'clusters[1].name: "cluster2" is the name in Vault of paris too: both would write the same keys and logins; write another "nameInVault" (IV0128)',
  ],
  "a key that other programs leave out": [
    (mesh) => (mesh["x-cluster"] = { network: "network1" }),
    "x-cluster: unknown key; keys that begin with x- are not left out; put an anchor on the first value that needs it, or say once for the whole mesh what clusters share (IV0123)",
  ],
  "one certificate under two names": [
    (mesh) => {
      const certificateFile = "clusters/cluster1-ca.pem";
      mesh.roots.push({ name: "corp", source: "offline", certificateFile });
      mesh.roots.push({ name: "corp2", source: "offline", certificateFile });
    },
    "roots[2].certificateFile: roots corp and corp2 are the same certificate; a bundle of both would hold it twice, and dropping one name would still trust it; leave one of them (IV0222)",
  ],
  "a login longer than it can be renewed": [
    (mesh) => (mesh.vaultAuth = { method: "kubernetes", tokenTtl: "2h", tokenMaxTtl: "1h" }),
    'vaultAuth.tokenTtl: "tokenTtl" 2h is longer than "tokenMaxTtl" 1h; write a shorter one (IV0308)',
  ],
  "an Istio too old": [
    (mesh) => (mesh.istio.version = "1.26.9"),
    'istio.version: "1.26.9" is not a supported Istio version; write x.y.z of at least 1.27.0, or a build of one such as 1.29.6-solo, since older ones start on an incomplete set of CA files (IV0402)',
  ],
  "a tag of images in place of a version": [
    (mesh) => (mesh.istio.version = "1.31.1-distroless"),
    'istio.version: "1.31.1-distroless" is an image tag, not a version of Istio\'s charts; write the version without the variant, and the variant as the Helm value "global.variant" (IV0402)',
  ],
  "providers of no version, and of another major version": [
    (mesh) => (mesh.providers = { vault: "latest", helm: "~> 2.17", tls: ">= 4.1, < 5" }),
    'providers.vault: "vault" is "latest"; write a Terraform version constraint for major version 5, which the constructs support, such as "~> 5.6" (IV1005)',
    'providers.helm: "helm" is "~> 2.17"; write a Terraform version constraint for major version 3, which the constructs support, such as "~> 3.1" (IV1005)',
  ],
  "a charts directory without the chart": [
    (mesh) => (mesh.injector = { chartsDirectory: "charts" }),
    'injector.chartsDirectory: no chart at charts/vault: it has no Chart.yaml; give the directory that "helm pull --untar" filled (IV0404)',
  ],
  "an agent that looks too often": [
    (mesh) => (mesh.agent = { renderInterval: "5s" }),
    'agent.renderInterval: "renderInterval" is 5s; write at least 10s and at most 1d (IV0405)',
  ],
};

test.each(Object.entries(mistakes))("fails for %s", (_name, [change, ...problems]) => {
  expect(problemsOf(change)).toEqual(problems);
});

test("of many problems a hundred are shown, and of many names a few", () => {
  const change: MeshChange = (mesh) => {
    const [template] = mesh.clusters;
    mesh.roots.push({ name: "b", source: "vault-pki" });
    mesh.clusters = Array.from({ length: 150 }, (_, index) => clusterLike(template, `cluster${index}`));
    mesh.clusters[0].trust = { signing: "b", bundle: ["a", "b"] };
    for (const cluster of mesh.clusters) cluster.netwrk = "network1";
  };
  const problems = problemsOf(change);
  expect(problems).toHaveLength(151);
  expect(problems).toContain(
    "clusters[0].trust.signing: cluster0 signs with root b, which cluster1, cluster2, cluster3, cluster4, cluster5 and 144 more do not trust, and would refuse every connection from cluster0; first add b to the bundle of every cluster and deploy that (IV0203)",
  );
  expect(() => meshWith(change)).toThrow(/\n {2}and 51 more\n\nNothing was written\.\nRules: /);
});

describe("the file as a whole", () => {
  const message = (content: string) => {
    const directory = meshDirectory();
    const file = join(directory, "mesh.yaml");
    writeFileSync(file, content);
    try {
      loadMesh(file);
    } catch (error) {
      return (error as Error).message.replace(file, "mesh.yaml");
    }
    return undefined;
  };
  const one = (problem: string) =>
    `mesh.yaml has 1 problem:\n\n  ${problem}\n\nNothing was written.\nRules: ${RULES_PAGE}`;

  test("fails where it is empty", () => {
    expect(message("")).toBe(one("the file is empty  (IV0102, docs/rules.md#iv0102)"));
  });

  test("fails where it is no mapping", () => {
    expect(message("- a\n")).toBe(
      one("the file is not a mapping of keys to values  (IV0102, docs/rules.md#iv0102)"),
    );
  });

  test("fails where it is no YAML, with line and column", () => {
    expect(message('a: "\n')).toBe(
      one('Missing closing "quote at line 2, column 1  (IV0102, docs/rules.md#iv0102)'),
    );
  });

  test("fails for a key written twice", () => {
    expect(message("version: 1\nversion: 1\n")).toBe(
      one(
        'a key stands in its mapping for the second time at line 2; leave one of them, or begin another list item with "- "  (IV0102, docs/rules.md#iv0102)',
      ),
    );
  });

  test.each([
    ["a tab", "a:\n\tb: 1\n", "Tabs are not allowed as indentation at line 2, column 1; write spaces"],
    [
      "a line that is indented otherwise",
      "a:\n b: 1\n  c: 2\nd: 3\n",
      "Nested mappings are not allowed in compact mappings at line 2, column 5; check the indentation there, and that each key is followed by a colon and a space",
    ],
    [
      "no space after a colon",
      "a:\n  b:1\n  c: 2\n",
      "Implicit keys need to be on a single line at line 2, column 3; check the indentation there, and that each key is followed by a colon and a space",
    ],
    [
      "a key outside its list item, after which others stand twice",
      "a:\n  - b: 1\n  c: 1\n  - b: 2\n  c: 2\n",
      "All mapping items must start at the same column at line 3, column 1; check the indentation there, and that each key is followed by a colon and a space",
    ],
  ])("fails once, for %s", (_, text, mistake) => {
    expect(message(text)).toBe(one(`${mistake}  (IV0102, docs/rules.md#iv0102)`));
  });

  test("fails for a merge key, at whatever depth", () => {
    const mistake = `"<<" at line 3 is a merge key of YAML 1.1, which YAML 1.2 does not have; write the keys out, or say once for the whole mesh what clusters share, such as "istio" or "vaultAuth"  (IV0122, docs/rules.md#iv0122)`;
    expect(message("version: 1\nclusters:\n  - { <<: *shared, name: cluster1 }\n")).toBe(one(mistake));
    expect(message('version: 2\n"<<": 1\n')).not.toContain("merge key");
  });

  test("fails for an alias without an anchor", () => {
    expect(message("version: *v\n")).toBe(
      one("Unresolved alias (the anchor must be set before the alias): v  (IV0102, docs/rules.md#iv0102)"),
    );
  });

  test("fails for aliases that would never end", () => {
    const levels = Array.from({ length: 12 }, (_, level) =>
      level === 0
        ? "l0: &l0 [x]"
        : `l${level}: &l${level} [${Array(10)
            .fill(`*l${level - 1}`)
            .join(", ")}]`,
    );
    expect(message(levels.join("\n"))).toMatch(/Excessive alias count .*IV0102/);
  });

  test("fails for an alias within what it refers to, as for what is nested too deep", () => {
    const tooDeep = one(
      "the file is nested more than 100 levels deep, or an alias stands within what it refers to  (IV0102, docs/rules.md#iv0102)",
    );
    expect(message("a: &a [*a]\n")).toBe(tooDeep);
    expect(message(`a: ${"[".repeat(101)}${"]".repeat(101)}\n`)).toBe(tooDeep);
    expect(message(`a: ${"[".repeat(50_000)}\n`)).toBe(tooDeep);
  });

  test("fails for a tag nobody knows, and for a key that is a list", () => {
    expect(message("a: !vault x\n")).toBe(
      one("Unresolved tag: !vault at line 1, column 4  (IV0102, docs/rules.md#iv0102)"),
    );
    expect(message("a: 1\n? [b]\n: c\n")).toBe(
      one("a key is not a string at line 2; write a name and a colon  (IV0102, docs/rules.md#iv0102)"),
    );
  });

  test("fails once for all that follows from one slip, without the text of the file", () => {
    expect(message("a: x\nsecret\nb\nc: [\n")).toMatch(/^mesh\.yaml has 1 problem:\n/);
    expect(message("a: x\nsecret\nb\n")).not.toContain("secret");
  });

  test("fails for several documents", () => {
    expect(message("version: 1\n---\nversion: 1\n")).toBe(
      one("a second document begins at line 2; leave one of them  (IV0102, docs/rules.md#iv0102)"),
    );
  });

  test("fails where it does not exist", () => {
    expect(() => loadMesh("no-such.yaml")).toThrow(
      'no-such.yaml has 1 problem:\n\n  the file cannot be read: no such file; set MESH_FILE to another path, or write a new one with "istio-vault init"  (IV0101, docs/rules.md#iv0101)',
    );
  });

  test("spells out a file's name, without a secret in it", () => {
    expect(() => loadMesh("hvs.CAESIJ/\u001b[2J.yaml")).toThrow("(not shown)/\\u001b[2J.yaml has 1 problem:");
  });

  test("fails for a directory", () => {
    expect(() => loadMesh(__dirname)).toThrow(
      `${__dirname} has 1 problem:\n\n  the file cannot be read: it is a directory; set MESH_FILE to another path, or write a new one with \"istio-vault init\"  (IV0101, docs/rules.md#iv0101)`,
    );
  });

  test("shows all problems at once, aligned", () => {
    expect(message("version: 1\nmesh: { id: 3 }\nvalt: {}\n")!.split("\n").slice(0, 4)).toEqual([
      expect.stringMatching(/^mesh\.yaml has \d+ problems:$/),
      "",
      "  mesh.id        is 3; write it between quotes, as a string  (IV0105, docs/rules.md#iv0105)",
      "  roots          required and missing: The roots that exist. trust says which of them are trusted  (IV0104, docs/rules.md#iv0104)",
    ]);
  });
});

describe("a secret in the wrong place is never repeated", () => {
  test.each([
    ["a private key", "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----"],
    ["a Vault token", "hvs.CAESIJ4Xq3vD"],
    ["a password in a URL", "https://admin:correct-horse@k8s"],
    ["a ServiceAccount's token", "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl"],
  ])("fails without %s", (_name, secret) => {
    const problems = problemsOf((mesh) => {
      mesh.intermediates.validFor = secret;
      mesh.clusters[0].name = secret;
      mesh.clusters[1].kubernetesHost = secret.replace("https", "http");
    }).join("\n");
    expect(problems.match(/\(not shown\)/g)).toHaveLength(3);
    const parts = secret.split(/[\n.]|:\/\/admin:|@k8s/).filter((part) => part.length > 5);
    for (const part of parts) expect(problems).not.toContain(part);
  });
});
