import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ClusterAddresses } from "./addresses";
import { CertificateAuthority, type CertificateFiles } from "../certificate-authority";
import { KubeClient } from "./kube-client";
import { Daemon } from "../processes";
import type { Programs } from "../programs";
import { waitFor } from "../wait";

/** The `iss` of every ServiceAccount token. */
export const TOKEN_ISSUER = "https://kubernetes.default.svc.cluster.local";

const CONTROLLERS = [
  "namespace-controller",
  "serviceaccount-controller",
  "serviceaccount-token-controller",
  "root-ca-certificate-publisher-controller",
  "deployment-controller",
  "replicaset-controller",
  "job-controller",
  "horizontal-pod-autoscaler-controller",
  "garbage-collector-controller",
  "clusterrole-aggregation-controller",
  "validatingadmissionpolicy-status-controller",
];

export interface ControlPlaneOptions {
  readonly name: string;
  readonly directory: string;
  readonly addresses: ClusterAddresses;
  readonly etcdAddress: string;
  readonly programs: Programs;
}

/** One cluster's API server and controller manager, with a CA and service-account keys of its own. */
export class ControlPlane {
  public static async start(options: ControlPlaneOptions): Promise<ControlPlane> {
    mkdirSync(options.directory, { recursive: true });
    const authority = await CertificateAuthority.create(options.directory, `${options.name} kubernetes`);
    const server = await authority.issue({
      name: "apiserver",
      subject: "/CN=kube-apiserver",
      usage: "serverAuth",
      names: [`IP:${options.addresses.apiServer}`, "DNS:kubernetes.default.svc"],
    });
    const administrator = await authority.issue({
      name: "admin",
      subject: `/O=system:masters/CN=${options.name}-admin`,
      usage: "clientAuth",
    });
    const plane = new ControlPlane(options, authority.certificate, administrator);
    await plane.run(server);
    return plane;
  }

  public readonly name: string;
  public readonly address: string;
  public readonly kubeconfig: string;
  /** Path of the public key that checks the cluster's ServiceAccount tokens. */
  public readonly tokenKeyFile: string;
  public readonly api: KubeClient;

  private constructor(
    private readonly options: ControlPlaneOptions,
    /** Path of the CA certificate that signed the API server's. */
    public readonly caFile: string,
    administrator: CertificateFiles,
  ) {
    this.name = options.name;
    this.address = `https://${options.addresses.apiServer}:443`;
    this.kubeconfig = join(options.directory, "kubeconfig");
    this.tokenKeyFile = join(options.directory, "sa.pub");
    const identity = {
      ca: readFileSync(caFile, "utf8"),
      cert: readFileSync(administrator.certificate, "utf8"),
      key: readFileSync(administrator.key, "utf8"),
    };
    this.api = new KubeClient(this.address, identity);
    writeFileSync(this.kubeconfig, JSON.stringify(kubeconfig(this.name, this.address, identity)), {
      mode: 0o600,
    });
  }

  private async run(server: CertificateFiles): Promise<void> {
    const { directory, addresses, etcdAddress, programs, name } = this.options;
    const privateKey = join(directory, "sa.key");
    writeTokenKeys(this.tokenKeyFile, privateKey);
    const apiServer = new Daemon({
      program: programs.path("kube-apiserver"),
      args: [
        `--etcd-servers=${etcdAddress}`,
        `--etcd-prefix=/${name}`,
        `--bind-address=${addresses.apiServer}`,
        `--advertise-address=${addresses.apiServer}`,
        "--secure-port=443",
        `--tls-cert-file=${server.certificate}`,
        `--tls-private-key-file=${server.key}`,
        `--client-ca-file=${this.caFile}`,
        `--service-account-issuer=${TOKEN_ISSUER}`,
        `--service-account-key-file=${this.tokenKeyFile}`,
        `--service-account-signing-key-file=${privateKey}`,
        `--service-cluster-ip-range=${addresses.serviceRange}`,
        "--authorization-mode=RBAC",
        // No endpoints may be on loopback, so the API server must not publish its own.
        "--endpoint-reconciler-type=none",
        "--profiling=false",
      ],
      logFile: join(directory, "apiserver.log"),
    });
    await waitFor(`${name} API server`, 120, async () => {
      apiServer.requireRunning();
      return (await this.api.get("/readyz")) === "ok";
    });
    const controllerManager = new Daemon({
      program: programs.path("kube-controller-manager"),
      args: [
        `--kubeconfig=${this.kubeconfig}`,
        "--leader-elect=false",
        "--secure-port=0",
        "--profiling=false",
        `--root-ca-file=${this.caFile}`,
        `--service-account-private-key-file=${privateKey}`,
        `--controllers=${CONTROLLERS.join(",")}`,
      ],
      logFile: join(directory, "controller-manager.log"),
    });
    await waitFor(`${name} controller manager`, 60, async () => {
      controllerManager.requireRunning();
      return this.api.find("/api/v1/namespaces/default/serviceaccounts/default");
    });
  }
}

function writeTokenKeys(publicKey: string, privateKey: string): void {
  const pair = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  writeFileSync(publicKey, pair.publicKey);
  writeFileSync(privateKey, pair.privateKey, { mode: 0o600 });
}

function kubeconfig(
  name: string,
  server: string,
  identity: { ca: string; cert: string; key: string },
): object {
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  return {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server, "certificate-authority-data": base64(identity.ca) } }],
    users: [
      {
        name,
        user: {
          "client-certificate-data": base64(identity.cert),
          "client-key-data": base64(identity.key),
        },
      },
    ],
    contexts: [{ name, context: { cluster: name, user: name } }],
    "current-context": name,
  };
}
