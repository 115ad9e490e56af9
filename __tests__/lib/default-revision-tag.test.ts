import { KubernetesProvider } from "@cdktf/provider-kubernetes/lib/provider";
import { DefaultRevisionTag, type DefaultRevisionTagProps } from "../../lib";
import { Synthesized, testStack } from "../support/synth";

function tag(props: Partial<DefaultRevisionTagProps> = {}) {
  const stack = testStack();
  new KubernetesProvider(stack, "Kubernetes");
  new DefaultRevisionTag(stack, "Tag", { revision: "1-30-0", ...props });
  return new Synthesized(stack).only("kubernetes_mutating_webhook_configuration_v1");
}

type Webhook = {
  readonly name: string;
  readonly client_config: { readonly service: object };
  readonly namespace_selector: { readonly match_expressions: readonly object[] };
  readonly object_selector: { readonly match_expressions: readonly object[] };
};

const webhooks = (props?: Partial<DefaultRevisionTagProps>) => tag(props).webhook as Webhook[];

test("it is the object in which istiod looks for who is the default", () => {
  expect(tag().metadata).toEqual({
    name: "istio-revision-tag-default",
    labels: { "istio.io/tag": "default", "istio.io/rev": "1-30-0", app: "sidecar-injector" },
  });
});

test("every webhook asks the revision's istiod, and refuses pods it cannot ask for", () => {
  for (const webhook of webhooks()) {
    expect(webhook).toMatchObject({
      client_config: {
        service: { name: "istiod-1-30-0", namespace: "istio-system", path: "/inject", port: 443 },
      },
      rule: [{ operations: ["CREATE"], api_groups: [""], api_versions: ["v1"], resources: ["pods"] }],
      failure_policy: "Fail",
      side_effects: "None",
      reinvocation_policy: "Never",
      admission_review_versions: ["v1"],
    });
  }
});

test("default is the istiod without a revision", () => {
  expect(tag({ revision: "default" }).metadata.labels["istio.io/rev"]).toBe("default");
  expect(webhooks({ revision: "default" })[0].client_config.service).toMatchObject({ name: "istiod" });
});

test("it matches what names no revision, or the tag, and nothing that names another", () => {
  const [byNamespace, byPod, enabled, asking] = webhooks();
  expect(webhooks().map(({ name }) => name)).toEqual([
    "rev.namespace.sidecar-injector.istio.io",
    "rev.object.sidecar-injector.istio.io",
    "namespace.sidecar-injector.istio.io",
    "object.sidecar-injector.istio.io",
  ]);
  const selectors = ({ namespace_selector: namespace, object_selector: pod }: Webhook) => [
    namespace.match_expressions,
    pod.match_expressions,
  ];
  const notOff = { key: "sidecar.istio.io/inject", operator: "NotIn", values: ["false"] };
  const unlabelled = { key: "istio-injection", operator: "DoesNotExist" };
  const noRevision = { key: "istio.io/rev", operator: "DoesNotExist" };
  const tagged = { key: "istio.io/rev", operator: "In", values: ["default"] };
  expect(selectors(byNamespace)).toEqual([[tagged, unlabelled], [notOff]]);
  expect(selectors(byPod)).toEqual([
    [noRevision, unlabelled],
    [notOff, tagged],
  ]);
  expect(selectors(enabled)).toEqual([
    [{ key: "istio-injection", operator: "In", values: ["enabled"] }],
    [notOff],
  ]);
  expect(selectors(asking)).toEqual([
    [unlabelled, noRevision],
    [{ key: "sidecar.istio.io/inject", operator: "In", values: ["true"] }, noRevision],
  ]);
});

test("with enableNamespacesByDefault it matches namespaces without a label too", () => {
  const [, , , , auto] = webhooks({ enableNamespacesByDefault: true });
  expect(auto).toMatchObject({
    name: "auto.sidecar-injector.istio.io",
    namespace_selector: {
      match_expressions: [
        { key: "istio-injection", operator: "DoesNotExist" },
        { key: "istio.io/rev", operator: "DoesNotExist" },
        {
          key: "kubernetes.io/metadata.name",
          operator: "NotIn",
          values: ["kube-system", "kube-public", "kube-node-lease", "local-path-storage"],
        },
      ],
    },
    object_selector: {
      match_expressions: [
        { key: "sidecar.istio.io/inject", operator: "DoesNotExist" },
        { key: "istio.io/rev", operator: "DoesNotExist" },
      ],
    },
  });
});

test("takes another namespace and reinvocation policy", () => {
  const props = { namespace: "mesh-system", reinvocationPolicy: "IfNeeded" } as const;
  expect(tag(props).metadata.name).toBe("istio-revision-tag-default-mesh-system");
  expect(webhooks(props)[0]).toMatchObject({
    client_config: { service: { namespace: "mesh-system" } },
    reinvocation_policy: "IfNeeded",
  });
});

test("leaves the CA to istiod, and goes only when what takes its place is there", () => {
  expect(tag().lifecycle).toEqual({
    create_before_destroy: true,
    ignore_changes: [0, 1, 2, 3].map((index) => `webhook[${index}].client_config[0].ca_bundle`),
  });
});

test("fails for what is no name of a revision", () => {
  expect(() => tag({ revision: "1.30.0" })).toThrow(
    'a revision is named "1.30.0"; write lower-case letters, digits and dashes, at most 40, such as "1-30-0", or "default" for the istiod without a revision (IV0805 at test/Tag; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0805)',
  );
});
