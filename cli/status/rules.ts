import { rules as configRules } from "../../config/rules";
import { rule } from "../../lib/private/rule";

const { emergencyIdle } = configRules;

/** What is wrong with a mesh that runs, as its istiods, clusters and Vault themselves tell. */
export const rules = {
  emergencyIdle,
  vaultNotAsked: rule(
    "IV0701",
    "error",
    "Vault tells what it holds for a cluster",
    (reason: string) => `Vault could not be asked: ${reason}`,
  ),
  clusterNotAsked: rule(
    "IV0702",
    "error",
    "A cluster's API server answers",
    (access: string, reason: string) =>
      `unreachable: ${reason} (${access}); nothing is known of its istiod and its bundle`,
  ),
  rootNotKnown: rule(
    "IV0703",
    "error",
    "The certificate of each declared root is known",
    (root: string, reason: string) =>
      `the certificate of root ${root} could not be learnt: ${reason}; no bundle that holds it can be told from another`,
  ),
  istiodNotAsked: rule(
    "IV0704",
    "error",
    "An istiod that is ready can be asked",
    (pod: string, reason: string) => `${pod} could not be asked: ${reason}`,
  ),
  noIstiodReady: rule(
    "IV0705",
    "error",
    "An istiod is ready",
    (total: number) =>
      `${total === 0 ? "no istiod runs" : `none of ${total} istiods is ready`}; new workloads get no certificate, and running ones keep theirs for at most 24 hours`,
  ),
  istiodNotReady: rule(
    "IV0706",
    "warning",
    "Every istiod is ready",
    (ready: number, total: number) => `${ready} of ${total} istiods are ready`,
  ),
  istiodNotAccepted: rule(
    "IV0707",
    "error",
    "Sidecars accept istiod's own certificate",
    (pod: string, reason: string) =>
      `${pod} says it is ready, and serves nobody: sidecars refuse its certificate, since ${reason}; check its files with "istio-vault lint", and issue its intermediate anew`,
  ),
  istiodDoesNotSign: rule(
    "IV0708",
    "error",
    "istiod signs workloads",
    (pod: string, reason: string) => `${pod} did not sign a certificate: ${reason}`,
  ),
  istiodSelfSigned: rule(
    "IV0709",
    "error",
    "istiod signs with its CA from Vault",
    (pod: string, subject: string) =>
      `${pod} made a CA of its own (${subject}) instead of taking the one in Vault; other clusters refuse its workloads, and its key is in the Secret istio-ca-secret; let it start again with the injector running`,
  ),
  signsWithAnotherRoot: rule(
    "IV0710",
    "error",
    "A cluster signs with its declared root",
    (live: string, declared: string) =>
      `signs with root ${live}, and mesh.yaml says ${declared}; deploy or issue the intermediate under ${declared}, or take mesh.yaml back`,
  ),
  leafNotTrusted: rule(
    "IV0711",
    "error",
    "What a cluster signs is accepted by the bundle it published",
    (pod: string, published: string) =>
      `what ${pod} signs is refused by its own cluster's bundle (${published}); publish a bundle with the root it signs with`,
  ),
  bundleNotPublished: rule(
    "IV0712",
    "error",
    "istiod publishes the declared bundle",
    (published: string, declared: string, cause: string) =>
      `publishes the bundle ${published}, and mesh.yaml says ${declared}; ${cause}`,
  ),
  answersAnotherBundle: rule(
    "IV0713",
    "warning",
    "istiod answers with the bundle it published",
    (pod: string, answered: string, published: string) =>
      `${pod} answers with the bundle ${answered}, while ${published} is published; within a minute of a restart that is the leader's lease, later the istiod that leads did not take the new bundle`,
  ),
  bundleNotInVault: rule(
    "IV0714",
    "error",
    "The bundle in Vault is the declared one",
    (inVault: string, declared: string) =>
      `Vault holds the bundle ${inVault}, and mesh.yaml says ${declared}; deploy vault-root`,
  ),
  notYetServed: rule(
    "IV0715",
    "warning",
    "The intermediate in Vault is served",
    (pod: string, version: number, age: string) =>
      `${pod} does not yet serve version ${version}, written ${age} ago`,
  ),
  notServed: rule(
    "IV0716",
    "error",
    "A new intermediate is served soon after it was written",
    (pod: string, version: number, age: string, atMost: string) =>
      `${pod} does not serve version ${version}, written ${age} ago, though that takes at most ${atMost}; its log says why, that of its vault-agent if Vault could not be read`,
  ),
  noRecord: rule(
    "IV0717",
    "warning",
    "The secret's metadata tells of an external issuer's intermediate",
    (version: number) =>
      `version ${version} was written by something that left no record of it; whether it is served, and when it is due, cannot be told`,
  ),
  intermediateEnds: rule(
    "IV0718",
    "warning",
    "An intermediate is renewed in time",
    (until: string, left: string) =>
      `the intermediate ends at ${until}, in ${left}, with less than a fifth of its lifetime left; istiod serves nobody after that; renew it`,
  ),
  rootEnds: rule(
    "IV0719",
    "warning",
    "A root lasts longer than what it signs",
    (root: string, until: string) =>
      `root ${root} ends at ${until}, before an intermediate issued now would; rotate to a new root`,
  ),
  selfSignedKeyLeft: rule(
    "IV0720",
    "warning",
    "No CA key is left in a cluster",
    () =>
      `the Secret istio-ca-secret holds the key of a CA that istiod once made for itself; nothing removes it; delete it once no bundle holds its certificate`,
  ),
  lastLeavesRemain: rule(
    "IV0721",
    "error",
    "A root leaves a bundle only when the last certificate under it has ended",
    (root: string, until: string) =>
      `root ${root} may not be dropped before ${until}: certificates under it live for up to 24 hours after the last istiod took another intermediate`,
  ),
  notSettled: rule(
    "IV0722",
    "error",
    "The step before has arrived everywhere",
    (pod: string, answered: string, published: string) =>
      `${pod} answers with the bundle ${answered}, and ${published} is published; wait until they agree`,
  ),
  rootNotMade: rule(
    "IV0723",
    "error",
    "Each trusted root exists",
    (root: string) => `root ${root} is not in Vault yet; deploy vault-root`,
  ),
  bundleNotHeldYet: rule(
    "IV0724",
    "error",
    "A root signs only when every proxy holds a bundle with it",
    (root: string, until: string) =>
      `root ${root} may not sign before ${until}: a proxy may hold the bundle of before until its certificate ends`,
  ),
  revisionNotReady: rule(
    "IV0725",
    "error",
    "Each listed revision has an istiod",
    (revision: string, total: number) =>
      `${revision} is listed, and ${total === 0 ? "no istiod of it runs" : `none of its ${total} istiods is ready`}; pods of namespaces that name it are refused, and its proxies keep their certificates for at most 24 hours`,
  ),
  revisionNotListed: rule(
    "IV0726",
    "warning",
    "Each revision that runs is listed",
    (revision: string) =>
      `${revision} runs and is not listed; Vault will not let it start again once "vault-root" is deployed; list it, or deploy the cluster when no proxy uses it any more`,
  ),
};
