import { HelmProvider } from "@cdktf/provider-helm/lib/provider";
import { VaultProvider } from "@cdktf/provider-vault/lib/provider";
import { App, Fn, TerraformStack, TerraformVariable } from "cdktf";
import {
  ClusterTrust,
  IstiodWithVault,
  ValidationError,
  VaultAgentInjector,
  VaultAuthMethod,
  VaultK8sAuth,
} from "cdktf-istio-vault";

/** Values that only Terraform knows, where they are passed on, and one where it cannot be. */

const app = new App();
const stack = new TerraformStack(app, "references");
new VaultProvider(stack, "Vault");
new HelmProvider(stack, "Helm");
const variable = (name: string, type: string) => new TerraformVariable(stack, name, { type });

const host = variable("host", "string").stringValue;
const auth = new VaultK8sAuth(stack, "Auth", {
  clusterName: "one",
  method: VaultAuthMethod.kubernetes({
    kubernetesHost: Fn.join("", ["https://", host, ":6443"]),
    kubernetesCaCertificate: variable("ca", "string").stringValue,
  }),
});
auth.addRole("istiod", {
  serviceAccounts: ["istiod"],
  namespaces: variable("namespaces", "list(string)").listValue,
  policies: ["istiod-certs-one"],
});

const injector = new VaultAgentInjector(stack, "Injector", {
  vaultAddress: variable("vault_address", "string").stringValue,
  watchedNamespaces: variable("watched", "list(string)").listValue,
});
const istiod = (id: string, replicas: number) =>
  new IstiodWithVault(stack, id, {
    trust: ClusterTrust.fromClusterName(stack, `${id}Trust`, "one"),
    auth,
    istioVersion: "1.29.6",
    replicas,
    values: { resources: { requests: { cpu: variable(`${id}_cpu`, "string").stringValue } } },
    dependsOn: [injector],
  });
istiod("istiod", 2);
try {
  istiod("refused", variable("replicas", "number").numberValue);
} catch (error) {
  if (!(error instanceof ValidationError)) throw error;
  console.log(error.message);
}

app.synth();
