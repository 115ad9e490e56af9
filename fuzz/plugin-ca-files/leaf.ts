import { generateKeyPairSync } from "node:crypto";
import {
  certificateDer,
  CRITICAL,
  pem,
  signerOf,
  validity,
  VERSION_3,
} from "../../__tests__/support/crafted-certificate";
import { bitString, implicit, integer, oid, sequence } from "../../__tests__/support/der-writer";
import { inDays } from "../../__tests__/support/test-ca";
import type { Authority } from "./parts";

const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const OWN = signerOf(privateKey, publicKey);

/** A workload's certificate as istiod issues it: no subject, its identity as URI, its CA's key id. */
export function leafOf(ca: Authority): { key: string; certificate: string } {
  const caKeyId = ca.parts.extensions.find((each) => each.oid === "2.5.29.14")?.value;
  const identity = implicit(6, Buffer.from("spiffe://cluster.local/ns/default/sa/default"));
  const der = certificateDer(
    {
      version: VERSION_3,
      serialNumber: integer(4711),
      algorithm: ca.key.algorithm,
      issuer: ca.parts.subject,
      validity: validity(inDays(-0.1), inDays(0.5)),
      subject: sequence(),
      publicKeyInfo: OWN.publicKeyInfo,
      extensions: [
        { oid: "2.5.29.15", critical: CRITICAL, value: bitString(Buffer.from([0xa0]), 5) },
        { oid: "2.5.29.37", value: sequence(oid("1.3.6.1.5.5.7.3.1"), oid("1.3.6.1.5.5.7.3.2")) },
        { oid: "2.5.29.19", critical: CRITICAL, value: sequence() },
        // The key id stands in an OCTET STRING, whose content is the same in both.
        ...(caKeyId && caKeyId.length > 2 && caKeyId[0] === 4 && caKeyId[1]! < 0x80
          ? [{ oid: "2.5.29.35", value: sequence(implicit(0, caKeyId.subarray(2, 2 + caKeyId[1]!))) }]
          : []),
        { oid: "2.5.29.17", critical: CRITICAL, value: sequence(identity) },
      ],
    },
    ca.key,
  );
  return { key: privateKey.export({ type: "pkcs8", format: "pem" }) as string, certificate: pem(der) };
}
