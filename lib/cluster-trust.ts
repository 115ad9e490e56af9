import { GenericEndpoint } from "@cdktf/provider-vault/lib/generic-endpoint";
import { KvSecretBackendV2 } from "@cdktf/provider-vault/lib/kv-secret-backend-v2";
import { KvSecretV2 } from "@cdktf/provider-vault/lib/kv-secret-v2";
import { Mount } from "@cdktf/provider-vault/lib/mount";
import { Policy } from "@cdktf/provider-vault/lib/policy";
import { Fn } from "cdktf";
import { Construct, type IConstruct } from "constructs";
import { ValidationError } from "./errors";
import type { ExternalIssuance, Issuance, TerraformIssuance } from "./issuance";
import { clusterVaultNames, ISTIO_NAMESPACE } from "./names";
import { type IntermediateIdentity, intermediateIdentity } from "./private/intermediate";
import { issuerPolicy } from "./private/issuer-policy";
import { requireName } from "./private/names";
import { requireOneCore } from "./private/one-core";
import { readPolicy } from "./private/policy";
import { ReleasedResource } from "./private/released-resource";
import { requireVaultPaths } from "./private/vault-paths";
import { TerraformIntermediate } from "./private/terraform-intermediate";
import type { IRootCa } from "./root-ca";
import { rules } from "./rules";

/** A cluster's trust as istiod's pod needs it: where in Vault its plug-in CA files are. */
export interface IClusterTrust extends IConstruct {
  /** Mount path of the KV v2 secrets. */
  readonly secretsMountPath: string;
  /** Path within the mount of the secret with `ca_key`, `ca_cert` and `cert_chain`. */
  readonly certificatesPath: string;
  /** Path within the mount of the secret with `root_cert`. */
  readonly trustBundlePath: string;
  /** Policy that may read those two secrets. */
  readonly readPolicyName: string;
}

/** Properties of {@link ClusterTrust}. */
export interface ClusterTrustProps {
  /** Name of the cluster: lower-case letters, digits and dashes, at most 40. */
  readonly clusterName: string;
  /** The root that signs the cluster's intermediate. */
  readonly signingRoot: IRootCa;
  /**
   * The roots the cluster's workloads trust, in order: append at the end, drop from one end, never
   * sort. istiod before 1.30 takes a new bundle only if the old bytes are a piece of the new ones,
   * or the other way round.
   * @default - the signing root alone
   */
  readonly bundle?: readonly IRootCa[];
  /** Who makes the intermediate and its key. */
  readonly issuance: Issuance;
  /**
   * Mount path of the KV v2 secrets. Changing it moves the secrets to a new mount.
   * @default - `kubernetes-<clusterName>-secrets`
   */
  readonly secretsMountPath?: string;
  /**
   * Path, within the mount, of the intermediate.
   * @default "istiod-service/certs"
   */
  readonly certificatesPath?: string;
  /**
   * Path, within the mount, of the trust bundle.
   * @default "istiod-service/trust-bundle"
   */
  readonly trustBundlePath?: string;
  /**
   * Name of the policy that may read both.
   * @default - `istiod-certs-<clusterName>`
   */
  readonly readPolicyName?: string;
  /**
   * Name of the policy of whoever issues the intermediate; issuance `external` alone has one.
   * @default - `istio-issuer-<clusterName>`
   */
  readonly issuerPolicyName?: string;
  /**
   * Namespace istiod runs in; the intermediate is valid for `istiod.<namespace>.svc`.
   * @default "istio-system"
   */
  readonly istioNamespace?: string;
  /**
   * Whether Terraform refuses to destroy the mount, and with it the keys istiod starts from.
   * @default true
   */
  readonly preventDestroy?: boolean;
}

/** Attributes of a cluster's trust that another stack made. Every name counts: a wrong one is a silent 403. */
export interface ClusterTrustAttributes {
  /** Mount path of the KV v2 secrets. */
  readonly secretsMountPath: string;
  /** Path within the mount of the secret with `ca_key`, `ca_cert` and `cert_chain`. */
  readonly certificatesPath: string;
  /** Path within the mount of the secret with `root_cert`; may be the same secret. */
  readonly trustBundlePath: string;
  /** Policy that may read both. */
  readonly readPolicyName: string;
}

/**
 * One cluster's trust in Vault: its intermediate and the roots it trusts.
 *
 * Creates a KV v2 mount that keeps two versions, the trust bundle's secret, and a policy that may read
 * it and the intermediate's. The two are apart because the bundle is public and changes with a pull
 * request, while the intermediate belongs to whoever issues it: issuance `terraform` makes key,
 * certificate and secret; issuance `external` makes the issuer's policy, and demands check-and-set of
 * every write to the secret.
 * Destroying the mount takes the keys istiod starts from; hence `prevent_destroy`. Going from
 * `terraform` to `external` leaves the secret where it is, and takes it out of the state.
 */
export class ClusterTrust extends Construct implements IClusterTrust {
  /** A cluster's trust under names of one's own. Nothing of it can be changed from here. */
  public static fromClusterTrustAttributes(
    scope: Construct,
    id: string,
    attributes: ClusterTrustAttributes,
  ): IClusterTrust {
    return new ImportedClusterTrust(scope, id, attributes);
  }

  /**
   * A cluster's trust that was made with this construct's default names, and only those.
   *
   * @throws ValidationError IV0110 if `clusterName` has another form
   */
  public static fromClusterName(scope: Construct, id: string, clusterName: string): IClusterTrust {
    requireName("clusterName", clusterName, scope);
    const names = clusterVaultNames(clusterName);
    return new ImportedClusterTrust(scope, id, {
      secretsMountPath: names.secretsMount,
      certificatesPath: names.certificatesPath,
      trustBundlePath: names.trustBundlePath,
      readPolicyName: names.readPolicy,
    });
  }

  public readonly secretsMountPath: string;
  public readonly certificatesPath: string;
  public readonly trustBundlePath: string;
  public readonly readPolicyName: string;
  /** Policy of whoever issues the intermediate; undefined under issuance `terraform`. */
  public readonly issuerPolicyName: string | undefined;

  /**
   * @throws ValidationError IV0110 if `clusterName` has another form
   * @throws ValidationError IV0202 if the bundle lacks the root that signs
   * @throws ValidationError IV0803 if a path is no exact path
   * @throws ValidationError IV0212 if `certificatesPath` and `trustBundlePath` are the same
   * @throws ValidationError IV0213 if the root that signs is offline
   * @throws ValidationError IV1001 if the stack is of another core than this package
   */
  constructor(scope: Construct, id: string, props: ClusterTrustProps) {
    super(scope, id);
    requireOneCore(this);
    const { clusterName, signingRoot, bundle = [signingRoot] } = props;
    requireName("clusterName", clusterName, this);
    const { secretsMountPath, certificatesPath, trustBundlePath } = props;
    requireVaultPaths({ secretsMountPath, certificatesPath, trustBundlePath }, this);
    if (!bundle.some((root) => root.rootName === signingRoot.rootName)) {
      throw new ValidationError(rules.bundleLacksSigningRoot(clusterName, signingRoot.rootName), this);
    }

    const names = clusterVaultNames(clusterName);
    this.certificatesPath = props.certificatesPath ?? names.certificatesPath;
    this.trustBundlePath = props.trustBundlePath ?? names.trustBundlePath;
    this.readPolicyName = props.readPolicyName ?? names.readPolicy;
    if (this.certificatesPath === this.trustBundlePath) {
      throw new ValidationError(rules.secretsShareAPath(this.certificatesPath), this);
    }

    const mount = new Mount(this, "Resource", {
      path: props.secretsMountPath ?? names.secretsMount,
      type: "kv",
      options: { version: "2" },
      description: `istiod's plug-in CA files, ${clusterName}`,
      lifecycle: { preventDestroy: props.preventDestroy ?? true },
    });
    this.secretsMountPath = mount.path;
    const settings = new KvSecretBackendV2(this, "Settings", { mount: mount.path, maxVersions: 2 });

    const identity = intermediateIdentity(clusterName, props.istioNamespace ?? ISTIO_NAMESPACE);
    const { issuance } = props;
    if (issuance.kind === "terraform")
      this.issueHere(issuance as TerraformIssuance, identity, props, settings);
    else this.issuerPolicyName = this.letOthersIssue(issuance as ExternalIssuance, identity, props, settings);
    this.addSecret("TrustBundle", this.trustBundlePath, settings, {
      // Trimmed and joined by one newline each, so that a longer bundle contains a shorter one byte for byte.
      root_cert: Fn.join(
        "\n",
        bundle.map((root) => Fn.trimspace(root.certificatePem)),
      ),
    });
    new Policy(this, "ReadPolicy", {
      name: this.readPolicyName,
      policy: readPolicy(
        [this.certificatesPath, this.trustBundlePath].map((path) => `${this.secretsMountPath}/data/${path}`),
      ),
    });
  }

  private issueHere(
    issuance: TerraformIssuance,
    identity: IntermediateIdentity,
    { signingRoot: root }: ClusterTrustProps,
    settings: KvSecretBackendV2,
  ): void {
    const intermediate = new TerraformIntermediate(this, "Intermediate", { issuance, identity, root });
    this.addSecret("Certificates", this.certificatesPath, settings, {
      ca_key: intermediate.keyPem,
      ca_cert: intermediate.certificatePem,
      cert_chain: intermediate.chainPem,
    });
  }

  private letOthersIssue(
    issuance: ExternalIssuance,
    identity: IntermediateIdentity,
    { clusterName, signingRoot, issuerPolicyName }: ClusterTrustProps,
    settings: KvSecretBackendV2,
  ): string {
    // Terraform would otherwise destroy what it wrote under issuance `terraform`, and istiod still reads.
    new ReleasedResource(this, "Certificates", KvSecretV2.tfResourceType);
    // On this secret alone: Terraform writes the bundle, and its provider knows no check-and-set.
    new GenericEndpoint(this, "CertificatesSettings", {
      path: `${settings.mount}/metadata/${this.certificatesPath}`,
      dataJson: JSON.stringify({ cas_required: true }),
      ignoreAbsentFields: true,
      // Its deletion would be that of every version.
      disableDelete: true,
    });
    const names = clusterVaultNames(clusterName);
    const policy = new Policy(this, "IssuerPolicy", {
      name: issuerPolicyName ?? names.issuerPolicy,
      policy: issuerPolicy({
        signer: signingRoot.signer,
        identity,
        validFor: issuance.validFor,
        secretsMountPath: this.secretsMountPath,
        certificatesPath: this.certificatesPath,
        trustBundlePath: this.trustBundlePath,
        pendingPath: names.pendingPath,
      }),
    });
    return policy.name;
  }

  private addSecret(
    id: string,
    name: string,
    settings: KvSecretBackendV2,
    values: Record<string, string>,
  ): void {
    new KvSecretV2(this, id, {
      mount: settings.mount,
      name,
      dataJson: Fn.jsonencode(values),
      // A plan must hold no key that it was not given.
      disableRead: true,
      deleteAllVersions: true,
    });
  }
}

class ImportedClusterTrust extends Construct implements IClusterTrust {
  public readonly secretsMountPath: string;
  public readonly certificatesPath: string;
  public readonly trustBundlePath: string;
  public readonly readPolicyName: string;

  constructor(scope: Construct, id: string, attributes: ClusterTrustAttributes) {
    super(scope, id);
    this.secretsMountPath = attributes.secretsMountPath;
    this.certificatesPath = attributes.certificatesPath;
    this.trustBundlePath = attributes.trustBundlePath;
    this.readPolicyName = attributes.readPolicyName;
  }
}
