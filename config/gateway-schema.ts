import { z } from "zod";
import { GATEWAY_CA_MOUNT } from "../lib";
import {
  GATEWAY_CERTIFICATE_LIFETIME,
  GATEWAY_KEY_ALGORITHM,
  PKI_ISSUER,
  REPLICAS,
} from "../lib/private/defaults";
import { wrongDomain } from "../lib/private/gateway-values";
import { rules } from "./rules";
import { checked, duration, keyAlgorithm, replicas, text, vaultPath } from "./schema-values";

/** The schema of `gateways` in mesh.yaml. */

const domains = checked(z.array(text).min(1), (names) => {
  const wrong = names.length > 0 ? wrongDomain(names) : undefined;
  return wrong === undefined ? undefined : rules.gatewayDomains(wrong);
});

const certificate = z.discriminatedUnion("source", [
  z.strictObject({
    source: z.literal("vault-pki").describe("Vault issues the certificate, and the agent renews it in time."),
    domains: domains.describe("The DNS names it is valid for; *.example.com covers one label."),
    mountPath: vaultPath("mountPath")
      .optional()
      .describe(`PKI mount whose CA issues it. Default: ${GATEWAY_CA_MOUNT}, which vault-shared creates.`),
    issuer: text.default(PKI_ISSUER).describe("Id or name of the issuer in the mount."),
    validFor: duration
      .prefault(`${GATEWAY_CERTIFICATE_LIFETIME}`)
      .describe("Lifetime; renewed when nine tenths of it have passed."),
    keyAlgorithm: keyAlgorithm.prefault(`${GATEWAY_KEY_ALGORITHM}`),
  }),
  z.strictObject({
    source: z
      .literal("vault-kv")
      .describe("A KV v2 secret that another system writes: tls_crt, tls_key and ca_crt."),
    mountPath: vaultPath("mountPath").optional().describe("KV v2 mount. Default: the cluster's own."),
    path: vaultPath("path").optional().describe("Path within the mount. Default: gateways/<name>."),
  }),
  z.strictObject({
    source: z
      .literal("none")
      .describe(
        "No certificate of its own, as for east-west or pass-through traffic; it needs nothing in Vault.",
      ),
  }),
]);

/** One gateway, complete. */
const gateway = z.strictObject({
  namespace: text.optional().describe("Namespace of its release. Default: the gateway's name."),
  certificate: certificate.describe("Certificate, key and CA that it serves with."),
  replicas: replicas.default(REPLICAS).describe("Minimum replicas."),
  values: z
    .record(z.string(), z.unknown())
    .default({})
    .describe("Additional Helm values for the gateway chart; those of a cluster are merged over them."),
});

/** By name; a cluster may add what is missing here. */
export const gateways = z.record(z.string(), gateway.partial());

/** The same, each gateway complete. */
export const expandedGateways = z.record(z.string(), gateway);
