import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { credentials, loadPackageDefinition, Metadata, type ServiceError } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import type { Cluster } from "./cluster";
import { output } from "./command";
import type { KeyedData } from "./kubernetes-objects";

/** What a sidecar ends up with, all PEM. */
export interface WorkloadCertificate {
  readonly key: string;
  /** The leaf first, then what leads to the root. */
  readonly chain: string;
  /** The root istiod sent along. */
  readonly root: string;
}

/** What is asked of a cluster: its API, and a directory for keys. */
export type CertificateSource = Pick<Cluster, "name" | "directory" | "api">;

/** The roots istiod published in a namespace: what the workloads there trust. */
export async function publishedRoots(cluster: CertificateSource, namespace: string): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/configmaps/istio-ca-root-cert`;
  const configMap = await cluster.api.get<KeyedData>(path);
  return configMap.data?.["root-cert.pem"] ?? "";
}

/** Asks istiod's CA for a certificate, as a sidecar of this ServiceAccount does. */
export async function signWorkload(
  cluster: CertificateSource,
  namespace: string,
  serviceAccount: string,
): Promise<WorkloadCertificate> {
  const [roots, token, { key, csr }, host] = await Promise.all([
    publishedRoots(cluster, namespace),
    cluster.api.token({ namespace, serviceAccount, audience: "istio-ca" }),
    newKey(cluster.directory),
    istiodAddress(cluster),
  ]);
  const certificates = await requestCertificate({ host, roots, token, csr, clusterName: cluster.name });
  if (certificates.length < 2) throw new Error("istiod answered with fewer than two certificates");
  return { key, chain: certificates.slice(0, -1).join(""), root: certificates.at(-1)! };
}

async function istiodAddress(cluster: CertificateSource): Promise<string> {
  const path = "/api/v1/namespaces/istio-system/services/istiod";
  const service = await cluster.api.get<{ spec: { clusterIP: string } }>(path);
  return `${service.spec.clusterIP}:15012`;
}

/** istiod takes the identity from the token, so the request names nobody. */
export async function newKey(directory: string): Promise<{ key: string; csr: string }> {
  const home = join(directory, "workloads");
  mkdirSync(home, { recursive: true });
  const keyFile = join(home, `${randomUUID()}.key`);
  const csr = await output("openssl", [
    ...["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"],
    ...["-subj", "/", "-keyout", keyFile],
  ]);
  return { key: readFileSync(keyFile, "utf8"), csr };
}

export interface CertificateCall {
  readonly host: string;
  readonly roots: string;
  readonly token: string;
  readonly csr: string;
  readonly clusterName: string;
  /** Whether istiod's certificate was verified already, and is not to be verified here. */
  readonly verified?: boolean;
}

type CreateCertificate = (
  request: { csr: string; validityDuration: number },
  metadata: Metadata,
  options: { deadline: number },
  callback: (error: ServiceError | null, answer?: { certChain: string[] }) => void,
) => void;

/** Calls istiod's certificate service; the answer is the leaf, what is above it, and the roots. */
export function requestCertificate(call: CertificateCall): Promise<string[]> {
  const { host, roots, token, csr, clusterName, verified } = call;
  const definition = loadPackageDefinition(loadSync(join(__dirname, "istio-ca.proto"))) as unknown as {
    istio: { v1: { auth: { IstioCertificateService: new (...args: unknown[]) => Client } } };
  };
  const { IstioCertificateService } = definition.istio.v1.auth;
  const client = new IstioCertificateService(
    host,
    credentials.createSsl(Buffer.from(roots), null, null, { rejectUnauthorized: !verified }),
    {
      "grpc.ssl_target_name_override": "istiod.istio-system.svc",
      "grpc.enable_http_proxy": 0,
    },
  );
  const metadata = new Metadata();
  metadata.set("authorization", `Bearer ${token}`);
  metadata.set("clusterid", clusterName);
  return new Promise<string[]>((resolve, reject) => {
    const options = { deadline: Date.now() + 20_000 };
    client.createCertificate({ csr, validityDuration: 3600 }, metadata, options, (error, answer) =>
      error ? reject(error) : resolve(answer!.certChain),
    );
  }).finally(() => client.close());
}

interface Client {
  readonly createCertificate: CreateCertificate;
  readonly close: () => void;
}
