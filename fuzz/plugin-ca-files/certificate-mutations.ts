import {
  CRITICAL,
  type CertificateParts,
  type ExtensionParts,
  keyId,
  VERSION_3,
} from "../../__tests__/support/crafted-certificate";
import {
  bitString,
  boolean,
  commonName,
  explicit,
  implicit,
  integer,
  NULL,
  octets,
  oid,
  sequence,
  set,
  time,
  tlv,
} from "../../__tests__/support/der-writer";
import { inDays } from "../../__tests__/support/test-ca";
import type { Authority } from "./parts";

/** What is changed of one certificate before it is signed; `dice` chooses within what the change leaves open. */
export type Change = (parts: CertificateParts, dice: number, one: Authority) => Partial<CertificateParts>;

const ascii = (text: string) => Buffer.from(text, "latin1");
const hex = (text: string) => Buffer.from(text, "hex");
const NOTHING = Buffer.alloc(0);

/** A name of several parts, each an attribute's object identifier, tag and content. */
const named = (...parts: readonly (readonly [string, number, Buffer])[]) =>
  sequence(...parts.map(([type, tag, value]) => set(sequence(oid(type), tlv(tag, value)))));
const [CN, O] = ["2.5.4.3", "2.5.4.10"];
const name = (tag: number, value: Buffer) => named([CN, tag, value]);

/** Names as subject of the one and issuer of those below it. */
export const NAMES: Readonly<Record<string, Buffer>> = {
  printable: name(0x13, ascii("Root A")),
  "printable with an asterisk": name(0x13, ascii("Root *&A")),
  "printable with an underscore": name(0x13, ascii("Root_A")),
  "printable with an at sign": name(0x13, ascii("a@b")),
  "UTF-8": name(0x0c, Buffer.from("Wurzel ä €")),
  "UTF-8 wrong": name(0x0c, hex("c328")),
  "UTF-8 with a null": name(0x0c, ascii("a\0b")),
  "UTF-8 of surrogates": name(0x0c, hex("eda080")),
  T61: name(0x14, hex("526f6f74e4")),
  BMP: name(0x1e, hex("0052006f006f0074")),
  "BMP cut": name(0x1e, hex("0052006f00")),
  "BMP of a surrogate": name(0x1e, hex("d8000041")),
  "BMP of a noncharacter": name(0x1e, hex("fffe0041")),
  universal: name(0x1c, hex("0000005200000041")),
  IA5: name(0x16, ascii("Root A")),
  "IA5 beyond ASCII": name(0x16, hex("52e4")),
  numeric: name(0x12, ascii("12 34")),
  "numeric with a letter": name(0x12, ascii("12a")),
  visible: name(0x1a, ascii("Root")),
  general: name(0x1b, ascii("Root")),
  teletex: name(0x14, ascii("Root")),
  "an INTEGER": name(0x02, hex("01")),
  octets: name(0x04, ascii("Root")),
  "a value of no byte": name(0x0c, NOTHING),
  empty: sequence(),
  "an empty part": sequence(set()),
  "two parts": named([O, 0x13, ascii("Istio")], [CN, 0x13, ascii("Root")]),
  "many parts": named(...Array.from({ length: 30 }, (_, at) => [O, 0x13, ascii(`Unit ${at}`)] as const)),
  "one part of two": sequence(
    set(sequence(oid(CN), tlv(0x13, ascii("a"))), sequence(oid(O), tlv(0x13, ascii("b")))),
  ),
  "one part of two, unsorted": sequence(
    set(sequence(oid(O), tlv(0x13, ascii("b"))), sequence(oid(CN), tlv(0x13, ascii("a")))),
  ),
  "more in a part": sequence(set(sequence(oid(CN), tlv(0x13, ascii("a")), NULL))),
  "no value": sequence(set(sequence(oid(CN)))),
  "a set for the sequence": set(set(sequence(oid(CN), tlv(0x13, ascii("a"))))),
  "300 characters": name(0x0c, Buffer.alloc(300, 0x61)),
  "3000 characters": name(0x0c, Buffer.alloc(3000, 0x61)),
  "a line end": name(0x0c, ascii("a\nb")),
  "a quote and a comma": name(0x0c, ascii('a", CN=b')),
  "a wrong object identifier": sequence(set(sequence(tlv(0x06, hex("8055")), tlv(0x13, ascii("a"))))),
  "a long object identifier": sequence(set(sequence(oid("2.5.4294967295.1"), tlv(0x13, ascii("a"))))),
  "spaces around": name(0x0c, ascii("  Root  A ")),
};

const at = <Item>(items: readonly Item[], dice: number): Item => items[dice % items.length]!;

/** Replaces an extension's parts, or adds it. */
export const withExtension = (
  parts: CertificateParts,
  type: string,
  value: Buffer,
  critical?: Buffer,
): Partial<CertificateParts> => {
  const extension: ExtensionParts = { oid: type, value, critical };
  const place = parts.extensions.findIndex((each) => each.oid === type);
  return {
    extensions: place === -1 ? [...parts.extensions, extension] : parts.extensions.with(place, extension),
  };
};

const [SKI, KU, SAN, BC, NC, CRLDP, CP, PM, AKI, PC, EKU, IAP] = [
  ...["14", "15", "17", "19", "30", "31", "32", "33", "35", "36", "37", "54"],
].map((arc) => `2.5.29.${arc}`) as [
  string,
  string,
  string,
  string,
  string,
  string,
  string,
  string,
  string,
  string,
  string,
  string,
];
const AIA = "1.3.6.1.5.5.7.1.1";
const SERVER = oid("1.3.6.1.5.5.7.3.1");
const CLIENT = oid("1.3.6.1.5.5.7.3.2");
const ANY = oid("2.5.29.37.0");
const uri = (text: string) => implicit(6, ascii(text));
const dns = (text: string) => implicit(2, ascii(text));
const directory = explicit(4, commonName("Directory"));
const policy = (type: string, ...more: Buffer[]) => sequence(oid(type), ...more);

/** Values of extensions, right and wrong ones; each is tried critical and not. */
export const EXTENSION_VALUES: Readonly<Record<string, readonly [type: string, value: Buffer]>> = {
  "basicConstraints CA": [BC, sequence(boolean(true))],
  "basicConstraints no CA": [BC, sequence()],
  "basicConstraints no CA, said": [BC, sequence(boolean(false))],
  "basicConstraints CA of 01": [BC, sequence(tlv(0x01, hex("01")))],
  "basicConstraints pathlen 0": [BC, sequence(boolean(true), integer(0))],
  "basicConstraints pathlen 1": [BC, sequence(boolean(true), integer(1))],
  "basicConstraints pathlen 5": [BC, sequence(boolean(true), integer(5))],
  "basicConstraints pathlen -1": [BC, sequence(boolean(true), tlv(0x02, hex("ff")))],
  "basicConstraints pathlen padded": [BC, sequence(boolean(true), tlv(0x02, hex("0001")))],
  "basicConstraints pathlen huge": [BC, sequence(boolean(true), tlv(0x02, hex("7fffffff")))],
  "basicConstraints pathlen beyond": [BC, sequence(boolean(true), tlv(0x02, hex("00ffffffffffffffffff")))],
  "basicConstraints pathlen of 5 bytes": [BC, sequence(boolean(true), tlv(0x02, hex("0100000000")))],
  "basicConstraints pathlen without CA": [BC, sequence(integer(0))],
  "basicConstraints more": [BC, sequence(boolean(true), integer(3), NULL)],
  "basicConstraints bytes after": [BC, Buffer.concat([sequence(boolean(true)), NULL])],
  "basicConstraints long length": [BC, hex("30810301 01ff".replace(" ", ""))],
  "basicConstraints a set": [BC, set(boolean(true))],
  "basicConstraints no byte": [BC, NOTHING],
  "keyUsage certSign": [KU, bitString(hex("04"), 2)],
  "keyUsage cRLSign": [KU, bitString(hex("02"), 1)],
  "keyUsage digitalSignature": [KU, bitString(hex("80"), 7)],
  "keyUsage all": [KU, bitString(hex("ff80"), 7)],
  "keyUsage of no bit": [KU, bitString(NOTHING)],
  "keyUsage of a zero byte": [KU, bitString(hex("00"))],
  "keyUsage trailing zeros": [KU, bitString(hex("0600"))],
  "keyUsage unused bits set": [KU, bitString(hex("07"), 1)],
  "keyUsage unused bits 8": [KU, bitString(hex("06"), 8)],
  "keyUsage untrimmed": [KU, bitString(hex("06"), 0)],
  "keyUsage an INTEGER": [KU, integer(6)],
  "keyUsage bytes after": [KU, Buffer.concat([bitString(hex("06"), 1), NULL])],
  "keyUsage no content": [KU, tlv(0x03)],
  "extendedKeyUsage any": [EKU, sequence(ANY)],
  "extendedKeyUsage any, server": [EKU, sequence(ANY, SERVER)],
  "extendedKeyUsage any, server, client": [EKU, sequence(ANY, SERVER, CLIENT)],
  "extendedKeyUsage server": [EKU, sequence(SERVER)],
  "extendedKeyUsage client": [EKU, sequence(CLIENT)],
  "extendedKeyUsage both": [EKU, sequence(SERVER, CLIENT)],
  "extendedKeyUsage both and more": [EKU, sequence(SERVER, CLIENT, oid("1.3.6.1.5.5.7.3.4"), oid("1.2.3.4"))],
  "extendedKeyUsage code signing": [EKU, sequence(oid("1.3.6.1.5.5.7.3.3"))],
  "extendedKeyUsage unknown": [EKU, sequence(oid("1.2.3.4"))],
  "extendedKeyUsage twice": [EKU, sequence(SERVER, CLIENT, SERVER)],
  "extendedKeyUsage of none": [EKU, sequence()],
  "extendedKeyUsage wrong": [EKU, sequence(tlv(0x06, hex("80")))],
  "extendedKeyUsage no list": [EKU, SERVER],
  "extendedKeyUsage bytes after": [EKU, Buffer.concat([sequence(SERVER, CLIENT), NULL])],
  "subjectKeyId another": [SKI, octets(hex("0102030405"))],
  "subjectKeyId of no byte": [SKI, octets()],
  "subjectKeyId long": [SKI, octets(Buffer.alloc(200, 7))],
  "subjectKeyId no octets": [SKI, bitString(hex("00"))],
  "subjectKeyId bytes after": [SKI, Buffer.concat([octets(hex("01")), NULL])],
  "authorityKeyId another": [AKI, sequence(implicit(0, hex("0102030405")))],
  "authorityKeyId of no byte": [AKI, sequence(implicit(0, NOTHING))],
  "authorityKeyId of nothing": [AKI, sequence()],
  "authorityKeyId another certificate": [
    AKI,
    sequence(explicit(1, explicit(4, commonName("Root"))), implicit(2, hex("63"))),
  ],
  "authorityKeyId another issuer": [
    AKI,
    sequence(explicit(1, explicit(4, commonName("Stranger"))), implicit(2, hex("1001"))),
  ],
  "authorityKeyId issuer as DNS name": [
    AKI,
    sequence(explicit(1, dns("example.com")), implicit(2, hex("63"))),
  ],
  "authorityKeyId issuer alone": [AKI, sequence(explicit(1, explicit(4, commonName("Root"))))],
  "authorityKeyId serial alone": [AKI, sequence(implicit(2, hex("63")))],
  "authorityKeyId serial padded": [
    AKI,
    sequence(explicit(1, explicit(4, commonName("Root"))), implicit(2, hex("0063"))),
  ],
  "authorityKeyId no list": [AKI, octets(hex("01"))],
  "authorityKeyId more": [AKI, sequence(implicit(0, hex("01")), NULL)],
  "subjectAltName empty": [SAN, sequence()],
  "subjectAltName DNS": [SAN, sequence(dns("ca.example.com"))],
  "subjectAltName DNS of no byte": [SAN, sequence(dns(""))],
  "subjectAltName DNS with a space": [SAN, sequence(dns("a b"))],
  "subjectAltName DNS beyond ASCII": [SAN, sequence(implicit(2, hex("e4")))],
  "subjectAltName email": [SAN, sequence(implicit(1, ascii("a@example.com")))],
  "subjectAltName email beyond ASCII": [SAN, sequence(implicit(1, hex("e440")))],
  "subjectAltName URI": [SAN, sequence(uri("spiffe://cluster.local/ns/a/sa/b"))],
  "subjectAltName URI relative": [SAN, sequence(uri("foo"))],
  "subjectAltName URI with a space in it": [SAN, sequence(uri("http://a b/"))],
  "subjectAltName URI of a wrong escape": [SAN, sequence(uri("http://a/%zz"))],
  "subjectAltName URI of a wrong port": [SAN, sequence(uri("http://a:x/"))],
  "subjectAltName URI with a dot at the end": [SAN, sequence(uri("http://a./"))],
  "subjectAltName URI with two dots": [SAN, sequence(uri("http://a..b/"))],
  "subjectAltName URI with a colon first": [SAN, sequence(uri("1:2"))],
  "subjectAltName URI with a control character": [SAN, sequence(uri("http://a/\x07"))],
  "subjectAltName URI IPv6": [SAN, sequence(uri("http://[::1]:80/"))],
  "subjectAltName IPv4": [SAN, sequence(implicit(7, hex("7f000001")))],
  "subjectAltName IP of 5 bytes": [SAN, sequence(implicit(7, hex("7f00000101")))],
  "subjectAltName directory": [SAN, sequence(directory)],
  "subjectAltName other": [SAN, sequence(explicit(0, oid("1.2.3"), explicit(0, tlv(0x0c, ascii("x")))))],
  "subjectAltName registered": [SAN, sequence(implicit(8, hex("2a03")))],
  "subjectAltName unknown": [SAN, sequence(implicit(9, hex("00")))],
  "subjectAltName no list": [SAN, dns("a")],
  "subjectAltName bytes after": [SAN, Buffer.concat([sequence(dns("a")), NULL])],
  "nameConstraints DNS within": [NC, sequence(explicit(0, sequence(dns("svc"))))],
  "nameConstraints DNS without": [NC, sequence(explicit(0, sequence(dns("example.com"))))],
  "nameConstraints DNS excluded": [NC, sequence(explicit(1, sequence(dns("example.com"))))],
  "nameConstraints URI within": [NC, sequence(explicit(0, sequence(uri("cluster.local"))))],
  "nameConstraints URI without": [NC, sequence(explicit(0, sequence(uri("example.com"))))],
  "nameConstraints directory": [NC, sequence(explicit(0, sequence(directory)))],
  "nameConstraints directory excluded": [NC, sequence(explicit(1, sequence(directory)))],
  "nameConstraints email": [NC, sequence(explicit(0, sequence(implicit(1, ascii("example.com")))))],
  "nameConstraints IP": [NC, sequence(explicit(0, sequence(implicit(7, hex("0a000000ff000000")))))],
  "nameConstraints IP of a wrong mask": [
    NC,
    sequence(explicit(0, sequence(implicit(7, hex("0a000000ff00ff00"))))),
  ],
  "nameConstraints IP of 4 bytes": [NC, sequence(explicit(0, sequence(implicit(7, hex("0a000000")))))],
  "nameConstraints with a minimum": [
    NC,
    sequence(explicit(1, sequence(dns("example.com"), implicit(0, hex("01"))))),
  ],
  "nameConstraints of nothing": [NC, sequence()],
  "nameConstraints of empty lists": [NC, sequence(explicit(0), explicit(1))],
  "nameConstraints wrong": [NC, sequence(explicit(0, dns("a")))],
  "nameConstraints DNS wrong": [NC, sequence(explicit(1, sequence(dns("a..b"))))],
  "nameConstraints bytes after": [NC, Buffer.concat([sequence(explicit(1, sequence(dns("a.b")))), NULL])],
  certificatePolicies: [CP, sequence(policy("1.2.3.4"))],
  "certificatePolicies any": [CP, sequence(policy("2.5.29.32.0"))],
  "certificatePolicies twice": [CP, sequence(policy("1.2.3.4"), policy("1.2.3.4"))],
  "certificatePolicies of none": [CP, sequence()],
  "certificatePolicies with a qualifier": [
    CP,
    sequence(policy("1.2.3.4", sequence(sequence(oid("1.3.6.1.5.5.7.2.1"), tlv(0x16, ascii("http://a")))))),
  ],
  "certificatePolicies wrong": [CP, sequence(oid("1.2.3.4"))],
  "policyConstraints explicit 0": [PC, sequence(implicit(0, hex("00")))],
  "policyConstraints explicit 1": [PC, sequence(implicit(0, hex("01")))],
  "policyConstraints explicit 2": [PC, sequence(implicit(0, hex("02")))],
  "policyConstraints explicit 5": [PC, sequence(implicit(0, hex("05")))],
  "policyConstraints mapping 0": [PC, sequence(implicit(1, hex("00")))],
  "policyConstraints of nothing": [PC, sequence()],
  "policyConstraints negative": [PC, sequence(implicit(0, hex("ff")))],
  "policyConstraints more": [PC, sequence(implicit(0, hex("05")), NULL)],
  policyMappings: [PM, sequence(sequence(oid("1.2.3.4"), oid("1.2.3.5")))],
  "policyMappings of any": [PM, sequence(sequence(oid("2.5.29.32.0"), oid("1.2.3.5")))],
  "policyMappings of none": [PM, sequence()],
  "policyMappings wrong": [PM, sequence(oid("1.2.3.4"))],
  "inhibitAnyPolicy 0": [IAP, integer(0)],
  "inhibitAnyPolicy negative": [IAP, tlv(0x02, hex("ff"))],
  "inhibitAnyPolicy wrong": [IAP, NULL],
  cRLDistributionPoints: [CRLDP, sequence(sequence(explicit(0, explicit(0, uri("http://a/crl")))))],
  "cRLDistributionPoints of an issuer": [CRLDP, sequence(sequence(explicit(2, directory)))],
  "cRLDistributionPoints with reasons": [
    CRLDP,
    sequence(sequence(explicit(0, explicit(0, uri("http://a/crl"))), implicit(1, hex("0640")))),
  ],
  "cRLDistributionPoints relative": [
    CRLDP,
    sequence(
      sequence(explicit(0, explicit(1, sequence(oid(CN), tlv(0x13, ascii("x"))))), explicit(2, directory)),
    ),
  ],
  "cRLDistributionPoints of none": [CRLDP, sequence()],
  "cRLDistributionPoints of nothing": [CRLDP, sequence(sequence())],
  "cRLDistributionPoints wrong": [CRLDP, sequence(sequence(explicit(0, uri("http://a"))))],
  authorityInfoAccess: [AIA, sequence(sequence(oid("1.3.6.1.5.5.7.48.1"), uri("http://a/ocsp")))],
  "authorityInfoAccess directory": [AIA, sequence(sequence(oid("1.3.6.1.5.5.7.48.2"), directory))],
  "authorityInfoAccess of none": [AIA, sequence()],
  "authorityInfoAccess wrong": [AIA, sequence(oid("1.3.6.1.5.5.7.48.1"))],
  "authorityInfoAccess without a place": [AIA, sequence(sequence(oid("1.3.6.1.5.5.7.48.1")))],
  issuerAltName: ["2.5.29.18", sequence(dns("a.example.com"))],
  freshestCRL: ["2.5.29.46", sequence(sequence(explicit(0, explicit(0, uri("http://a/crl")))))],
  subjectInfoAccess: ["1.3.6.1.5.5.7.1.11", sequence(sequence(oid("1.3.6.1.5.5.7.48.5"), uri("http://a")))],
  "netscape type: SSL CA": ["2.16.840.1.113730.1.1", bitString(hex("04"), 2)],
  "netscape type: object signing": ["2.16.840.1.113730.1.1", bitString(hex("10"), 4)],
  "netscape type wrong": ["2.16.840.1.113730.1.1", NULL],
  "netscape comment": ["2.16.840.1.113730.1.13", tlv(0x16, ascii("Made by OpenSSL"))],
  "TLS feature": ["1.3.6.1.5.5.7.1.24", sequence(integer(5))],
  "OCSP no check": ["1.3.6.1.5.5.7.48.1.5", NULL],
  "proxy certificate": ["1.3.6.1.5.5.7.1.14", sequence(sequence(oid("1.3.6.1.5.5.7.21.1")))],
  "address blocks": ["1.3.6.1.5.5.7.1.7", sequence(sequence(octets(hex("0001")), NULL))],
  "Microsoft template": ["1.3.6.1.4.1.311.20.2", tlv(0x1e, hex("00530075006200430041"))],
  "Microsoft CA version": ["1.3.6.1.4.1.311.21.1", integer(0)],
  "an unknown one": ["1.3.6.1.4.1.99999.1", NULL],
  "an unknown one of no byte": ["1.3.6.1.4.1.99999.2", NOTHING],
  "private key period": ["2.5.29.16", sequence(implicit(0, ascii("20200101000000Z")))],
};

const CRITICALITIES = [undefined, CRITICAL];
const WRONG_CRITICALITIES = [
  tlv(0x01, hex("01")),
  tlv(0x01, hex("0001")),
  tlv(0x01),
  boolean(false),
  integer(1),
];

const spki = (algorithm: Buffer, bits: Buffer) => sequence(algorithm, bits);
const RSA = sequence(oid("1.2.840.113549.1.1.1"), NULL);

/** Other fields than names, keys and extensions. */
export const CHANGES: Readonly<Record<string, Change>> = {
  "serial negative": () => ({ serialNumber: tlv(0x02, hex("ff01")) }),
  "serial zero": () => ({ serialNumber: integer(0) }),
  "serial of 21 bytes": () => ({ serialNumber: tlv(0x02, hex("01".repeat(21))) }),
  "serial of 200 bytes": () => ({ serialNumber: tlv(0x02, hex("01".repeat(200))) }),
  "serial padded": () => ({ serialNumber: tlv(0x02, hex("0001")) }),
  "serial of no byte": () => ({ serialNumber: tlv(0x02) }),
  "serial ENUMERATED": () => ({ serialNumber: tlv(0x0a, hex("01")) }),
  "version 1": () => ({ version: NOTHING }),
  "version 1, no extensions": () => ({ version: NOTHING, extensions: [] }),
  "version 1 said": () => ({ version: explicit(0, integer(0)) }),
  "version 1 said, no extensions": () => ({ version: explicit(0, integer(0)), extensions: [] }),
  "version 2": () => ({ version: explicit(0, integer(1)) }),
  "version 2, no extensions": () => ({ version: explicit(0, integer(1)), extensions: [] }),
  "version 4": () => ({ version: explicit(0, integer(3)) }),
  "version negative": () => ({ version: explicit(0, tlv(0x02, hex("ff"))) }),
  "version padded": () => ({ version: explicit(0, tlv(0x02, hex("0002"))) }),
  "version implicit": () => ({ version: implicit(0, hex("02")) }),
  "no extensions": () => ({ extensions: [] }),
  "unique ids": ({ extensions }, dice, one) => ({
    publicKeyInfo: Buffer.concat([
      one.parts.publicKeyInfo,
      implicit(1, hex("0001")),
      ...(dice % 2 ? [implicit(2, hex("0001"))] : []),
    ]),
    extensions,
  }),
  "more after the extensions": () => ({ tail: NULL }),
  "extensions empty": () => ({ extensions: [], tail: explicit(3, sequence()) }),
  "extensions as a set": () => ({ extensions: [], tail: explicit(3, set()) }),
  expired: () => ({ validity: sequence(time(inDays(-9)), time(inDays(-2))) }),
  "not yet valid": () => ({ validity: sequence(time(inDays(1)), time(inDays(9))) }),
  "validity turned": () => ({ validity: sequence(time(inDays(9)), time(inDays(-9))) }),
  "validity long": () => ({ validity: sequence(time(inDays(-1)), tlv(0x18, ascii("99991231235959Z"))) }),
  "validity until 2049": () => ({ validity: sequence(time(inDays(-1)), tlv(0x17, ascii("491231235959Z"))) }),
  "validity from 1950": () => ({ validity: sequence(tlv(0x17, ascii("500101000000Z")), time(inDays(9))) }),
  "validity 2030 generalized": () => ({
    validity: sequence(time(inDays(-1)), tlv(0x18, ascii("20301231235959Z"))),
  }),
  "validity with fractions": () => ({
    validity: sequence(time(inDays(-1)), tlv(0x18, ascii("20601231235959.5Z"))),
  }),
  "validity without seconds": () => ({
    validity: sequence(time(inDays(-1)), tlv(0x17, ascii("3012312359Z"))),
  }),
  "validity with an offset": () => ({
    validity: sequence(time(inDays(-1)), tlv(0x17, ascii("301231235959+0100"))),
  }),
  "validity with the offset 0": () => ({
    validity: sequence(time(inDays(-1)), tlv(0x17, ascii("301231235959+0000"))),
  }),
  "validity without Z": () => ({ validity: sequence(time(inDays(-1)), tlv(0x17, ascii("301231235959"))) }),
  "validity on 30 February": () => ({
    validity: sequence(time(inDays(-1)), tlv(0x17, ascii("300230235959Z"))),
  }),
  "validity at second 60": () => ({
    validity: sequence(time(inDays(-1)), tlv(0x17, ascii("301231235960Z"))),
  }),
  "validity at hour 24": () => ({ validity: sequence(time(inDays(-1)), tlv(0x17, ascii("301231240000Z"))) }),
  "validity of the year 0": () => ({
    validity: sequence(tlv(0x18, ascii("00000101000000Z")), time(inDays(9))),
  }),
  "validity as text": () => ({ validity: sequence(time(inDays(-1)), tlv(0x0c, ascii("301231235959Z"))) }),
  "validity more": () => ({ validity: sequence(time(inDays(-1)), time(inDays(9)), NULL) }),
  "validity half": () => ({ validity: sequence(time(inDays(-1))) }),
  "issuer another": () => ({ issuer: commonName("Stranger") }),
  "issuer in capitals": () => ({ issuer: commonName("ROOT") }),
  "issuer printable": () => ({ issuer: commonName("Root", 0x13) }),
  "algorithm outside another": () => ({ outerAlgorithm: sequence(oid("1.2.840.10045.4.3.3")) }),
  "algorithm with NULL": ({ algorithm }) => ({
    algorithm: sequence(algorithm.subarray(2, 2 + algorithm[3]! + 2), NULL),
  }),
  "algorithm with more": ({ algorithm }) => ({ algorithm: sequence(algorithm.subarray(2), NULL, NULL) }),
  "algorithm without parameters": ({ algorithm }) => ({
    algorithm: sequence(algorithm.subarray(2, 2 + algorithm[3]! + 2)),
  }),
  "algorithm unknown": () => ({ algorithm: sequence(oid("1.2.3.4")) }),
  "key of a wrong type": () => ({ publicKeyInfo: spki(sequence(oid("1.2.3.4")), bitString(hex("00"))) }),
  "key RSA without parameters": () => ({
    publicKeyInfo: spki(
      sequence(oid("1.2.840.113549.1.1.1")),
      bitString(sequence(integer(65_537n), integer(3))),
    ),
  }),
  "key RSA negative": () => ({
    publicKeyInfo: spki(RSA, bitString(sequence(tlv(0x02, Buffer.alloc(256, 0xfe)), integer(65_537)))),
  }),
  "key RSA exponent even": () => ({
    publicKeyInfo: spki(RSA, bitString(sequence(tlv(0x02, Buffer.alloc(256, 0x7b)), integer(65_536)))),
  }),
  "key RSA exponent huge": () => ({
    publicKeyInfo: spki(
      RSA,
      bitString(sequence(tlv(0x02, Buffer.alloc(256, 0x7b)), integer(2n ** 60n + 1n))),
    ),
  }),
  "key RSA bytes after": () => ({
    publicKeyInfo: spki(
      RSA,
      bitString(Buffer.concat([sequence(tlv(0x02, Buffer.alloc(256, 0x7b)), integer(3)), NULL])),
    ),
  }),
  "key X25519": () => ({ publicKeyInfo: spki(sequence(oid("1.3.101.110")), bitString(Buffer.alloc(32, 9))) }),
  "key Ed25519 short": () => ({
    publicKeyInfo: spki(sequence(oid("1.3.101.112")), bitString(Buffer.alloc(31, 9))),
  }),
  "key Ed25519 with parameters": () => ({
    publicKeyInfo: spki(sequence(oid("1.3.101.112"), NULL), bitString(Buffer.alloc(32, 9))),
  }),
  "key EC compressed": ({ publicKeyInfo }) => ({
    publicKeyInfo: spki(
      sequence(oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7")),
      bitString(Buffer.concat([hex("02"), publicKeyInfo.subarray(-64, -32)])),
    ),
  }),
  "key EC off the curve": () => ({
    publicKeyInfo: spki(
      sequence(oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7")),
      bitString(Buffer.concat([hex("04"), Buffer.alloc(64, 5)])),
    ),
  }),
  "key EC without a curve": () => ({
    publicKeyInfo: spki(sequence(oid("1.2.840.10045.2.1"), NULL), bitString(Buffer.alloc(65, 4))),
  }),
  "key cut within a byte": ({ publicKeyInfo }) => ({
    publicKeyInfo: sequence(
      publicKeyInfo.subarray(2, 2 + 2 + publicKeyInfo[3]!),
      bitString(Buffer.alloc(64, 0xf0), 4),
    ),
  }),
  "bytes after the DER": () => ({ rewrite: (der) => Buffer.concat([der, hex("0000")]) }),
  "DER cut": (_, dice) => ({ rewrite: (der) => der.subarray(0, der.length - 1 - (dice % 40)) }),
  "DER of a long length": () => ({
    rewrite: (der) => Buffer.concat([hex("30840000"), der.subarray(2, 4), der.subarray(4)]),
  }),
  "DER of no length": () => ({
    rewrite: (der) => Buffer.concat([hex("3080"), der.subarray(4), hex("0000")]),
  }),
  "signature damaged": () => ({ rewrite: (der) => changed(der, der.length - 5, 1) }),
  "signature cut within a byte": () => ({
    rewrite: (der) => signatureOf(der, (bits) => changed(bits, 0, 1)),
  }),
  "signature of no byte": () => ({ rewrite: (der) => signatureOf(der, () => hex("00")) }),
  "signature with bytes after": () => ({
    rewrite: (der) => signatureOf(der, (bits) => Buffer.concat([bits, hex("00")])),
  }),
  "a byte changed": (_, dice) => ({
    rewrite: (der) => changed(der, dice % der.length, 1 + (Math.floor(dice / 7919) % 255)),
  }),
  "a byte changed before it is signed": ({ publicKeyInfo, ...parts }, dice) =>
    anyField(parts, dice, (field) => changed(field, Math.floor(dice / 31) % field.length, 1 << (dice % 8))),
  "a byte cut before it is signed": ({ publicKeyInfo, ...parts }, dice) =>
    anyField(parts, dice, (field) => {
      const place = Math.floor(dice / 31) % field.length;
      return Buffer.concat([field.subarray(0, place), field.subarray(place + 1)]);
    }),
  "an extension gone": ({ extensions }, dice) => ({
    extensions: extensions.filter((_, place) => place !== dice % extensions.length),
  }),
  "an extension twice": ({ extensions }, dice) => ({ extensions: [...extensions, at(extensions, dice)] }),
  "extensions turned": ({ extensions }) => ({ extensions: extensions.toReversed() }),
  "an extension's criticality turned": ({ extensions }, dice) => ({
    extensions: extensions.map((each, place) =>
      place === dice % extensions.length ? { ...each, critical: each.critical ? undefined : CRITICAL } : each,
    ),
  }),
  "an extension's criticality wrong": ({ extensions }, dice) => ({
    extensions: extensions.map((each, place) =>
      place === dice % extensions.length
        ? { ...each, critical: at(WRONG_CRITICALITIES, Math.floor(dice / 4)) }
        : each,
    ),
  }),
  "an extension's value changed": ({ extensions }, dice) => ({
    extensions: extensions.map((each, place) =>
      place === dice % extensions.length && each.value.length > 0
        ? { ...each, value: changed(each.value, Math.floor(dice / 5) % each.value.length, 1 << (dice % 8)) }
        : each,
    ),
  }),
  "no key ids": ({ extensions }) => ({
    extensions: extensions.filter(({ oid: type }) => type !== SKI && type !== AKI),
  }),
  "authorityKeyId its own": ({ publicKeyInfo, ...parts }) =>
    withExtension({ publicKeyInfo, ...parts }, AKI, sequence(implicit(0, keyId(publicKeyInfo)))),
  ...Object.fromEntries(
    Object.entries(EXTENSION_VALUES).flatMap(([title, [type, value]]) =>
      CRITICALITIES.map((critical): [string, Change] => [
        critical ? `${title}, critical` : title,
        (parts) => withExtension(parts, type, value, critical),
      ]),
    ),
  ),
};

function changed(bytes: Buffer, place: number, by: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[place] = copy[place]! ^ by;
  return copy;
}

/** Changes one field, the extensions left out. */
function anyField(
  parts: Omit<CertificateParts, "publicKeyInfo">,
  dice: number,
  change: (field: Buffer) => Buffer,
): Partial<CertificateParts> {
  const field = at(["serialNumber", "algorithm", "validity", "subject", "version"] as const, dice);
  return parts[field].length === 0 ? { version: VERSION_3 } : { [field]: change(parts[field]) };
}

/** Puts another content into the last BIT STRING of a certificate. */
function signatureOf(der: Buffer, change: (bits: Buffer) => Buffer): Buffer {
  const [signed, algorithm, bits] = children(der) as [Buffer, Buffer, Buffer];
  const header = bits[1]! < 0x80 ? 2 : 2 + (bits[1]! & 0x7f);
  return sequence(signed, algorithm, tlv(0x03, change(bits.subarray(header))));
}

function children(der: Buffer): Buffer[] {
  const size = (from: number): [header: number, length: number] => {
    const first = der[from + 1]!;
    if (first < 0x80) return [2, first];
    const count = first & 0x7f;
    return [2 + count, der.readUIntBE(from + 2, count)];
  };
  const [outer] = size(0);
  const found: Buffer[] = [];
  for (let from = outer; from < der.length;) {
    const [header, length] = size(from);
    found.push(der.subarray(from, from + header + length));
    from += header + length;
  }
  return found;
}
