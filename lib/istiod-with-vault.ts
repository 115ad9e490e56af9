import { type ITerraformDependable, type TerraformProvider, Token } from "cdktf";
import { Construct } from "constructs";
import type { IClusterTrust } from "./cluster-trust";
import type { DefaultRevisionTag } from "./default-revision-tag";
import type { Duration } from "./duration";
import { ValidationError } from "./errors";
import { HelmCharts } from "./helm-charts";
import { DEFAULT_REVISION, INJECTION_LABEL, ISTIO_NAMESPACE, ISTIOD_ROLE } from "./names";
import { DEFAULT_RENDER_INTERVAL, requireRenderInterval } from "./private/agent";
import {
  agentAnnotations,
  refuseForeignSettings,
  type PinnedVault,
  pluginCaTemplates,
  revocationTemplates,
  SECRETS_DIRECTORY,
  securityAnnotations,
  tokenVolumes,
} from "./private/agent-annotations";
import { REPLICAS, TRUST_DOMAIN } from "./private/defaults";
import { guardContainer, ISTIOD_GUARD } from "./private/guard";
import { type HelmValues, helmValuesText, isMap, mergeHelmValues, overlay } from "./private/helm-values";
import { imageHub, requireIstioVersion } from "./private/istio-version";
import { otherSigners, valueAt } from "./private/istiod-values";
import {
  DEFAULT_LIFETIME_VARIABLE,
  type LeafLifetimes,
  leafLifetimes,
  MAX_LIFETIME_VARIABLE,
  refuseLeafLifetimes,
  REQUESTED_LIFETIME_VARIABLE,
} from "./private/leaf-lifetime";
import { requireRevision } from "./private/names";
import { requireNames, waitFor } from "./private/order";
import { pinVault, type VaultEndpoint } from "./private/pinned-vault";
import { requireOneCore } from "./private/one-core";
import { type AgentUser, SECCOMP_PROFILE } from "./private/pod-security";
import { Release } from "./private/release";
import { requireReplicas } from "./private/replicas";
import { DEFAULT_AGENT_IMAGE } from "./private/upstream";
import { warnOfUpstream } from "./private/upstream-warnings";
import { requireKnown, requireKnownList } from "./private/tokens";
import { rules } from "./rules";
import type { IRevocationLists } from "./revocation-lists";
import type { IVaultK8sAuth } from "./vault-k8s-auth";

/** Properties of {@link IstiodWithVault}. */
export interface IstiodWithVaultProps {
  /** Where in Vault the plug-in CA files are. */
  readonly trust: IClusterTrust;
  /** The auth mount that istiod's pod logs in through. */
  readonly auth: IVaultK8sAuth;
  /**
   * Version of Istio and of its charts, at least 1.27.0: `x.y.z`, or a vendor's build of one such as
   * `1.29.6-solo`, which is passed to the chart unchanged.
   */
  readonly istioVersion: string;
  /**
   * Istio's revision of this istiod, so that it can run beside others: a DNS label of at most 40 characters.
   * Its ServiceAccount is `istiod-<revision>`, which the Vault role must be bound to. Changing it replaces istiod.
   * @default "default" - the istiod without a revision, with the ServiceAccount `istiod`
   */
  readonly revision?: string;
  /**
   * The tag that says which revision injects where none is named. With it, an istiod without a revision creates
   * no webhooks itself: they would match the same pods.
   * @default - none: an istiod without a revision injects there
   */
  readonly defaultRevisionTag?: DefaultRevisionTag;
  /**
   * The Vault the pods ask, written into their own annotations: of two injectors in a cluster, none can then
   * hand them to another Vault.
   * @default - whichever Vault the injector names
   */
  readonly vault?: VaultEndpoint;
  /**
   * The mesh's revocation lists, which istiod then hands to every proxy. Each intermediate in use has to have its list
   * in them first: proxies that have any list refuse a chain in which one CA has none.
   * @default - none: a revoked intermediate goes on being accepted
   */
  readonly revocationLists?: IRevocationLists;
  /**
   * The Vault role bound to istiod's ServiceAccount.
   * @default "istiod"
   */
  readonly roleName?: string;
  /**
   * Namespace of the release.
   * @default "istio-system"
   */
  readonly namespace?: string;
  /**
   * Name of the Helm release. Changing it replaces istiod.
   * @default "istio-istiod", or "istio-istiod-<revision>"
   */
  readonly releaseName?: string;
  /**
   * Where the `istiod` chart comes from.
   * @default HelmCharts.istio()
   */
  readonly charts?: HelmCharts;
  /**
   * Mesh id, shared by all clusters of the mesh.
   * @default - the trust domain, which is Istio's default
   */
  readonly meshId?: string;
  /**
   * SPIFFE trust domain, shared by all clusters of the mesh.
   * @default "cluster.local"
   */
  readonly trustDomain?: string;
  /**
   * Other trust domains whose workloads are taken for the mesh's own, as while a trust domain is exchanged.
   * @default - none
   */
  readonly trustDomainAliases?: readonly string[];
  /**
   * The cluster's name in the mesh.
   * @default "Kubernetes" - Istio's own default, for a single cluster
   */
  readonly clusterName?: string;
  /**
   * The cluster's network, for a mesh of several networks.
   * @default - one flat network
   */
  readonly network?: string;
  /**
   * Registry and path of Istio's images, including those of injected proxies and gateways.
   * @default "docker.io/istio" - whatever the chart says; for a vendor's build, as in its chart
   */
  readonly imageHub?: string;
  /**
   * Names of image pull secrets in the namespace.
   * @default - none
   */
  readonly imagePullSecrets?: readonly string[];
  /**
   * Minimum replicas of istiod. With two or more the chart adds a PodDisruptionBudget.
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
   * How often the agent checks for new CA files: 10 seconds to one day.
   * @default Duration.seconds(30)
   */
  readonly renderInterval?: Duration;
  /**
   * How long a workload's certificate is valid: two minutes to 90 days. istiod signs for it, and the proxies it
   * injects request it. To shorten it in a running mesh, leave `maxLeafLifetime` as long as it was until every
   * proxy's pod has been replaced.
   * @default Duration.hours(24) - Istio's own default
   * @see https://istio.io/latest/docs/reference/commands/pilot-agent/#envvars
   */
  readonly leafLifetime?: Duration;
  /**
   * How long istiod signs for at most; it refuses a request for longer. Not less than `leafLifetime`.
   * @default - `leafLifetime`
   */
  readonly maxLeafLifetime?: Duration;
  /**
   * How long Helm waits for the release, before Terraform rolls it back. Longer where a node has to
   * be provisioned first.
   * @default Duration.minutes(5) - the provider's own default
   */
  readonly timeout?: Duration;
  /**
   * Additional Helm values for the chart, with or without the `pilot.` prefix. Maps are merged;
   * `initContainers` and `volumes` follow the construct's own.
   * @default - none
   */
  readonly values?: Readonly<Record<string, unknown>>;
  /**
   * Resources this depends on, besides `trust`, `auth` and the role: the injector, istio-base, the namespace.
   * @default - nothing
   */
  readonly dependsOn?: readonly ITerraformDependable[];
  /**
   * The helm provider of the cluster.
   * @default - the stack's own
   */
  readonly provider?: TerraformProvider;
  /**
   * The kubernetes provider of the cluster, which makes the Secret with Vault's CA certificate.
   * @default - the stack's own
   */
  readonly kubernetesProvider?: TerraformProvider;
}

/**
 * One istiod that takes its CA from Vault and starts with no other CA.
 *
 * Creates one Helm release of Istio's `istiod` chart: Vault Agent writes the plug-in CA files to
 * memory, mode 0400 and owned by istiod's user, and a guard aborts startup unless all of them exist.
 * The flags for several roots are set from the start, since setting them later requires a restart of every
 * proxy. Several revisions can run in one cluster with the same files. The release depends on what `trust`,
 * `auth` and the role create in its stack; if they belong to another stack, that stack is deployed first.
 * Replacing the release restarts istiod; running workloads keep their certificates.
 * There is no import: other constructs need nothing from it.
 */
export class IstiodWithVault extends Construct implements ITerraformDependable {
  /** For `dependsOn` of what needs istiod. */
  public readonly fqn: string;

  /**
   * @throws ValidationError IV0130 if `istioVersion`, `revision` or `replicas` is known only to Terraform
   * @throws ValidationError IV0131 if `trust` or `auth` belongs to another stack and returns a reference
   * @throws ValidationError IV0303 if `vault.caCertificate` is not a PEM certificate
   * @throws ValidationError IV0401 if `values` would override what the construct owns, or let another CA sign
   * @throws ValidationError IV0402 if `istioVersion` is not at least 1.27.0
   * @throws ValidationError IV0403 if `replicas` is not a whole number of at least 1
   * @throws ValidationError IV0404 if the charts' directory has no `istiod`
   * @throws ValidationError IV0405 if `renderInterval` is out of range
   * @throws ValidationError IV0406 if `maxLeafLifetime` is shorter than `leafLifetime`
   * @throws ValidationError IV0407 if one of the two is out of range
   * @throws ValidationError IV0408 if `values` name a lifetime of leaves
   * @throws ValidationError IV0410 if `dependsOn` names a construct of another app
   * @throws ValidationError IV0805 if `revision` is not a valid revision name
   * @throws ValidationError IV1101 if the stack uses another core than this package
   */
  constructor(scope: Construct, id: string, props: IstiodWithVaultProps) {
    super(scope, id);
    requireOneCore(this);
    requireIstioVersion(props.istioVersion, this);
    requireReplicas(props.replicas, this);
    requireRenderInterval(props.renderInterval, this);
    const { revision = DEFAULT_REVISION } = props;
    requireRevision(revision, this);
    const { trust, auth, roleName = ISTIOD_ROLE, defaultRevisionTag } = props;
    const { secretsMountPath, certificatesPath, trustBundlePath } = trust;
    const { revocationLists } = props;
    if (revocationLists) requireNames(this, revocationLists, { mountPath: revocationLists.mountPath });
    requireNames(this, trust, { secretsMountPath, certificatesPath, trustBundlePath });
    requireNames(this, auth, { mountPath: auth.mountPath, audience: auth.audience });

    const charts = props.charts ?? HelmCharts.istio();
    const name = props.releaseName ?? (revision === DEFAULT_REVISION ? RELEASE : `${RELEASE}-${revision}`);
    const namespace = props.namespace ?? ISTIO_NAMESPACE;
    const pins = pinVault(this, props.vault, {
      name,
      namespace,
      provider: props.kubernetesProvider,
      dependsOn: props.dependsOn,
    });
    const user = withoutPilotPrefix(props.values ?? {}, this);
    refuseLeafLifetimes(user, this);
    const lifetimes = leafLifetimes(props, this);
    const owned = ownedValues(props, user, lifetimes, pins.pinned);
    refuseOwnedVariables(owned, user, this);
    refuseOtherRevisions(props, user, this);
    refuseOtherSigners(user, this);
    refuseForeignSettings(user, owned, this);
    const values = mergeHelmValues(
      { owned, defaults: defaultValues(props), user, extensible: ["initContainers", "volumes"] },
      this,
    );
    const chart = charts.find(this, "istiod", props.istioVersion);
    warnOfUpstream(this, {
      charts: chart.repository,
      imageHub: props.imageHub,
      agentImage: props.agentImage,
      values: props.values,
    });
    const release = new Release(this, "Resource", {
      name,
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
      dependsOn: [...pins.dependsOn, ...(props.dependsOn ?? [])],
      // The tag comes before its release: there must always be a webhook for the default revision.
      uses: [trust, auth, revocationLists, defaultRevisionTag].filter((one) => one !== undefined),
      later: () => auth.findRole(roleName),
    });
    this.fqn = release.fqn;
  }
}

const RELEASE = "istio-istiod";

/** What the construct guarantees: istiod runs on the files from Vault, or not at all. */
function ownedValues(
  props: IstiodWithVaultProps,
  user: HelmValues,
  { leafLifetime, maxLeafLifetime }: Required<LeafLifetimes>,
  vault: PinnedVault | undefined,
): HelmValues {
  const { agentImage = DEFAULT_AGENT_IMAGE, agentUser = "istio" } = props;
  const { trust, revocationLists } = props;
  const templates = {
    ...pluginCaTemplates(trust),
    ...(revocationLists && revocationTemplates(trust, revocationLists)),
  };
  const volumes = tokenVolumes(props.auth);
  return {
    ...(revisionOf(props) !== "" && { revision: revisionOf(props) }),
    podLabels: { [INJECTION_LABEL.key]: INJECTION_LABEL.value },
    podAnnotations: agentAnnotations({
      templates,
      auth: props.auth,
      roleName: props.roleName ?? ISTIOD_ROLE,
      image: agentImage,
      user: agentUser,
      renderInterval: props.renderInterval ?? DEFAULT_RENDER_INTERVAL,
      vault,
    }),
    env: {
      ROOT_CA_DIR: SECRETS_DIRECTORY,
      ISTIO_MULTIROOT_MESH: "true",
      [DEFAULT_LIFETIME_VARIABLE]: leafLifetime.toGoString(),
      [MAX_LIFETIME_VARIABLE]: maxLeafLifetime.toGoString(),
      ...(revocationLists && { PILOT_ENABLE_CA_CRL: "true" }),
    },
    initContainers: [
      guardContainer({
        name: ISTIOD_GUARD,
        image: agentImage,
        user: agentUser,
        annotations: user.podAnnotations,
        files: Object.keys(templates),
        // It would silently become its own self-signed root.
        reason: "istiod must not start without its CA from Vault",
      }),
    ],
    ...(volumes && { volumes }),
    meshConfig: {
      trustDomain: props.trustDomain ?? TRUST_DOMAIN,
      ...(props.trustDomainAliases?.length && { trustDomainAliases: [...props.trustDomainAliases] }),
      defaultConfig: {
        proxyMetadata: {
          PROXY_CONFIG_XDS_AGENT: "true",
          [REQUESTED_LIFETIME_VARIABLE]: leafLifetime.toGoString(),
        },
      },
    },
    global: {
      ...(props.meshId !== undefined && { meshID: props.meshId }),
      ...(props.network !== undefined && { network: props.network }),
      ...(props.clusterName !== undefined && { multiCluster: { clusterName: props.clusterName } }),
      // So the chart's value is called that leaves out the release's webhooks.
      ...(props.defaultRevisionTag && revisionOf(props) === "" && { operatorManageWebhooks: true }),
    },
  };
}

/** As the chart writes it. */
function revisionOf({ revision }: IstiodWithVaultProps): string {
  return revision === undefined || revision === DEFAULT_REVISION ? "" : revision;
}

/** Defaults, which the user's values may change. */
function defaultValues(props: IstiodWithVaultProps): HelmValues {
  const replicas = props.replicas ?? REPLICAS;
  const hub = props.imageHub ?? imageHub(props.istioVersion);
  return {
    podAnnotations: securityAnnotations(props.agentUser ?? "istio"),
    seccompProfile: SECCOMP_PROFILE,
    autoscaleMin: replicas,
    autoscaleMax: Math.max(replicas, 5),
    // Counts where the user turns the autoscaler off.
    replicaCount: replicas,
    global: {
      tag: props.istioVersion,
      // The proxies that istiod injects, gateways among them, come from it too.
      ...(hub !== undefined && { hub }),
      ...(props.imagePullSecrets && { imagePullSecrets: [...props.imagePullSecrets] }),
    },
  };
}

/** The chart lays `pilot.x` over `x`; so does this, or a prefixed value could slip past what is owned. */
function withoutPilotPrefix(values: HelmValues, scope: Construct): HelmValues {
  requireKnown("values", values, scope);
  const { pilot, ...rest } = values;
  if (pilot === undefined) return rest;
  if (!isMap(pilot)) throw new ValidationError(rules.helmValueOwned("pilot"), scope);
  return overlay(rest, pilot);
}

/**
 * The chart writes `envVarFrom` after `env`, where the last one of a name wins; and of `env` names and values
 * between quotes of its own, which a quote or a line's end among them would leave.
 */
function refuseOwnedVariables(owned: HelmValues, user: HelmValues, scope: Construct): void {
  const { env, envVarFrom } = user;
  for (const [name, value] of Object.entries(isMap(env) ? env : {})) {
    if (
      !/^[\w.-]+$/.test(name) ||
      (typeof value === "string" && !Token.isUnresolved(value) && /["\\\n]/.test(value))
    ) {
      throw new ValidationError(rules.helmValueOwned(`env.${name}`), scope);
    }
  }
  requireKnownList("values.envVarFrom", envVarFrom, scope);
  if (!Array.isArray(envVarFrom)) return;
  const taken = envVarFrom.find(
    (variable) => isMap(variable) && `${variable.name}` in (owned.env as HelmValues),
  );
  if (taken) throw new ValidationError(rules.helmValueOwned(`envVarFrom.${taken.name}`), scope);
}

/** Who signs, and whom istiod takes for whom, is what the construct stands for, wherever the chart reads it. */
function refuseOtherSigners(user: HelmValues, scope: Construct): void {
  const [other] = otherSigners(user);
  if (other !== undefined) throw new ValidationError(rules.helmValueOwned(other), scope);
  for (const path of ["meshConfig.trustDomainAliases", "_internal_defaults_do_not_set"]) {
    if (valueAt(user, path) !== undefined) throw new ValidationError(rules.helmValueOwned(path), scope);
  }
}

/** Vault would reject a revision that it does not know; a second tag would be indistinguishable from the first. */
function refuseOtherRevisions(props: IstiodWithVaultProps, user: HelmValues, scope: Construct): void {
  const revision = revisionOf(props);
  if (user.revision !== undefined && user.revision !== revision) {
    throw new ValidationError(rules.helmValueOwned("revision"), scope);
  }
  const { revisionTags: tags } = user;
  if (tags === undefined || !props.defaultRevisionTag) return;
  requireKnown("values.revisionTags", tags, scope);
  // Without its webhooks the chart makes none of a tag either.
  if (!Array.isArray(tags) || tags.includes("default") || revision === "") {
    throw new ValidationError(rules.helmValueOwned("revisionTags"), scope);
  }
}
