import "reflect-metadata";
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";
import type { KeyAlgorithm } from "../../lib";
import type { IntermediateIdentity } from "../../lib/private/intermediate";

/** A new CA key, only in memory, and its certificate signing request. */
export interface KeyAndRequest {
  /** PKCS #8, as PEM. */
  readonly keyPem: string;
  readonly requestPem: string;
}

export async function makeKeyAndRequest(
  algorithm: KeyAlgorithm,
  identity: IntermediateIdentity,
): Promise<KeyAndRequest> {
  const signing = signingAlgorithm(algorithm);
  const keys = await webcrypto.subtle.generateKey(signing, true, ["sign", "verify"]);
  const { subject, dnsName } = identity;
  const request = await x509.Pkcs10CertificateRequestGenerator.create(
    {
      name: [{ O: [subject.organization] }, { L: [subject.locality] }, { CN: [subject.commonName] }],
      keys,
      signingAlgorithm: signing,
      // Vault takes these from its own parameters; a signer elsewhere sees here what is requested.
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(
          x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
          true,
        ),
        new x509.SubjectAlternativeNameExtension([{ type: "dns", value: dnsName }]),
      ],
    },
    webcrypto,
  );
  const key = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
  return {
    keyPem: `${x509.PemConverter.encode(key, "PRIVATE KEY")}\n`,
    requestPem: `${request.toString("pem")}\n`,
  };
}

/** As WebCrypto takes it. */
export function signingAlgorithm({ family, bits }: KeyAlgorithm) {
  if (family === "ecdsa") {
    return { name: "ECDSA", namedCurve: `P-${bits}`, hash: bits > 256 ? "SHA-384" : "SHA-256" };
  }
  return {
    name: "RSASSA-PKCS1-v1_5",
    modulusLength: bits,
    publicExponent: new Uint8Array([1, 0, 1]),
    hash: "SHA-256",
  };
}
