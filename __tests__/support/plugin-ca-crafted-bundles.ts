import { generateKeyPairSync } from "node:crypto";
import type { PluginCaFiles } from "../../cli/lint/plugin-ca-files";
import {
  caExtensions,
  type CertificateParts,
  certificateDer,
  CRITICAL,
  type ExtensionParts,
  longRsaSigner,
  pem,
  type Signer,
  signerOf,
  validity,
  VERSION_3,
} from "./crafted-certificate";
import {
  bitString,
  commonName,
  explicit,
  implicit,
  integer,
  octets,
  oid,
  sequence,
  time,
  tlv,
} from "./der-writer";
import { inDays } from "./test-ca";

interface Ca {
  readonly parts: CertificateParts;
  readonly key: Signer;
  readonly der: Buffer;
}

interface CraftedSpec {
  readonly name: string;
  readonly key: Signer;
  readonly issuer?: Ca;
  readonly pathLength?: number;
  /** Added to those of a sound CA, or in place of those of the same type. */
  readonly extensions?: readonly ExtensionParts[];
  readonly withoutKeyIds?: boolean;
  readonly parts?: Partial<CertificateParts>;
  readonly signWith?: (signed: Buffer) => Buffer;
}

const newKey = (namedCurve = "P-256") => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve });
  return signerOf(privateKey, publicKey);
};

let serial = 100;

function craft(spec: CraftedSpec): Ca {
  const { name, key, issuer, pathLength, extensions = [], withoutKeyIds, signWith } = spec;
  const by = issuer?.key ?? key;
  const usual = caExtensions(key.publicKeyInfo, issuer?.key.publicKeyInfo, pathLength).filter(
    ({ oid: type }) =>
      !extensions.some((each) => each.oid === type) && !(withoutKeyIds && KEY_IDS.includes(type)),
  );
  serial += 1;
  const parts: CertificateParts = {
    version: VERSION_3,
    serialNumber: integer(serial),
    algorithm: by.algorithm,
    issuer: issuer?.parts.subject ?? commonName(name),
    validity: validity(inDays(-1), inDays(issuer ? 90 : 3650)),
    subject: commonName(name),
    publicKeyInfo: key.publicKeyInfo,
    extensions: [...usual, ...extensions],
    ...spec.parts,
  };
  return { parts, key, der: certificateDer(parts, signWith ? { ...by, sign: signWith } : by) };
}

const [AUTHORITY_KEY_ID, EXTENDED_KEY_USAGE] = ["2.5.29.35", "2.5.29.37"] as const;
const KEY_IDS = ["2.5.29.14", AUTHORITY_KEY_ID];

/** An authority key id by issuer and serial number. */
const certificateOf = (ca: Ca): ExtensionParts => ({
  oid: AUTHORITY_KEY_ID,
  value: sequence(explicit(1, explicit(4, ca.parts.issuer)), implicit(2, ca.parts.serialNumber.subarray(2))),
});

/**
 * What WebCrypto and @peculiar/x509 do not write: DER that is wrong, and fields nobody asks them for.
 *
 * @param trusted PEM of a root that every bundle ends with, since a running istiod takes no bundle without its own
 */
export function craftedBundles(trusted = ""): Readonly<Record<string, PluginCaFiles>> {
  const ended = Object.entries(bundles()).map(([name, { rootCert, ...others }]) => [
    name,
    { ...others, rootCert: rootCert! + trusted },
  ]);
  return Object.fromEntries(ended) as Readonly<Record<string, PluginCaFiles>>;
}

function bundles(): Readonly<Record<string, PluginCaFiles>> {
  const root = craft({ name: "Root", key: newKey() });
  const key = newKey();
  const under = (spec: Partial<CraftedSpec> = {}) =>
    craft({ name: "Intermediate", key, issuer: root, pathLength: 0, ...spec });
  const extended = (type: string, value: Buffer, critical?: Buffer) =>
    files(under({ extensions: [{ oid: type, value, critical }] }), [root]);
  const sound = files(under(), [root]);
  const uri = implicit(6, Buffer.from("http://example.com"));
  const accessInfo = sequence(sequence(oid("1.3.6.1.5.5.7.48.1"), uri));
  const directory = explicit(4, commonName("Example"));
  const someReasons = {
    oid: "2.5.29.31",
    value: sequence(sequence(explicit(0, explicit(0, uri)), implicit(1, Buffer.from([6, 0x40])))),
  };
  const policies = sequence(sequence(oid("1.2.3.4")));
  const inBase64 = (change: (line: string) => string) =>
    sound.caCert!.replace(/^[A-Za-z0-9+/]{64}$/m, change);
  return {
    "intermediate with a negative serial number": files(
      under({ parts: { serialNumber: tlv(0x02, Buffer.from([0xff, 0x01])) } }),
      [root],
    ),
    "intermediate with an extension twice": files(
      under({
        parts: {
          extensions: [...caExtensions(key.publicKeyInfo, root.key.publicKeyInfo, 0)].flatMap((each, at) =>
            at === 0 ? [each, each] : [each],
          ),
        },
      }),
      [root],
    ),
    "intermediate with bytes after its DER": files(
      under({ parts: { rewrite: (der) => Buffer.concat([der, Buffer.from([0, 0])]) } }),
      [root],
    ),
    "intermediate with a BOOLEAN of 01": extended(
      "2.5.29.19",
      sequence(tlv(0x01, Buffer.from([1]))),
      CRITICAL,
    ),
    "intermediate signed with SHA-224": files(
      under({
        parts: { algorithm: sequence(oid("1.2.840.10045.4.3.1")) },
        signWith: (signed) => root.key.signWith!("sha224", signed),
      }),
      [root],
    ),
    "intermediate with a critical authorityInfoAccess": extended("1.3.6.1.5.5.7.1.1", accessInfo, CRITICAL),
    "intermediate with an empty critical subjectAltName": extended("2.5.29.17", sequence(), CRITICAL),
    "intermediate with critical directory name constraints": extended(
      "2.5.29.30",
      sequence(explicit(0, sequence(directory))),
      CRITICAL,
    ),
    "intermediate with critical policyConstraints": files(
      under({
        extensions: [
          { oid: "2.5.29.32", value: policies },
          { oid: "2.5.29.36", value: sequence(implicit(0, Buffer.from([0]))), critical: CRITICAL },
        ],
      }),
      [root],
    ),
    "intermediate that maps any policy": files(
      under({
        extensions: [
          { oid: "2.5.29.32", value: policies },
          { oid: "2.5.29.33", value: sequence(sequence(oid("2.5.29.32.0"), oid("1.2.3.4"))) },
        ],
      }),
      [root],
    ),
    "intermediate without a subject": files(under({ parts: { subject: sequence() } }), [root]),
    "intermediate for any usage alone": extended(EXTENDED_KEY_USAGE, sequence(oid("2.5.29.37.0"))),
    "a foreign character in the base64": {
      ...sound,
      caCert: inBase64((line) => `${line.slice(0, 9)}*${line.slice(10)}`),
    },
    "no padding in the base64": { ...sound, caCert: unpadded(under).pem, certChain: unpadded(under).pem },
    "chain: another one that has expired, intermediate": {
      ...sound,
      certChain:
        pem(
          craft({
            ...{ name: "Another", key: newKey(), issuer: root },
            parts: { validity: validity(inDays(-9), inDays(-2)) },
          }).der,
        ) + sound.certChain!,
    },
    "chain: intermediate, another one on secp256k1": {
      ...sound,
      certChain:
        sound.certChain! + pem(craft({ name: "Another", key: newKey("secp256k1"), issuer: root }).der),
    },
    "chain: intermediate, another one signed with SHA-1": {
      ...sound,
      certChain:
        sound.certChain! +
        pem(
          craft({
            ...{ name: "Another", key: newKey(), issuer: root },
            parts: { algorithm: sequence(oid("1.2.840.10045.4.1")) },
            signWith: (signed) => root.key.signWith!("sha1", signed),
          }).der,
        ),
    },
    "an empty line in the base64 of the chain": {
      ...sound,
      certChain: sound.certChain!.replace(/^([A-Za-z0-9+/]{64})$/m, "$1\n"),
    },
    ...roots(key),
    ...keysOfRoots(key),
    ...crossSigned(),
    ...lists(root, under(), under({ extensions: [someReasons] })),
  };
}

/** A certificate whose base64 ends in padding, without it. */
function unpadded(under: (spec: Partial<CraftedSpec>) => Ca): { pem: string } {
  for (let length = 1; ; length += 1) {
    const text = pem(under({ name: "x".repeat(length) }).der);
    if (text.includes("=")) return { pem: text.replaceAll("=", "") };
  }
}

function roots(key: Signer): Readonly<Record<string, PluginCaFiles>> {
  const rootKey = newKey();
  const root = craft({ name: "Root", key: rootKey, withoutKeyIds: true });
  const namesake = craft({ name: "Root", key: newKey(), withoutKeyIds: true });
  const anonymous = craft({ name: "Intermediate", key, issuer: root, pathLength: 0, withoutKeyIds: true });
  const renewed = craft({ name: "Root", key: rootKey });
  const byCertificate = (ca: Ca) =>
    craft({ name: "Intermediate", key, issuer: renewed, pathLength: 0, extensions: [certificateOf(ca)] });
  const stranger = sequence(implicit(0, Buffer.alloc(20, 7)));
  const lost = craft({
    name: "Root",
    key: rootKey,
    extensions: [{ oid: AUTHORITY_KEY_ID, value: stranger }],
  });
  const negative = craft({
    name: "Root",
    key: rootKey,
    parts: { serialNumber: tlv(0x02, Buffer.from([0xff, 0x01])) },
  });
  const unknown = craft({ name: "Root", key: rootKey, parts: { algorithm: sequence(oid("1.2.3.4")) } });
  const damaged = craft({
    name: "Root",
    key: rootKey,
    parts: { rewrite: (der) => Buffer.concat([der.subarray(0, -4), Buffer.from([1, 2, 3, 4])]) },
  });
  const child = (issuer: Ca) => craft({ name: "Intermediate", key, issuer, pathLength: 0 });
  return {
    "two roots of a name without key ids": files(anonymous, [root, namesake]),
    "two roots of a name without key ids, the other first": files(anonymous, [namesake, root]),
    "authority key id by issuer and serial number": files(byCertificate(renewed), [renewed]),
    "authority key id by issuer and serial number, from before the root was renewed": files(
      byCertificate(root),
      [renewed],
    ),
    "root with another authority key id": files(child(lost), [lost]),
    "root with a negative serial number": files(child(negative), [negative]),
    "root signed with an unknown algorithm": files(child(unknown), [unknown]),
    "root whose own signature is damaged": files(child(damaged), [damaged]),
  };
}

function keysOfRoots(key: Signer): Readonly<Record<string, PluginCaFiles>> {
  const of = (signer: Signer) => {
    const root = craft({ name: "Root", key: signer });
    return files(craft({ name: "Intermediate", key, issuer: root, pathLength: 0 }), [root]);
  };
  return { "ECDSA P-224": of(newKey("secp224r1")), "RSA over 8192 bits": of(longRsaSigner(8193)) };
}

/** CAs that all sign each other, one of them the intermediate, and a root that signs the last. */
function crossSigned(): Readonly<Record<string, PluginCaFiles>> {
  const keys = Array.from({ length: 9 }, () => newKey());
  const root = craft({ name: "Root", key: newKey() });
  const own = keys.map((key, at) => craft({ name: `CA ${at}`, key }));
  const chain = own.flatMap((one, at) =>
    own.flatMap((issuer, by) => (at === by ? [] : [craft({ name: `CA ${at}`, key: one.key, issuer })])),
  );
  const last = craft({ name: "CA 8", key: keys[8]!, issuer: root });
  return {
    "nine CAs that sign each other": {
      ...files(chain[0]!, [root]),
      certChain: [...chain, last].map(({ der }) => pem(der)).join(""),
    },
  };
}

interface ListSpec {
  readonly to?: Date;
  readonly revoked?: Ca;
  /** Of an entry for a certificate that nobody has, where `revoked` names none. */
  readonly entryExtensions?: readonly Buffer[];
  /** Besides the list's number. */
  readonly extensions?: readonly Buffer[];
  readonly rewrite?: (der: Buffer) => Buffer;
}

function listOf(ca: Ca, spec: ListSpec = {}): string {
  const { to = inDays(3650), revoked, entryExtensions, extensions = [], rewrite = (der) => der } = spec;
  const number = sequence(oid("2.5.29.20"), octets(integer(1)));
  const serialNumber = revoked?.parts.serialNumber ?? (entryExtensions && integer(1));
  const ofEntry = entryExtensions ? [sequence(...entryExtensions)] : [];
  const entry = serialNumber ? [sequence(sequence(serialNumber, time(inDays(-1)), ...ofEntry))] : [];
  const signed = sequence(
    ...[integer(1), ca.key.algorithm, ca.parts.subject, time(inDays(-9)), time(to)],
    ...entry,
    explicit(0, sequence(number, ...extensions)),
  );
  return pem(rewrite(sequence(signed, ca.key.algorithm, bitString(ca.key.sign(signed)))), "X509 CRL");
}

function lists(root: Ca, ca: Ca, partial: Ca): Readonly<Record<string, PluginCaFiles>> {
  const listed = (...texts: string[]) => ({ ...files(ca, [root]), caCrl: texts.join("") });
  const unknown = sequence(oid("1.3.6.1.4.1.99999.1"), CRITICAL, octets(integer(1)));
  const ofCas = sequence(oid("2.5.29.28"), octets(sequence(implicit(2, Buffer.from([0xff])))));
  const ofRoot = (spec: ListSpec) => listed(listOf(ca), listOf(root, spec));
  return {
    "lists of the intermediate and the root": listed(listOf(ca), listOf(root)),
    "list of the root alone": listed(listOf(root)),
    "list of the intermediate alone": listed(listOf(ca)),
    "list of the root expired": listed(listOf(ca), listOf(root, { to: inDays(-1) })),
    "list that revokes the intermediate": listed(listOf(ca), listOf(root, { revoked: ca })),
    "list with bytes after its DER": listed(
      listOf(ca, { rewrite: (der) => Buffer.concat([der, Buffer.from([0])]) }),
      listOf(root),
    ),
    "list empty": listed(""),
    "list with an entry whose extensions are empty": ofRoot({ entryExtensions: [] }),
    "list with an entry with a critical extension": ofRoot({ entryExtensions: [unknown] }),
    "list with a critical extension": ofRoot({ extensions: [unknown] }),
    "list of CAs alone": ofRoot({ extensions: [ofCas] }),
    "lists, and distribution points for some reasons": {
      ...files(partial, [root]),
      caCrl: listOf(partial) + listOf(root),
    },
    "lists of namesakes": namesakes(),
  };
}

/** Two roots of one name, told apart by key ids, whose lists have none. */
function namesakes(): PluginCaFiles {
  const [one, other] = [newKey(), newKey()].map((key) => craft({ name: "Root", key })) as [Ca, Ca];
  const ca = craft({ name: "Intermediate", key: newKey(), issuer: one, pathLength: 0 });
  return { ...files(ca, [other, one]), caCrl: [ca, other, one].map((each) => listOf(each)).join("") };
}

function files(ca: Ca, bundle: readonly Ca[]): PluginCaFiles {
  return {
    caKey: ca.key.privateKey!.export({ type: "pkcs8", format: "pem" }) as string,
    caCert: pem(ca.der),
    certChain: pem(ca.der),
    rootCert: bundle.map(({ der }) => pem(der)).join(""),
  };
}
