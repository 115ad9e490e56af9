import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { KubeConfig, PortForward } from "@kubernetes/client-node";
import { ApiServer } from "../../../cli/kubernetes/api-server";
import { KubernetesApi } from "../../../cli/kubernetes/kubernetes-api";

let answer: RequestListener;
let server: Server;
let address: string;
const asked: string[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    const { authorization, accept } = request.headers;
    asked.push(`${request.method} ${request.url} ${authorization} ${accept}`);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => asked.splice(0));
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** As a kubeconfig with a token applies itself. */
function api(server = address, timeoutSeconds = 15): KubernetesApi {
  const config = {
    getCurrentCluster: () => ({ server }),
    applyToHTTPSOptions: async (options: { headers?: object }) => {
      options.headers = { Authorization: "Bearer t" };
    },
  };
  return new KubernetesApi(new ApiServer(config as unknown as KubeConfig, timeoutSeconds), {} as PortForward);
}

const json =
  (body: unknown, status = 200): RequestListener =>
  (_, response) =>
    void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));

const pod = (change: object = {}, status: object | null = {}) => ({
  metadata: { name: "istiod-1", labels: null, creationTimestamp: "2026-11-01T00:00:00Z", ...change },
  status,
});
const list = (...items: unknown[]) => json({ kind: "PodList", items });

const requests: Record<string, [ask: (api: KubernetesApi) => Promise<unknown>, seen: string]> = {
  "a ConfigMap": [
    (it) => it.configMap("istio-system", "istio-ca-root-cert"),
    "GET /api/v1/namespaces/istio-system/configmaps/istio-ca-root-cert Bearer t application/json",
  ],
  "a Secret": [
    (it) => it.hasSecret("istio-system", "istio-ca-secret"),
    "GET /api/v1/namespaces/istio-system/secrets/istio-ca-secret Bearer t application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
  ],
  pods: [
    (it) => it.pods("istio-system", "app=istiod"),
    "GET /api/v1/namespaces/istio-system/pods?labelSelector=app%3Distiod Bearer t application/json",
  ],
  proxies: [
    (it) => it.proxies(),
    "GET /api/v1/pods?labelSelector=service.istio.io%2Fcanonical-name&limit=500 Bearer t application/json",
  ],
  "a token": [
    (it) => it.token({ namespace: "istio-vault", name: "status" }, "istio-ca"),
    "POST /api/v1/namespaces/istio-vault/serviceaccounts/status/token Bearer t application/json",
  ],
};

describe.each(Object.entries(requests))("asked for %s", (_, [ask, seen]) => {
  const strange = () => `${address} answered with something else than an API server would`;

  test("it asks by the API's path, of a Secret without its key", async () => {
    answer = json({});
    await ask(api()).catch(() => undefined);
    expect(asked).toEqual([seen]);
  });

  test.each<[string, RequestListener]>([
    ["HTML", (_, response) => void response.writeHead(200, { "content-type": "text/html" }).end("<html>")],
    ["nothing", (_, response) => void response.end()],
    ["{}", json({})],
    ["null", json(null)],
    ["a list", json([])],
    ["another kind", json({ kind: "Status", metadata: {} })],
    ["a list of null", json({ kind: "PodList", items: [null] })],
    ["pods that are no list", json({ kind: "PodList", items: "none" })],
    ["a pod without a name", list(pod({ name: undefined }))],
    ["a pod of no known age", list(pod({ creationTimestamp: "soon" }))],
    ["null among conditions", list(pod({}, { conditions: [null] }))],
    ["null among the fields", json({ kind: "ConfigMap", metadata: { managedFields: [null] } })],
    ["numbers among the values", json({ kind: "ConfigMap", metadata: {}, data: { "root-cert.pem": 5 } })],
    ["a token request without a token", json({ kind: "TokenRequest", status: { token: "" } })],
  ])("%s is refused", async (_name, listener) => {
    answer = listener;
    await expect(ask(api())).rejects.toThrow(new Error(strange()));
  });

  test.each<[string, RequestListener, string]>([
    ["a Status", json({ message: "pods is forbidden:\n  no" }, 403), "answered 403: pods is forbidden: no"],
    [
      "an error page",
      (_, response) => void response.writeHead(502).end("<html>"),
      "answered 502: no readable message",
    ],
    [
      "a redirect",
      (_, response) => void response.writeHead(302, { location: "https://login.example.com" }).end(),
      "redirects (302)",
    ],
  ])("%s is told", async (_name, listener, message) => {
    answer = listener;
    await expect(ask(api())).rejects.toThrow(new Error(`${address} ${message}`));
    expect(asked).toHaveLength(1);
  });

  test.each<[string, RequestListener]>([
    ["no answer", () => {}],
    [
      "a drip",
      (_, response) => {
        const drip = setInterval(() => response.write(" "), 20);
        response.on("close", () => clearInterval(drip));
      },
    ],
  ])("%s ends in time", async (_name, listener) => {
    answer = listener;
    await expect(ask(api(address, 0.3))).rejects.toThrow(
      new Error(`${address}: no whole answer within 0.3 s`),
    );
  });

  test("an answer without end is not read on", async () => {
    let written = 0;
    answer = (_, response) => {
      const chunk = Buffer.alloc(1024 * 1024, " ");
      const more = (): void => {
        if (response.destroyed) return;
        written += chunk.length;
        response.write(chunk, more);
      };
      more();
    };
    await expect(ask(api())).rejects.toThrow(new Error(`${address}: its answer is longer than 32 MiB`));
    expect(written).toBeLessThan(128 * 1024 * 1024);
  });
});

test("a server that is not there is one line", async () => {
  await expect(api("http://127.0.0.1:1").pods("istio-system", "app=istiod")).rejects.toThrow(
    new Error("http://127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1"),
  );
  await expect(api("https://k8s.invalid").pods("istio-system", "app=istiod")).rejects.toThrow(
    /^https:\/\/k8s\.invalid: getaddrinfo E\w+ k8s\.invalid$/,
  );
});

test("a credential that is never there ends in time", async () => {
  const config = {
    getCurrentCluster: () => ({ server: address }),
    applyToHTTPSOptions: () => new Promise(() => {}),
  };
  const waiting = new KubernetesApi(new ApiServer(config as unknown as KubeConfig, 0.2), {} as PortForward);
  await expect(waiting.pods("istio-system", "app=istiod")).rejects.toThrow(
    new Error(`${address}: no whole answer within 0.2 s`),
  );
});

test("what is not there is told from what is", async () => {
  answer = json({ kind: "Status", message: "not found" }, 404);
  expect(await api().configMap("istio-system", "x")).toBeUndefined();
  expect(await api().hasSecret("istio-system", "x")).toBe(false);
  await expect(api().token({ namespace: "a", name: "b" }, "istio-ca")).rejects.toThrow(
    new Error("no ServiceAccount a/b for the test request to istiod"),
  );
  answer = json({ kind: "PartialObjectMetadata", metadata: {} });
  expect(await api().hasSecret("istio-system", "x")).toBe(true);
});

test("a ConfigMap was written when its data last was", async () => {
  const fields = (time: string | null, ...keys: string[]) => ({
    time,
    fieldsV1: Object.fromEntries(keys.map((key) => [key, {}])),
  });
  const managedFields = [
    fields("2026-11-02T00:00:00Z", "f:data"),
    fields("2026-11-03T00:00:00Z", "f:data"),
    fields("2026-11-04T00:00:00Z", "f:metadata"),
    fields(null, "f:data"),
  ];
  answer = json({ kind: "ConfigMap", metadata: { managedFields }, data: { a: "b" } });
  expect(await api().configMap("istio-system", "x")).toEqual({
    values: { a: "b" },
    writtenAt: new Date("2026-11-03T00:00:00Z"),
  });
  answer = json({ kind: "ConfigMap", metadata: {}, data: null });
  expect(await api().configMap("istio-system", "x")).toEqual({ values: {}, writtenAt: undefined });
});

test("pods are ready by their condition, and of those that end or ended nothing is said", async () => {
  const conditions = [{ type: "Ready", status: "True" }];
  answer = list(
    pod({ labels: { app: "istiod" } }, { conditions, startTime: "2026-11-02T00:00:00Z" }),
    pod({ name: "istiod-2" }, { conditions: [{ type: "Ready", status: "False" }] }),
    pod({ name: "istiod-3", deletionTimestamp: "2026-11-02T00:00:00Z" }),
    pod({ name: "istiod-4" }, null),
    pod({ name: "istiod-5" }, { phase: "Failed", conditions: [{ type: "Ready", status: "False" }] }),
  );
  const startedAt = new Date("2026-11-01T00:00:00Z");
  expect(await api().pods("istio-system", "app=istiod")).toEqual([
    { name: "istiod-1", labels: { app: "istiod" }, ready: true, startedAt: new Date("2026-11-02T00:00:00Z") },
    { name: "istiod-2", labels: {}, ready: false, startedAt },
    { name: "istiod-4", labels: {}, ready: false, startedAt },
  ]);
  answer = json({ kind: "PodList", items: null });
  expect(await api().pods("istio-system", "app=istiod")).toEqual([]);
});

describe("pods with a proxy", () => {
  const proxy = {
    name: "istio-proxy",
    env: [
      { name: "SECRET_TTL", value: "1h" },
      { name: "POD_NAME", valueFrom: {} },
    ],
  };
  const injected = (name: string, change: object = {}, status: object = { phase: "Running" }) => ({
    metadata: { ...{ name, namespace: "shop", creationTimestamp: "2026-11-01T00:00:00Z" }, ...change },
    spec: { containers: [{ name: "app" }, proxy] },
    status,
  });

  test("are told with its variables, wherever it runs among the containers", async () => {
    const volumeMounts = [{ mountPath: "/var/run/secrets/istio/crl" }];
    const native = {
      ...injected("native"),
      spec: { containers: [{ name: "app" }], initContainers: [{ ...proxy, volumeMounts }] },
    };
    answer = list(
      injected("one", { annotations: { "proxy.istio.io/config": "{}" } }),
      native,
      injected("starting", {}, {}),
    );
    const variables = { SECRET_TTL: "1h", POD_NAME: "" };
    const pod = { namespace: "shop", startedAt: new Date("2026-11-01T00:00:00Z"), variables };
    expect(await api().proxies()).toEqual([
      { ...pod, name: "one", runs: true, ownConfig: "{}", looksAtLists: false },
      { ...pod, name: "native", runs: true, ownConfig: undefined, looksAtLists: true },
      { ...pod, name: "starting", runs: false, ownConfig: undefined, looksAtLists: false },
    ]);
  });

  test("are none that have ended, terminate, or have another container alone", async () => {
    answer = list(
      injected("done", {}, { phase: "Succeeded" }),
      injected("leaving", { deletionTimestamp: "2026-11-02T00:00:00Z" }),
      { ...injected("waypointless"), spec: { containers: [{ name: "app" }] } },
    );
    expect(await api().proxies()).toEqual([]);
  });

  test("are read page by page", async () => {
    answer = (request, response) =>
      json({
        kind: "PodList",
        metadata: request.url!.includes("continue=next") ? {} : { continue: "next" },
        items: [injected(request.url!.includes("continue=next") ? "second" : "first")],
      })(request, response);
    expect((await api().proxies()).map(({ name }) => name)).toEqual(["first", "second"]);
    expect(asked).toHaveLength(2);
  });

  test("are not read without end", async () => {
    answer = json({ kind: "PodList", metadata: { continue: "again" }, items: [] });
    await expect(api().proxies()).rejects.toThrow(
      new Error("its list of pods has no end after 300 pages of 500"),
    );
  });
});
