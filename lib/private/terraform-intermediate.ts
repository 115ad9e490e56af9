import { CertRequest } from "@cdktf/provider-tls/lib/cert-request";
import { PrivateKey } from "@cdktf/provider-tls/lib/private-key";
import { type TerraformProvider, TerraformResource } from "cdktf";
import { Construct } from "constructs";
import type { TerraformIssuance } from "../issuance";
import type { IRootCa } from "../root-ca";
import type { IntermediateIdentity } from "./intermediate";
import { tlsKeyAlgorithm } from "./key-arguments";
import { replacedWith, withBareTriggers } from "./replaced-with";

/** What an intermediate is made from. */
export interface TerraformIntermediateProps {
  readonly issuance: TerraformIssuance;
  readonly identity: IntermediateIdentity;
  readonly root: IRootCa;
  readonly vaultProvider?: TerraformProvider;
  readonly tlsProvider?: TerraformProvider;
}

/** Issuance `terraform`: key and request by the tls provider, signed by the root. */
export class TerraformIntermediate extends Construct {
  public readonly keyPem: string;
  public readonly certificatePem: string;
  public readonly chainPem: string;

  constructor(
    scope: Construct,
    id: string,
    { issuance, identity, root, vaultProvider, tlsProvider }: TerraformIntermediateProps,
  ) {
    super(scope, id);
    const { keyAlgorithm, validFor, generation } = issuance;
    const { subject, dnsName } = identity;

    // Neither a new generation nor another lifetime would by itself replace anything. cdktf's own class
    // for this resource would need a Terraform binary at synth.
    const issue = new TerraformResource(this, "Issue", { terraformResourceType: "terraform_data" });
    issue.addOverride("input", { generation, valid_for: validFor.toGoString() });
    const key = new ReplaceableKey(this, "Key", {
      provider: tlsProvider,
      ...tlsKeyAlgorithm(keyAlgorithm),
      lifecycle: replacedWith(issue),
    });
    const request = new CertRequest(this, "Request", {
      provider: tlsProvider,
      privateKeyPem: key.privateKeyPem,
      subject: [subject],
      dnsNames: [dnsName],
    });
    const signed = root.signIntermediate(this, "Resource", {
      csrPem: request.certRequestPem,
      subject,
      dnsName,
      validFor,
      provider: vaultProvider,
    });
    this.keyPem = key.privateKeyPem;
    this.certificatePem = signed.certificatePem;
    this.chainPem = signed.chainPem;
  }
}

class ReplaceableKey extends PrivateKey {
  public override toHclTerraform() {
    return withBareTriggers(this, super.toHclTerraform());
  }
}
