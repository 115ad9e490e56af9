import assert from "node:assert/strict";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { connect, type SecureContextOptions } from "node:tls";
import type { Cluster } from "./cluster";
import { isReady, type Pod, type Service } from "./kubernetes-objects";
import { waitFor } from "../wait";

export const GATEWAY_FILES = ["ca.crt", "tls.crt", "tls.key"];

/** What a gateway showed to a client, and thought of it. */
export interface GatewayAnswer {
  /** The certificate it served. */
  readonly certificate: X509Certificate;
  /** Whether the client's own certificate chains to the gateway's CA. */
  readonly clientIsAuthorized: boolean;
}

export interface GatewayCall {
  readonly gateway: string;
  readonly namespace: string;
  /** The name the client asks for and verifies. */
  readonly host: string;
  /** PEM of the CA the client trusts, and of its own certificate and key where it has one. */
  readonly client: Pick<SecureContextOptions, "ca" | "cert" | "key">;
}

/** The one pod of a gateway, once it is ready. */
export function readyGateway(cluster: Cluster, gateway: string, namespace: string): Promise<Pod> {
  return waitFor(`a ready ${gateway} in ${cluster.name}`, 120, async () => {
    const pods = await cluster.pods(namespace, `app=${gateway}`);
    return pods.length === 1 && isReady(pods[0]!) && pods[0];
  });
}

/** Connects to a gateway through its Service, verified by name and CA. Throws where it does not verify. */
export async function callGateway(cluster: Cluster, call: GatewayCall): Promise<GatewayAnswer> {
  const { gateway, namespace, host, client } = call;
  const service = await cluster.api.get<Service>(`/api/v1/namespaces/${namespace}/services/${gateway}`);
  const options = { host: service.spec.clusterIP, port: 443, servername: host, ...client, timeout: 20_000 };
  return new Promise((resolve, reject) => {
    let text = "";
    let certificate: X509Certificate | undefined;
    const socket = connect(options, () => (certificate = socket.getPeerX509Certificate()));
    socket.on("timeout", () => socket.destroy(new Error(`${gateway} does not answer`)));
    socket.on("error", reject);
    socket.on("data", (data) => (text += data.toString()));
    socket.on("end", () => {
      assert.ok(certificate, `${gateway} closed before it served a certificate`);
      resolve({ certificate, ...(JSON.parse(text) as { clientIsAuthorized: boolean }) });
    });
  });
}

/** Requires that a gateway's certificate, key and CA belong together. */
export function requireMatching(files: Readonly<Record<string, string>>): void {
  const certificate = new X509Certificate(files["tls.crt"]!);
  assert.ok(certificate.checkPrivateKey(createPrivateKey(files["tls.key"]!)), "the key is another one's");
  assert.ok(certificate.verify(new X509Certificate(files["ca.crt"]!).publicKey), "the CA is another one's");
}
