import { pluginCaFileRules } from "./private/plugin-ca-file-rules";
import { rule } from "./private/rule";
import { statusRules } from "./private/status-rules";
import { upstreamRules } from "./private/upstream-rules";

export type { Finding, Level, Rule } from "./private/rule";

/**
 * Everything this program can find wrong, in one place: the same fact has the same id, words and
 * page wherever it is found. Ids are never reused; a retired one leaves a comment behind.
 *
 * IV01 form of mesh.yaml and of single values; IV02 roots, trust and issuance; IV03 logging in to
 * Vault; IV04 what runs in a cluster; IV05 plug-in CA files; IV06 what a change does to a mesh that
 * serves; IV07 a mesh that runs; IV08 gateways; IV09 the external issuer; IV10 versions and hosts of the
 * projects this one stands on; IV11 the program that synthesizes.
 */
export const rules = {
  fileUnreadable: rule(
    "IV0101",
    "error",
    "mesh.yaml can be read",
    (reason: string) => `the file cannot be read: ${reason}; name another one by MESH_FILE`,
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
    () => `this program reads version 1 of mesh.yaml; write "version: 1"`,
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
      `"${received}" is used twice (first: ${first}); give each one a name of its own`,
  ),
  notOneOf: rule(
    "IV0109",
    "error",
    "A value is one of those known",
    (received: string, known: readonly string[]) => `is ${received}; write ${known.join(" or ")}`,
  ),
  nameForm: rule(
    "IV0110",
    "error",
    "A name is lower-case letters, digits and dashes, at most 40",
    (key: string, received: string) =>
      `"${key}" is "${received}"; write at most 40 lower-case letters, digits and dashes, a letter or digit first and last, since Vault mounts, policies and stacks are named after it`,
  ),
  durationForm: rule(
    "IV0111",
    "error",
    "A duration is a whole number and one unit",
    (received: string) =>
      `"${received}" is no duration; write a whole number and s, m, h, d or y, such as "90d"`,
  ),
  keyAlgorithm: rule(
    "IV0112",
    "error",
    "A key is RSA 2048, 3072 or 4096, or ECDSA P-256 or P-384",
    (received: string) =>
      `"${received}" is no supported key algorithm; write rsa-2048, rsa-3072, rsa-4096, ecdsa-p256 or ecdsa-p384`,
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
      `"${file}" holds ${holds}; give a file with the CA's public certificate alone, which begins with -----BEGIN CERTIFICATE-----`,
  ),
  clusterNameTaken: rule(
    "IV0115",
    "error",
    "No cluster is named after the Vault stack",
    (name: string) =>
      `"${name}" is the name of the stack that holds every Vault object; give the cluster another name`,
  ),
  exclusiveKeys: rule(
    "IV0116",
    "error",
    "Some keys exclude each other",
    (one: string, other: string) => `"${one}" and "${other}" exclude each other; leave one of them out`,
  ),
  publicKeyFile: rule(
    "IV0117",
    "error",
    "A public key file holds PEM public keys and no private one",
    (file: string, holds: string) =>
      `"${file}" holds ${holds}; give a file with the public keys alone, each of which begins with -----BEGIN PUBLIC KEY-----`,
  ),
  clusterUnreached: rule(
    "IV0118",
    "error",
    "A cluster says how Terraform reaches it",
    () =>
      `names neither a file, nor a context, nor exec: the cluster would be whichever context happens to be current; name the context`,
  ),
  terraformExpression: rule(
    "IV0119",
    "error",
    "No value is a Terraform expression",
    (received: string) =>
      `holds "${received}", which Terraform would evaluate or take for a value of its own; write the value itself`,
  ),
  valueNotKnown: rule(
    "IV0130",
    "error",
    "A value that decides what is synthesized is known at synth",
    (key: string) =>
      `"${key}" is a reference that Terraform resolves later, and its value must be known at synth, since it decides what is synthesized; write the value itself`,
  ),
  referenceOfOtherStack: rule(
    "IV0131",
    "error",
    "Stacks exchange names, no references",
    (key: string, maker: string, stack: string) =>
      `"${key}" of ${maker} is a reference into stack "${stack}", and using it here would read that stack's state, with its secrets; give ${maker} the plain name, such as a resource's "pathInput"`,
  ),
  unknownRoot: rule(
    "IV0201",
    "error",
    "Trust names roots that exist",
    (received: string, known: readonly string[]) =>
      `root "${received}" is not among roots (${known.join(", ")}); add it there, or name one of these`,
  ),
  bundleLacksSigningRoot: rule(
    "IV0202",
    "error",
    "A cluster's bundle holds the root it signs with",
    (cluster: string, root: string) =>
      `${cluster} signs with root ${root}, which is not in its own bundle; its workloads would refuse each other; add ${root} to the bundle`,
  ),
  signingRootNotTrustedByAll: rule(
    "IV0203",
    "error",
    "Every root that signs is in every cluster's bundle",
    (signer: string, root: string, without: readonly string[]) =>
      `${signer} signs with root ${root}, which ${without.join(", ")} ${without.length > 1 ? "do" : "does"} not trust, and would refuse every connection from ${signer}; first add ${root} to the bundle of every cluster and deploy that`,
  ),
  intermediateOutlivesRoot: rule(
    "IV0204",
    "error",
    "An intermediate does not outlive its root",
    (received: string, root: string, atMost: string) =>
      `"${received}" is longer than root ${root} is valid (${atMost}); write at most ${atMost}`,
  ),
  keysInStateNotAccepted: rule(
    "IV0205",
    "error",
    "Issuance terraform needs acceptKeysInState",
    () =>
      `issuance "terraform" keeps the intermediate's private key in Terraform's state, where whoever reads it can be this cluster's CA; write "acceptKeysInState: true" if that is meant`,
  ),
  stateInEtcd: rule(
    "IV0206",
    "error",
    "State that holds keys is not kept in Kubernetes",
    () =>
      `backend "kubernetes" keeps the state in a Secret, and this state holds private keys: they would rest in etcd, which this set-up exists to avoid; choose another backend`,
  ),
  rootKeyInStateNotAccepted: rule(
    "IV0207",
    "error",
    "A root of the tls provider needs acceptKeysInState",
    () =>
      `a root of the tls provider keeps its private key in Terraform's state, where whoever reads it owns the mesh; write "acceptKeysInState: true" if that is meant, or use a root in Vault's PKI engine`,
  ),
  rootNotSelfSigned: rule(
    "IV0208",
    "error",
    "A root is one self-signed CA certificate",
    () =>
      `"certificatePem" is not exactly one self-signed CA certificate; give the certificate at the top of the issuer's chain, alone, as PEM`,
  ),
  // IV0209 said, before there was an external issuer, that issuance external was not built.
  generationForm: rule(
    "IV0210",
    "error",
    "A generation is a whole number of at least 1",
    (received: number) =>
      `"generation" is ${received}; write a whole number of at least 1, and raise it by one to renew`,
  ),
  intermediateEndsBeforeRender: rule(
    "IV0211",
    "error",
    "An intermediate lasts longer than the agent's render interval",
    (received: string, renderInterval: string) =>
      `"${received}" is not longer than "renderInterval" (${renderInterval}); istiod could not take the next one before this one ends; write more, or a shorter interval`,
  ),
  secretsShareAPath: rule(
    "IV0212",
    "error",
    "Intermediate and bundle are secrets of their own",
    (path: string) =>
      `"certificatesPath" and "trustBundlePath" are both "${path}", and the one would overwrite the other; give them different paths`,
  ),
  rootCannotSign: rule(
    "IV0213",
    "error",
    "An offline root signs nothing here",
    (root: string) =>
      `root ${root} is offline: only its certificate is known, so Terraform cannot sign an intermediate with it; let another root sign, or use an issuance that signs elsewhere`,
  ),
  externalNeedsSigner: rule(
    "IV0214",
    "error",
    "An external issuer does not sign with a root of the tls provider",
    (cluster: string, root: string) =>
      `${cluster} signs with root ${root}, whose key rests in Terraform's state, where no external issuer can use it; sign with a root in Vault's PKI engine, or write issuance "terraform"`,
  ),
  rootOfOtherStack: rule(
    "IV0220",
    "error",
    "A root of the tls provider stays in its stack",
    (root: string, stack: string) =>
      `root ${root} rests in the state of stack "${stack}", key and certificate, and another stack would have to read that state; put what uses it into the same stack, or make the root in Vault's PKI engine`,
  ),
  noIssuerPolicy: rule(
    "IV0221",
    "error",
    "Only issuance external has an issuer",
    (cluster: string) =>
      `${cluster} has issuance "terraform", where Terraform itself issues and no issuer needs a right; leave the grant out, or use issuance "external"`,
  ),
  customAudienceNeedsReviewer: rule(
    "IV0301",
    "error",
    "A custom audience needs a token reviewer of its own",
    (audience: string) =>
      `audience "${audience}" cannot work while the pod's own token is its reviewer: the API server refuses a token made for another audience; leave the audience out, give a reviewer's token, or use the JWT method`,
  ),
  kubernetesHostForm: rule(
    "IV0302",
    "error",
    "An API server is an https URL of host and port",
    (received: string) =>
      `"kubernetesHost" is "${received}"; write the API server's URL as Vault reaches it, such as "https://10.0.0.1:6443"`,
  ),
  caCertificateForm: rule(
    "IV0303",
    "error",
    "A CA certificate is PEM",
    (key: string) =>
      `"${key}" holds no PEM certificate; give the public certificate of the CA, which begins with -----BEGIN CERTIFICATE-----`,
  ),
  jwtIssuerForm: rule(
    "IV0304",
    "error",
    "A service-account issuer is an https URL",
    (received: string) =>
      `"issuer" is "${received}"; write the cluster's service-account issuer, the "iss" of its tokens, such as "https://oidc.example.com/cluster1"`,
  ),
  roleBindingEmpty: rule(
    "IV0305",
    "error",
    "A role names its ServiceAccounts, namespaces and policies, without wildcards",
    (key: string, received: readonly string[]) =>
      `"${key}" is [${received.join(", ")}]; name at least one, and no "*", which would let every one log in`,
  ),
  reviewerNotSensitive: rule(
    "IV0306",
    "error",
    "A reviewer's token comes from a sensitive variable",
    () =>
      `"tokenReviewerJwt" is a Terraform variable that is not marked sensitive, so plans would print the token; create it with "sensitive: true"`,
  ),
  roleTwice: rule(
    "IV0307",
    "error",
    "A role is added once",
    (received: string) => `role "${received}" was added before; list all its ServiceAccounts in one call`,
  ),
  ttlOrder: rule(
    "IV0308",
    "error",
    "A login can be renewed at least once",
    (ttl: string, maxTtl: string) =>
      `"tokenTtl" ${ttl} is longer than "tokenMaxTtl" ${maxTtl}; write a shorter one`,
  ),
  publicKeysEmpty: rule(
    "IV0309",
    "error",
    "Public keys, where given, are at least one",
    () =>
      `"publicKeys" is an empty list, by which no token could be checked; give a key, or leave it out to use the issuer's URL`,
  ),
  helmValueOwned: rule(
    "IV0401",
    "error",
    "Helm values may not overwrite what the construct owns",
    (path: string) =>
      `Helm value "${path}" would overwrite what keeps the pod on its files from Vault; leave it out, and use the property or mesh.yaml key of the same meaning where there is one`,
  ),
  istioVersion: rule("IV0402", "error", "Istio is at least 1.27.0", (received: string) =>
    /-(distroless|debug)$/.test(received)
      ? `"${received}" is a tag of images, and no version of Istio's charts; write the version without the variant, and the variant as the Helm value "global.variant"`
      : `"${received}" is no supported Istio version; write x.y.z of at least 1.27.0, or a build of one such as 1.29.6-solo, since older ones start on an incomplete set of CA files`,
  ),
  replicas: rule(
    "IV0403",
    "error",
    "Replicas are a whole number of at least 1",
    (received: number) => `"replicas" is ${received}; write a whole number of at least 1`,
  ),
  chartMissing: rule(
    "IV0404",
    "error",
    "A charts directory holds unpacked charts",
    (path: string) =>
      `no chart at ${path}: it has no Chart.yaml; give the directory that "helm pull --untar" filled`,
  ),
  renderInterval: rule(
    "IV0405",
    "error",
    "The agent renders at least every day, at most every 10 seconds",
    (received: string) => `"renderInterval" is ${received}; write at least 10s and at most 1d`,
  ),
  dependencyOfOtherApp: rule(
    "IV0410",
    "error",
    "Only what the same app makes is waited for",
    (dependency: string) =>
      `"dependsOn" names ${dependency} of another app, which Terraform cannot wait for; leave it out, and deploy that app first`,
  ),
  ...pluginCaFileRules,
  rootSignsBeforeTrusted: rule(
    "IV0601",
    "error",
    "A root signs only when every bundle held it before",
    (root: string, signers: string, verifiers: string) =>
      `root ${root} would sign in ${signers}, and is not yet in the bundle of ${verifiers}; workloads there would refuse every connection from ${signers} as soon as its sidecars renew, within 12 hours; first a change that only adds ${root} to the bundle of every cluster, deployed and seen live by "istio-vault status --gate", then this one`,
  ),
  rootDroppedInUse: rule(
    "IV0602",
    "error",
    "A root leaves a bundle only when no cluster signed with it before",
    (root: string, signers: string, verifiers: string) =>
      `root ${root} signed in ${signers}, and would be missing from the bundle of ${verifiers}; workloads there would refuse every connection from ${signers} until the last certificate under ${root} has ended, up to 24 hours; first let every cluster sign with another root, deploy that, and wait until "istio-vault status --gate" lets ${root} go`,
  ),
  bundleNotTaken: rule(
    "IV0603",
    "error",
    "A bundle grows at an end or shrinks from an end",
    (clusters: string, version: string, from: string, to: string) =>
      `the bundle of ${clusters} would change from [${from}] to [${to}], which a running istiod ${version} refuses; it would refuse every later renewal of its intermediate too, and serve nobody once that has ended; in one change either append roots at the end or drop them from one end, without changing the order`,
  ),
  rootChangedInPlace: rule(
    "IV0604",
    "error",
    "A root is never changed in place",
    (root: string) =>
      `root ${root} would be another one under the same name; every cluster would lose the old one at once, and whatever chains to it would be refused; leave it as it was, and add the new one under a name of its own`,
  ),
  emergencyBreaks: rule(
    "IV0605",
    "warning",
    "An emergency says who loses connectivity",
    (reason: string, what: string) =>
      `EMERGENCY "${reason}": this change leaves the order that keeps connections alive; ${what}`,
  ),
  emergencyIdle: rule(
    "IV0606",
    "warning",
    "An emergency serves one change",
    () =>
      `"trust.emergency" serves the one change that brings it and needs it, and allows nothing here; remove it, so that the next emergency is seen`,
  ),
  foreignCode: rule(
    "IV0607",
    "error",
    "Stacks hold nothing that runs code of its own",
    (stacks: string, what: string) =>
      `${stacks} would hold ${what}; a plan would run it with the planner's credentials, before anybody has read the change; leave it out, and keep it in a program of its own`,
  ),
  planTargetChanged: rule(
    "IV0608",
    "warning",
    "A plan carries its credentials where it did before",
    (stacks: string, provider: string, what: string) =>
      `the provider ${provider} of ${stacks} would reach its server in another way: ${what}; a plan of this change sends the planner's credentials there; read it before anything is planned`,
  ),
  caKeyReadByOthers: rule(
    "IV0609",
    "error",
    "A cluster's CA key is read by its own istiod alone",
    (cluster: string, who: string) =>
      `the CA key of ${cluster} could be read by ${who}; whoever has it signs for every workload of the mesh; give each reader a policy on paths of its own`,
  ),
  policyWidened: rule(
    "IV0610",
    "warning",
    "What a policy newly allows is read by a person",
    (policies: string, what: string) =>
      `the policy ${policies} would newly allow ${what}; whoever holds it can do that as soon as this is deployed; make sure that it is meant`,
  ),
  loginChanged: rule(
    "IV0611",
    "warning",
    "Who may log in to Vault is read by a person",
    (roles: string, what: string) =>
      `the role ${roles} changes: ${what}; it decides who becomes what in Vault; make sure that it is meant`,
  ),
  voucherChanged: rule(
    "IV0612",
    "warning",
    "Who vouches for logins is read by a person",
    (mounts: string, what: string) =>
      `${mounts} believes another: ${what}; whoever runs that can log in as every ServiceAccount of the cluster; make sure that it is the cluster's own`,
  ),
  failClosedWeakened: rule(
    "IV0613",
    "error",
    "istiod starts with its files from Vault or not at all",
    (stacks: string, what: string) =>
      `${stacks}: ${what}; istiod could start without its CA from Vault, as its own root that no other cluster trusts, or outlive what a rotation waits for; leave it as the constructs make it`,
  ),
  oneReplica: rule(
    "IV0614",
    "warning",
    "A restart is survived by a second pod",
    (what: string, stacks: string) =>
      `${what} would run in one pod in ${stacks}; while it restarts, no pod of istiod can start, or no workload gets a certificate; keep two`,
  ),
  keyEntersState: rule(
    "IV0615",
    "warning",
    "No private key comes into a state unread",
    (stack: string, keys: string) =>
      `private keys come into the state of ${stack}: ${keys}; whoever reads that state can sign with them; use issuance "external" for intermediates and "vault-pki" for roots where that is not meant`,
  ),
  stateMoves: rule(
    "IV0616",
    "warning",
    "A state moves by hand",
    (stacks: string, keys: string) =>
      `the state of ${stacks} would be kept elsewhere${keys}; a deploy that starts with an empty state makes everything anew; move it first by "terraform init -migrate-state", and delete what is left behind`,
  ),
  rootDestroyed: rule(
    "IV0617",
    "error",
    "A guarded root is not destroyed",
    (what: string, names: string) =>
      `${what} ${names} would be destroyed, and Terraform's prevent_destroy does not hold for what is no longer in the configuration; the root's key is gone for good, and nothing can be signed with it again; keep the root under "roots", which trusts nobody, or say "preventDestroy: false" in a change of its own and delete it in the next`,
  ),
  destroyedOrReplaced: rule(
    "IV0618",
    "warning",
    "What is destroyed or replaced is read by a person",
    (what: string, names: string, verb: string) =>
      `${what} ${names} would ${verb}; what it holds cannot be had back, and istiod cannot read its CA in between; make sure that it is meant, and deploy when istiod need not restart`,
  ),
  revisionPromotedUnlisted: rule(
    "IV0619",
    "error",
    "A revision is listed before it is promoted",
    (revision: string, clusters: string) =>
      `${revision} would become the default revision of ${clusters}, where it is not listed yet; namespaces labelled istio-injection=enabled would be injected by an istiod nobody has seen run; first list ${revision} and leave "defaultRevision" as it is, deploy that, and let "istio-vault status" see it; then promote it`,
  ),
  defaultRevisionRemoved: rule(
    "IV0620",
    "error",
    "The default revision is not removed",
    (revision: string, clusters: string) =>
      `${revision}, the default revision of ${clusters}, would be removed; proxies that it injected lose their istiod, and get no certificate once theirs have ended; first let "defaultRevision" name another that is listed, deploy that, and restart what ${revision} injected; then remove it`,
  ),
  promotedAndRemoved: rule(
    "IV0621",
    "error",
    "Promotion and removal are separate changes",
    (promoted: string, removed: string, clusters: string) =>
      `${promoted} would become the default revision of ${clusters} in the same change that removes ${removed}; where ${promoted} fails there is nothing left to go back to; promote first, deploy that, and restart what ${removed} injected; then remove ${removed}`,
  ),
  ...statusRules,
  gatewayName: rule(
    "IV0801",
    "error",
    "A gateway does not take istiod's names",
    (received: string) =>
      `a gateway is named "${received}", as is istiod's role in Vault or its ServiceAccount; give it another name, such as "istio-ingress"`,
  ),
  gatewayDomains: rule(
    "IV0802",
    "error",
    "A gateway's domains are DNS names, each in full",
    (received: string) =>
      `"domains" holds ${received}; write lower-case DNS names, with a leading "*." at most, the first of no more than 64 characters`,
  ),
  vaultPathForm: rule(
    "IV0803",
    "error",
    "A path in Vault is exact",
    (key: string, received: string) =>
      `"${key}" is "${received}"; write the path without "data/", a slash at either end, or anything but letters, digits, dots, dashes and underscores between slashes, since a policy takes "*" and "+" for any path`,
  ),
  gatewayUnderMeshRoot: rule(
    "IV0804",
    "error",
    "A gateway's certificate is not the mesh's root's",
    (mountPath: string, root: string) =>
      `"mountPath" is "${mountPath}", where root ${root} signs for the mesh; give the gateway a CA of another mount, or leave it out`,
  ),
  revisionForm: rule(
    "IV0805",
    "error",
    "A revision is named as Istio can",
    (received: string) =>
      `a revision is named "${received}"; write lower-case letters, digits and dashes, at most 40, such as "1-30-0", or "default" for the istiod without a revision`,
  ),
  noRevision: rule(
    "IV0806",
    "error",
    "An istiod is listed",
    () =>
      `"revisions" lists none, so no istiod would run; list at least one, or leave "revisions" out for one istiod without a revision`,
  ),
  defaultRevisionNotListed: rule(
    "IV0807",
    "error",
    "The default revision is listed",
    (received: string, listed: readonly string[]) =>
      `the default revision is "${received}", which is not among [${listed.join(", ")}]; nobody would inject namespaces labelled istio-injection=enabled; let "defaultRevision" name one of them, or list it`,
  ),
  chartsOfOneVersion: rule(
    "IV0808",
    "error",
    "Unpacked charts are of one version",
    (directory: string, versions: readonly string[]) =>
      `"${directory}" would give the charts of ${versions.join(" and ")}, and holds those of one; give each version a "chartsDirectory" of its own`,
  ),
  gatewayRevision: rule(
    "IV0809",
    "error",
    "A gateway's revision is listed",
    (listed: readonly string[]) =>
      `"revision" is none of [${listed.join(", ")}], so nobody would inject the gateway's pods, and they could not start; name one that is listed, or leave it out for the default revision`,
  ),
  ciIdForm: rule(
    "IV0901",
    "error",
    "A repository or project is named by its number",
    (key: string, received: string) =>
      `"${key}" is "${received}"; write the number, since a name can be given up and taken by someone else`,
  ),
  issuerStarters: rule(
    "IV0902",
    "error",
    "An issuer's job is not started by a pull request",
    (key: string, received: readonly string[]) =>
      `"${key}" is [${received.join(", ")}]; name at least one, and no pull request's: whoever opens one chooses what its jobs run`,
  ),
  gitlabUrlForm: rule(
    "IV0903",
    "error",
    "A GitLab instance is an https URL",
    (received: string) =>
      `"url" is "${received}"; write the instance's URL, the "iss" of its tokens, such as "https://gitlab.com"`,
  ),
  ...upstreamRules,
  twoCores: rule(
    "IV1101",
    "error",
    "A program has one core",
    (theirs: string, ours: string, written: string) =>
      `the stack is of ${theirs}, this construct of ${ours}, and a program of two cores crashes; write "cdktf": "${written}" in the dependencies of package.json and "cdktf": "$cdktf" in its overrides, so that every package gets the stack's`,
  ),
  hclLacksRemoved: rule(
    "IV1102",
    "error",
    "HCL leaves nothing out",
    (address: string) =>
      `cdktf leaves the "removed" block of ${address} out of HCL, so Terraform would destroy what the block lets it forget; synthesize JSON, without "--hcl", which terraform and tofu read just as well`,
  ),
};
