import type { KubeConfig } from "@kubernetes/client-node";
import { KubernetesApi } from "../../cli/kubernetes/kubernetes-api";

// ES modules alone, which Jest does not load.
jest.mock("@kubernetes/client-node", () => ({ PortForward: class {}, Observable: class {} }));

const apiThatLists = (items: unknown) =>
  KubernetesApi.connect({
    getCurrentCluster: () => ({ server: "https://k8s-1.example.com:6443" }),
    makeApiClient: () => ({ listNamespacedPod: async () => ({ items }) }),
  } as unknown as KubeConfig);

test.each([[[null]], [[{}]], ["none"]])("a list of pods that is %j is refused in one line", async (items) => {
  const api = await apiThatLists(items);
  await expect(api.pods("istio-system", "app=istiod")).rejects.toThrow(
    new Error("https://k8s-1.example.com:6443 answered something else than a list of pods"),
  );
});

test("an empty one is none", async () => {
  expect(await (await apiThatLists([])).pods("istio-system", "app=istiod")).toEqual([]);
});
