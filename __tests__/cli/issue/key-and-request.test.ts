import "reflect-metadata";
import { createPrivateKey, createPublicKey } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { makeKeyAndRequest } from "../../../cli/issue/key-and-request";
import { KeyAlgorithm } from "../../../lib";
import { intermediateIdentity } from "../../../lib/private/intermediate";

const identity = intermediateIdentity("cluster1", "istio-system");

test.each([
  [
    "rsa-2048",
    { asymmetricKeyType: "rsa", asymmetricKeyDetails: { modulusLength: 2048, publicExponent: 65537n } },
  ],
  ["ecdsa-p256", { asymmetricKeyType: "ec", asymmetricKeyDetails: { namedCurve: "prime256v1" } }],
  ["ecdsa-p384", { asymmetricKeyType: "ec", asymmetricKeyDetails: { namedCurve: "secp384r1" } }],
])("makes a key of %s, as PKCS #8, and a request signed by it", async (algorithm, expected) => {
  const { keyPem, requestPem } = await makeKeyAndRequest(KeyAlgorithm.parse(algorithm), identity);
  expect(keyPem).toMatch(/^-----BEGIN PRIVATE KEY-----\n[\s\S]+\n-----END PRIVATE KEY-----\n$/);
  expect(createPrivateKey(keyPem)).toMatchObject(expected);
  const request = new x509.Pkcs10CertificateRequest(requestPem);
  expect(await request.verify()).toBe(true);
  const spki = createPublicKey(createPrivateKey(keyPem)).export({ type: "spki", format: "der" });
  expect(Buffer.from(request.publicKey.rawData)).toEqual(spki);
});

test("asks for a CA that signs no further one, under the cluster's name", async () => {
  const { requestPem } = await makeKeyAndRequest(KeyAlgorithm.ecdsa(256), identity);
  const request = new x509.Pkcs10CertificateRequest(requestPem);
  expect(request.subject).toBe("O=Istio, L=istiod-cluster1, CN=Intermediate CA");
  expect(
    request.extensions.find((extension) => extension instanceof x509.BasicConstraintsExtension),
  ).toMatchObject({ ca: true, pathLength: 0 });
  const usages = x509.KeyUsageFlags;
  expect(request.extensions.find((extension) => extension instanceof x509.KeyUsagesExtension)!.usages).toBe(
    usages.digitalSignature | usages.keyCertSign | usages.cRLSign,
  );
  expect(
    request.extensions
      .find((extension) => extension instanceof x509.SubjectAlternativeNameExtension)!
      .names.toJSON(),
  ).toEqual([{ type: "dns", value: "istiod.istio-system.svc" }]);
});

test("makes another key each time", async () => {
  const [one, other] = await Promise.all(
    [1, 2].map(() => makeKeyAndRequest(KeyAlgorithm.ecdsa(256), identity)),
  );
  expect(one.keyPem).not.toBe(other.keyPem);
});
