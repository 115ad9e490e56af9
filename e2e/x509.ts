import { X509Certificate } from "node:crypto";
import { output } from "./command";

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** The certificates of a PEM text, in order. */
export function certificates(pem: string): X509Certificate[] {
  return (pem.match(PEM_CERTIFICATE) ?? []).map((block) => new X509Certificate(block));
}

/** The subject as istiod writes it: `CN=Intermediate CA,O=Istio,L=istiod-cluster1`. */
export function nameOf(distinguishedName: string): string {
  const parts = distinguishedName.split("\n");
  const order = ["CN", "O", "OU", "L"];
  const rank = (part: string) => order.indexOf(part.split("=")[0]!);
  return parts.sort((one, other) => rank(one) - rank(other)).join(",");
}

/** The basic constraints as OpenSSL tells them: `CA:TRUE, pathlen:0`. */
export async function basicConstraints(pem: string): Promise<string> {
  const text = await output("openssl", ["x509", "-noout", "-ext", "basicConstraints"], { input: pem });
  return text.trim().split("\n").at(-1)!.trim();
}
