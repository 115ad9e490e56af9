import { X509Certificate } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { credentials } from "@grpc/grpc-js";
import { requestCertificate } from "../../../cli/status/istiod-ca";
import type { Cluster } from "../../cluster";
import { run } from "../../command";
import { newKey, type WorkloadCertificate } from "../../workload-certificate";
import type { BareIstiod } from "./bare-istiod";
import { judgedBy } from "./judge";

/** Asks an istiod for certificates as sidecars do. */
export class Sidecar {
  public static async create(cluster: Cluster, vault: string): Promise<Sidecar> {
    const [token, request] = await Promise.all([
      cluster.token({ namespace: "default", serviceAccount: "default", audience: "istio-ca" }),
      newKey(cluster.directory),
    ]);
    return new Sidecar(cluster, vault, token, request);
  }

  private constructor(
    private readonly cluster: Cluster,
    /** Path of Vault's program. */
    private readonly vault: string,
    private readonly token: string,
    private readonly request: { readonly key: string; readonly csr: string },
  ) {}

  /**
   * Whether istiod's own certificate verifies under these roots. A sidecar's agent verifies it with Go's
   * library, and so does Vault's client, which here gets an answer that is none of Vault's.
   */
  public async reaches(istiod: BareIstiod, roots: string): Promise<boolean> {
    const file = join(this.cluster.directory, "sidecar-roots.pem");
    writeFileSync(file, roots);
    const { stdout, stderr } = await run(
      this.vault,
      [
        "status",
        `-address=https://${istiod.address}:15012`,
        `-ca-cert=${file}`,
        "-tls-server-name=istiod.istio-system.svc",
      ],
      { env: { HOME: this.cluster.directory, VAULT_MAX_RETRIES: "0" } },
    );
    const said = stdout + stderr;
    if (said.includes("Code: 415")) return true;
    if (said.includes("failed to verify certificate") || said.includes("Error loading CA File")) return false;
    throw new Error(`not an answer of istiod's: ${said}`);
  }

  /**
   * A certificate from an istiod whose own was verified already: OpenSSL, which Node verifies with, is
   * stricter than Go at times, and that is to be seen in the leaf.
   */
  public async certificate(istiod: BareIstiod, roots: string): Promise<WorkloadCertificate> {
    const answer = await requestCertificate({
      address: `${istiod.address}:15012`,
      credentials: credentials.createSsl(Buffer.from(roots), null, null, { rejectUnauthorized: false }),
      token: this.token,
      csr: this.request.csr,
      clusterName: this.cluster.name,
      validSeconds: 3600,
      timeoutSeconds: 20,
    });
    return { key: this.request.key, chain: answer.slice(0, -1).join(""), root: answer.at(-1)! };
  }
}

/** Whether two workloads with such certificates accept each other; proxies get `ca-crl.pem` from istiod. */
export async function acceptEachOther(
  certificate: WorkloadCertificate,
  roots: string,
  revocationLists?: string,
): Promise<boolean> {
  const { key, chain: cert } = certificate;
  const [answer] = await judgedBy(process.execPath, [{ id: 0, key, cert, ca: roots, crl: revocationLists }]);
  return answer!.error === undefined;
}

/** Whether the first certificate of a chain is signed by that of a CA, whatever else either is. */
export function isSignedBy(chain: string, caCertificate: string): boolean {
  return new X509Certificate(chain).verify(new X509Certificate(caCertificate).publicKey);
}
