import { Policy } from "@cdktf/provider-vault/lib/policy";
import type { ITerraformDependable, TerraformProvider } from "cdktf";
import { Construct, type IConstruct } from "constructs";
import type { GatewayCertificateSource } from "./gateway-certificate-source";
import { gatewayVaultNames } from "./names";
import { requireGatewayName, requireName } from "./private/names";
import type { IVaultGrantee } from "./vault-role";
import { requireOneCore } from "./private/one-core";

/** A gateway's certificate as its pod needs it. */
export interface IGatewayCertificate extends IConstruct {
  /** Policy that allows reading it, and nothing else. */
  readonly policyName: string;
  /** The agent's template for each file it renders. */
  readonly templates: Readonly<Record<string, string>>;

  /** Allows a role, the gateway's, to get the certificate and nothing else. */
  grantRead(grantee: IVaultGrantee): void;
}

/** Attributes of a gateway's certificate that another stack creates: the props used there. */
export interface GatewayCertificateAttributes {
  /** Name of the cluster: lower-case letters, digits and dashes, at most 40. */
  readonly clusterName: string;
  /** Name of the gateway, in the same format. */
  readonly gatewayName: string;
  /** Where certificate, key and CA come from. */
  readonly source: GatewayCertificateSource;
  /**
   * Name of the policy that allows reading it.
   * @default - `gateway-certs-<clusterName>.<gatewayName>`
   */
  readonly policyName?: string;
}

/** Properties of {@link GatewayCertificate}. */
export interface GatewayCertificateProps extends GatewayCertificateAttributes {
  /**
   * Resources this depends on: the PKI mount and its CA.
   * @default - nothing
   */
  readonly dependsOn?: readonly ITerraformDependable[];
  /**
   * The Vault provider that creates it.
   * @default - the stack's own
   */
  readonly provider?: TerraformProvider;
}

/**
 * What Vault needs to give one gateway of one cluster its certificate, key and CA.
 *
 * Creates a policy that allows reading them and nothing else, and for a PKI source a role that issues only
 * for the gateway's domains. While either is replaced, pods cannot start or renew their certificates.
 */
export class GatewayCertificate extends Construct implements IGatewayCertificate, ITerraformDependable {
  /**
   * A certificate that another stack creates, by the props used there. A wrong name shows only as a 403
   * from Vault. An imported instance changes nothing of it.
   *
   * @throws ValidationError IV0110, IV0801 as the constructor does
   */
  public static fromGatewayCertificateAttributes(
    scope: Construct,
    id: string,
    attributes: GatewayCertificateAttributes,
  ): IGatewayCertificate {
    return new ImportedGatewayCertificate(scope, id, attributes);
  }

  public readonly policyName: string;
  public readonly templates: Readonly<Record<string, string>>;
  /** For `dependsOn` of what needs it: the policy, which is created last. */
  public readonly fqn: string;

  /**
   * @throws ValidationError IV0110 if `clusterName` or `gatewayName` has another form
   * @throws ValidationError IV0801 if `gatewayName` is istiod's
   * @throws ValidationError IV1101 if the stack uses another core than this package
   */
  constructor(scope: Construct, id: string, props: GatewayCertificateProps) {
    super(scope, id);
    requireOneCore(this);
    const { name, templates, policy } = resolve(props, this);
    const { provider, dependsOn } = props;
    const first = props.source.bind(this, props, { provider, dependsOn });
    this.fqn = new Policy(this, "Resource", { provider, name, policy, dependsOn: [...first] }).fqn;
    this.policyName = name;
    this.templates = templates;
  }

  public grantRead(grantee: IVaultGrantee): void {
    grantee.addPolicy(this.policyName);
  }
}

class ImportedGatewayCertificate extends Construct implements IGatewayCertificate {
  public readonly policyName: string;
  public readonly templates: Readonly<Record<string, string>>;

  constructor(scope: Construct, id: string, attributes: GatewayCertificateAttributes) {
    super(scope, id);
    const { name, templates } = resolve(attributes, this);
    this.policyName = name;
    this.templates = templates;
  }

  public grantRead(grantee: IVaultGrantee): void {
    grantee.addPolicy(this.policyName);
  }
}

function resolve(props: GatewayCertificateAttributes, scope: Construct) {
  const { clusterName, gatewayName } = props;
  requireName("clusterName", clusterName, scope);
  requireGatewayName(gatewayName, scope);
  const name = props.policyName ?? gatewayVaultNames(clusterName, gatewayName).policy;
  return { name, ...props.source.request(props) };
}
