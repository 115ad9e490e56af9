import { mkdtempSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CertificateAuthority } from "../../certificate-authority";
import { TOKEN_ISSUER } from "../../control-plane";
import type { GatewayCall } from "../../gateway";
import type { MeshSettings } from "../../mesh-file";
import type { Rig } from "../../rig";

export const CLUSTERS = ["cluster1", "cluster2"];

/** In both clusters, its certificates by a Vault PKI role; each in the namespace of its name. */
export const INGRESS = "istio-ingress";
/** In cluster1 alone, its certificate written to Vault by somebody else. */
export const EGRESS = "istio-egress";

export const EGRESS_HOST = "egress.example.com";
export const EGRESS_SECRET = `gateways/${EGRESS}`;

export function ingressHost(cluster: string): string {
  return `shop.${cluster}.example.com`;
}

/** No cloud gives load balancers here, and the stand-in for the proxy listens at a port open to all users. */
const values = { service: { type: "ClusterIP", ports: [{ name: "https", port: 443, targetPort: 8443 }] } };

/** Gateways in both clusters, whose pods log in each by another method. */
export function withGateways(rig: Rig): MeshSettings {
  const egress = { [EGRESS]: { certificate: { source: "vault-kv" }, replicas: 1, values } };
  return settings(rig, egress);
}

/** cluster1 without its egress gateway. */
export function withoutEgress(rig: Rig): MeshSettings {
  return settings(rig, {});
}

function settings(rig: Rig, ofCluster1: object): MeshSettings {
  const publicKeysFile = rig.cluster("cluster2").controlPlane.tokenKeyFile;
  return {
    clusters: CLUSTERS,
    gateways: { [INGRESS]: { replicas: 1, values } },
    overrides: {
      cluster1: { gateways: { [INGRESS]: { certificate: ingressCertificate("cluster1") }, ...ofCluster1 } },
      cluster2: {
        gateways: { [INGRESS]: { certificate: ingressCertificate("cluster2") } },
        vaultAuth: { method: "jwt", issuer: TOKEN_ISSUER, publicKeysFile },
        // Of such a platform istiod asks which users a namespace has.
        istio: { values: { global: { platform: "openshift" } } },
      },
    },
  };
}

/** Where a cluster's pods log in, and the audience their tokens need. */
export function loginOf(cluster: string): { readonly mount: string; readonly audience?: string } {
  return cluster === "cluster2"
    ? { mount: "jwt-cluster2", audience: "vault" }
    : { mount: `kubernetes-${cluster}` };
}

function ingressCertificate(cluster: string): object {
  const domains = [ingressHost(cluster), `*.apps.${cluster}.example.com`];
  // Vault dates certificates back by 30 s, so that nine tenths have passed after 51 s.
  return { source: "vault-pki", domains, validFor: "60s" };
}

/** A public CA issues for the egress gateway, and somebody writes what it got to Vault. */
export async function writeEgressCertificate(rig: Rig): Promise<void> {
  const directory = mkdtempSync(join(rig.directory, "public-ca-"));
  const authority = await CertificateAuthority.create(directory, "A public CA");
  const { certificate, key } = await authority.issue({
    name: "egress",
    subject: `/CN=${EGRESS_HOST}`,
    usage: "serverAuth",
    names: [`DNS:${EGRESS_HOST}`],
  });
  const [tls_crt, tls_key, ca_crt] = [certificate, key, authority.certificate].map((file) =>
    readFileSync(file, "utf8"),
  );
  await rig.vault.client.require("PUT", `kubernetes-cluster1-secrets/data/${EGRESS_SECRET}`, {
    token: rig.vault.rootToken,
    content: { data: { tls_crt, tls_key, ca_crt } },
  });
}

/** A client of a cluster's ingress gateway, with the CA's certificate as Vault shows it. */
export async function ingressCall(rig: Rig, cluster: string): Promise<GatewayCall> {
  const { data } = await rig.vault.client.require("GET", "istio-gateways/cert/ca");
  return {
    gateway: INGRESS,
    namespace: INGRESS,
    host: ingressHost(cluster),
    client: { ca: data.certificate },
  };
}

/** A client of the egress gateway, with the CA's certificate as it was written last. */
export async function egressCall(rig: Rig): Promise<GatewayCall> {
  const { data } = await rig.vault.client.require(
    "GET",
    `kubernetes-cluster1-secrets/data/${EGRESS_SECRET}`,
    {
      token: rig.vault.rootToken,
    },
  );
  return { gateway: EGRESS, namespace: EGRESS, host: EGRESS_HOST, client: { ca: data.data.ca_crt } };
}
