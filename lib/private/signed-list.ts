import { GenericEndpoint } from "@cdktf/provider-vault/lib/generic-endpoint";
import { type TerraformProvider, TerraformResource } from "cdktf";
import { Construct } from "constructs";
import type { Duration } from "../duration";
import type { VaultSigner } from "../root-ca";
import { replacedWith, withBareTriggers } from "./replaced-with";

/** What a root's revocation list is made from. */
export interface SignedListProps {
  readonly signer: VaultSigner;
  /** The root's own; one that changes has another list. */
  readonly certificate: string;
  /** Serial numbers: pairs of hexadecimal digits, joined by colons. */
  readonly revoked: readonly string[];
  readonly validFor: Duration;
  readonly provider: TerraformProvider | undefined;
}

/** Extension of an entry that says why. OpenSSL reads no list with an entry whose extensions are none, which Vault writes. */
const KEY_COMPROMISE = { id: "2.5.29.21", critical: false, value: "CgEB" };

/** Vault asks for a time, which no verifier looks at: one that is named is revoked, whenever its leaf was signed. */
const FROM_THE_START = "1970-01-01T00:00:00Z";

/** A revocation list that a root signed in Vault: anew whenever what it says changes. */
export class SignedList extends Construct {
  public readonly pem: string;

  constructor(scope: Construct, id: string, props: SignedListProps) {
    super(scope, id);
    const { signer, certificate, revoked, validFor, provider } = props;
    // The provider plans no new signature where only the content changes: what reads it would get the old one.
    const content = new TerraformResource(this, "Content", { terraformResourceType: "terraform_data" });
    content.addOverride("input", { root: certificate, revoked, valid_for: validFor.toGoString() });
    const signed = new ReplaceableEndpoint(this, "Resource", {
      provider,
      path: signListPath(signer),
      dataJson: JSON.stringify({
        // Of those who read it none compares it with that of the list before.
        crl_number: revoked.length + 1,
        next_update: validFor.toGoString(),
        revoked_certs: revoked.map((serial) => ({
          serial_number: serial,
          revocation_time: FROM_THE_START,
          extensions: [KEY_COMPROMISE],
        })),
      }),
      writeFields: ["crl"],
      disableRead: true,
      disableDelete: true,
      lifecycle: replacedWith(content),
      dependsOn: [content],
    });
    this.pem = signed.writeData.lookup("crl");
  }
}

/** Path where Vault signs a list. */
export function signListPath({ mountPath, issuer }: VaultSigner): string {
  return `${mountPath}/issuer/${issuer}/sign-revocation-list`;
}

class ReplaceableEndpoint extends GenericEndpoint {
  public override toHclTerraform() {
    return withBareTriggers(this, super.toHclTerraform());
  }
}
