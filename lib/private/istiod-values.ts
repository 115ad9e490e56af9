import { type HelmValues, isMap, overlay } from "./helm-values";

/**
 * What the `istiod` chart's values say of who signs for workloads, and whom istiod takes for whom: each place
 * where the chart, or istiod itself, reads it.
 */

/** Variables by which istiod takes its CA from elsewhere, or lets another sign; each with what leaves it as it is. */
const SIGNERS: Readonly<Record<string, readonly string[]>> = {
  EXTERNAL_CA: [""],
  K8S_SIGNER: [""],
  CERT_SIGNER_DOMAIN: [""],
  CA_ADDR: [""],
  ENABLE_CA_SERVER: ["true"],
  PILOT_CERT_PROVIDER: ["istiod"],
  USE_CACERTS_FOR_SELF_SIGNED_CA: ["false"],
  AUTO_RELOAD_PLUGIN_CERTS: ["true"],
};

/** Variables by which istiod takes callers for others than they prove to be. */
const IDENTITIES: Readonly<Record<string, readonly string[]>> = {
  PILOT_SKIP_VALIDATE_TRUST_DOMAIN: ["false"],
  PILOT_ENABLE_XDS_IDENTITY_CHECK: ["true"],
  XDS_AUTH: ["true"],
  TRUSTED_GATEWAY_CIDR: [""],
  TOKEN_ISSUER: [""],
  AUDIENCE: [""],
  JWT_RULE: [""],
};

/** Values, by path, that do the same; `undefined` and what stands here leave things as they are. */
const VALUES: Readonly<Record<string, readonly unknown[]>> = {
  "global.caAddress": [""],
  "global.caName": [""],
  "global.certSigners": [],
  "global.externalIstiod": [false],
  "global.mountMtlsCerts": [false],
  "global.pilotCertProvider": ["istiod"],
  "global.remotePilotAddress": [""],
  "global.sds.token.aud": ["istio-ca"],
  "global.trustBundleName": [""],
  "istiodRemote.enabled": [false],
  "meshConfig.ca": [],
  "meshConfig.caCertificates": [],
  "meshConfig.certificates": [],
  "meshConfig.defaultConfig.caCertificatesPem": [],
  "meshConfig.defaultConfig.discoveryAddress": [""],
};

/** Variables of proxies that send their requests for certificates elsewhere. */
const PROXY_SIGNERS = [
  "CA_ADDR",
  "CA_PROVIDER",
  "CA_ROOT_CA",
  "XDS_ROOT_CA",
  "PROV_CERT",
  "PKCS8_KEY",
  "FILE_MOUNTED_CERTS",
];

/** Where the values, with `pilot.` taken away, take signing from the files of Vault; each by its path. */
export function otherSigners(values: HelmValues): string[] {
  const { env, envVarFrom } = values;
  const usual = { ...SIGNERS, ...IDENTITIES };
  const variables = [
    ...Object.entries(isMap(env) ? env : {})
      .filter(([name, value]) => Object.hasOwn(usual, name) && !usual[name].includes(`${value as string}`))
      .map(([name]) => `env.${name}`),
    // Its value comes from elsewhere.
    ...(Array.isArray(envVarFrom) ? envVarFrom : [])
      .map((variable) => (isMap(variable) ? `${variable.name}` : ""))
      .filter((name) => Object.hasOwn(usual, name))
      .map((name) => `envVarFrom.${name}`),
  ];
  const proxy = valueAt(values, "meshConfig.defaultConfig.proxyMetadata");
  return [
    ...variables,
    ...Object.entries(VALUES)
      .filter(([path, usual]) => {
        const value = valueAt(values, path);
        return value !== undefined && !usual.includes(value) && !isEmpty(value);
      })
      .map(([path]) => path),
    ...Object.keys(isMap(proxy) ? proxy : {})
      .filter((name) => PROXY_SIGNERS.includes(name))
      .map((name) => `meshConfig.defaultConfig.proxyMetadata.${name}`),
  ];
}

/** The chart lays `pilot.x` over `x`, and reads what it keeps as its own defaults. */
export function withoutPrefix(values: HelmValues): HelmValues {
  const { pilot, ...rest } = values;
  return isMap(pilot) ? overlay(rest, pilot) : rest;
}

/** What stands at a path of keys, joined by dots. */
export function valueAt(values: HelmValues, path: string): unknown {
  return path.split(".").reduce<unknown>((part, key) => (isMap(part) ? part[key] : undefined), values);
}

function isEmpty(value: unknown): boolean {
  return value === null || (typeof value === "object" && Object.keys(value).length === 0);
}
