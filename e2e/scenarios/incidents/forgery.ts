import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeKeyAndRequest } from "../../../cli/issue/key-and-request";
import { Duration, KeyAlgorithm } from "../../../lib";
import { ISTIO_NAMESPACE, rootMount } from "../../../lib/names";
import { intermediateIdentity, signParameters, signPath } from "../../../lib/private/intermediate";
import { output } from "../../command";
import type { Rig } from "../../rig";
import type { WorkloadCertificate } from "../../workload-certificate";

/** What a thief needs of an intermediate: its key; the rest is public. */
export interface Intermediate {
  readonly ca_key: string;
  readonly ca_cert: string;
  readonly cert_chain: string;
}

/** A CA that root a signs for a key of the thief's own, by a token of someone's who may. */
export async function signedForThief(
  { vault }: Rig,
  token: string,
  cluster: string,
): Promise<Intermediate & { readonly serial: string }> {
  const identity = intermediateIdentity(cluster, ISTIO_NAMESPACE);
  const { keyPem, requestPem } = await makeKeyAndRequest(KeyAlgorithm.ecdsa(256), identity);
  const path = signPath({ mountPath: rootMount("a"), issuer: "a" });
  const content = { csr: requestPem, ...signParameters(identity, Duration.years(2)) };
  const { data } = await vault.client.require("POST", path, { token, content });
  const { certificate, ca_chain, serial_number } = data;
  return { ca_key: keyPem, ca_cert: certificate, cert_chain: ca_chain.join("\n"), serial: serial_number };
}

/** A workload's certificate, made by someone who has an intermediate's key. */
export async function forge(
  { directory }: Rig,
  intermediate: Intermediate,
  root: string,
): Promise<WorkloadCertificate> {
  const file = (name: string) => join(directory, `forged-${name}.pem`);
  writeFileSync(file("ca-key"), intermediate.ca_key, { mode: 0o600 });
  writeFileSync(file("ca"), intermediate.ca_cert);
  const leaf = await output("openssl", [
    ...["req", "-x509", "-CA", file("ca"), "-CAkey", file("ca-key"), "-days", "1", "-subj", "/"],
    ...["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-keyout", file("key")],
    ...["-addext", "basicConstraints=critical,CA:FALSE"],
    ...["-addext", "subjectAltName=critical,URI:spiffe://cluster.local/ns/kube-system/sa/admin"],
  ]);
  const key = readFileSync(file("key"), "utf8");
  for (const name of ["ca-key", "key"]) rmSync(file(name));
  return { key, chain: leaf + intermediate.cert_chain, root };
}
