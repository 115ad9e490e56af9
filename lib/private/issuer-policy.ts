import type { Duration } from "../duration";
import { INTERMEDIATE_LISTS_PATH, ROOT_LISTS_PATH } from "../names";
import type { VaultSigner } from "../root-ca";
import { type IntermediateIdentity, signParameters, signPath } from "./intermediate";
import { kvData, kvMetadata } from "./kv";
import { type PolicyRule, policyText } from "./policy";

/** What an issuer's policy is made from. */
export interface IssuerRights {
  /** Undefined where the root signs outside Vault. */
  readonly signer: VaultSigner | undefined;
  readonly identity: IntermediateIdentity;
  readonly validFor: Duration;
  readonly secretsMountPath: string;
  readonly certificatesPath: string;
  readonly trustBundlePath: string;
  readonly pendingPath: string;
  /** Undefined where there are no revocation lists. */
  readonly revocationListsMount: string | undefined;
}

/**
 * What the issuer of one cluster's intermediate may do: have this one intermediate signed, and write
 * it. It can never read a key back, except a pending one of a root outside Vault.
 */
export function issuerPolicy(rights: IssuerRights): string {
  const { secretsMountPath: mount, certificatesPath, trustBundlePath } = rights;
  return policyText([
    ...(rights.signer ? [signing(rights, rights.signer)] : waiting(rights)),
    { path: kvData(mount, certificatesPath), capabilities: ["create", "update"] },
    {
      path: kvMetadata(mount, certificatesPath),
      capabilities: ["read", "create", "update"],
      allowedParameters: { custom_metadata: [] },
    },
    // Public: what the new intermediate must chain to.
    { path: kvData(mount, trustBundlePath), capabilities: ["read"] },
    ...listing(rights),
    // Of its own policies, to say what a refused login lacks: a JWT role gives no policy "default".
    { path: "auth/token/lookup-self", capabilities: ["read"] },
  ]);
}

function signing({ identity, validFor }: IssuerRights, signer: VaultSigner): PolicyRule {
  const pinned = signParameters(identity, validFor);
  const each = <Values>(values: (value: string) => Values) =>
    Object.fromEntries(Object.entries(pinned).map(([name, value]) => [name, values(value)]));
  return {
    path: signPath(signer),
    capabilities: ["update"],
    requiredParameters: ["csr", ...Object.keys(pinned)],
    allowedParameters: { csr: [], ...each((value) => [value]) },
    deniedParameters: {
      // Vault takes what is empty for an allowed value, and then its own default, or nothing.
      ...each((): (string | [])[] => ["", []]),
      // It compares without blanks at the ends, and writes them into the certificate.
      common_name: ["", [], ...BLANKS.flatMap((blank) => [`${blank}*`, `*${blank}`])],
    },
  };
}

/** What Go takes for a blank, with which Vault is written. */
const BLANKS = [
  ..."\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000",
];

/** Every cluster's list is in one secret: what reads it finds them all, whichever clusters there are. */
function listing({ revocationListsMount: mount }: IssuerRights): PolicyRule[] {
  if (mount === undefined) return [];
  return [
    { path: kvData(mount, ROOT_LISTS_PATH), capabilities: ["read"] },
    { path: kvData(mount, INTERMEDIATE_LISTS_PATH), capabilities: ["create", "read", "update"] },
  ];
}

function waiting({ secretsMountPath: mount, pendingPath }: IssuerRights): PolicyRule[] {
  return [
    { path: kvData(mount, pendingPath), capabilities: ["create", "read", "update"] },
    { path: kvMetadata(mount, pendingPath), capabilities: ["delete"] },
  ];
}
