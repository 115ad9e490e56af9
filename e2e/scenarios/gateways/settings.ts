import { mkdtempSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { CertificateAuthority, type CertificateFiles } from "../../certificate-authority";
import type { MeshSettings } from "../../mesh-file";
import { FIRST_CLUSTERS } from "../../meshes";
import { TOKEN_ISSUER } from "../../nodes/node";
import type { Rig } from "../../rig";

/** In both clusters, its certificates by a Vault PKI role; each in the namespace of its name. */
export const INGRESS = "istio-ingress";
/** In cluster1 alone, its certificate written to Vault by somebody else. */
export const EGRESS = "istio-egress";

export const GATEWAY_FILES = ["ca.crt", "tls.crt", "tls.key"];
export const EGRESS_HOST = "egress.example.com";
export const EGRESS_SECRET = `gateways/${EGRESS}`;
/** The service outside that egress goes to. */
export const PARTNER = "partner.example.com";

const PAGE = join(__dirname, "..", "..", "..", "docs", "constructs", "gateway-with-vault.md");

export function ingressHost(cluster: string): string {
  return `shop.${cluster}.example.com`;
}

/** No cloud gives load balancers here, and there is no registry to pull from. */
const values = { service: { type: "ClusterIP" }, imagePullPolicy: "IfNotPresent" };

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
  const publicKeysFile = rig.cluster("cluster2").tokenKeyFile;
  return {
    clusters: FIRST_CLUSTERS,
    gateways: { [INGRESS]: { replicas: 1, values } },
    overrides: {
      cluster1: { gateways: { [INGRESS]: { certificate: ingressCertificate("cluster1") }, ...ofCluster1 } },
      cluster2: {
        gateways: { [INGRESS]: { certificate: ingressCertificate("cluster2") } },
        vaultAuth: { method: "jwt", issuer: TOKEN_ISSUER, publicKeysFile },
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

/**
 * A public CA issues for the egress gateway, and somebody writes what it got to Vault; it issues for the partner, too,
 * who gets that.
 */
export async function writeEgressCertificate(rig: Rig): Promise<CertificateFiles & { readonly ca: string }> {
  const authority = await CertificateAuthority.create(
    mkdtempSync(join(rig.directory, "public-ca-")),
    "A public CA",
  );
  const issue = (name: string, host: string, usage: "clientAuth" | "serverAuth") =>
    authority.issue({ name, subject: `/CN=${host}`, usage, names: [`DNS:${host}`] });
  const { certificate, key } = await issue("egress", EGRESS_HOST, "clientAuth");
  const [tls_crt, tls_key, ca_crt] = [certificate, key, authority.certificate].map((file) =>
    readFileSync(file, "utf8"),
  );
  const path = `kubernetes-cluster1-secrets/data/${EGRESS_SECRET}`;
  await rig.vault.ask("PUT", path, { data: { tls_crt, tls_key, ca_crt } });
  return { ...(await issue("partner", PARTNER, "serverAuth")), ca: ca_crt! };
}

/** Istio's resource of this kind as the page shows it, for these hosts. */
export function documented(kind: string, hosts: Readonly<Record<string, string>> = {}): Resource {
  const page = Object.entries(hosts).reduce(
    (text, [from, to]) => text.replaceAll(from, to),
    readFileSync(PAGE, "utf8"),
  );
  const samples = [...page.matchAll(/^```yaml\n([\s\S]*?)\n```$/gm)].map(
    ([, text]) => parse(text!) as Partial<Resource>,
  );
  const found = samples.find(
    (each) => each.kind === kind && each.apiVersion?.startsWith("networking.istio.io/"),
  );
  if (!found) throw new Error(`the page shows no ${kind}`);
  return found as Resource;
}

interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly namespace: string };
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly spec: any;
}
