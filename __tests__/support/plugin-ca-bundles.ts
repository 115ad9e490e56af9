import "reflect-metadata";
import { generateKeyPairSync } from "node:crypto";
import * as x509 from "@peculiar/x509";
import type { PluginCaFiles } from "../../cli/lint/plugin-ca-files";
import { leafLines } from "../../lib/private/leaf-generation";
import { craftedBundles } from "./plugin-ca-crafted-bundles";
import { type CaSpec, inDays, TestCa } from "./test-ca";

const { keyCertSign, cRLSign, digitalSignature } = x509.KeyUsageFlags;
const [SERVER_AUTH, CLIENT_AUTH] = ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"];
const RSA = { name: "RSASSA-PKCS1-v1_5", publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" };
const ec = (namedCurve: string) => ({ name: "ECDSA", namedCurve });
const rsa = (modulusLength: number) => ({ ...RSA, modulusLength });

/** Plug-in CA files by what is special about them; all are made under root A unless their name says more. */
export type Bundles = Readonly<Record<string, PluginCaFiles>>;

/** The bundles that lint and istiod are held against each other with; keys are made anew in each run. */
export async function pluginCaBundles(): Promise<Bundles> {
  const root = await TestCa.issue({ name: "Root A" });
  const intermediate = (spec: Partial<CaSpec> = {}) =>
    TestCa.issue({ name: "Intermediate", issuer: root, pathLength: 0, ...spec });
  const files = (ca: TestCa, other: PluginCaFiles = {}): PluginCaFiles => ({
    caKey: ca.keyPem,
    caCert: ca.pem,
    certChain: ca.pem,
    rootCert: root.pem,
    ...other,
  });
  const sound = await intermediate();
  const other = await TestCa.issue({ name: "Intermediate", issuer: root, pathLength: 0 });
  const special = async (spec: Partial<CaSpec>) => files(await intermediate(spec));
  return {
    sound: files(sound),
    "sound, of another key": files(other),
    ...keys(sound, other, files),
    ...(await keyKinds(special, root, files)),
    ...(await chains(root, sound, other, files)),
    ...(await certificates(special)),
    ...(await levels(root, files)),
    ...(await roots(root, files)),
    ...texts(sound, files),
    ...craftedBundles(root.pem),
  };
}

type Files = (ca: TestCa, other?: PluginCaFiles) => PluginCaFiles;
type Special = (spec: Partial<CaSpec>) => Promise<PluginCaFiles>;

function keys(sound: TestCa, other: TestCa, files: Files): Bundles {
  const key = (options: object) => sound.privateKey.export({ format: "pem", ...options } as never) as string;
  const encrypted = { cipher: "aes-256-cbc", passphrase: "open sesame" };
  return {
    "key of another certificate": files(sound, { caKey: other.keyPem }),
    "key as SEC1": files(sound, { caKey: key({ type: "sec1" }) }),
    "key as SEC1 after its parameters": files(sound, { caKey: EC_PARAMETERS + key({ type: "sec1" }) }),
    "key encrypted, PKCS#8": files(sound, { caKey: key({ type: "pkcs8", ...encrypted }) }),
    "key encrypted, SEC1": files(sound, { caKey: key({ type: "sec1", ...encrypted }) }),
    "key under the name of another form": files(sound, {
      caKey: sound.keyPem.replaceAll("PRIVATE KEY", "RSA PRIVATE KEY"),
    }),
    "key file holds the certificate": files(sound, { caKey: sound.pem }),
    "key file holds the certificate after the key": files(sound, { caKey: sound.keyPem + sound.pem }),
    "key file is no PEM": files(sound, { caKey: "not a key\n" }),
  };
}

/** What openssl ecparam puts in front of a P-256 key. */
const EC_PARAMETERS = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";

async function keyKinds(special: Special, root: TestCa, files: Files): Promise<Bundles> {
  const rsa2048 = await TestCa.issue({ name: "Intermediate", issuer: root, pathLength: 0, key: rsa(2048) });
  const pkcs1 = rsa2048.privateKey.export({ type: "pkcs1", format: "pem" }) as string;
  const koblitz = generateKeyPairSync("ec", { namedCurve: "secp256k1" });
  const onKoblitz = await TestCa.issue({
    name: "Intermediate",
    issuer: root,
    publicKey: koblitz.publicKey.export({ type: "spki", format: "der" }),
  });
  return {
    "ECDSA P-384": await special({ key: ec("P-384") }),
    "ECDSA P-521": await special({ key: ec("P-521") }),
    "ECDSA secp256k1": files(onKoblitz, {
      caKey: koblitz.privateKey.export({ type: "pkcs8", format: "pem" }) as string,
    }),
    Ed25519: await special({ key: { name: "Ed25519" } }),
    "RSA 2048": files(rsa2048),
    "RSA 2048, key as PKCS#1": files(rsa2048, { caKey: pkcs1 }),
    "RSA 1024": await special({ key: rsa(1024) }),
    "RSA 512": await special({ key: rsa(512) }),
  };
}

async function chains(root: TestCa, sound: TestCa, other: TestCa, files: Files): Promise<Bundles> {
  const renewed = await TestCa.issue({ name: "Intermediate", issuer: root, pathLength: 0, key: sound });
  const ended = await TestCa.issue({
    ...{ name: "Intermediate", issuer: root, pathLength: 0, key: sound },
    ...{ notBefore: inDays(-9), notAfter: inDays(-2) },
  });
  return {
    "chain empty": files(sound, { certChain: "" }),
    "chain of the root alone": files(sound, { certChain: root.pem }),
    "chain of another intermediate": files(sound, { certChain: other.pem }),
    "chain: intermediate, root": files(sound, { certChain: sound.pem + root.pem }),
    "chain: root, intermediate": files(sound, { certChain: root.pem + sound.pem }),
    "chain: intermediate, another one": files(sound, { certChain: sound.pem + other.pem }),
    "chain: an earlier certificate of the same key": files(sound, { certChain: renewed.pem }),
    "chain: an ended certificate of the same key": files(sound, { certChain: ended.pem }),
    "the root itself as the CA": files(root),
    "certificate and root in ca-cert.pem": files(sound, { caCert: sound.pem + root.pem }),
    "root before the certificate in ca-cert.pem": files(sound, { caCert: root.pem + sound.pem }),
  };
}

async function certificates(special: Special): Promise<Bundles> {
  const extension = (type: string, critical: boolean) =>
    new x509.Extension(type, critical, new Uint8Array([5, 0]));
  const stranger = await TestCa.issue({ name: "Stranger" });
  return {
    "intermediate expired": await special({ notBefore: inDays(-9), notAfter: inDays(-2) }),
    "intermediate not yet valid": await special({ notBefore: inDays(1) }),
    "intermediate ends in half an hour": await special({ notAfter: inDays(1 / 48) }),
    "intermediate of which a tenth is left": await special({ notBefore: inDays(-90), notAfter: inDays(10) }),
    "intermediate is no CA": await special({ ca: false, pathLength: undefined }),
    "intermediate without basicConstraints": await special({ ca: null, pathLength: undefined }),
    "intermediate without keyCertSign": await special({ keyUsage: digitalSignature | cRLSign }),
    "intermediate without cRLSign": await special({ keyUsage: keyCertSign }),
    "intermediate without keyUsage": await special({ keyUsage: null }),
    "intermediate for serverAuth alone": await special({ extendedKeyUsage: [SERVER_AUTH] }),
    "intermediate for clientAuth alone": await special({ extendedKeyUsage: [CLIENT_AUTH] }),
    "intermediate for both": await special({ extendedKeyUsage: [SERVER_AUTH, CLIENT_AUTH] }),
    "intermediate signed with SHA-1": await special({ hash: "SHA-1" }),
    "intermediate with an unknown critical extension": await special({
      extensions: [extension("1.3.6.1.4.1.99999.1", true)],
    }),
    "intermediate with an unknown extension": await special({
      extensions: [extension("1.3.6.1.4.1.99999.1", false)],
    }),
    "intermediate constrained to other DNS names": await special({
      extensions: [new x509.Extension("2.5.29.30", true, dnsConstraint("example.com"))],
    }),
    "intermediate with another authority key id": await special({ authority: stranger }),
  };
}

/** permittedSubtrees with one dNSName. */
function dnsConstraint(domain: string): Uint8Array {
  const wrap = (tag: number, content: Uint8Array) => new Uint8Array([tag, content.length, ...content]);
  const name = wrap(0x82, Buffer.from(domain));
  return wrap(0x30, wrap(0xa0, wrap(0x30, name)));
}

async function levels(root: TestCa, files: Files): Promise<Bundles> {
  const under = async (spec: Partial<CaSpec>) => {
    const upper = await TestCa.issue({ name: "Upper", issuer: root, pathLength: 1, ...spec });
    const lower = await TestCa.issue({ name: "Lower", issuer: upper, pathLength: 0 });
    return { upper, lower };
  };
  const { upper, lower } = await under({});
  const narrow = await under({ pathLength: 0 });
  const ended = await under({ notBefore: inDays(-9), notAfter: inDays(-2) });
  const soon = await under({ notAfter: inDays(60) });
  const unsigned = await under({ keyUsage: digitalSignature });
  const replaced = await TestCa.issue({ name: "Upper", issuer: root, pathLength: 1 });
  const both = (pair: { upper: TestCa; lower: TestCa }) =>
    files(pair.lower, { certChain: pair.lower.pem + pair.upper.pem });
  return {
    "two levels": both({ upper, lower }),
    "two levels, reversed": files(lower, { certChain: upper.pem + lower.pem }),
    "two levels, the upper one missing": files(lower),
    "two levels, the upper one in ca-cert.pem alone": files(lower, { caCert: lower.pem + upper.pem }),
    "two levels, the upper one of another key": files(lower, { certChain: lower.pem + replaced.pem }),
    "two levels, the upper one pathlen 0": both(narrow),
    "two levels, the upper one expired": both(ended),
    "two levels, the upper one ends first": both(soon),
    "two levels, the upper one without keyCertSign": both(unsigned),
  };
}

async function roots(root: TestCa, files: Files): Promise<Bundles> {
  /** A root that joined A in the bundle, and an intermediate under it. */
  const joined = async (spec: Partial<CaSpec>) => {
    const second = await TestCa.issue({ name: "Root B", ...spec });
    const ca = await TestCa.issue({ name: "Intermediate", issuer: second, pathLength: 0 });
    return files(ca, { rootCert: root.pem + second.pem });
  };
  const rootB = await TestCa.issue({ name: "Root B" });
  const underB = await TestCa.issue({ name: "Intermediate", issuer: rootB, pathLength: 0 });
  const crossed = await TestCa.issue({ name: "Root B", issuer: root, key: rootB, pathLength: 1 });
  const underA = await TestCa.issue({ name: "Intermediate", issuer: root, pathLength: 0 });
  const upper = await TestCa.issue({ name: "Upper", issuer: rootB, pathLength: 1 });
  const underUpper = await TestCa.issue({ name: "Intermediate", issuer: upper, pathLength: 0 });
  const oldRoot = await TestCa.issue({ name: "Old root", notBefore: inDays(-900), notAfter: inDays(-2) });
  return {
    "root B joins, and signs": files(underB, { rootCert: root.pem + rootB.pem }),
    "root B joins with pathlen 0, and signs": await joined({ pathLength: 0 }),
    "root B joins with pathlen 1, and signs": await joined({ pathLength: 1 }),
    "root B joins without keyCertSign, and signs": await joined({ keyUsage: cRLSign }),
    "root B joins expired, and signs": await joined({ notBefore: inDays(-900), notAfter: inDays(-2) }),
    "root B joins for serverAuth alone, and signs": await joined({ extendedKeyUsage: [SERVER_AUTH] }),
    "root B is no CA": await joined({ ca: false }),
    "an expired root joins": files(underA, { rootCert: root.pem + oldRoot.pem }),
    "signed by B, root-cert.pem holds A": files(underB),
    "signed by B, root-cert.pem holds A, B in the chain": files(underB, {
      certChain: underB.pem + rootB.pem,
    }),
    "signed by B, which A cross-signed": files(underB, { certChain: underB.pem + crossed.pem }),
    "an intermediate joins as a root, and signs": files(underUpper, { rootCert: root.pem + upper.pem }),
    "root-cert.pem empty": files(underA, { rootCert: "" }),
  };
}

function texts(sound: TestCa, files: Files): Bundles {
  const windows = (pem: string) => pem.replaceAll("\n", "\r\n");
  const { caCert, certChain, rootCert, caKey } = files(sound);
  return {
    "CRLF in key and certificates": files(sound, {
      caKey: windows(caKey!),
      caCert: windows(caCert!),
      certChain: windows(certChain!),
    }),
    "CRLF in root-cert.pem": files(sound, { rootCert: windows(rootCert!) }),
    "a leaf generation behind the root": files(sound, { rootCert: `${rootCert}${leafLines(2)[0]}\n` }),
    "no newline at the ends": {
      caKey: caKey!.trim(),
      caCert: caCert!.trim(),
      certChain: certChain!.trim(),
      rootCert: rootCert!.trim(),
    },
    "text before each certificate": files(sound, {
      caCert: `# intermediate\n${caCert}`,
      certChain: `subject=CN=Intermediate\n${certChain}`,
    }),
    "byte order mark before the certificate": files(sound, { caCert: `\uFEFF${caCert}` }),
    "byte order mark before the chain": files(sound, { certChain: `\uFEFF${certChain}` }),
    "two certificates of the chain run together": files(sound, { certChain: certChain!.trim() + certChain }),
    "garbage in the chain after the intermediate": files(sound, {
      certChain: `${certChain}-----BEGIN CERTIFICATE-----\nbm90IGEgY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n`,
    }),
    "ca-cert.pem empty": files(sound, { caCert: "" }),
    "ca-cert.pem holds a request": files(sound, {
      caCert: caCert!.replaceAll("CERTIFICATE", "CERTIFICATE REQUEST"),
    }),
    "ca-key.pem empty": files(sound, { caKey: "" }),
    "the key in ca-cert.pem too": files(sound, { caCert: caCert! + caKey! }),
    "ca-key.pem missing": files(sound, { caKey: undefined }),
    "ca-cert.pem missing": files(sound, { caCert: undefined }),
    "cert-chain.pem missing": files(sound, { certChain: undefined }),
    "root-cert.pem missing": files(sound, { rootCert: undefined }),
    "all four missing": {},
  };
}
