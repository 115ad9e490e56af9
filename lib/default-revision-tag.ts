import {
  MutatingWebhookConfigurationV1,
  type MutatingWebhookConfigurationV1Webhook,
} from "@cdktf/provider-kubernetes/lib/mutating-webhook-configuration-v1";
import type { ITerraformDependable, TerraformProvider } from "cdktf";
import { Construct } from "constructs";
import { DEFAULT_REVISION, ISTIO_NAMESPACE, istiodAccount } from "./names";
import { requireRevision } from "./private/names";
import { requireKnown } from "./private/tokens";
import { requireOneCore } from "./private/one-core";

/** Properties of {@link DefaultRevisionTag}. */
export interface DefaultRevisionTagProps {
  /** The revision that injects where no revision is named; "default" is the istiod without a revision. */
  readonly revision: string;
  /**
   * Namespace of the istiods.
   * @default "istio-system"
   */
  readonly namespace?: string;
  /**
   * Whether namespaces without any label are injected too, like the istiod chart's value of the same name.
   * @default false
   */
  readonly enableNamespacesByDefault?: boolean;
  /**
   * Whether a pod that a later webhook changed is injected again, like the istiod chart's value of the same name.
   * @default "Never"
   */
  readonly reinvocationPolicy?: "Never" | "IfNeeded";
  /**
   * The kubernetes provider of the cluster.
   * @default - the stack's own
   */
  readonly provider?: TerraformProvider;
}

/**
 * Istio's revision tag `default`: which revision injects namespaces labelled `istio-injection=enabled`, and
 * everything else that names no revision.
 *
 * Creates the MutatingWebhookConfiguration `istio-revision-tag-default`, in which istiod also looks up the
 * default revision. A promotion changes it in place, so that exactly one istiod is called at any moment. The
 * charts cannot do that: each release would create its own webhook, and one release cannot hand it over to
 * another. The named istiod writes its CA into the webhooks. Destroying it leaves such namespaces without
 * injection.
 * There is no import: other constructs need nothing from it.
 */
export class DefaultRevisionTag extends Construct implements ITerraformDependable {
  /** For `dependsOn` of what must not exist without it. */
  public readonly fqn: string;

  /**
   * @throws ValidationError IV0130 if `revision` or `namespace` is known only to Terraform
   * @throws ValidationError IV0805 if `revision` is not a valid revision name
   * @throws ValidationError IV1101 if the stack uses another core than this package
   */
  constructor(scope: Construct, id: string, props: DefaultRevisionTagProps) {
    super(scope, id);
    requireOneCore(this);
    requireRevision(props.revision, this);
    const { namespace = ISTIO_NAMESPACE } = props;
    requireKnown("namespace", namespace, this);
    const webhooks = webhooksOf(props);
    const tag = new MutatingWebhookConfigurationV1(this, "Resource", {
      provider: props.provider,
      metadata: {
        // As the istiod chart names it.
        name: `istio-revision-tag-default${namespace === ISTIO_NAMESPACE ? "" : `-${namespace}`}`,
        labels: {
          "istio.io/tag": "default",
          "istio.io/rev": props.revision,
          app: "sidecar-injector",
        },
      },
      webhook: webhooks,
      lifecycle: {
        // istiod's to write, and the same for every revision, since they share their roots.
        ignoreChanges: webhooks.map((_, index) => `webhook[${index}].client_config[0].ca_bundle`),
        // When it is removed, the chart's own webhook is created first.
        createBeforeDestroy: true,
      },
    });
    this.fqn = tag.fqn;
  }
}

type Expression = { readonly key: string; readonly operator: string; readonly values?: string[] };
type Selectors = { readonly namespace: readonly Expression[]; readonly pod: readonly Expression[] };

const REVISION = "istio.io/rev";
const NAMESPACE = "istio-injection";
const POD = "sidecar.istio.io/inject";

const is = (key: string, ...values: string[]): Expression => ({ key, operator: "In", values });
const isNot = (key: string, ...values: string[]): Expression => ({ key, operator: "NotIn", values });
const lacks = (key: string): Expression => ({ key, operator: "DoesNotExist" });

/** What the istiod chart's templates/revision-tags-mwc.yaml selects for the tag `default`, by the webhook's name. */
const SELECTORS: Readonly<Record<string, Selectors>> = {
  "rev.namespace": {
    namespace: [is(REVISION, DEFAULT_REVISION), lacks(NAMESPACE)],
    pod: [isNot(POD, "false")],
  },
  "rev.object": {
    namespace: [lacks(REVISION), lacks(NAMESPACE)],
    pod: [isNot(POD, "false"), is(REVISION, DEFAULT_REVISION)],
  },
  namespace: {
    namespace: [is(NAMESPACE, "enabled")],
    pod: [isNot(POD, "false")],
  },
  object: {
    namespace: [lacks(NAMESPACE), lacks(REVISION)],
    pod: [is(POD, "true"), lacks(REVISION)],
  },
};

/** Namespaces without a label, except Kubernetes' own. */
const UNLABELLED: Selectors = {
  namespace: [
    lacks(NAMESPACE),
    lacks(REVISION),
    isNot(
      "kubernetes.io/metadata.name",
      "kube-system",
      "kube-public",
      "kube-node-lease",
      "local-path-storage",
    ),
  ],
  pod: [lacks(POD), lacks(REVISION)],
};

function webhooksOf(props: DefaultRevisionTagProps): MutatingWebhookConfigurationV1Webhook[] {
  const { revision, namespace = ISTIO_NAMESPACE, reinvocationPolicy = "Never" } = props;
  const selectors = { ...SELECTORS, ...(props.enableNamespacesByDefault && { auto: UNLABELLED }) };
  return Object.entries(selectors).map(([name, selects]) => ({
    name: `${name}.sidecar-injector.istio.io`,
    clientConfig: { service: { name: istiodAccount(revision), namespace, path: "/inject", port: 443 } },
    rule: [{ operations: ["CREATE"], apiGroups: [""], apiVersions: ["v1"], resources: ["pods"] }],
    failurePolicy: "Fail",
    sideEffects: "None",
    reinvocationPolicy,
    admissionReviewVersions: ["v1"],
    namespaceSelector: { matchExpressions: [...selects.namespace] },
    objectSelector: { matchExpressions: [...selects.pod] },
  }));
}
