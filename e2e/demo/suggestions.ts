import { join } from "node:path";
import { type Deployment, VAULT_STACKS } from "../deployment";

/** Something to try on a demo. */
export interface Suggestion {
  readonly shows: string;
  readonly command: string;
}

/** In an order that makes sense from top to bottom, in the repository's root. */
export function suggestions({ directory, outputDirectory, meshFile }: Deployment): readonly Suggestion[] {
  const output = `--output ${outputDirectory} --skip-provider-lock`;
  const istioVault = "npm run --silent istio-vault --";
  // Whose certificate is requested as a test; a mesh of yours has an account for that alone.
  const account = "--service-account traffic/default";
  return [
    {
      shows: "the mesh's trust as it runs, as a page for a browser",
      command: `${istioVault} report --live ${account} > ${join(directory, "report.html")}`,
    },
    {
      shows:
        "the steps from root a to a new one, which --deploy would take, and whether the first is allowed now",
      command: `${istioVault} rotate --to b ${account}`,
    },
    {
      shows: "the injector, and an istiod with Vault Agent in its pod",
      command: "kubectl --context cluster1 get pods --all-namespaces",
    },
    {
      shows: "when cluster1's key and certificates were written to Vault, without showing them",
      command: "vault kv metadata get -mount=kubernetes-cluster1-secrets istiod-service/certs",
    },
    {
      shows: "a login to Vault as cluster1's istiod logs in",
      command:
        "login=$(vault write -field=token auth/kubernetes-cluster1/login role=istiod " +
        'jwt="$(kubectl --context cluster1 -n istio-system create token istiod)")',
    },
    {
      shows: "that login at the certificates of its own cluster: it may read them",
      command: `VAULT_TOKEN=$login vault token capabilities ${certificates("cluster1")}`,
    },
    {
      shows: "the same login at those of the other: refused",
      command: `VAULT_TOKEN=$login vault read ${certificates("cluster2")}`,
    },
    {
      shows:
        "a request from a pod of cluster1, answered by one of cluster2: from Envoy to Envoy, by mutual TLS",
      command:
        "kubectl --context cluster1 -n traffic exec deploy/client -c client -- wget -qO- http://server-cluster2:8080",
    },
    {
      shows: "the identity that istiod certified for that pod's Envoy",
      command:
        "kubectl --context cluster1 -n traffic exec deploy/client -c istio-proxy -- pilot-agent request GET certs",
    },
    {
      shows: "istiod's own certificate, and whose key signed it",
      command:
        'openssl s_client -connect "$(kubectl --context cluster1 -n istio-system get service istiod ' +
        '-o jsonpath={.spec.clusterIP}):15012" </dev/null 2>/dev/null | ' +
        "openssl x509 -noout -issuer -enddate -ext authorityKeyIdentifier",
    },
    {
      shows: "what a deploy would change in Vault: nothing",
      command: `npx cdktf diff vault-cluster1 ${output}`,
    },
    {
      shows: "and in a cluster: nothing",
      command: `npx cdktf diff cluster1 ${output}`,
    },
    {
      shows: "a renewal: new intermediates, which each istiod serves within seconds, without a restart",
      command:
        `sed -i 's/generation: 1/generation: 2/' ${meshFile} && ` +
        `npx cdktf deploy '${VAULT_STACKS}' ${output} --auto-approve`,
    },
  ];
}

function certificates(cluster: string): string {
  return `kubernetes-${cluster}-secrets/data/istiod-service/certs`;
}
