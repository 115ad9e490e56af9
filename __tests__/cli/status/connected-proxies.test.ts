import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { ClusterApi } from "../../../cli/kubernetes/cluster-api";
import { connectedProxies } from "../../../cli/status/connected-proxies";

let server: Server;
let listener: RequestListener;
const asked: unknown[] = [];

beforeAll(async () => {
  server = createServer((request, response) => listener(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterAll(() => void server.close());

function connected(answer: unknown, status = 200) {
  listener = (request, response) => {
    asked.push(request.url);
    response.writeHead(status).end(typeof answer === "string" ? answer : JSON.stringify(answer));
  };
  const forward: ClusterApi["forward"] = async (...of) => {
    asked.push(of.join(" "));
    const { port } = server.address() as AddressInfo;
    return { address: `127.0.0.1:${port}`, trouble: () => undefined, close: () => {} };
  };
  return connectedProxies({ forward } as ClusterApi, "istiod-1", "cluster1");
}

const TYPE = "type.googleapis.com/istio.mesh.v1alpha1.ProxyConfig";
const AT = "2026-11-29T10:00:00.123456789Z";

test("tells what each proxy of the cluster was sent of the bundle, and acknowledged", async () => {
  const proxy = (id: string, bundle?: object, cluster_id = "cluster1") => ({
    proxy: id,
    cluster_id,
    resources: { other: { sent: "x" }, ...(bundle && { [TYPE]: bundle }) },
  });
  expect(
    await connected([
      proxy("one.shop", { sent: "a", acked: "a", sentTime: AT }),
      proxy("two.shop", { sent: "b", acked: "a", sentTime: AT }),
      proxy("v1.vm.shop", { sent: "", acked: "", sentTime: "0001-01-01T00:00:00Z" }),
      proxy("before.shop"),
      proxy("elsewhere.shop", { sent: "a", acked: "a", sentTime: AT }, "cluster2"),
    ]),
  ).toEqual({
    known: true,
    value: [
      { name: "shop/one", sentAt: new Date(AT), acknowledged: true },
      { name: "shop/two", sentAt: new Date(AT), acknowledged: false },
      { name: "shop/v1.vm", sentAt: undefined, acknowledged: false },
      { name: "shop/before", sentAt: undefined, acknowledged: false },
    ],
  });
  expect(asked).toEqual(["istio-system istiod-1 8080", "/debug/syncz"]);
});

test("nobody connected is nobody", async () => {
  expect(await connected(null)).toEqual({ known: true, value: [] });
});

test.each<[string, unknown, number, string]>([
  ["no debug pages", "404 page not found", 404, "/debug/syncz answered 404"],
  ["something else", "<html>", 200, "/debug/syncz answered with something else than an istiod would"],
])("says of %s that it is so", async (_, answer, status, reason) => {
  expect(await connected(answer, status)).toEqual({ known: false, reason });
});
