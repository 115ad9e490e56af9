import { GenericEndpoint } from "@cdktf/provider-vault/lib/generic-endpoint";
import { KvSecretBackendV2 } from "@cdktf/provider-vault/lib/kv-secret-backend-v2";
import { KvSecretV2 } from "@cdktf/provider-vault/lib/kv-secret-v2";
import { Mount } from "@cdktf/provider-vault/lib/mount";
import { Policy } from "@cdktf/provider-vault/lib/policy";
import { Fn, type ITerraformDependable, type TerraformProvider } from "cdktf";
import { Construct, type IConstruct } from "constructs";
import type { Duration } from "./duration";
import { ValidationError } from "./errors";
import {
  INTERMEDIATE_LISTS_PATH,
  REVOCATION_LISTS_MOUNT,
  REVOCATION_LISTS_POLICY,
  ROOT_LISTS_PATH,
} from "./names";
import { ROOT_LIFETIME } from "./private/defaults";
import { kvData, kvMetadata } from "./private/kv";
import { requireOneCore } from "./private/one-core";
import { requireNames, waitFor } from "./private/order";
import { readPolicy } from "./private/policy";
import { serialPairs } from "./private/serial";
import { SignedList } from "./private/signed-list";
import { requireKnown } from "./private/tokens";
import { requireVaultPaths } from "./private/vault-paths";
import type { IRootCa } from "./root-ca";
import { rules } from "./rules";
import type { IVaultGrantee } from "./vault-role";

/** The revocation lists of every CA of a mesh: where in Vault they are. */
export interface IRevocationLists extends IConstruct {
  /** Mount path of the KV v2 secrets `roots` and `intermediates`. */
  readonly mountPath: string;
  /** Policy that may read them. */
  readonly readPolicyName: string;

  /** Allows a role, istiod's, to read them and nothing else. */
  grantRead(grantee: IVaultGrantee): void;
}

/** Properties of {@link RevocationLists}. */
export interface RevocationListsProps {
  /** The roots that sign, or are trusted, in any cluster. Each has to sign in Vault. */
  readonly roots: readonly IRootCa[];
  /**
   * Serial numbers of revoked intermediates, hexadecimal, with or without colons. Every root's list names all.
   * @default - none
   */
  readonly revoked?: readonly string[];
  /**
   * How long a root's list is valid once it is signed: at least as long as the root itself. Proxies refuse every
   * connection from the second on in which a list expires. A change signs the lists again.
   * @default Duration.years(10) - the lifetime of a root
   */
  readonly validFor?: Duration;
  /**
   * Mount path of the KV v2 secrets.
   * @default "istio-revocation-lists"
   */
  readonly mountPath?: string;
  /**
   * Name of the policy that may read them.
   * @default "istio-revocation-lists"
   */
  readonly readPolicyName?: string;
  /**
   * Whether Terraform refuses to destroy the mount: the lists of intermediates are signed while these are issued, and
   * cannot be made again.
   * @default true
   */
  readonly preventDestroy?: boolean;
  /**
   * The Vault provider that creates it.
   * @default - the stack's own
   */
  readonly provider?: TerraformProvider;
}

/** Attributes of revocation lists that another stack creates. A wrong name shows only as a 403 from Vault. */
export interface RevocationListsAttributes {
  /** Mount path of the KV v2 secrets. */
  readonly mountPath: string;
  /** Policy that may read them. */
  readonly readPolicyName: string;
}

/**
 * The revocation lists that the proxies of a mesh need to tell a revoked intermediate.
 *
 * Creates a KV v2 mount, and a policy that allows reading it; has each root sign its list, again whenever another
 * intermediate is revoked, and writes these to one secret. Whoever issues an intermediate adds to another secret a
 * list that this intermediate signed: proxies that have any list refuse each chain in which one CA has none. Nothing in
 * either is secret.
 */
export class RevocationLists extends Construct implements IRevocationLists, ITerraformDependable {
  /** Lists that are created elsewhere, under custom names. An imported instance changes nothing of them. */
  public static fromRevocationListsAttributes(
    scope: Construct,
    id: string,
    attributes: RevocationListsAttributes,
  ): IRevocationLists {
    return new ImportedRevocationLists(scope, id, attributes);
  }

  /** Lists that were created with this construct's default names, and only those. */
  public static fromDefaultNames(scope: Construct, id: string): IRevocationLists {
    return new ImportedRevocationLists(scope, id, {
      mountPath: REVOCATION_LISTS_MOUNT,
      readPolicyName: REVOCATION_LISTS_POLICY,
    });
  }

  public readonly mountPath: string;
  public readonly readPolicyName: string;
  /** For `dependsOn` of what needs them: the read policy, which is created last. */
  public readonly fqn: string;

  /**
   * @throws ValidationError IV0130 if `revoked` is known only to Terraform
   * @throws ValidationError IV0131 if a root of another stack hands out references
   * @throws ValidationError IV0231 if a root does not sign in Vault
   * @throws ValidationError IV0232 if a serial number has another form
   * @throws ValidationError IV0803 if `mountPath` is not an exact path
   * @throws ValidationError IV1101 if the stack uses another core than this package
   */
  constructor(scope: Construct, id: string, props: RevocationListsProps) {
    super(scope, id);
    requireOneCore(this);
    requireVaultPaths({ mountPath: props.mountPath }, this);
    const { provider, validFor = ROOT_LIFETIME } = props;
    requireKnown("revoked", props.revoked, this);
    const revoked = (props.revoked ?? []).map((serial) => this.colonHex(serial));
    this.mountPath = props.mountPath ?? REVOCATION_LISTS_MOUNT;
    this.readPolicyName = props.readPolicyName ?? REVOCATION_LISTS_POLICY;

    const mount = new Mount(this, "Resource", {
      provider,
      path: this.mountPath,
      type: "kv",
      options: { version: "2" },
      description: "Revocation lists of roots and intermediates",
      lifecycle: { preventDestroy: props.preventDestroy ?? true },
    });
    const settings = new KvSecretBackendV2(this, "Settings", { provider, mount: mount.path, maxVersions: 2 });
    const intermediates = new GenericEndpoint(this, "IntermediatesSettings", {
      provider,
      path: kvMetadata(settings.mount, INTERMEDIATE_LISTS_PATH),
      // Several issuers write there at once, each the list of one cluster.
      dataJson: JSON.stringify({ cas_required: true }),
      ignoreAbsentFields: true,
      disableDelete: true,
    });
    const signed = new Construct(this, "Signed");
    const lists = props.roots.map((root) => {
      const { rootName, signer } = root;
      requireNames(this, root, { ...signer });
      if (!signer) throw new ValidationError(rules.rootCannotSignList(rootName), this);
      const certificate = root.certificateIn(signed, `${rootName}Certificate`, provider);
      const list = new SignedList(signed, rootName, { signer, certificate, revoked, validFor, provider });
      return [rootName, list.pem];
    });
    const secret = new KvSecretV2(this, "Roots", {
      provider,
      mount: settings.mount,
      name: ROOT_LISTS_PATH,
      dataJson: Fn.jsonencode(Object.fromEntries(lists)),
      disableRead: true,
      deleteAllVersions: true,
    });
    const policy = new Policy(this, "ReadPolicy", {
      provider,
      name: this.readPolicyName,
      policy: readPolicy(
        [ROOT_LISTS_PATH, INTERMEDIATE_LISTS_PATH].map((path) => kvData(this.mountPath, path)),
      ),
    });
    // Last, so that whoever waits for it finds everything else.
    waitFor(policy, { dependsOn: [intermediates, secret] });
    this.fqn = policy.fqn;
  }

  public grantRead(grantee: IVaultGrantee): void {
    grantee.addPolicy(this.readPolicyName);
  }

  private colonHex(serial: string): string {
    const pairs = serialPairs(serial);
    if (!pairs) throw new ValidationError(rules.serialForm(serial), this);
    return pairs.join(":");
  }
}

class ImportedRevocationLists extends Construct implements IRevocationLists {
  public readonly mountPath: string;
  public readonly readPolicyName: string;

  constructor(scope: Construct, id: string, attributes: RevocationListsAttributes) {
    super(scope, id);
    this.mountPath = attributes.mountPath;
    this.readPolicyName = attributes.readPolicyName;
  }

  public grantRead(grantee: IVaultGrantee): void {
    grantee.addPolicy(this.readPolicyName);
  }
}
