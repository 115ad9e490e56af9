/**
 * Shows revocation lists, by which all proxies of a mesh refuse an intermediate whose key was stolen.
 *
 * Run it: node --import tsx examples/revocation.ts
 */
import { HelmProvider } from "@cdktf/provider-helm/lib/provider";
import { VaultProvider } from "@cdktf/provider-vault/lib/provider";
import { App, TerraformStack } from "cdktf";
// In your own program: from "cdktf-istio-vault".
import {
  ClusterTrust,
  Duration,
  IstioRootCA,
  IstiodWithVault,
  Issuance,
  RevocationLists,
  RootSource,
  VaultAuthMethod,
  VaultK8sAuth,
} from "../lib";

const app = new App();
const stack = new TerraformStack(app, "revocation");
new VaultProvider(stack, "Vault", { address: "https://vault.example.com:8200" });
new HelmProvider(stack, "Helm");

const root = new IstioRootCA(stack, "Root", { rootName: "a", source: RootSource.vaultPki() });

const revocationLists = new RevocationLists(stack, "RevocationLists", {
  roots: [root],
  // Serial numbers of intermediates that no proxy accepts any more.
  revoked: ["74:24:7c:d7:af:e5:7c:6c:87:af:64:d8:ea:c4:f1:94:14:09:88:c0"],
});

const trust = new ClusterTrust(stack, "Trust", {
  clusterName: "cluster1",
  signingRoot: root,
  issuance: Issuance.deploy({ generation: 2 }),
  // Each intermediate signs a list of its own, which is in Vault before the intermediate is.
  revocationLists,
  // The longest render interval of the mesh's istiods, and two minutes from there to the proxies.
  revocationListsSpread: Duration.seconds(150),
});

const auth = new VaultK8sAuth(stack, "Auth", {
  clusterName: "cluster1",
  method: VaultAuthMethod.kubernetes({ kubernetesHost: "https://k8s-1.example.com:6443" }),
});
const role = auth.addRole("istiod", { serviceAccounts: ["istiod"], namespaces: ["istio-system"] });
trust.grantRead(role);
revocationLists.grantRead(role);

// Only once no certificate is left under an intermediate that signed no list.
new IstiodWithVault(stack, "Istiod", { trust, auth, revocationLists, istioVersion: "1.31.1" });

app.synth();
