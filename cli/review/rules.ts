import { rules as configRules } from "../../config/rules";
import { rule } from "../../lib/private/rule";

const { emergencyBreaks } = configRules;

/** What a review of a change finds in the synthesized stacks. */
export const rules = {
  emergencyBreaks,
  foreignCode: rule(
    "IV0607",
    "error",
    "Stacks hold nothing that runs code of its own",
    (stacks: string, what: string) =>
      `${stacks} would hold ${what}; a plan would run it with the planner's credentials, before anybody has read the change; remove it, and keep it in a program of its own`,
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
      `the policy ${policies} would newly allow ${what}; whoever holds it can do that as soon as this is deployed; make sure that it is intended`,
  ),
  loginChanged: rule(
    "IV0611",
    "warning",
    "Who may log in to Vault is read by a person",
    (roles: string, what: string) =>
      `the role ${roles} changes: ${what}; it decides who becomes what in Vault; make sure that it is intended`,
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
      `${stacks}: ${what}; istiod could start without its CA from Vault, as its own root that no other cluster trusts; leave it as the constructs make it`,
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
      `the state of ${stacks} would be kept elsewhere${keys}; a deploy that starts with an empty state creates everything again; move it first by "terraform init -migrate-state", and delete what is left behind`,
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
      `${what} ${names} would ${verb}; what it holds cannot be had back, and istiod cannot read its CA in between; make sure that it is intended, and deploy when istiod need not restart`,
  ),
  unaccounted: rule(
    "IV0622",
    "error",
    "Every difference is accounted for",
    (stacks: string, what: string) =>
      `${stacks}: ${what}, and no rule here knows what it means; it could do anything that its planner or deployer may; remove it, or let a person read it and merge it in a change of its own`,
  ),
  stacksDisagree: rule(
    "IV0623",
    "error",
    "The stacks say what mesh.yaml says",
    (stacks: string, what: string, stated: string, found: string) =>
      `${stacks}: ${what} is ${stated} in mesh.yaml and ${found} in the stacks; what is reviewed would not be what is deployed; let the program of cdktf.json make its stacks of this mesh.yaml`,
  ),
  valueToRead: rule(
    "IV0624",
    "warning",
    "What decides about CA files, images and pods is read by a person",
    (stacks: string, what: string, why: string) =>
      `${stacks}: ${what}; ${why}; make sure that it is intended`,
  ),
  servingDestroyed: rule(
    "IV0625",
    "error",
    "What a mesh runs on is not destroyed beside other changes",
    (stacks: string, what: string) =>
      `${stacks}: ${what} would be destroyed while the cluster stays in the mesh; with a namespace everything in it goes, and without istiod or its injector no workload gets a certificate; keep it, or release it by a "removed" block with "destroy = false"`,
  ),
  objectsMove: rule(
    "IV0640",
    "warning",
    "Objects change their stack with their state",
    (from: string, to: string) =>
      `objects of ${from} would be those of ${to}, whose state does not know them: a deploy fails, since Vault has them already; move the states first (docs/move-states.md)`,
  ),
  clusterRenamed: rule(
    "IV0641",
    "warning",
    "A renamed cluster's state moves by hand",
    (from: string, to: string) =>
      `${from} would be called ${to}, and keep its keys and logins in Vault; the state of the stack ${to} is that of ${from}: a deploy before it is moved fails, since everything is there already; move it first (docs/clusters.md#rename)`,
  ),
  renamedAnew: rule(
    "IV0642",
    "error",
    "A renamed cluster keeps its name in Vault",
    (to: string, what: string, fate: string, keys: string) =>
      `${to} has ${what}, which is gone: the same cluster under a new name would get new keys and logins in Vault, what it has there would ${fate}, and no deploy of its stack succeeds, since everything is there already; beside "name: ${to}" write ${keys} (docs/clusters.md#rename); for a cluster without anything of the old one, delete that in a change before`,
  ),
  clusterIdChanged: rule(
    "IV0643",
    "warning",
    "A cluster's id stays",
    (cluster: string, from: string, to: string) =>
      `Istio's id of ${cluster} would go from ${from} to ${to}; its istiods then refuse to renew the certificate of every proxy that was injected before, until its pod is replaced, and other clusters' remote secrets name the old one; write "clusterId: ${from}", or replace every pod with a proxy as soon as this is deployed`,
  ),
  clusterDeleted: rule(
    "IV0644",
    "warning",
    "A cluster's stacks are destroyed before it leaves mesh.yaml",
    (clusters: string, order: string) =>
      `${clusters} would leave mesh.yaml: ${order} (docs/clusters.md#delete)`,
  ),
  vaultElsewhere: rule(
    "IV0645",
    "warning",
    "Another Vault has none of the mesh's keys",
    (what: string) =>
      `${what}; if that is another Vault, or another namespace, and not the same at another place, a deploy generates every root, every key and every login again there, under the same names, and clusters that have the new ones refuse the others; move the clusters one by one instead (docs/clusters.md#move-to-another-vault)`,
  ),
  newNameInVault: rule(
    "IV0646",
    "error",
    "A cluster's name in Vault stays",
    (cluster: string, from: string, to: string, consequence: string, otherwise = "") =>
      `${cluster} would have the name ${to} in Vault, and had ${from}: ${consequence}; write "nameInVault: ${from}"${otherwise}`,
  ),
};
