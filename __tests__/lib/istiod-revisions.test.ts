import { KubernetesProvider } from "@cdktf/provider-kubernetes/lib/provider";
import {
  ClusterTrust,
  DefaultRevisionTag,
  IstiodWithVault,
  type IstiodWithVaultProps,
  VaultK8sAuth,
} from "../../lib";
import { Synthesized, testStack } from "../support/synth";

function synthesize(props: Partial<IstiodWithVaultProps>, tagOf?: string): Synthesized {
  const stack = testStack();
  new KubernetesProvider(stack, "Kubernetes");
  new IstiodWithVault(stack, "Istiod", {
    trust: ClusterTrust.fromClusterName(stack, "Trust", "cluster1"),
    auth: VaultK8sAuth.fromClusterName(stack, "Auth", "cluster1"),
    istioVersion: "1.29.6",
    ...(tagOf !== undefined && {
      defaultRevisionTag: new DefaultRevisionTag(stack, "Tag", { revision: tagOf }),
    }),
    ...props,
  });
  return new Synthesized(stack);
}

const release = (...args: Parameters<typeof synthesize>) => synthesize(...args).only("helm_release");
const values = (...args: Parameters<typeof synthesize>) => synthesize(...args).helmValues();
const TAG = expect.stringMatching(/^kubernetes_mutating_webhook_configuration_v1\.Tag_[0-9A-F]{8}$/);

test("a revision is the chart's, and has a release of its own", () => {
  expect(values({ revision: "1-30-0" }).revision).toBe("1-30-0");
  expect(release({ revision: "1-30-0" }).name).toBe("istio-istiod-1-30-0");
  expect(release({ revision: "1-30-0", releaseName: "canary" }).name).toBe("canary");
});

test("default is none", () => {
  for (const revision of [undefined, "default"]) {
    expect(values({ revision })).not.toHaveProperty("revision");
    expect(values({ revision }).global).not.toHaveProperty("operatorManageWebhooks");
    expect(release({ revision }).name).toBe("istio-istiod");
  }
});

test("beside a tag, the one without a revision has no webhooks, whoever the default is", () => {
  for (const tagOf of ["default", "1-30-0"]) {
    expect(values({}, tagOf).global).toMatchObject({ operatorManageWebhooks: true });
    expect(values({ revision: "1-30-0" }, tagOf).global).not.toHaveProperty("operatorManageWebhooks");
  }
});

test("the tag comes first, beside what else must", () => {
  expect(release({}, "default").depends_on).toEqual([TAG]);
  expect(release({ dependsOn: [{ fqn: "helm_release.base" }] }, "default").depends_on).toEqual([
    "helm_release.base",
    TAG,
  ]);
});

test("tags of one's own are the user's, but for the default one", () => {
  expect(values({ values: { revisionTags: ["default"] } }).revisionTags).toEqual(["default"]);
  const own = { revision: "1-30-0", values: { revisionTags: ["prod"] } };
  expect(values(own, "default").revisionTags).toEqual(["prod"]);
});

test("fails for what is no name of a revision", () => {
  expect(() => synthesize({ revision: "a".repeat(41) })).toThrow(
    `a revision is named "${"a".repeat(41)}"; write lower-case letters, digits and dashes, at most 40, such as "1-30-0", or "default" for the istiod without a revision (IV0805 at test/Istiod; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0805)`,
  );
});

const owned = (path: string) =>
  `Helm value "${path}" would override a value that makes the pod use its files from Vault; remove it, and use the property or mesh.yaml key with the same meaning if there is one (IV0401 at test/Istiod; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0401)`;

test("fails where values name another revision: Vault would not know its ServiceAccount", () => {
  expect(() => synthesize({ values: { revision: "1-30-0" } })).toThrow(owned("revision"));
  expect(() => synthesize({ revision: "1-30-0", values: { pilot: { revision: "x" } } })).toThrow(
    owned("revision"),
  );
  expect(values({ revision: "1-30-0", values: { revision: "1-30-0" } }).revision).toBe("1-30-0");
});

test("fails for a second tag of the default, and for tags the chart would leave out", () => {
  const tags = (revisionTags: unknown) => ({ values: { revisionTags } });
  expect(() => synthesize({ revision: "x", ...tags(["default"]) }, "default")).toThrow(owned("revisionTags"));
  expect(() => synthesize({ revision: "x", ...tags("default") }, "default")).toThrow(owned("revisionTags"));
  expect(() => synthesize(tags(["prod"]), "default")).toThrow(owned("revisionTags"));
});

test("fails where values bring back the webhooks that the tag stands for", () => {
  expect(() => synthesize({ values: { global: { operatorManageWebhooks: false } } }, "default")).toThrow(
    owned("global.operatorManageWebhooks"),
  );
});
