import { type ITerraformDependable, type TerraformProvider, Token } from "cdktf";
import { Construct } from "constructs";
import type { Duration } from "./duration";
import { ValidationError } from "./errors";
import { HelmCharts } from "./helm-charts";
import { INJECTION_LABEL, INJECTOR_NAMESPACE, INJECTOR_RELEASE, ISTIO_NAMESPACE } from "./names";
import { REPLICAS } from "./private/defaults";
import { type HelmValues, helmValuesText, isMap, mergeHelmValues } from "./private/helm-values";
import { waitFor } from "./private/order";
import { requireOneCore } from "./private/one-core";
import { parseCertificates } from "./private/pem";
import { SECCOMP_PROFILE } from "./private/pod-security";
import { Release } from "./private/release";
import { requireReplicas } from "./private/replicas";
import { DEFAULT_INJECTOR_CHART_VERSION } from "./private/upstream";
import { warnOfUpstream } from "./private/upstream-warnings";
import { requireKnown, requireKnownList } from "./private/tokens";
import { rules } from "./rules";

/** Properties of {@link VaultAgentInjector}. */
export interface VaultAgentInjectorProps {
  /** URL of Vault as pods reach it. */
  readonly vaultAddress: string;
  /**
   * PEM of the private CA that signed Vault's server certificate. Public. Without it, agents retry
   * forever.
   * @default - the CAs of the agent's image
   */
  readonly vaultCaCertificate?: string;
  /**
   * Vault namespace the agents log in to.
   * @default - none
   */
  readonly vaultNamespace?: string;
  /**
   * Namespaces whose labelled pods get an agent.
   * @default ["istio-system"]
   */
  readonly watchedNamespaces?: readonly string[];
  /**
   * Namespace of the release.
   * @default "vault"
   */
  readonly namespace?: string;
  /**
   * Name of the Helm release. Changing it replaces the injector.
   * @default "vault-inject"
   */
  readonly releaseName?: string;
  /**
   * Version of the `vault` chart.
   * @default "0.34.1"
   */
  readonly chartVersion?: string;
  /**
   * Where the `vault` chart comes from.
   * @default HelmCharts.hashicorp()
   */
  readonly charts?: HelmCharts;
  /**
   * Number of injector pods.
   * @default 2 - while none is available, no labelled pod can be created
   */
  readonly replicas?: number;
  /**
   * Image of the injector, with its tag.
   * @default - as in the chart
   */
  readonly image?: string;
  /**
   * Names of image pull secrets in the namespace.
   * @default - none
   */
  readonly imagePullSecrets?: readonly string[];
  /**
   * How long Helm waits for the release, before Terraform rolls it back. Longer where a node has to
   * be provisioned first.
   * @default Duration.minutes(5) - the provider's own default
   */
  readonly timeout?: Duration;
  /**
   * Additional Helm values for the chart.
   * @default - none
   */
  readonly values?: Readonly<Record<string, unknown>>;
  /**
   * Resources this depends on: the namespace.
   * @default - nothing
   */
  readonly dependsOn?: readonly ITerraformDependable[];
  /**
   * The helm provider of the cluster.
   * @default - the stack's own
   */
  readonly provider?: TerraformProvider;
}

/**
 * The Vault Agent injector of one cluster, for a Vault outside it, failing closed.
 *
 * Creates one Helm release of HashiCorp's `vault` chart, without a server and without the chart's
 * ServiceAccount that may review tokens. The webhook rejects a pod it cannot inject, and matches only
 * pods with the label `istio-vault-injection: enabled` in the watched namespaces, so that no other pod
 * depends on it. While it is replaced, such pods cannot be created; running ones are not affected.
 * There is no import: other constructs need nothing from it.
 */
export class VaultAgentInjector extends Construct implements ITerraformDependable {
  /** For `dependsOn` of what needs the injector. */
  public readonly fqn: string;

  /**
   * @throws ValidationError IV0130 if `replicas`, the list `imagePullSecrets` or where `image` has its tag is
   * known only to Terraform
   * @throws ValidationError IV0303 if `vaultCaCertificate` is not a PEM certificate
   * @throws ValidationError IV0401 if `values` would override what the construct owns
   * @throws ValidationError IV0403 if `replicas` is not a whole number of at least 1
   * @throws ValidationError IV0404 if the charts' directory has no `vault`
   * @throws ValidationError IV0410 if `dependsOn` names a construct of another app
   * @throws ValidationError IV1101 if the stack uses another core than this package
   */
  constructor(scope: Construct, id: string, props: VaultAgentInjectorProps) {
    super(scope, id);
    requireOneCore(this);
    const { vaultCaCertificate } = props;
    if (
      vaultCaCertificate &&
      !Token.isUnresolved(vaultCaCertificate) &&
      !parseCertificates(vaultCaCertificate)
    ) {
      throw new ValidationError(rules.caCertificateForm("vaultCaCertificate"), this);
    }
    requireReplicas(props.replicas, this);
    refuseOtherVault(props, this);

    const charts = props.charts ?? HelmCharts.hashicorp();
    const values = mergeHelmValues(
      { owned: ownedValues(props), defaults: defaultValues(props, this), user: props.values },
      this,
    );
    const chart = charts.find(this, "vault", props.chartVersion ?? DEFAULT_INJECTOR_CHART_VERSION);
    warnOfUpstream(this, { charts: chart.repository, image: props.image, values: props.values });
    const release = new Release(this, "Resource", {
      name: props.releaseName ?? INJECTOR_RELEASE,
      namespace: props.namespace ?? INJECTOR_NAMESPACE,
      ...chart,
      values: [helmValuesText(values)],
      wait: true,
      // The provider forgets a release whose installation failed; atomic rolls it back first.
      atomic: true,
      timeout: props.timeout?.toSeconds(),
      provider: props.provider,
    });
    waitFor(release, { dependsOn: props.dependsOn });
    this.fqn = release.fqn;
  }
}

/** What makes it fail closed, and only where it must. */
function ownedValues(props: VaultAgentInjectorProps): HelmValues {
  return {
    global: { externalVaultAddr: props.vaultAddress },
    injector: {
      enabled: true,
      extraEnvironmentVars: variablesOf(props),
      webhook: {
        failurePolicy: "Fail",
        namespaceSelector: {
          matchExpressions: [
            {
              key: "kubernetes.io/metadata.name",
              operator: "In",
              values: [...(props.watchedNamespaces ?? [ISTIO_NAMESPACE])],
            },
          ],
        },
        objectSelector: { matchLabels: { [INJECTION_LABEL.key]: INJECTION_LABEL.value } },
      },
    },
    // The chart makes these even without a server; istiod's own token is the reviewer instead.
    server: { serviceAccount: { create: false }, authDelegator: { enabled: false } },
  };
}

/** By which the injector tells agents more of Vault than its address. */
function variablesOf({
  vaultCaCertificate,
  vaultNamespace,
}: VaultAgentInjectorProps): Record<string, string> {
  return {
    ...(vaultCaCertificate && { AGENT_INJECT_VAULT_CACERT_BYTES: vaultCaCertificate }),
    ...(vaultNamespace && { AGENT_INJECT_VAULT_NAMESPACE: vaultNamespace }),
  };
}

/** Variables that say nothing of where agents get their files, or as whom. */
const USERS_VARIABLES =
  /^(AGENT_INJECT_(CPU|MEM|EPHEMERAL)_(LIMIT|REQUEST)|AGENT_INJECT_LOG_(LEVEL|FORMAT)|AGENT_INJECT_(AUTH_(MIN|MAX)_BACKOFF|SET_SECURITY_CONTEXT|TEMPLATE_MAX_CONNECTIONS_PER_HOST)|GOMAXPROCS|GOMEMLIMIT|TZ)$/;

/** The chart writes these variables after its own, where the last one of a name wins. */
function refuseOtherVault(props: VaultAgentInjectorProps, scope: Construct): void {
  const { injector } = props.values ?? {};
  const variables = isMap(injector) ? injector.extraEnvironmentVars : undefined;
  const owned = variablesOf(props);
  const other = Object.keys(isMap(variables) ? variables : {}).find(
    (name) => name.startsWith("AGENT_INJECT_") && !USERS_VARIABLES.test(name) && !(name in owned),
  );
  if (other !== undefined) {
    throw new ValidationError(rules.helmValueOwned(`injector.extraEnvironmentVars.${other}`), scope);
  }
}

/** Defaults, which the user's values may change. */
function defaultValues(props: VaultAgentInjectorProps, scope: Construct): HelmValues {
  requireKnownList("imagePullSecrets", props.imagePullSecrets, scope);
  return {
    ...(props.imagePullSecrets && {
      global: { imagePullSecrets: props.imagePullSecrets.map((name) => ({ name })) },
    }),
    injector: {
      replicas: props.replicas ?? REPLICAS,
      podDisruptionBudget: { maxUnavailable: 1 },
      ...placement(props),
      // What the chart has, and what Pod Security "restricted" demands besides.
      securityContext: {
        container: {
          allowPrivilegeEscalation: false,
          capabilities: { drop: ["ALL"] },
          seccompProfile: SECCOMP_PROFILE,
        },
      },
      // No new pod should wait half a minute for an injector that does not answer.
      webhook: { timeoutSeconds: 10 },
      ...(props.image && { image: imageValues(props.image, scope) }),
    },
  };
}

/**
 * On different nodes where there are as many. The chart insists on that and surges, so that a roll-out never ends
 * where there are no more nodes than injectors.
 */
function placement({
  replicas = REPLICAS,
  releaseName = INJECTOR_RELEASE,
}: VaultAgentInjectorProps): HelmValues {
  const matchLabels = { "app.kubernetes.io/instance": releaseName, component: "webhook" };
  const podAffinityTerm = { labelSelector: { matchLabels }, topologyKey: "kubernetes.io/hostname" };
  return {
    affinity: {
      podAntiAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm }],
      },
    },
    // A single one is replaced before it goes: without any, no labelled pod is created.
    ...(replicas > 1 && {
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
    }),
  };
}

/** `registry:5000/path/vault-k8s:1.7.6` as the chart wants it. */
function imageValues(image: string, scope: Construct): { repository: string; tag?: string } {
  const colon = image.lastIndexOf(":");
  const slash = image.lastIndexOf("/");
  if (colon > slash) return { repository: image.slice(0, colon), tag: image.slice(colon + 1) };
  // A reference might hold a tag.
  requireKnown("image", image.slice(slash + 1), scope);
  return { repository: image };
}
