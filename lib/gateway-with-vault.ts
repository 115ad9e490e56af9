import { ClusterRoleBindingV1 } from "@cdktf/provider-kubernetes/lib/cluster-role-binding-v1";
import { ClusterRoleV1 } from "@cdktf/provider-kubernetes/lib/cluster-role-v1";
import type { ITerraformDependable, TerraformProvider } from "cdktf";
import { Construct } from "constructs";
import type { Duration } from "./duration";
import type { IGatewayCertificate } from "./gateway-certificate";
import { HelmCharts } from "./helm-charts";
import { INJECTION_LABEL } from "./names";
import { DEFAULT_RENDER_INTERVAL, requireRenderInterval } from "./private/agent";
import {
  agentAnnotations,
  refuseForeignSettings,
  type PinnedVault,
  securityAnnotations,
  tokenVolumes,
} from "./private/agent-annotations";
import { REPLICAS } from "./private/defaults";
import { GATEWAY_FILES, gatewayDefaults, REVOCATION_MOUNT } from "./private/gateway-values";
import { GATEWAY_GUARD, guardContainer } from "./private/guard";
import { type HelmValues, helmValuesText, mergeHelmValues } from "./private/helm-values";
import { requireIstioVersion } from "./private/istio-version";
import { refuseLeafLifetimes } from "./private/leaf-lifetime";
import { requireGatewayName } from "./private/names";
import { requireNames, waitFor } from "./private/order";
import { pinVault, type VaultEndpoint } from "./private/pinned-vault";
import { requireOneCore } from "./private/one-core";
import type { AgentUser } from "./private/pod-security";
import { Release } from "./private/release";
import { requireReplicas } from "./private/replicas";
import { DEFAULT_AGENT_IMAGE } from "./private/upstream";
import { warnOfUpstream } from "./private/upstream-warnings";
import type { IVaultK8sAuth } from "./vault-k8s-auth";

/** Properties of {@link GatewayWithVault}. */
export interface GatewayWithVaultProps {
  /**
   * Name of the gateway, of its Helm release and of its ServiceAccount: lower-case letters, digits
   * and dashes, at most 40. Changing it replaces the gateway.
   */
  readonly gatewayName: string;
  /** The certificate, key and CA it serves with. */
  readonly certificate: IGatewayCertificate;
  /** The auth mount that its pods log in through. */
  readonly auth: IVaultK8sAuth;
  /**
   * Version of Istio and of its charts, at least 1.27.0: `x.y.z`, or a vendor's build of one such as
   * `1.29.6-solo`.
   */
  readonly istioVersion: string;
  /**
   * The Vault the pods ask, written into their own annotations: of two injectors in a cluster, none can then
   * hand them to another Vault.
   * @default - whichever Vault the injector names
   */
  readonly vault?: VaultEndpoint;
  /**
   * Whether its proxies look at the revocation lists that istiod hands out, as sidecars do. Changing it restarts
   * its pods.
   * @default false
   */
  readonly checksRevocation?: boolean;
  /**
   * The Vault role bound to the gateway's ServiceAccount.
   * @default - the gateway's name
   */
  readonly roleName?: string;
  /**
   * Namespace of the release; the injector must watch it.
   * @default - the gateway's name, as in Istio's guide
   */
  readonly namespace?: string;
  /**
   * Where the `gateway` chart comes from.
   * @default HelmCharts.istio()
   */
  readonly charts?: HelmCharts;
  /**
   * Minimum replicas. With two or more the chart adds a PodDisruptionBudget.
   * @default 2 - a restart depends on Vault
   */
  readonly replicas?: number;
  /**
   * Image of Vault Agent and of the guard.
   * @default "hashicorp/vault:2.1.2"
   */
  readonly agentImage?: string;
  /**
   * Who sets the user that agent and guard run as: `istio`, that of Istio's images (1337), or `platform`, which
   * assigns one itself and refuses another, as OpenShift does.
   * @default "istio"
   */
  readonly agentUser?: AgentUser;
  /**
   * How often the agent checks for a new version of a KV secret: 10 seconds to one day. Certificates of
   * a PKI mount are renewed according to their lifetime.
   * @default Duration.seconds(30)
   */
  readonly renderInterval?: Duration;
  /**
   * How long Helm waits for the release, before Terraform rolls it back. Longer where a node has to
   * be provisioned first.
   * @default Duration.minutes(5) - the provider's own default
   */
  readonly timeout?: Duration;
  /**
   * Additional Helm values for the chart. Maps are merged; `initContainers`, `volumes` and `volumeMounts` follow
   * the construct's own.
   * @default - none
   */
  readonly values?: Readonly<Record<string, unknown>>;
  /**
   * Resources this depends on, besides `certificate`, `auth` and the role: the namespace, and istiod, whose
   * webhook injects the pods.
   * @default - nothing
   */
  readonly dependsOn?: readonly ITerraformDependable[];
  /**
   * The helm provider of the cluster.
   * @default - the stack's own
   */
  readonly provider?: TerraformProvider;
  /**
   * The kubernetes provider of the cluster, which creates the ClusterRole and the Secret with Vault's CA certificate.
   * @default - the stack's own
   */
  readonly kubernetesProvider?: TerraformProvider;
}

/**
 * An ingress or egress gateway that takes its certificate, key and CA from Vault.
 *
 * Creates one Helm release of Istio's `gateway` chart: Vault Agent writes `tls.crt`, `tls.key` and
 * `ca.crt` to memory in /vault/secrets, for the proxy's user alone, and renews them; a guard refuses
 * to continue without them, so that a roll-out never replaces a working gateway with one that cannot serve.
 * If a pod's own token is its reviewer, it also creates a ClusterRole with only `tokenreviews: create`, bound
 * to the gateway's ServiceAccount. Replacing the release interrupts its traffic.
 * There is no import: other constructs need nothing from it.
 */
export class GatewayWithVault extends Construct implements ITerraformDependable {
  /** For `dependsOn` of what needs the gateway. */
  public readonly fqn: string;

  /**
   * @throws ValidationError IV0130 if `istioVersion` or `replicas` is known only to Terraform
   * @throws ValidationError IV0131 if `auth` or `certificate` belongs to another stack and returns a reference
   * @throws ValidationError IV0110 if `gatewayName` has another form
   * @throws ValidationError IV0303 if `vault.caCertificate` is not a PEM certificate
   * @throws ValidationError IV0401 if `values` would override what the construct owns
   * @throws ValidationError IV0402 if `istioVersion` is not at least 1.27.0
   * @throws ValidationError IV0403 if `replicas` is not a whole number of at least 1
   * @throws ValidationError IV0404 if the charts' directory has no `gateway`
   * @throws ValidationError IV0405 if `renderInterval` is out of range
   * @throws ValidationError IV0408 if `values` name a lifetime of leaves
   * @throws ValidationError IV0410 if `dependsOn` names a construct of another app
   * @throws ValidationError IV0801 if `gatewayName` is istiod's
   * @throws ValidationError IV1101 if the stack uses another core than this package
   */
  constructor(scope: Construct, id: string, props: GatewayWithVaultProps) {
    super(scope, id);
    requireOneCore(this);
    requireGatewayName(props.gatewayName, this);
    requireIstioVersion(props.istioVersion, this);
    requireReplicas(props.replicas, this);
    requireRenderInterval(props.renderInterval, this);
    const { auth, certificate, roleName = props.gatewayName } = props;
    requireNames(this, auth, { mountPath: auth.mountPath, audience: auth.audience });
    requireNames(this, certificate, certificate.templates);

    const namespace = props.namespace ?? props.gatewayName;
    const reviewer = auth.podTokenReviews
      ? [
          new TokenReviewer(this, "TokenReviewer", {
            namespace,
            serviceAccount: props.gatewayName,
            provider: props.kubernetesProvider,
          }),
        ]
      : [];
    const charts = props.charts ?? HelmCharts.istio();
    const pins = pinVault(this, props.vault, {
      name: props.gatewayName,
      namespace,
      provider: props.kubernetesProvider,
      dependsOn: props.dependsOn,
    });
    const owned = ownedValues(props, pins.pinned);
    refuseForeignSettings(props.values, owned, this);
    refuseLeafLifetimes(props.values, this);
    const values = mergeHelmValues(
      {
        owned,
        defaults: defaultValues(props),
        user: props.values,
        extensible: ["initContainers", "volumes", ...(props.checksRevocation ? ["volumeMounts"] : [])],
      },
      this,
    );
    const chart = charts.find(this, "gateway", props.istioVersion);
    warnOfUpstream(this, {
      charts: chart.repository,
      agentImage: props.agentImage,
      values: props.values,
    });
    const release = new Release(this, "Resource", {
      name: props.gatewayName,
      namespace,
      ...chart,
      values: [helmValuesText(values)],
      wait: true,
      // The provider forgets a release whose installation failed; atomic rolls it back first.
      atomic: true,
      timeout: props.timeout?.toSeconds(),
      provider: props.provider,
    });
    waitFor(release, {
      dependsOn: [...reviewer, ...pins.dependsOn, ...(props.dependsOn ?? [])],
      uses: [certificate, auth],
      later: () => auth.findRole(roleName),
    });
    this.fqn = release.fqn;
  }
}

/** Allows a ServiceAccount's own token to be its token reviewer, and nothing else. */
class TokenReviewer extends Construct implements ITerraformDependable {
  public readonly fqn: string;

  constructor(
    scope: Construct,
    id: string,
    account: { namespace: string; serviceAccount: string; provider: TerraformProvider | undefined },
  ) {
    super(scope, id);
    const { namespace, serviceAccount, provider } = account;
    // Cluster-wide names: the same gateway may be in two namespaces.
    const metadata = { name: `vault-token-reviewer:${namespace}:${serviceAccount}` };
    const role = new ClusterRoleV1(this, "ClusterRole", {
      provider,
      metadata,
      rule: [{ apiGroups: ["authentication.k8s.io"], resources: ["tokenreviews"], verbs: ["create"] }],
    });
    const binding = new ClusterRoleBindingV1(this, "Resource", {
      provider,
      metadata,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role.metadata.name },
      subject: [{ kind: "ServiceAccount", name: serviceAccount, namespace }],
    });
    this.fqn = binding.fqn;
  }
}

/** What the construct guarantees: the proxy has its files from Vault, or does not start. */
function ownedValues(props: GatewayWithVaultProps, vault: PinnedVault | undefined): HelmValues {
  const { agentImage = DEFAULT_AGENT_IMAGE, agentUser = "istio" } = props;
  const mounted = props.checksRevocation ? REVOCATION_MOUNT : undefined;
  const volumes = [...(tokenVolumes(props.auth) ?? []), ...(mounted?.volumes ?? [])];
  return {
    // The chart puts these on the pods too, and has no others for them.
    labels: { [INJECTION_LABEL.key]: INJECTION_LABEL.value },
    podAnnotations: {
      ...agentAnnotations({
        templates: props.certificate.templates,
        auth: props.auth,
        roleName: props.roleName ?? props.gatewayName,
        image: agentImage,
        user: agentUser,
        renderInterval: props.renderInterval ?? DEFAULT_RENDER_INTERVAL,
        vault,
      }),
      // No container beside the proxy sees the key.
      "vault.hashicorp.com/agent-inject-containers": "istio-proxy",
    },
    serviceAccount: { name: props.gatewayName },
    initContainers: [
      guardContainer({
        name: GATEWAY_GUARD,
        image: agentImage,
        user: agentUser,
        annotations: props.values?.podAnnotations,
        files: GATEWAY_FILES,
        reason: "this gateway must not start without its certificate from Vault",
      }),
    ],
    ...(volumes.length > 0 && { volumes }),
    ...(mounted && { volumeMounts: mounted.volumeMounts }),
  };
}

/** Defaults, which the user's values may change. */
function defaultValues(props: GatewayWithVaultProps): HelmValues {
  return {
    podAnnotations: securityAnnotations(props.agentUser ?? "istio"),
    ...gatewayDefaults(props.replicas ?? REPLICAS, props.values),
  };
}
