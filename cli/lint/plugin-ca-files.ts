/** The plug-in CA files of one istiod, as PEM texts; `undefined` where one is not there. */
export interface PluginCaFiles {
  readonly caKey?: string;
  readonly caCert?: string;
  readonly certChain?: string;
  readonly rootCert?: string;
}

/** What istiod calls them. */
export const PLUGIN_CA_FILE_NAMES = {
  caKey: "ca-key.pem",
  caCert: "ca-cert.pem",
  certChain: "cert-chain.pem",
  rootCert: "root-cert.pem",
} as const satisfies Record<keyof PluginCaFiles, string>;

export type PluginCaFileName = (typeof PLUGIN_CA_FILE_NAMES)[keyof PluginCaFiles];
