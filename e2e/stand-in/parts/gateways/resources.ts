import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { Part } from "../../checks";
import { readyGateway } from "../../gateway";
import { gatewayListeners } from "../../proxy-configuration";
import { waitFor } from "../../../wait";
import { GATEWAY_NEEDS } from "../needs";
import { INGRESS } from "./settings";

const PAGE = join(__dirname, "..", "..", "..", "..", "docs", "constructs", "gateway-with-vault.md");
const FILES = "file-cert:/vault/secrets/tls.crt~/vault/secrets/tls.key";

export const gatewaysResources: Part = {
  name: "the documented Istio resources",
  needs: GATEWAY_NEEDS,
  checks: [
    {
      name: "istiod accepts the Gateway and the DestinationRule of the page",
      prerequisite: true,
      run: async ({ rig }) => {
        const { api } = rig.cluster("cluster1");
        for (const kind of ["Gateway", "DestinationRule"]) {
          const resource = documented(kind);
          const { namespace } = resource.metadata;
          const path = `/apis/${resource.apiVersion}/namespaces/${namespace}/${kind.toLowerCase()}s`;
          await api.create(path, resource);
        }
      },
    },
    {
      name: "istiod has the gateway's proxy take its certificate from the files",
      run: async ({ rig }) => {
        const cluster = rig.cluster("cluster1");
        const pod = await readyGateway(cluster, INGRESS, INGRESS);
        await waitFor("a listener that names the files", 30, async () => {
          const listeners = await gatewayListeners(cluster, pod);
          return listeners.some((listener) => listener.includes(FILES));
        });
        const other = rig.cluster("cluster2");
        const listeners = await gatewayListeners(other, await readyGateway(other, INGRESS, INGRESS));
        assert.ok(
          !listeners.some((listener) => listener.includes(FILES)),
          "without a Gateway it names them too",
        );
      },
    },
  ],
};

interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly namespace: string };
}

/** Istio's resource of this kind as the page shows it. */
function documented(kind: string): Resource {
  const samples = [...readFileSync(PAGE, "utf8").matchAll(/^```yaml\n([\s\S]*?)\n```$/gm)];
  const resources = samples.map(([, text]) => parse(text!) as Partial<Resource>);
  const found = resources.find(
    (resource) => resource.kind === kind && resource.apiVersion?.startsWith("networking.istio.io/"),
  );
  assert.ok(found, `the page shows no ${kind}`);
  return found as Resource;
}
