import { rule } from "./private/rule";
import { HOSTS_GO } from "./private/upstream";

export type { Finding, Level, Rule } from "./private/rule";

/**
 * What constructs and value types refuse. Each part of the program has the rules it finds broken; one that
 * several parts find is the lowest part's, so that the same fact has the same id, words and page wherever
 * it is found. Ids are never reused; a retired one leaves a comment behind.
 *
 * IV01 mesh.yaml and single values; IV02 roots, trust and issuance; IV03 logging in to
 * Vault; IV04 what runs in a cluster; IV05 plug-in CA files; IV06 changes of a running mesh;
 * IV07 the running mesh; IV08 gateways; IV09 the external issuer; IV10 versions and hosts of the
 * projects that this one depends on; IV11 the program itself.
 */
export const rules = {
  nameForm: rule(
    "IV0110",
    "error",
    "A name is lower-case letters, digits and dashes, at most 40",
    (key: string, received: string) =>
      received in {}
        ? `"${key}" is "${received}", which no construct can be called; write another name`
        : `"${key}" is "${received}"; write at most 40 lower-case letters, digits and dashes, a letter or digit first and last, since Vault mounts, policies and stacks are named after it`,
  ),
  durationForm: rule(
    "IV0111",
    "error",
    "A duration is a whole number and one unit",
    (received: string) =>
      `"${received}" is not a duration; write a whole number and s, m, h, d or y, such as "90d"`,
  ),
  keyAlgorithm: rule(
    "IV0112",
    "error",
    "A key is RSA 2048, 3072 or 4096, or ECDSA P-256 or P-384",
    (received: string) =>
      `"${received}" is not a supported key algorithm; write rsa-2048, rsa-3072, rsa-4096, ecdsa-p256 or ecdsa-p384`,
  ),
  exclusiveKeys: rule(
    "IV0116",
    "error",
    "Some keys exclude each other",
    (one: string, other: string) => `"${one}" and "${other}" cannot be set together; remove one of them`,
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
    "Stacks exchange names, not references",
    (key: string, maker: string, stack: string) =>
      `"${key}" of ${maker} is a reference into stack "${stack}", and using it here would read that stack's state, with its secrets; give ${maker} the plain name, such as a resource's "pathInput"`,
  ),
  bundleLacksSigningRoot: rule(
    "IV0202",
    "error",
    "A cluster's bundle holds the root it signs with",
    (cluster: string, root: string) =>
      `${cluster} signs with root ${root}, which is not in its own bundle; its workloads would refuse each other; add ${root} to the bundle`,
  ),
  keysInStateNotAccepted: rule(
    "IV0205",
    "error",
    "Issuance terraform needs acceptKeysInState",
    () =>
      `issuance "terraform" keeps the intermediate's private key in Terraform's state, and whoever can read the state can act as this cluster's CA; write "acceptKeysInState: true" if that is intended`,
  ),
  rootKeyInStateNotAccepted: rule(
    "IV0207",
    "error",
    "A root of the tls provider needs acceptKeysInState",
    () =>
      `a root of the tls provider keeps its private key in Terraform's state, and whoever can read the state can sign for the mesh; write "acceptKeysInState: true" if that is intended, or use a root in Vault's PKI engine`,
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
    (received: number, key = "generation") =>
      `"${key}" is ${received}; write a whole number of at least 1, and raise it by one to renew`,
  ),
  secretsShareAPath: rule(
    "IV0212",
    "error",
    "Intermediate and bundle are separate secrets",
    (path: string) =>
      `"certificatesPath" and "trustBundlePath" are both "${path}", so one would overwrite the other; give them different paths`,
  ),
  rootCannotSign: rule(
    "IV0213",
    "error",
    "An offline root does not sign",
    (root: string) =>
      `root ${root} is offline: only its certificate is known, so Terraform cannot sign an intermediate with it; let another root sign, or use an issuance that signs elsewhere`,
  ),
  rootOfOtherStack: rule(
    "IV0220",
    "error",
    "A root of the tls provider stays in its stack",
    (root: string, stack: string) =>
      `the key and certificate of root ${root} are in the state of stack "${stack}", which another stack would have to read; put what uses it into the same stack, or create the root in Vault's PKI engine`,
  ),
  noIssuerPolicy: rule(
    "IV0221",
    "error",
    "Issuance terraform has no issuer",
    (cluster: string) =>
      `${cluster} has issuance "terraform", where Terraform itself issues and no issuer needs access; remove the grant, or use issuance "deploy" or "external"`,
  ),
  deployNeedsRootInVault: rule(
    "IV0223",
    "error",
    "Issuance deploy needs a root in Vault",
    (cluster: string, root: string) =>
      `${cluster} has issuance "deploy" and signs with root ${root}, whose key is not in Vault, so the deploy could not have the intermediate signed; sign with a root in Vault's PKI engine, or use another issuance`,
  ),
  terraformSignsNoList: rule(
    "IV0230",
    "error",
    "Revocation needs an issuer that holds the intermediate's key",
    (cluster: string) =>
      `${cluster} has issuance "terraform", and Terraform cannot sign the revocation list that each intermediate needs of itself; its chain would be refused everywhere; use issuance "deploy" or "external" (docs/switch-issuance.md), or no revocation lists`,
  ),
  rootCannotSignList: rule(
    "IV0231",
    "error",
    "With revocation, every root in use signs in Vault",
    (root: string) =>
      `root ${root} does not sign in Vault, so it gets no revocation list, and proxies refuse every chain to a root without one; take it out of every bundle, with the steps of a rotation, before there are revocation lists`,
  ),
  serialForm: rule(
    "IV0232",
    "error",
    "A revoked serial number is hexadecimal",
    (received: string) =>
      `serial is "${received}"; write the intermediate's serial number as istio-vault status shows it: up to 20 bytes in hexadecimal, with or without colons, between quotes`,
  ),
  customAudienceNeedsReviewer: rule(
    "IV0301",
    "error",
    "A custom audience needs a separate token reviewer",
    (audience: string) =>
      `audience "${audience}" cannot work while the pod's own token reviews itself: the API server rejects a token issued for another audience; remove the audience, set a reviewer's token, or use the JWT method`,
  ),
  kubernetesHostForm: rule(
    "IV0302",
    "error",
    "An API server is an https URL",
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
    "A service-account issuer that Vault calls is an https URL",
    (received: string) =>
      `"issuer" is "${received}", where Vault asks for the keys; write the cluster's service-account issuer, the "iss" of its tokens, such as "https://oidc.example.com/cluster1", or give the public keys`,
  ),
  roleBindingEmpty: rule(
    "IV0305",
    "error",
    "A role names its ServiceAccounts, namespaces and policies, without wildcards",
    (key: string, received: readonly string[]) =>
      `"${key}" is [${received.join(", ")}]; list at least one, and not "*", which would let all of them log in`,
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
    (received: string) => `role "${received}" is already added; list all its ServiceAccounts in one call`,
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
    "A list of public keys is not empty",
    () =>
      `"publicKeys" is an empty list, so no token could be verified; add a key, or remove the list to use the issuer's URL`,
  ),
  helmValueOwned: rule(
    "IV0401",
    "error",
    "Helm values may not override what the construct owns",
    (path: string, instead = "the property or mesh.yaml key with the same meaning if there is one") =>
      `Helm value "${path}" would override a value that makes the pod use its files from Vault; remove it, and use ${instead}`,
  ),
  istioVersion: rule("IV0402", "error", "Istio is at least 1.27.0", (received: string) =>
    /-(distroless|debug)$/.test(received)
      ? `"${received}" is an image tag, not a version of Istio's charts; write the version without the variant, and the variant as the Helm value "global.variant"`
      : `"${received}" is not a supported Istio version; write x.y.z of at least 1.27.0, or a build of one such as 1.29.6-solo, since older ones start on an incomplete set of CA files`,
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
    "The render interval is between 10 seconds and 1 day",
    (received: string) => `"renderInterval" is ${received}; write at least 10s and at most 1d`,
  ),
  leafOutlivesMaximum: rule(
    "IV0406",
    "error",
    "Proxies ask for no longer than istiod signs",
    (most: string, asked: string) =>
      `"maxLeafLifetime" is ${most}, and proxies would request "leafLifetime" (${asked}), so istiod would refuse every one of them; write at least ${asked}, or remove "maxLeafLifetime"`,
  ),
  leafLifetime: rule(
    "IV0407",
    "error",
    "A leaf is valid for 2 minutes to 90 days",
    (key: string, received: string) => `"${key}" is ${received}; write at least 2m and at most 90d`,
  ),
  leafLifetimeElsewhere: rule(
    "IV0408",
    "error",
    "The lifetime of leaves is one setting",
    (path: string) =>
      `Helm value "${path}" names a lifetime of leaves, which istiod and its proxies have to agree on; remove it, and write "leafLifetime" in mesh.yaml, or the property leafLifetime of IstiodWithVault`,
  ),
  dependencyOfOtherApp: rule(
    "IV0410",
    "error",
    "A dependency is part of the same app",
    (dependency: string) =>
      `"dependsOn" names ${dependency} of another app, which Terraform cannot wait for; remove it, and deploy that app first`,
  ),
  rootRefused: rule(
    "IV0551",
    "error",
    "A root given as a file is one that istiod and proxies read",
    (why: string) =>
      `the certificate ${why}, so that Go or BoringSSL refuses it, and no istiod starts under this root and no workload trusts it; have the root reissued, or remove it`,
  ),
  gatewayName: rule(
    "IV0801",
    "error",
    "A gateway does not take istiod's names",
    (received: string) =>
      `a gateway is named "${received}", like istiod's role in Vault or its ServiceAccount; use another name, such as "istio-ingress"`,
  ),
  gatewayDomains: rule(
    "IV0802",
    "error",
    "A gateway's domains are DNS names, each in full",
    (received: string) =>
      `"domains" contains ${received}; write lower-case DNS names, optionally with a leading "*.", the first of at most 64 characters`,
  ),
  vaultPathForm: rule(
    "IV0803",
    "error",
    "A path in Vault is exact",
    (key: string, received: string) =>
      `"${key}" is "${received}"; write the path without "data/" and without a slash at either end, using only letters, digits, dots, dashes and underscores between slashes, since "*" and "+" are wildcards in a policy`,
  ),
  revisionForm: rule(
    "IV0805",
    "error",
    "A revision has a name that Istio accepts",
    (received: string) =>
      `a revision is named "${received}"; write lower-case letters, digits and dashes, at most 40, such as "1-30-0", or "default" for the istiod without a revision`,
  ),
  ciIdForm: rule(
    "IV0901",
    "error",
    "A repository or project is named by its number",
    (key: string, received: string) =>
      `"${key}" is "${received}"; write its numeric id, since a name can be released and registered by someone else`,
  ),
  issuerTriggers: rule(
    "IV0902",
    "error",
    "An issuer's job is not triggered by a pull request",
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
  hostGoes: rule(
    "IV1003",
    "warning",
    "No host is used that will be shut down",
    (key: string, host: string, instead: string) =>
      `"${key}" uses ${host}, which Istio turns off for a day on ${HOSTS_GO.switchedOff} and removes in ${HOSTS_GO.removed}; use ${instead} instead`,
  ),
  agentDoesNotStart: rule(
    "IV1004",
    "warning",
    "The agent's image starts in an injected pod",
    (key: string, image: string, why: string, instead: string) =>
      `"${key}" is ${image}, with which the agent does not start: ${why}; use ${instead}`,
  ),
  twoCores: rule(
    "IV1101",
    "error",
    "A program uses one core",
    (theirs: string, ours: string, written: string) =>
      `the stack uses ${theirs} and this construct ${ours}, and a program with both crashes; write "cdktf": "${written}" in "dependencies" of package.json and "cdktf": "$cdktf" in its "overrides", so that every package uses the stack's`,
  ),
  hclLacksRemoved: rule(
    "IV1102",
    "error",
    "HCL is complete",
    (address: string) =>
      `cdktf leaves the "removed" block of ${address} out of HCL, so Terraform would destroy a resource that it is to forget; synthesize JSON, without "--hcl", which terraform and tofu read just as well`,
  ),
};
