import { generateKeyPairSync } from "node:crypto";
import { lintPluginCaFiles } from "../../../cli/lint/lint-plugin-ca-files";
import type { PluginCaFiles } from "../../../cli/lint/plugin-ca-files";
import {
  caExtensions,
  type CertificateParts,
  certificateDer,
  pem,
  signerOf,
  validity,
  VERSION_3,
} from "../../support/crafted-certificate";
import { commonName, integer } from "../../support/der-writer";
import { inDays, NOW } from "../../support/test-ca";

const signer = () => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return signerOf(privateKey, publicKey);
};
const [rootKey, caKey] = [signer(), signer()];
const CA_NAME = commonName("cluster1");

/** Plug-in CA files of a root and an intermediate as they are told. */
function filesOf(root: Partial<CertificateParts> = {}, ca: Partial<CertificateParts> = {}): PluginCaFiles {
  const name = root.subject ?? commonName("Root");
  const common = { version: VERSION_3, algorithm: rootKey.algorithm, issuer: name };
  const rootDer = certificateDer(
    {
      ...{ ...common, serialNumber: integer(1), subject: name, publicKeyInfo: rootKey.publicKeyInfo },
      validity: validity(inDays(-1), inDays(3650)),
      extensions: caExtensions(rootKey.publicKeyInfo, undefined),
      ...root,
    },
    rootKey,
  );
  const caDer = certificateDer(
    {
      ...{ ...common, serialNumber: integer(2), subject: CA_NAME, publicKeyInfo: caKey.publicKeyInfo },
      validity: validity(inDays(-1), inDays(90)),
      extensions: caExtensions(caKey.publicKeyInfo, rootKey.publicKeyInfo, 0),
      ...ca,
    },
    rootKey,
  );
  const key = caKey.privateKey!.export({ type: "pkcs8", format: "pem" }).toString();
  return { caKey: key, caCert: pem(caDer), certChain: pem(caDer), rootCert: pem(rootDer) };
}

const found = (files: PluginCaFiles) =>
  lintPluginCaFiles(files, { now: NOW }).map(({ rule, file }) => `${rule} ${file}`);

const sound = filesOf();
const chain = (change: (text: string) => string): PluginCaFiles => ({
  ...sound,
  certChain: change(sound.certChain!),
});
const oneLine = (text: string) =>
  text.replace(/(?<=-----\n)([\s\S]+?)(?=\n-----END)/, (base64) => base64.replaceAll("\n", ""));
const withText = (text: string) => `Certificate:\n    Data:\n${text}`.replaceAll("\n", "\r\n");

test.each<[string, PluginCaFiles]>([
  ["a name in T61", filesOf({ subject: commonName("Root", 0x14) })],
  ["a name in BMP", filesOf({ subject: commonName("\0R\0o\0o\0t", 0x1e) })],
  ["base64 on one line", chain(oneLine)],
  ["text before, and CRLF", { ...chain(withText), caCert: withText(sound.caCert!) }],
  ["the serial number zero", filesOf({}, { serialNumber: integer(0) })],
])("lint takes what istiod takes: %s", (_, files) => {
  expect(found(files)).toEqual([]);
});

test.each<[string, PluginCaFiles, string]>([
  ["UTF-16", chain((text) => `\ufeff${text.replace(/./gs, "$&\0")}`), "IV0505 cert-chain.pem"],
  ["indented lines", chain((text) => text.replace(/^/gm, "    ")), "IV0505 cert-chain.pem"],
  ["newlines written as \\n", chain((text) => text.replaceAll("\n", "\\n")), "IV0505 cert-chain.pem"],
  ["PKCS #7", chain((text) => text.replaceAll(" CERTIFICATE-", " PKCS7-")), "IV0505 cert-chain.pem"],
  [
    "a TRUSTED CERTIFICATE",
    { ...sound, rootCert: sound.rootCert!.replaceAll(" CERTIFICATE-", " TRUSTED CERTIFICATE-") },
    "IV0505 root-cert.pem",
  ],
  ["a root of version 1", filesOf({ version: Buffer.alloc(0), extensions: [] }), "IV0516 root-cert.pem"],
])("lint refuses what istiod refuses: %s", (_, files, finding) => {
  expect(found(files)).toContain(finding);
});
