/** The plug-in CA files of one istiod, as PEM texts; `undefined` where one is not there. */
export interface PluginCaFiles {
  readonly caKey?: string;
  readonly caCert?: string;
  readonly certChain?: string;
  readonly rootCert?: string;
  /** Revocation lists, which istiod reads from 1.27 on where they are there. */
  readonly caCrl?: string;
}

/** What istiod calls the four it needs. */
export const PLUGIN_CA_FILE_NAMES = {
  caKey: "ca-key.pem",
  caCert: "ca-cert.pem",
  certChain: "cert-chain.pem",
  rootCert: "root-cert.pem",
} as const satisfies Record<Exclude<keyof PluginCaFiles, "caCrl">, string>;

/** What istiod calls the fifth, which it does not need. */
export const CA_CRL = "ca-crl.pem";

export type PluginCaFileName = (typeof PLUGIN_CA_FILE_NAMES)[keyof typeof PLUGIN_CA_FILE_NAMES];
