import { GenericEndpoint } from "@cdktf/provider-vault/lib/generic-endpoint";
import { KvSecretBackendV2 } from "@cdktf/provider-vault/lib/kv-secret-backend-v2";
import { KvSecretV2 } from "@cdktf/provider-vault/lib/kv-secret-v2";
import { Mount } from "@cdktf/provider-vault/lib/mount";
import { Policy } from "@cdktf/provider-vault/lib/policy";
import { Fn, type ITerraformDependable, type TerraformProvider, type TerraformResource } from "cdktf";
import { Construct, type IConstruct } from "constructs";
import { ValidationError } from "./errors";
import type { Duration } from "./duration";
import type { DeployIssuance, Issuance, TerraformIssuance } from "./issuance";
import { clusterVaultNames, ISTIO_NAMESPACE } from "./names";
import { type IntermediateIdentity, intermediateIdentity } from "./private/intermediate";
import { declaredIntermediate, IssueAtDeploy } from "./private/issue-at-deploy";
import { issuerPolicy } from "./private/issuer-policy";
import { LEAF_GENERATION } from "./private/defaults";
import { requireGeneration } from "./private/generation";
import { leafLines } from "./private/leaf-generation";
import { kvData, kvMetadata } from "./private/kv";
import { requireName } from "./private/names";
import { isOfSameStack, requireNames, waitFor } from "./private/order";
import { requireOneCore } from "./private/one-core";
import { readPolicy } from "./private/policy";
import { RemovedBlock } from "./private/removed-block";
import { requireVaultPaths } from "./private/vault-paths";
import { TerraformIntermediate } from "./private/terraform-intermediate";
import { type IRevocationLists, RevocationLists } from "./revocation-lists";
import type { IRootCa } from "./root-ca";
import { rules } from "./rules";
import type { IVaultGrantee } from "./vault-role";

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

  /** Allows a role, istiod's, to read those two secrets and nothing else. */
  grantRead(grantee: IVaultGrantee): void;
}

/** Properties of {@link ClusterTrust}. */
export interface ClusterTrustProps {
  /** Name of the cluster: lower-case letters, digits and dashes, at most 40. */
  readonly clusterName: string;
  /** The root that signs the cluster's intermediate. */
  readonly signingRoot: IRootCa;
  /**
   * The roots the cluster's workloads trust, in order: append at the end, drop from one end, never
   * sort. istiod before 1.30 accepts a new bundle only if the bytes of one contain those of the other.
   * @default - the signing root alone
   */
  readonly bundle?: readonly IRootCa[];
  /**
   * Raise it by one to renew every workload's certificate at once: each connected proxy requests a new one as soon as
   * its istiod has loaded the bundle.
   * @default 1
   */
  readonly leafGeneration?: number;
  /** Who creates the intermediate and its key. */
  readonly issuance: Issuance;
  /**
   * Mount path of the KV v2 secrets. Changing it moves the secrets to a new mount.
   * @default - `kubernetes-<clusterName>-secrets`
   */
  readonly secretsMountPath?: string;
  /**
   * Whether to create that mount. An existing mount, which several clusters may share, is not changed:
   * only this cluster's secrets are created in it, each of which keeps two versions. Changing it to false
   * keeps a mount that this construct created, and removes it from the state.
   * @default true
   */
  readonly createMount?: boolean;
  /**
   * Path, within the mount, of the intermediate.
   * @default "istiod-service/certs", in an existing mount `<clusterName>/istiod-service/certs`
   */
  readonly certificatesPath?: string;
  /**
   * Path, within the mount, of the trust bundle.
   * @default "istiod-service/trust-bundle", in an existing mount `<clusterName>/istiod-service/trust-bundle`
   */
  readonly trustBundlePath?: string;
  /**
   * Name of the policy that may read both.
   * @default - `istiod-certs-<clusterName>`
   */
  readonly readPolicyName?: string;
  /**
   * Name of the policy for the issuer of the intermediate; not with issuance `terraform`.
   * @default - `istio-issuer-<clusterName>`
   */
  readonly issuerPolicyName?: string;
  /**
   * Namespace istiod runs in; the intermediate is valid for `istiod.<namespace>.svc`.
   * @default "istio-system"
   */
  readonly istioNamespace?: string;
  /**
   * The mesh's revocation lists: each intermediate that is issued from now on signs one of its own, which its issuer
   * adds to them. Not with issuance `terraform`. With issuance `deploy`, a change issues a new intermediate.
   * @default - none: no intermediate can be revoked
   */
  readonly revocationLists?: IRevocationLists;
  /**
   * How long a deploy waits, once the list of a new intermediate is in Vault, before it writes the intermediate: until
   * every proxy has the list. Only with issuance `deploy`.
   * @default - no wait: no istiod hands out lists yet
   */
  readonly revocationListsSpread?: Duration;
  /**
   * Whether Terraform refuses to destroy the mount, and with it the keys that istiod needs to start; in an
   * existing mount, the secrets.
   * @default true
   */
  readonly preventDestroy?: boolean;
  /**
   * The Vault provider that creates it.
   * @default - the stack's own
   */
  readonly provider?: TerraformProvider;
  /**
   * The tls provider that creates the key under issuance `terraform`.
   * @default - the stack's own
   */
  readonly tlsProvider?: TerraformProvider;
  /**
   * Resources this depends on, such as a mount that this construct does not create.
   * @default - nothing
   */
  readonly dependsOn?: readonly ITerraformDependable[];
}

/** Attributes of a cluster's trust that another stack creates. A wrong name shows only as a 403 from Vault. */
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
 * Creates a KV v2 mount that keeps two versions (unless it uses an existing one), the trust bundle's secret,
 * and a policy that allows reading it and the intermediate's. They are separate secrets because the bundle is
 * public and changes with a pull request, while the intermediate belongs to its issuer: issuance `terraform`
 * creates key, certificate and secret; issuance `deploy` and `external` create the issuer's policy, and require
 * check-and-set on every write to the secret; and `deploy` runs the issuer, again whenever what is declared
 * changes, which replaces the intermediate in Vault.
 * Destroying the mount destroys the keys that istiod needs to start; hence `prevent_destroy`. Changing from
 * `terraform` to another issuance leaves the secret where it is, and removes it from the state.
 */
export class ClusterTrust extends Construct implements IClusterTrust, ITerraformDependable {
  /** A cluster's trust that is created elsewhere, under custom names. An imported instance changes nothing of it. */
  public static fromClusterTrustAttributes(
    scope: Construct,
    id: string,
    attributes: ClusterTrustAttributes,
  ): IClusterTrust {
    return new ImportedClusterTrust(scope, id, attributes);
  }

  /**
   * A cluster's trust that was created with this construct's default names, and only those.
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
  /** Policy for the issuer of the intermediate; undefined under issuance `terraform`. */
  public readonly issuerPolicyName: string | undefined;
  /** For `dependsOn` of what needs it: the read policy, which is created last. */
  public readonly fqn: string;
  private readonly clusterName: string;

  /**
   * @throws ValidationError IV0110 if `clusterName` has another form
   * @throws ValidationError IV0202 if the bundle lacks the signing root
   * @throws ValidationError IV0130 if `leafGeneration` is known only to Terraform
   * @throws ValidationError IV0210 if `leafGeneration` is not a whole number of at least 1
   * @throws ValidationError IV0803 if a path is not an exact path
   * @throws ValidationError IV0212 if `certificatesPath` and `trustBundlePath` are the same
   * @throws ValidationError IV0213 if the signing root is offline, under issuance `terraform`
   * @throws ValidationError IV0223 if the signing root's key is not in Vault, under issuance `deploy`
   * @throws ValidationError IV0230 if there are revocation lists, under issuance `terraform`
   * @throws ValidationError IV0220 if a root of the tls provider belongs to another stack
   * @throws ValidationError IV0131 if a root of another stack hands out references
   * @throws ValidationError IV1101 if the stack uses another core than this package
   */
  constructor(scope: Construct, id: string, props: ClusterTrustProps) {
    super(scope, id);
    requireOneCore(this);
    const { clusterName, signingRoot, bundle = [signingRoot], leafGeneration = LEAF_GENERATION } = props;
    requireName("clusterName", clusterName, this);
    requireGeneration("leafGeneration", leafGeneration, this);
    const { secretsMountPath, certificatesPath, trustBundlePath } = props;
    requireVaultPaths({ secretsMountPath, certificatesPath, trustBundlePath }, this);
    if (!bundle.some((root) => root.rootName === signingRoot.rootName)) {
      throw new ValidationError(rules.bundleLacksSigningRoot(clusterName, signingRoot.rootName), this);
    }

    requireNames(this, signingRoot, { ...signingRoot.signer });
    const { revocationLists } = props;
    if (revocationLists) {
      if (props.issuance.kind === "terraform") {
        throw new ValidationError(rules.terraformSignsNoList(clusterName), this);
      }
      requireNames(this, revocationLists, { mountPath: revocationLists.mountPath });
    }

    const names = clusterVaultNames(clusterName);
    const { createMount = true } = props;
    const defaultPath = (path: string) => (createMount ? path : `${clusterName}/${path}`);
    this.clusterName = clusterName;
    this.secretsMountPath = secretsMountPath ?? names.secretsMount;
    this.certificatesPath = certificatesPath ?? defaultPath(names.certificatesPath);
    this.trustBundlePath = trustBundlePath ?? defaultPath(names.trustBundlePath);
    this.readPolicyName = props.readPolicyName ?? names.readPolicy;
    if (this.certificatesPath === this.trustBundlePath) {
      throw new ValidationError(rules.secretsShareAPath(this.certificatesPath), this);
    }

    const place = createMount ? this.createMount(props) : this.existingMount(props);
    const identity = intermediateIdentity(clusterName, props.istioNamespace ?? ISTIO_NAMESPACE);
    const { issuance } = props;
    const lists = listsToWaitFor(this, revocationLists);
    const first =
      issuance.kind === "terraform"
        ? this.issueByTerraform(issuance as TerraformIssuance, identity, props, place)
        : this.requireCheckAndSet(place);
    if (issuance.kind !== "terraform") {
      const pendingPath = defaultPath(names.pendingPath);
      this.issuerPolicyName = this.addIssuerPolicy(issuance, identity, props, {
        pendingPath,
        dependsOn: [first],
      });
    }
    const roots = new Construct(this, "Roots");
    const secret = this.addSecret("TrustBundle", this.trustBundlePath, place, {
      // Trimmed and joined by one newline each, so that a longer bundle contains a shorter one byte for byte.
      root_cert: Fn.join("\n", [
        ...bundle.map((root) => Fn.trimspace(root.certificateIn(roots, root.rootName, props.provider))),
        ...leafLines(leafGeneration),
      ]),
    });
    const issued =
      issuance.kind === "deploy"
        ? [this.issueAtDeploy(issuance as DeployIssuance, props, [first, secret, ...lists])]
        : [];
    const policy = new Policy(this, "ReadPolicy", {
      provider: props.provider,
      name: this.readPolicyName,
      policy: readPolicy(
        [this.certificatesPath, this.trustBundlePath].map((path) => kvData(this.secretsMountPath, path)),
      ),
      // Last, so that whoever waits for it finds everything else.
      dependsOn: [first, secret, ...issued],
    });
    this.fqn = policy.fqn;
  }

  public grantRead(grantee: IVaultGrantee): void {
    grantee.addPolicy(this.readPolicyName);
  }

  /**
   * Allows a role, an external issuer's, to issue the cluster's intermediate.
   *
   * @throws ValidationError IV0221 under issuance `terraform`
   */
  public grantIssue(grantee: IVaultGrantee): void {
    if (this.issuerPolicyName === undefined) {
      throw new ValidationError(rules.noIssuerPolicy(this.clusterName), this);
    }
    grantee.addPolicy(this.issuerPolicyName);
  }

  private createMount({ clusterName, preventDestroy, provider, dependsOn }: ClusterTrustProps): Place {
    const mount = new Mount(this, "Resource", {
      provider,
      path: this.secretsMountPath,
      type: "kv",
      options: { version: "2" },
      description: `istiod's plug-in CA files, ${clusterName}`,
      lifecycle: { preventDestroy: preventDestroy ?? true },
    });
    waitFor(mount, { dependsOn });
    const settings = new KvSecretBackendV2(this, "Settings", {
      provider,
      mount: mount.path,
      maxVersions: VERSIONS,
    });
    return { mountPath: settings.mount, isOwn: true, provider, preventDestroy: false };
  }

  /** Its settings are its owner's; the secrets have their own. */
  private existingMount({ preventDestroy, provider, dependsOn }: ClusterTrustProps): Place {
    // Terraform would otherwise destroy a mount that this construct created before, and every key in it.
    new RemovedBlock(this, "Resource", Mount.tfResourceType);
    new RemovedBlock(this, "Settings", KvSecretBackendV2.tfResourceType);
    return {
      mountPath: this.secretsMountPath,
      isOwn: false,
      provider,
      preventDestroy: preventDestroy ?? true,
      dependsOn,
    };
  }

  private issueByTerraform(
    issuance: TerraformIssuance,
    identity: IntermediateIdentity,
    { signingRoot: root, provider, tlsProvider }: ClusterTrustProps,
    place: Place,
  ): TerraformResource {
    const intermediate = new TerraformIntermediate(this, "Intermediate", {
      issuance,
      identity,
      root,
      vaultProvider: provider,
      tlsProvider,
    });
    return this.addSecret("Certificates", this.certificatesPath, place, {
      ca_key: intermediate.keyPem,
      ca_cert: intermediate.certificatePem,
      cert_chain: intermediate.chainPem,
    });
  }

  /** On this secret alone: Terraform writes the bundle, and its provider knows no check-and-set. */
  private requireCheckAndSet({ mountPath, isOwn, provider, dependsOn }: Place): TerraformResource {
    // Terraform would otherwise destroy what it wrote under issuance `terraform`, and istiod still reads.
    new RemovedBlock(this, "Certificates", KvSecretV2.tfResourceType);
    const settings = new GenericEndpoint(this, "CertificatesSettings", {
      provider,
      path: kvMetadata(mountPath, this.certificatesPath),
      dataJson: JSON.stringify({ cas_required: true, ...(!isOwn && { max_versions: VERSIONS }) }),
      ignoreAbsentFields: true,
      // Its deletion would be that of every version.
      disableDelete: true,
    });
    waitFor(settings, { dependsOn });
    return settings;
  }

  private issueAtDeploy(
    issuance: DeployIssuance,
    props: ClusterTrustProps,
    dependsOn: ITerraformDependable[],
  ): IssueAtDeploy {
    const { clusterName, signingRoot, istioNamespace = ISTIO_NAMESPACE, provider } = props;
    const { secretsMountPath, certificatesPath, trustBundlePath } = this;
    const place = {
      ...{ clusterName, istioNamespace, secretsMountPath, certificatesPath, trustBundlePath },
      revocationListsMount: props.revocationLists?.mountPath,
    };
    const declared = declaredIntermediate(issuance, signingRoot, place);
    if (!declared) {
      throw new ValidationError(rules.deployNeedsRootInVault(clusterName, signingRoot.rootName), this);
    }
    const { revocationListsSpread: spread } = props;
    return new IssueAtDeploy(this, "Issue", { declared, spread, provider, dependsOn });
  }

  private addIssuerPolicy(
    issuance: Issuance,
    identity: IntermediateIdentity,
    { clusterName, signingRoot, issuerPolicyName, revocationLists, provider }: ClusterTrustProps,
    { pendingPath, dependsOn }: { pendingPath: string; dependsOn: ITerraformDependable[] },
  ): string {
    const name = issuerPolicyName ?? clusterVaultNames(clusterName).issuerPolicy;
    new Policy(this, "IssuerPolicy", {
      provider,
      name,
      policy: issuerPolicy({
        signer: signingRoot.signer,
        identity,
        validFor: issuance.validFor,
        secretsMountPath: this.secretsMountPath,
        certificatesPath: this.certificatesPath,
        trustBundlePath: this.trustBundlePath,
        pendingPath,
        revocationListsMount: revocationLists?.mountPath,
      }),
      dependsOn,
    });
    return name;
  }

  private addSecret(id: string, name: string, place: Place, values: Record<string, string>): KvSecretV2 {
    const { mountPath, isOwn, provider, preventDestroy, dependsOn } = place;
    const secret = new KvSecretV2(this, id, {
      provider,
      mount: mountPath,
      name,
      dataJson: Fn.jsonencode(values),
      // A plan must hold no key that it was not given.
      disableRead: true,
      deleteAllVersions: true,
      ...(!isOwn && { customMetadata: { maxVersions: VERSIONS } }),
      ...(preventDestroy && { lifecycle: { preventDestroy } }),
    });
    waitFor(secret, { dependsOn });
    return secret;
  }
}

/** The one istiod reads, and the one before it. */
const VERSIONS = 2;

/** Where the secrets are. */
interface Place {
  /** Of a mount of its own a reference, by which the secrets wait for it. */
  readonly mountPath: string;
  readonly isOwn: boolean;
  readonly provider: TerraformProvider | undefined;
  readonly preventDestroy: boolean;
  readonly dependsOn?: readonly ITerraformDependable[];
}

/** What is created of them in the same stack; another stack is waited for as a whole. */
function listsToWaitFor(scope: Construct, lists: IRevocationLists | undefined): ITerraformDependable[] {
  return lists instanceof RevocationLists && isOfSameStack(scope, lists) ? [lists] : [];
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

  public grantRead(grantee: IVaultGrantee): void {
    grantee.addPolicy(this.readPolicyName);
  }
}
