import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { output } from "../../command";
import type { Rig } from "../../rig";
import type { WorkloadCertificate } from "../../workload-certificate";

/** What a thief needs of an intermediate: its key; the rest is public. */
export interface Intermediate {
  readonly ca_key: string;
  readonly ca_cert: string;
  readonly cert_chain: string;
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
