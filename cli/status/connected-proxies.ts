import { type IncomingMessage, request } from "node:http";
import { z } from "zod";
import { ISTIO_NAMESPACE } from "../../lib/names";
import { parsedJson } from "../command-line/text";
import { wholeText } from "../http/whole-text";
import type { ClusterApi } from "../kubernetes/cluster-api";
import { type Asked, type ConnectedProxy, known, unknown } from "./facts";

/** istiod's port for its debug pages, which it shows whoever is on its own loopback. */
const DEBUG_PORT = 8080;

const TIMEOUT_SECONDS = 15;

/** What istiod sends the roots in. */
const BUNDLE_TYPE = "type.googleapis.com/istio.mesh.v1alpha1.ProxyConfig";

/** Of a proxy on a page of /debug/syncz, what is read. */
const PROXIES = z
  .array(
    z.object({
      proxy: z.string(),
      cluster_id: z.string().nullish(),
      resources: z
        .record(
          z.string(),
          z.object({
            sent: z.string().nullish(),
            acked: z.string().nullish(),
            sentTime: z.iso.datetime({ offset: true }).nullish(),
          }),
        )
        .nullish(),
    }),
  )
  .nullable();

/** The proxies of a cluster that are connected to one of its istiods, and what they have of the bundle it sent. */
export async function connectedProxies(
  api: ClusterApi,
  pod: string,
  clusterId: string,
): Promise<Asked<readonly ConnectedProxy[]>> {
  const port = await api.forward(ISTIO_NAMESPACE, pod, DEBUG_PORT);
  try {
    const { statusCode, text } = await page(`http://${port.address}/debug/syncz`);
    if (statusCode !== 200) return unknown(`/debug/syncz answered ${statusCode}`);
    const { data, success } = PROXIES.safeParse(parsedJson(text));
    if (!success) return unknown("/debug/syncz answered with something else than an istiod would");
    return known(
      (data ?? [])
        .filter(({ cluster_id }) => (cluster_id ?? clusterId) === clusterId)
        .map(({ proxy, resources }) => connectedProxy(proxy, resources?.[BUNDLE_TYPE])),
    );
  } catch (error) {
    return unknown(port.trouble() ?? (error as Error).message);
  } finally {
    port.close();
  }
}

type Bundle = NonNullable<NonNullable<z.infer<typeof PROXIES>>[number]["resources"]>[string];

function connectedProxy(id: string, bundle: Bundle | undefined): ConnectedProxy {
  // istiod writes `name.namespace`, of which neither has a dot but a workload entry's name.
  const dot = id.lastIndexOf(".");
  const isSent = Boolean(bundle?.sent && bundle.sentTime);
  return {
    name: `${id.slice(dot + 1)}/${id.slice(0, dot)}`,
    sentAt: isSent ? new Date(bundle!.sentTime!) : undefined,
    acknowledged: isSent && bundle!.sent === bundle!.acked,
  };
}

async function page(url: string): Promise<{ statusCode: number; text: string }> {
  const signal = AbortSignal.timeout(TIMEOUT_SECONDS * 1000);
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request(url, { agent: false, signal }, resolve).on("error", reject).end();
  });
  return { statusCode: response.statusCode!, text: await wholeText(response) };
}
