import "reflect-metadata";
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";
import type { KeyAlgorithm } from "../../lib";
import { signingAlgorithm } from "./key-and-request";

/** An empty revocation list, signed by the intermediate itself and valid exactly as long, as PEM. */
export async function makeOwnList(
  keyPem: string,
  certificatePem: string,
  algorithm: KeyAlgorithm,
): Promise<string> {
  const signing = signingAlgorithm(algorithm);
  const certificate = new x509.X509Certificate(certificatePem);
  const key = x509.PemConverter.decodeFirst(keyPem);
  const list = await x509.X509CrlGenerator.create(
    {
      issuer: certificate.subjectName,
      thisUpdate: certificate.notBefore,
      // Proxies refuse every chain of it from this second on.
      nextUpdate: certificate.notAfter,
      extensions: [
        // All intermediates of a cluster have one name: proxies tell their lists apart by the key.
        new x509.AuthorityKeyIdentifierExtension(keyIdOf(certificate)),
        new x509.Extension(CRL_NUMBER, false, FIRST),
      ],
      signingAlgorithm: signing,
      signingKey: await webcrypto.subtle.importKey("pkcs8", key, signing, false, ["sign"]),
    },
    webcrypto,
  );
  // By its own word for it, "CRL", neither Go nor OpenSSL knows it.
  return `${x509.PemConverter.encode(list.rawData, "X509 CRL")}\n`;
}

const CRL_NUMBER = "2.5.29.20";
/** The integer 1 in DER. */
const FIRST = new Uint8Array([0x02, 0x01, 0x01]);

function keyIdOf(certificate: x509.X509Certificate): string {
  const extension = certificate.getExtension(x509.SubjectKeyIdentifierExtension);
  // Vault gives every certificate one.
  if (!extension) throw new Error("the certificate has no subject key id");
  return extension.keyId;
}

/** Which of these lists were not made for a certificate that has expired: the PEM blocks, in their order. */
export function currentLists(pem: string, now: Date): string[] {
  const blocks = pem.match(/-----BEGIN X509 CRL-----[\s\S]+?-----END X509 CRL-----/g) ?? [];
  return blocks.filter((block) => {
    const { nextUpdate } = new x509.X509Crl(block);
    return nextUpdate === undefined || nextUpdate > now;
  });
}
