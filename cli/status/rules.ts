import { rules as configRules } from "../../config/rules";
import { rule } from "../../lib/private/rule";

const { emergencyIdle } = configRules;

/** What is wrong with a running mesh, according to its istiods, clusters and Vault. */
export const rules = {
  emergencyIdle,
  vaultNotAsked: rule(
    "IV0701",
    "error",
    "Vault can be read",
    (reason: string) => `Vault could not be read: ${reason}`,
  ),
  clusterNotAsked: rule(
    "IV0702",
    "error",
    "A cluster's API server answers",
    (access: string, reason: string) =>
      `unreachable: ${reason} (${access}); the state of its istiod and its bundle is unknown`,
  ),
  rootNotKnown: rule(
    "IV0703",
    "error",
    "The certificate of each declared root can be retrieved",
    (root: string, reason: string) =>
      `the certificate of root ${root} could not be retrieved: ${reason}; bundles that contain it cannot be compared`,
  ),
  istiodNotAsked: rule(
    "IV0704",
    "error",
    "An istiod that is ready can be reached",
    (pod: string, reason: string) => `${pod} could not be reached: ${reason}`,
  ),
  noIstiodReady: rule(
    "IV0705",
    "error",
    "An istiod is ready",
    (total: number, lifetime: string) =>
      `${total === 0 ? "no istiod runs" : `none of ${total} istiods is ready`}; new workloads get no certificate, and running ones keep theirs for at most ${lifetime}`,
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
      `${pod} is ready but serves no workload: sidecars reject its certificate, since ${reason}; check its files with "istio-vault lint", and reissue its intermediate`,
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
      `${pod} created a self-signed CA (${subject}) instead of loading the one in Vault; other clusters reject its workloads, and its key is in the Secret istio-ca-secret; restart it with the injector running`,
  ),
  signsWithAnotherRoot: rule(
    "IV0710",
    "error",
    "A cluster signs with its declared root",
    (live: string, declared: string, isExternal: boolean) =>
      `signs with root ${live}, but mesh.yaml says ${declared}; deploy its Vault stack${isExternal ? `, and issue the intermediate under ${declared}` : `, which issues the intermediate under ${declared}`}, or revert mesh.yaml`,
  ),
  leafNotTrusted: rule(
    "IV0711",
    "error",
    "What a cluster signs chains to the bundle it publishes",
    (pod: string, published: string) =>
      `what ${pod} signs does not chain to its own cluster's bundle (${published}); publish a bundle that contains its root`,
  ),
  bundleNotPublished: rule(
    "IV0712",
    "error",
    "istiod publishes the declared bundle",
    (published: string, declared: string, cause: string) =>
      `publishes the bundle ${published}, but mesh.yaml says ${declared}; ${cause}`,
  ),
  answersAnotherBundle: rule(
    "IV0713",
    "warning",
    "istiod answers with the published bundle",
    (pod: string, answered: string, published: string) =>
      `${pod} answers with the bundle ${answered}, while ${published} is published; within a minute of a restart this is the leader's lease; later, the leading istiod did not load the new bundle`,
  ),
  bundleNotInVault: rule(
    "IV0714",
    "error",
    "The bundle in Vault is the declared one",
    (inVault: string, declared: string) =>
      `Vault holds the bundle ${inVault}, but mesh.yaml says ${declared}; deploy its Vault stack`,
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
      `${pod} does not serve version ${version}, written ${age} ago, although that takes at most ${atMost}; its log says why, or that of its vault-agent if Vault could not be read`,
  ),
  noRecord: rule(
    "IV0717",
    "warning",
    "An issuer records its intermediate in the secret's metadata",
    (version: number) =>
      `version ${version} was written without an issuer's record; whether it is served, and when it is due, is unknown`,
  ),
  intermediateExpires: rule(
    "IV0718",
    "warning",
    "An intermediate is renewed in time",
    (until: string, left: string) =>
      `the intermediate expires at ${until}, in ${left}, with less than a fifth of its lifetime left; after that istiod serves no workload; renew it`,
  ),
  rootExpires: rule(
    "IV0719",
    "warning",
    "A root lasts longer than what it signs",
    (root: string, until: string) =>
      `root ${root} expires at ${until}, before an intermediate issued now would; rotate to a new root`,
  ),
  selfSignedKeyLeft: rule(
    "IV0720",
    "warning",
    "No CA key is left in a cluster",
    () =>
      `the Secret istio-ca-secret holds the key of a CA that istiod once created itself, and nothing removes it; delete it once no bundle contains its certificate`,
  ),
  lastLeavesRemain: rule(
    "IV0721",
    "error",
    "A root leaves a bundle only when the last certificate under it has expired",
    (root: string, until: string, lifetime: string, hidden: string | undefined) =>
      hidden === undefined
        ? `root ${root} may not be dropped before ${until}: proxies are renewing the last certificates under it`
        : `root ${root} may not be dropped before ${until}: certificates under it are valid for up to ${lifetime} after the last istiod loaded another intermediate, and the proxies of ${hidden} were not seen to renew since; raise "leafGeneration" by one to renew them now`,
  ),
  notSettled: rule(
    "IV0722",
    "error",
    "The previous step has taken effect everywhere",
    (pod: string, answered: string, published: string) =>
      `${pod} answers with the bundle ${answered}, but ${published} is published; wait until they are the same`,
  ),
  rootNotMade: rule(
    "IV0723",
    "error",
    "Each trusted root exists",
    (root: string) => `root ${root} is not in Vault yet; deploy 'vault-*'`,
  ),
  bundleNotHeldYet: rule(
    "IV0724",
    "error",
    "A root signs only when every proxy has a bundle that contains it",
    (root: string, until: string, who: string) =>
      `root ${root} may not sign before ${until}: a proxy may have the previous bundle until its certificate expires, and these were not seen to have the new one: ${who}`,
  ),
  revisionNotReady: rule(
    "IV0725",
    "error",
    "Each listed revision has an istiod",
    (revision: string, total: number, lifetime: string) =>
      `${revision} is listed, but ${total === 0 ? "no istiod of it runs" : `none of its ${total} istiods is ready`}; pods in namespaces that name it are rejected, and its proxies keep their certificates for at most ${lifetime}`,
  ),
  revisionNotListed: rule(
    "IV0726",
    "warning",
    "Each revision that runs is listed",
    (revision: string) =>
      `${revision} runs but is not listed; Vault will reject its login at the next start once its Vault stack is deployed; list it, or deploy the cluster when no proxy uses it any more`,
  ),
  proxiesBehind: rule(
    "IV0727",
    "warning",
    "Every connected proxy has the bundle",
    (count: number, total: number, names: string) =>
      `${count} of ${total} proxies have not acknowledged the bundle that their istiod answers with: ${names}; that takes seconds; restart those that stay`,
  ),
  proxiesUnseen: rule(
    "IV0728",
    "warning",
    "Every proxy can be seen to have the bundle",
    (count: number, names: string, advice: string) =>
      `of ${count === 1 ? "a proxy" : `${count} proxies`} nobody can see which bundle it has: ${names}; ${advice}`,
  ),
  proxiesNotAsked: rule(
    "IV0729",
    "warning",
    "What proxies have can be seen",
    (reason: string) =>
      `what proxies have of the bundle could not be seen: ${reason}; a rotation waits for certificates to expire instead`,
  ),
  rootsNotInPods: rule(
    "IV0730",
    "error",
    "Every pod has the roots that istiod is verified with",
    (root: string, until: string) =>
      `root ${root} may not sign before ${until}: kubelets bring the ConfigMap with it into pods up to two minutes after it was published, and an agent without it could not return to its istiod`,
  ),
  renewedTooEarly: rule(
    "IV0731",
    "error",
    "Leaves are renewed when every istiod has loaded what they are renewed for",
    (clusters: string, until: string) =>
      `leaves of ${clusters} may not be renewed before ${until}: by then every istiod has loaded the last change in Vault`,
  ),
  renewalUnderWay: rule(
    "IV0732",
    "error",
    "One renewal of leaves ends before the next",
    (clusters: string, until: string) =>
      `the bundle of ${clusters} may not change before ${until}: its proxies are still renewing their certificates, and another change would queue behind that, and new pods behind both`,
  ),
  proxiesRequestLonger: rule(
    "IV0733",
    "error",
    "No proxy requests a certificate for longer than istiod signs",
    (count: number, requested: string, names: string, most: string) =>
      `${count === 1 ? "a proxy requests" : `${count} proxies request`} certificates of ${requested}, and istiod would sign for at most ${most} and refuse: ${names}; replace these pods, or raise "maxLeafLifetime"`,
  ),
  droppedRootHeld: rule(
    "IV0734",
    "warning",
    "Leaves are renewed after a root was dropped",
    (roots: string, until: string) =>
      `root ${roots} was dropped while several istiods run: a proxy that was told so by one and got its certificate from another may trust it until ${until}; raise "leafGeneration" by one, and deploy 'vault-*'`,
  ),
  intermediateWithoutList: rule(
    "IV0740",
    "error",
    "With revocation, each intermediate has signed a list",
    (serial: string) =>
      `the intermediate ${serial} signed no revocation list, and is refused everywhere once lists are served; deploy its Vault stack, or issue it again with "istio-vault issue"`,
  ),
  listsNotPublished: rule(
    "IV0741",
    "error",
    "Revocation lists that are declared reach the proxies",
    () =>
      `istiod hands out no revocation lists, though mesh.yaml says "served": its proxies accept what is revoked; deploy the cluster; if that is done, its agent's log says why it renders no ca-crl.pem`,
  ),
  listsStillPublished: rule(
    "IV0742",
    "error",
    "No proxy keeps lists that are no longer declared",
    () =>
      `istiod still hands out revocation lists, and proxies refuse every intermediate that is issued without one; deploy the cluster, whose istiods forget the lists when they restart`,
  ),
  listsUnreadable: rule(
    "IV0743",
    "error",
    "Published revocation lists can be read",
    (file: string, what: string) =>
      `${file} of the ConfigMap istio-ca-crl: ${what}; proxies keep the lists they have; write the lists again by a deploy of 'vault-*'`,
  ),
  listMissing: rule(
    "IV0744",
    "error",
    "The lists a cluster hands out cover every chain of the mesh",
    (authority: string, what: string) =>
      `hands out ${what} of the ${authority}: its proxies refuse every connection under it; within minutes of an issue this is on its way; later, issue it again with "istio-vault issue", or deploy 'vault-*' for a root`,
  ),
  revokedSigns: rule(
    "IV0745",
    "error",
    "No istiod signs with a revoked intermediate",
    (authority: string) =>
      `the ${authority} is revoked, and istiod goes on signing with it what its proxies refuse; raise its generation, deploy its Vault stack, and have every certificate renewed`,
  ),
  listEndsSoon: rule(
    "IV0746",
    "warning",
    "A revocation list lasts as long as its CA",
    (authority: string, end: string, left: string) =>
      `the list of the ${authority} expires at ${end}, in ${left}, and proxies refuse every connection under it from that second on; renew the intermediate, or replace the root`,
  ),
  listsNotAsked: rule(
    "IV0747",
    "error",
    "Published revocation lists can be asked for",
    (reason: string) =>
      `the revocation lists of the ConfigMap istio-ca-crl could not be read: ${reason}; whether they cover every chain is unknown`,
  ),
  revocationCutsOff: rule(
    "IV0748",
    "error",
    "What mesh.yaml revokes is in use nowhere",
    (serial: string) =>
      `mesh.yaml revokes ${serial}, with which the cluster signs, or which Vault holds for it; once that is deployed, all its workloads are refused; first issue another, and have every certificate renewed`,
  ),
  proxiesWithoutLists: rule(
    "IV0749",
    "warning",
    "Every proxy looks at revocation lists",
    (count: number, names: string) =>
      `${count === 1 ? "a proxy looks" : `${count} proxies look`} at no revocation list, and ${count === 1 ? "accepts" : "accept"} what is revoked: ${names}; replace pods that were injected before Istio 1.27; waypoints, and gateways that are not in mesh.yaml, lack the mount of istio-ca-crl`,
  ),
  revokedLeavesRemain: rule(
    "IV0750",
    "error",
    "An intermediate is revoked only when the last certificate under it was renewed",
    (serial: string, cluster: string, until: string, lifetime: string | undefined) =>
      lifetime === undefined
        ? `intermediate ${serial} may not be revoked before ${until}: proxies of ${cluster} are renewing the last certificates under it, which would be refused`
        : `intermediate ${serial} may not be revoked before ${until}: certificates under it are valid for up to ${lifetime} after the last istiod loaded another, the proxies of ${cluster} were not seen to renew since, and would be refused; raise its "leafGeneration" by one to renew them now`,
  ),
};
