import { rule } from "../lib/private/rule";
import { NAMES_SHOWN, nameList } from "../lib/private/text";
import { rules as libRules } from "../lib/rules";

/** Rules of mesh.yaml, including those of the constructs, and of its changes. */
export const rules = {
  ...libRules,
  fileUnreadable: rule(
    "IV0101",
    "error",
    "mesh.yaml can be read",
    (reason: string) =>
      `the file cannot be read: ${reason}; set MESH_FILE to another path, or write a new one with \"istio-vault init\"`,
  ),
  notYaml: rule("IV0102", "error", "mesh.yaml is one YAML mapping", (reason: string) => reason),
  unknownKey: rule("IV0103", "error", "Every key is known", (nearest: string | undefined) =>
    nearest ? `unknown key; did you mean "${nearest}"?` : "unknown key",
  ),
  keyMissing: rule(
    "IV0104",
    "error",
    "A required key is there",
    (meaning: string) => `required and missing: ${meaning}`,
  ),
  wrongType: rule(
    "IV0105",
    "error",
    "A value has the right type",
    (received: string, expected: string) => `is ${received}; write ${expected}`,
  ),
  fileVersion: rule(
    "IV0106",
    "error",
    "mesh.yaml says its version",
    (received: string) => `is ${received}; write 1, the only version of mesh.yaml that this program reads`,
  ),
  referencedFile: rule(
    "IV0107",
    "error",
    "A file that mesh.yaml names can be read",
    (file: string, reason: string) => `"${file}" cannot be read: ${reason}; paths are relative to mesh.yaml`,
  ),
  duplicate: rule(
    "IV0108",
    "error",
    "Names are used once",
    (received: string, first: string) =>
      `"${received}" is used twice (first: ${first}); names must be unique`,
  ),
  notOneOf: rule(
    "IV0109",
    "error",
    "A value is one of those known",
    (received: string, known: readonly string[]) => `is ${received}; write ${known.join(" or ")}`,
  ),
  urlForm: rule(
    "IV0113",
    "error",
    "A URL is https, without path, query and credentials",
    (key: string) =>
      `"${key}" is not an https URL of host and port; write one such as "https://vault.example.com:8200"`,
  ),
  certificateFile: rule(
    "IV0114",
    "error",
    "A certificate file holds PEM certificates of CAs and no key",
    (file: string, holds: string) =>
      `"${file}" holds ${holds}; give a file with only the CA's public certificate, which begins with -----BEGIN CERTIFICATE-----`,
  ),
  clusterNameTaken: rule(
    "IV0115",
    "error",
    "No cluster's stacks have the names of others",
    (name: string) =>
      `"${name}" would be the name of one of Vault's stacks, or the cluster's Vault stack that of another; give the cluster a name other than "root" and "shared" that does not begin with "vault-"`,
  ),
  publicKeyFile: rule(
    "IV0117",
    "error",
    "A public key file holds public keys and no private one",
    (file: string, holds: string) =>
      `"${file}" holds ${holds}; give a file with only public keys: PEM, each of which begins with -----BEGIN PUBLIC KEY-----, certificates of them, or the JWKS that "kubectl get --raw /openid/v1/jwks" prints`,
  ),
  clusterUnreached: rule(
    "IV0118",
    "error",
    "A cluster says how Terraform reaches it",
    () =>
      `names neither a file, nor a context, nor exec: the cluster would depend on which context is current; name the context`,
  ),
  terraformExpression: rule(
    "IV0119",
    "error",
    "No value is a Terraform expression",
    (received: string) =>
      `holds "${received}", which Terraform or cdktf would evaluate; write the value itself`,
  ),
  cloudBackend: rule(
    "IV0120",
    "error",
    "HCP Terraform is reached by the backend remote",
    () =>
      `"cloud" is a block of its own in Terraform, and no backend; write "name: remote" with "organization" and "workspaces", for HCP Terraform and Terraform Enterprise alike`,
  ),
  clusterIdForm: rule(
    "IV0121",
    "error",
    "A cluster's id is letters, digits, dots, dashes and underscores",
    (received: string) =>
      `"clusterId" is "${received}"; write the id Istio knows the cluster by: at most 253 letters, digits, dots, dashes and underscores, a letter or digit first and last`,
  ),
  mergeKey: rule(
    "IV0122",
    "error",
    "A key is not merged by YAML 1.1",
    (line: number) =>
      `"<<" at line ${line} is a merge key of YAML 1.1, which YAML 1.2 does not have; write the keys out, or say once for the whole mesh what clusters share, such as "istio" or "vaultAuth"`,
  ),
  customKey: rule(
    "IV0123",
    "error",
    "No key is custom",
    () =>
      `unknown key; keys that begin with x- are not left out; put an anchor on the first value that needs it, or say once for the whole mesh what clusters share`,
  ),
  sameApiServer: rule(
    "IV0124",
    "error",
    "Each cluster has its own API server",
    (cluster: string, first: string) =>
      `the API server of ${cluster} is that of ${first} too: Vault would accept the token of one istiod for both clusters, and give it the CA keys of both; write the URL of ${cluster}'s own`,
  ),
  sameIssuer: rule(
    "IV0125",
    "error",
    "Each cluster has its own issuer or keys",
    (cluster: string, first: string) =>
      `the issuer of ${cluster} is that of ${first} too, and no key tells their tokens apart: Vault would accept the token of one istiod for both clusters, and give it the CA keys of both; write each cluster's own "issuer", or where they share one, a "publicKeysFile" for each with only its own keys`,
  ),
  sameKubeconfig: rule(
    "IV0126",
    "error",
    "Each cluster is reached as none other is",
    (cluster: string, first: string) =>
      `the kubeconfig of ${cluster} reaches the same cluster as that of ${first}: both stacks would be deployed there, one over the other; name ${cluster}'s own context or host`,
  ),
  unknownGroup: rule(
    "IV0127",
    "error",
    "A cluster names groups that exist",
    (received: string, known: readonly string[]) =>
      `group "${received}" is not declared under groups (${nameList(known) || "there are none"}); add it there, or use one of these`,
  ),
  sameNameInVault: rule(
    "IV0128",
    "error",
    "No two clusters have one name in Vault",
    (received: string, first: string) =>
      `"${received}" is the name in Vault of ${first} too: both would write the same keys and logins; write another "nameInVault"`,
  ),
  digitFirst: rule(
    "IV0129",
    "error",
    "A cluster's name in Vault begins with a letter",
    (received: string) =>
      `"${received}" begins with a digit; the names of all that is in the cluster's Vault stack begin with it, and Terraform takes none that begins with a digit; write a "nameInVault" that begins with a letter`,
  ),
  sameCredential: rule(
    "IV0132",
    "error",
    "Each cluster's program asks for its own credential",
    (cluster: string, first: string) =>
      `the arguments are those of ${first}, and name a cluster: the credential would be that of ${first}, and the API server of ${cluster} would reject it; name ${cluster} in its own`,
  ),
  sameKeys: rule(
    "IV0133",
    "error",
    "Each cluster has its own keys",
    (cluster: string, first: string) =>
      `a public key of ${cluster} is one of ${first} too: whoever has the private one signs tokens of both clusters, and reads the CA keys of both; give each API server its own key, and each cluster a file of its own keys`,
  ),
  oneStateForAll: rule(
    "IV0134",
    "error",
    "Each stack has its own state",
    () =>
      `no argument holds "{stack}", so all stacks would have one state, and each deploy would destroy what the others created; write {stack}, which each stack replaces by its name, where the backend names a state, such as "address: https://example.com/state/{stack}"`,
  ),
  secretInBackend: rule(
    "IV0135",
    "error",
    "A backend's credential comes from the environment",
    (key: string) =>
      `"${key}" is a credential, which would be in every synthesized stack; remove it here, and set the environment variable that Terraform documents for this backend, or use a file`,
  ),
  unknownRoot: rule(
    "IV0201",
    "error",
    "Trust names roots that exist",
    (received: string, known: readonly string[]) =>
      `root "${received}" is not declared under roots (${nameList(known)}); add it there, or use one of these`,
  ),
  signingRootNotTrustedByAll: rule(
    "IV0203",
    "error",
    "Every root that signs is in every cluster's bundle",
    (signer: string, root: string, without: readonly string[], count: number = without.length) =>
      `${signer} signs with root ${root}, which ${nameList(without, NAMES_SHOWN, count)} ${count > 1 ? "do" : "does"} not trust, and would refuse every connection from ${signer}; first add ${root} to the bundle of every cluster and deploy that`,
  ),
  intermediateOutlivesRoot: rule(
    "IV0204",
    "error",
    "An intermediate does not outlive its root",
    (received: string, root: string, atMost: string) =>
      `"${received}" is longer than root ${root} is valid (${atMost}); write at most ${atMost}`,
  ),
  stateInEtcd: rule(
    "IV0206",
    "error",
    "State that holds keys is not kept in Kubernetes",
    () =>
      `backend "kubernetes" keeps the state in a Secret, and this state holds private keys: they would be stored in etcd, which this setup exists to avoid; choose another backend`,
  ),
  intermediateEndsBeforeRender: rule(
    "IV0211",
    "error",
    "An intermediate lasts longer than the agent's render interval",
    (received: string, renderInterval: string) =>
      `"${received}" is not longer than "renderInterval" (${renderInterval}); istiod could not load the next one before this one expires; write a longer lifetime, or a shorter interval`,
  ),
  externalNeedsSigner: rule(
    "IV0214",
    "error",
    "An external issuer does not sign with a root of the tls provider",
    (cluster: string, root: string) =>
      `${cluster} signs with root ${root}, whose key is in Terraform's state, where no external issuer can use it; sign with a root in Vault's PKI engine, or write issuance "terraform"`,
  ),
  rootCertificateTwice: rule(
    "IV0222",
    "error",
    "A root has one name",
    (root: string, other: string) =>
      `roots ${root} and ${other} are the same certificate; a bundle of both would hold it twice, and dropping one name would still trust it; leave one of them`,
  ),
  rootSignsBeforeTrusted: rule(
    "IV0601",
    "error",
    "A root signs only when every bundle held it before",
    (root: string, signers: string, verifiers: string) =>
      `root ${root} would sign in ${signers}, and is not yet in the bundle of ${verifiers}; workloads there would refuse every connection from ${signers} as soon as its sidecars renew; first a change that only adds ${root} to the bundle of every cluster, deployed and confirmed by "istio-vault status --gate", then this one`,
  ),
  rootDroppedInUse: rule(
    "IV0602",
    "error",
    "A root leaves a bundle only when no cluster signed with it before",
    (root: string, signers: string, verifiers: string) =>
      `root ${root} signed in ${signers}, and would be missing from the bundle of ${verifiers}; workloads there would refuse every connection from ${signers} until the last certificate under ${root} has expired; first let every cluster sign with another root, deploy that, and wait until "istio-vault status --gate" lets ${root} go`,
  ),
  bundleNotTaken: rule(
    "IV0603",
    "error",
    "A bundle is appended to, or shortened from one end",
    (clusters: string, version: string, from: string, to: string) =>
      `the bundle of ${clusters} would change from [${from}] to [${to}], which a running istiod ${version} refuses; it would refuse every later renewal of its intermediate too, and stop serving once that has expired; in one change either append roots at the end or drop them from one end, without changing the order${/# leaf/.test(from + to) ? '; where the bundle ends with a leaf generation, raise "leafGeneration" by one in a change before' : ""}`,
  ),
  rootChangedInPlace: rule(
    "IV0604",
    "error",
    "A root is never changed in place",
    (root: string) =>
      `root ${root} would be another one under the same name; every cluster would lose the old root at once, and every certificate under it would be refused; leave it as it was, and add the new root under a new name`,
  ),
  emergencyBreaks: rule(
    "IV0605",
    "warning",
    "An emergency says who loses connectivity",
    (reason: string, what: string) =>
      `EMERGENCY "${reason}": this change skips the steps that keep connections alive; ${what}`,
  ),
  emergencyIdle: rule(
    "IV0606",
    "warning",
    "An emergency serves one change",
    () =>
      `"trust.emergency" applies only to the change that adds it and needs it, and has no effect here; remove it, so that the next emergency is noticed`,
  ),
  revisionPromotedUnlisted: rule(
    "IV0619",
    "error",
    "A revision is listed before it is promoted",
    (revision: string, clusters: string) =>
      `${revision} would become the default revision of ${clusters}, where it is not listed yet; namespaces labelled istio-injection=enabled would be injected by an istiod that has never been seen running; first list ${revision} and leave "defaultRevision" as it is, deploy that, and check it with "istio-vault status"; then promote it`,
  ),
  defaultRevisionRemoved: rule(
    "IV0620",
    "error",
    "The default revision is not removed",
    (revision: string, clusters: string) =>
      `${revision}, the default revision of ${clusters}, would be removed; proxies that it injected lose their istiod, and get no new certificate once theirs have expired; first set "defaultRevision" to another listed revision, deploy that, and restart what ${revision} injected; then remove it`,
  ),
  promotedAndRemoved: rule(
    "IV0621",
    "error",
    "Promotion and removal are separate changes",
    (promoted: string, removed: string, clusters: string) =>
      `${promoted} would become the default revision of ${clusters} in the same change that removes ${removed}; where ${promoted} fails, there is nothing to roll back to; promote first, deploy that, and restart what ${removed} injected; then remove ${removed}`,
  ),
  trustDomainChanged: rule(
    "IV0626",
    "error",
    "A trust domain changes only after every cluster accepts the new one",
    (from: string, to: string, missing: string) =>
      `the trust domain would change from ${from} to ${to}, and ${missing}; workloads would refuse each other as long as some have certificates of the one and some of the other; first a change that adds ${to} to "mesh.trustDomainAliases", deployed to every cluster, then one that makes it "mesh.trustDomain" and keeps ${from} as an alias`,
  ),
  leafMaximumTooEarly: rule(
    "IV0627",
    "error",
    "istiod's maximum follows the proxies when leaves get shorter",
    (clusters: string, asked: string, most: string) =>
      `istiod of ${clusters} would sign for at most ${most}, and the proxies that run there request ${asked} until their pods are replaced; it would refuse each of them at its next renewal; first write "maxLeafLifetime: ${asked}" beside the new "leafLifetime", deploy that, and replace every pod that has a proxy; then remove "maxLeafLifetime"`,
  ),
  leafMaximumTooLate: rule(
    "IV0628",
    "error",
    "istiod's maximum precedes the proxies when leaves get longer",
    (clusters: string, asked: string, most: string) =>
      `new pods of ${clusters} would request ${asked}, and the istiods that run there sign for at most ${most}; no pod would start until the last of these has been replaced; first write "maxLeafLifetime: ${asked}" and leave "leafLifetime" as it is, deploy that; then raise "leafLifetime"`,
  ),
  leafGenerationSkipped: rule(
    "IV0629",
    "error",
    "A leaf generation is raised by one",
    (clusters: string, from: number, to: number) =>
      `"leafGeneration" of ${clusters} would go from ${from} to ${to}; every other generation is a line in the bundle, so that this renews nothing, or is a bundle that istiod before 1.30 refuses; write ${from + 1}`,
  ),
  leavesRenewedTooEarly: rule(
    "IV0630",
    "warning",
    "Leaves are renewed after what signs them",
    (clusters: string) =>
      `"leafGeneration" of ${clusters} would be raised in the same change as what signs there; where istiod loads the bundle first, proxies renew under the old intermediate; raise it in a change of its own, once "istio-vault status" shows the new one`,
  ),
  listsStepSkipped: rule(
    "IV0660",
    "error",
    "Revocation lists come and go in two steps",
    (from: string, to: string) =>
      `revocation.lists goes from ${from} to ${to} at once; proxies that get lists refuse every chain in which one CA has none, and keep them while the next intermediates sign none; first a change to "issued" alone, deployed, and every certificate renewed, then this one`,
  ),
  revokes: rule(
    "IV0661",
    "warning",
    "What is revoked is read by a person",
    (intermediates: string, lists: string) =>
      `no proxy would accept a certificate under ${intermediates} any more${lists}; connections that stand go on; waypoints, gateways that are not in mesh.yaml, and pods that were injected without the lists' mount, go on accepting it, a ztunnel looks at lists only with its chart's peerCaCrl, and istiods and agents look at none, so that who has its key can still play istiod to them; make sure that another intermediate signs, and that no certificate is left under this one ("istio-vault status")`,
  ),
  revocationTakenBack: rule(
    "IV0662",
    "warning",
    "A revocation that is taken back is read by a person",
    (intermediates: string) =>
      `${intermediates} would no longer be revoked, so that every certificate under it that has not expired is accepted again; make sure that it has expired itself, or that its key was never in other hands`,
  ),
  gatewayUnderMeshRoot: rule(
    "IV0804",
    "error",
    "A gateway's certificate is not signed by the mesh's root",
    (mountPath: string, root: string) =>
      `"mountPath" is "${mountPath}", where root ${root} signs for the mesh; use a CA in another mount, or remove the key`,
  ),
  noRevision: rule(
    "IV0806",
    "error",
    "An istiod is listed",
    () =>
      `"revisions" is empty, so no istiod would run; list at least one, or remove "revisions" for one istiod without a revision`,
  ),
  defaultRevisionNotListed: rule(
    "IV0807",
    "error",
    "The default revision is listed",
    (received: string, listed: readonly string[]) =>
      `the default revision is "${received}", which is not among [${listed.join(", ")}]; no istiod would inject namespaces labelled istio-injection=enabled; set "defaultRevision" to one of them, or list it`,
  ),
  chartsOfOneVersion: rule(
    "IV0808",
    "error",
    "Unpacked charts are of one version",
    (directory: string, versions: readonly string[]) =>
      `"${directory}" would give the charts of ${versions.join(" and ")}, but holds those of one; give each version its own "chartsDirectory"`,
  ),
  gatewayRevision: rule(
    "IV0809",
    "error",
    "A gateway's revision is listed",
    (listed: readonly string[]) =>
      `"revision" is not one of [${listed.join(", ")}], so no istiod would inject the gateway's pods, and they could not start; use a listed one, or remove the key for the default revision`,
  ),
  supportEnded: rule(
    "IV1001",
    "warning",
    "What runs is supported by its project",
    (what: string, lastDay: string, instead: string) =>
      `${what} has been out of support since ${lastDay} and gets no more security fixes; upgrade to ${instead}`,
  ),
  supportEnds: rule(
    "IV1002",
    "warning",
    "What runs is supported for another 60 days",
    (what: string, lastDay: string, daysLeft: number, instead: string) =>
      `${what} is supported until ${lastDay}, for another ${daysLeft} ${daysLeft === 1 ? "day" : "days"}; plan the upgrade to ${instead}`,
  ),
  providerVersion: rule(
    "IV1005",
    "error",
    "A provider's version is a constraint within its binding's major version",
    (provider: string, received: string, major: number, example: string) =>
      `"${provider}" is "${received}"; write a Terraform version constraint for major version ${major}, which the constructs support, such as "${example}"`,
  ),
};
