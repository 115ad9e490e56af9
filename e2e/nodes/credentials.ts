import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CertificateAuthority } from "../certificate-authority";
import type { NodeAddresses } from "./network";

/** Where a control plane's own programs find its API server. */
const LOCAL = "https://127.0.0.1:6443";

/** A cluster's CA, and what its programs and people show to its API server: certificates, in kubeconfig files. */
export class ClusterCredentials {
  public static async create(
    cluster: string,
    directory: string,
    addresses: NodeAddresses,
  ): Promise<ClusterCredentials> {
    const pki = join(directory, "pki");
    mkdirSync(pki, { recursive: true, mode: 0o700 });
    const authority = await CertificateAuthority.create(pki, `${cluster} kubernetes`);
    const credentials = new ClusterCredentials(cluster, pki, authority, `https://${addresses.node}:6443`);
    writeTokenKeys(pki);
    await Promise.all([
      authority.issue({
        name: "apiserver",
        subject: "/CN=kube-apiserver",
        usage: "serverAuth",
        names: [
          ...["127.0.0.1", addresses.node, addresses.nodeByIpv6, addresses.apiService].map(
            (ip) => `IP:${ip}`,
          ),
          ...["kubernetes.default.svc", "kubernetes.default.svc.cluster.local"].map((host) => `DNS:${host}`),
        ],
      }),
      credentials.write(join(directory, "kubeconfig"), "admin", `/O=system:masters/CN=${cluster}-admin`),
      credentials.write(join(pki, "scheduler.kubeconfig"), "scheduler", "/CN=system:kube-scheduler", LOCAL),
      credentials.write(
        ...([join(pki, "controller-manager.kubeconfig"), "controller-manager"] as const),
        ...(["/O=system:masters/CN=kube-controller-manager", LOCAL] as const),
      ),
    ]);
    return credentials;
  }

  private constructor(
    private readonly cluster: string,
    private readonly pki: string,
    private readonly authority: CertificateAuthority,
    /** Of the API server. */
    public readonly server: string,
  ) {}

  /** Path of the CA certificate that signed the API server's. */
  public get caFile(): string {
    return this.authority.certificate;
  }

  /** Path of the public key that checks the cluster's ServiceAccount tokens. */
  public get tokenKeyFile(): string {
    return join(this.pki, "sa.pub");
  }

  /** Writes those of a node into its directory. */
  public async writeNode(name: string, directory: string): Promise<void> {
    const pki = join(directory, "pki");
    mkdirSync(pki, { recursive: true, mode: 0o700 });
    writeFileSync(join(pki, "ca.crt"), readFileSync(this.caFile));
    await Promise.all([
      this.write(
        join(pki, "kubelet.kubeconfig"),
        `${name}-kubelet`,
        `/O=system:nodes/CN=system:node:${name}`,
      ),
      this.write(join(pki, "proxy.kubeconfig"), `${name}-proxy`, "/CN=system:kube-proxy"),
    ]);
  }

  private async write(file: string, name: string, subject: string, server = this.server): Promise<void> {
    const { certificate, key } = await this.authority.issue({ name, subject, usage: "clientAuth" });
    // So that files of several clusters can be merged.
    const user = `${this.cluster}-${name}`;
    const base64 = (path: string) => readFileSync(path).toString("base64");
    const kubeconfig = {
      apiVersion: "v1",
      kind: "Config",
      clusters: [
        { name: this.cluster, cluster: { server, "certificate-authority-data": base64(this.caFile) } },
      ],
      users: [
        {
          name: user,
          user: { "client-certificate-data": base64(certificate), "client-key-data": base64(key) },
        },
      ],
      contexts: [{ name: this.cluster, context: { cluster: this.cluster, user } }],
      "current-context": this.cluster,
    };
    writeFileSync(file, JSON.stringify(kubeconfig), { mode: 0o600 });
  }
}

function writeTokenKeys(directory: string): void {
  const pair = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  writeFileSync(join(directory, "sa.pub"), pair.publicKey);
  writeFileSync(join(directory, "sa.key"), pair.privateKey, { mode: 0o600 });
}
