import { VaultProvider } from "@cdktf/provider-vault/lib/provider";
import {
  type ITerraformDependable,
  Lazy,
  type TerraformProvider,
  TerraformResource,
  TerraformStack,
} from "cdktf";
import type { Construct } from "constructs";
import type { Duration } from "../duration";
import type { DeployIssuance } from "../issuance";
import type { IRootCa } from "../root-ca";

/**
 * What a deploy runs: the same for every cluster. What differs is in the environment, where no shell reads it.
 * Without the package npx fails at once, instead of getting another one of that name from a registry.
 */
const ISSUE_COMMAND = "npx --no --offline -- istio-vault issue --declared";

/** The variable in which the command finds what is declared, as JSON. */
export const DECLARED_VARIABLE = "ISTIO_VAULT_INTERMEDIATE";

/**
 * The variable that says how long the command waits between the list of a new intermediate and the intermediate, in
 * Go's format. Not part of what is declared: another interval issues nothing.
 */
export const SPREAD_VARIABLE = "ISTIO_VAULT_LIST_SPREAD";

/** The value of the first: so that what triggers an issue and what is issued are one thing. */
const DECLARED_VALUE = "${jsonencode(self.triggers_replace)}";

/** What the intermediate of a cluster is to be, and where it belongs. Each change of it issues one. */
export interface DeclaredIntermediate {
  readonly cluster: string;
  readonly generation: number;
  readonly root: string;
  readonly root_mount: string;
  readonly root_issuer: string;
  /** Such as `rsa-4096`. */
  readonly key_algorithm: string;
  /** In Go's format: `17520h`. */
  readonly valid_for: string;
  readonly istio_namespace: string;
  readonly secrets_mount: string;
  readonly certificates_path: string;
  readonly trust_bundle_path: string;
  /** Where the list goes that it signs of itself; left out where it signs none. */
  readonly revocation_lists?: string;
}

/** What is declared with these; undefined where the root signs outside Vault. */
export function declaredIntermediate(
  { keyAlgorithm, validFor, generation }: Pick<DeployIssuance, "keyAlgorithm" | "validFor" | "generation">,
  { rootName, signer }: Pick<IRootCa, "rootName" | "signer">,
  place: {
    readonly clusterName: string;
    readonly istioNamespace: string;
    readonly secretsMountPath: string;
    readonly certificatesPath: string;
    readonly trustBundlePath: string;
    readonly revocationListsMount: string | undefined;
  },
): DeclaredIntermediate | undefined {
  return (
    signer && {
      cluster: place.clusterName,
      generation,
      root: rootName,
      root_mount: signer.mountPath,
      root_issuer: signer.issuer,
      key_algorithm: `${keyAlgorithm}`,
      valid_for: validFor.toGoString(),
      istio_namespace: place.istioNamespace,
      secrets_mount: place.secretsMountPath,
      certificates_path: place.certificatesPath,
      trust_bundle_path: place.trustBundlePath,
      ...(place.revocationListsMount !== undefined && { revocation_lists: place.revocationListsMount }),
    }
  );
}

export interface IssueAtDeployProps {
  readonly declared: DeclaredIntermediate;
  readonly spread: Duration | undefined;
  /** The Vault provider whose server it is. */
  readonly provider: TerraformProvider | undefined;
  readonly dependsOn: ITerraformDependable[];
}

/**
 * Issuance `deploy`: runs the issuer when it is created, and again whenever another intermediate is declared
 * or the last run failed.
 */
export class IssueAtDeploy extends TerraformResource {
  constructor(scope: Construct, id: string, { declared, spread, provider, dependsOn }: IssueAtDeployProps) {
    // cdktf's own class for this resource would need a Terraform binary at synth.
    super(scope, id, { terraformResourceType: "terraform_data", dependsOn });
    this.addOverride("triggers_replace", declared);
    // The stack's provider may come after this.
    const produce = () => issueProvisioner(vaultOf(provider ?? providerOf(TerraformStack.of(this))), spread);
    this.addOverride("provisioner", Lazy.anyValue({ produce }));
  }
}

/** What Terraform's provider is told of Vault; what it is not told, it takes from the environment, as the command does. */
export interface VaultOfProvider {
  readonly address: string | undefined;
  readonly namespace: string | undefined;
  readonly caCertFile: string | undefined;
}

/** The program that a deploy runs, and all that it is given besides the deployer's own environment. */
export function issueProvisioner(
  { address, namespace, caCertFile }: VaultOfProvider,
  spread?: Duration,
): object[] {
  const environment = {
    [DECLARED_VARIABLE]: DECLARED_VALUE,
    ...(spread && { [SPREAD_VARIABLE]: spread.toGoString() }),
    ...(address !== undefined && { VAULT_ADDR: address }),
    ...(namespace !== undefined && { VAULT_NAMESPACE: namespace }),
    ...(caCertFile !== undefined && { VAULT_CACERT: caCertFile }),
  };
  return [{ "local-exec": { command: ISSUE_COMMAND, environment } }];
}

function vaultOf(provider: TerraformProvider | undefined): VaultOfProvider {
  if (!(provider instanceof VaultProvider)) {
    return { address: undefined, namespace: undefined, caCertFile: undefined };
  }
  const { addressInput: address, namespaceInput: namespace, caCertFileInput: caCertFile } = provider;
  return { address, namespace, caCertFile };
}

/** The Vault provider of what names none. */
function providerOf({ node }: TerraformStack): VaultProvider | undefined {
  const isDefault = (one: unknown): one is VaultProvider => one instanceof VaultProvider && !one.alias;
  // All of a stack are searched only where it is not where it usually is.
  return node.children.find(isDefault) ?? node.findAll().find(isDefault);
}
