import type { VaultServer } from "./vault-server";

/** A cluster's intermediate in Vault, looked at with an administrator's eyes. */
export class IntermediateSecret {
  private readonly mount: string;

  constructor(
    private readonly rig: { readonly vault: VaultServer },
    cluster: string,
  ) {
    this.mount = `kubernetes-${cluster}-secrets`;
  }

  public get dataPath(): string {
    return `${this.mount}/data/istiod-service/certs`;
  }

  public get metadataPath(): string {
    return `${this.mount}/metadata/istiod-service/certs`;
  }

  public get bundlePath(): string {
    return `${this.mount}/data/istiod-service/trust-bundle`;
  }

  public async version(): Promise<number> {
    return (await this.read(this.metadataPath)).current_version as number;
  }

  /** The public facts its issuer wrote. */
  public async record(): Promise<Record<string, string>> {
    return (await this.read(this.metadataPath)).custom_metadata as Record<string, string>;
  }

  public async files(): Promise<{ ca_key: string; ca_cert: string; cert_chain: string; root_cert: string }> {
    const [secret, bundle] = await Promise.all([this.read(this.dataPath), this.read(this.bundlePath)]);
    return { ...secret.data, ...bundle.data };
  }

  /** Every key that Vault still keeps a version of. */
  public async keys(): Promise<string[]> {
    const { versions } = await this.read(this.metadataPath);
    const read = async (version: string) => (await this.read(`${this.dataPath}?version=${version}`)).data;
    return (await Promise.all(Object.keys(versions).map(read))).map(({ ca_key }) => ca_key as string);
  }

  /** Writes past every check, as only an administrator can. */
  public async overwrite(data: object): Promise<void> {
    await this.rig.vault.client.require("POST", this.dataPath, {
      token: this.rig.vault.rootToken,
      content: { options: { cas: await this.version() }, data },
    });
  }

  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  private async read(path: string): Promise<any> {
    const { data } = await this.rig.vault.client.require("GET", path, { token: this.rig.vault.rootToken });
    return data;
  }
}
