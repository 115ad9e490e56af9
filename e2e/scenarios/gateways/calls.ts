import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, request, type Server } from "node:https";
import { get } from "node:http";
import type { TLSSocket, SecureContextOptions } from "node:tls";
import type { X509Certificate } from "node:crypto";
import type { Cluster } from "../../cluster";
import type { Rig } from "../../rig";
import { atEnd } from "../../processes";
import { EGRESS, INGRESS, PARTNER } from "./settings";

/** What a client from outside got of a gateway. */
export interface GatewayAnswer {
  readonly certificate: X509Certificate;
  readonly status: number;
  readonly text: string;
}

/** A client from outside: the CA it trusts, and its own certificate and key where it has one. */
export type GatewayClient = Pick<SecureContextOptions, "ca" | "cert" | "key">;

/** Asks a cluster's ingress gateway for a host, on a connection of its own; throws where either does not verify the other. */
export async function callIngress(
  cluster: Cluster,
  host: string,
  client: GatewayClient,
): Promise<GatewayAnswer> {
  const address = await serviceAddress(cluster, INGRESS);
  return new Promise((resolve, reject) => {
    const options = {
      host: address,
      servername: host,
      headers: { host },
      agent: false,
      timeout: 20_000,
      ...client,
    };
    const sent = request(options, (response) => {
      const certificate = (response.socket as TLSSocket).getPeerX509Certificate()!;
      let text = "";
      response.on("error", reject);
      response.on("data", (chunk: Buffer) => (text += chunk.toString()));
      response.on("end", () => resolve({ certificate, status: response.statusCode!, text }));
    });
    sent.on("timeout", () => sent.destroy(new Error("the gateway does not answer")));
    sent.on("error", reject);
    sent.end();
  });
}

/** A client of an ingress gateway, with the CA's certificate as Vault shows it. */
export async function ingressClient(rig: Rig): Promise<GatewayClient> {
  const { data } = await rig.vault.client.require("GET", "istio-gateways/cert/ca");
  return { ca: data.certificate };
}

/** Asks for the partner through the egress gateway; what the partner answers. */
export async function callPartner(cluster: Cluster): Promise<string> {
  const host = await serviceAddress(cluster, EGRESS);
  return new Promise((resolve, reject) => {
    const sent = get({ host, headers: { host: PARTNER }, agent: false, timeout: 20_000 }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => (text += chunk.toString()));
      response.on("end", () => (response.statusCode === 200 ? resolve(text) : reject(new Error(text))));
    });
    sent.on("timeout", () => sent.destroy(new Error("the gateway does not answer")));
    sent.on("error", reject);
  });
}

/** The service outside the mesh: it answers who shows a certificate of its CA, with that certificate's names. */
export class Partner {
  public static async start(host: string, identity: PartnerIdentity): Promise<Partner> {
    const server = createServer({ ...read(identity), requestCert: true }, (received, response) => {
      response.end((received.socket as TLSSocket).getPeerX509Certificate()!.subjectAltName);
    });
    server.listen(0, host);
    await once(server, "listening");
    atEnd(() => server.close());
    return new Partner(server);
  }

  private constructor(private readonly server: Server) {}

  public get port(): number {
    return (this.server.address() as { port: number }).port;
  }

  /** From now on it is, and trusts, this. */
  public become(identity: PartnerIdentity): void {
    this.server.setSecureContext(read(identity));
  }
}

interface PartnerIdentity {
  readonly certificate: string;
  readonly key: string;
  readonly ca: string;
}

function read({ certificate, key, ca }: PartnerIdentity) {
  return { cert: readFileSync(certificate), key: readFileSync(key), ca };
}

async function serviceAddress({ core }: Cluster, gateway: string): Promise<string> {
  const { spec } = await core.readNamespacedService({ name: gateway, namespace: gateway });
  return spec!.clusterIP!;
}
