import { X509Certificate } from "node:crypto";
import type { Rig } from "./rig";
import { certificates } from "./x509";

/** Knows roots by their certificates. */
export class RootNames {
  private readonly roots = new Map<string, { readonly pem: string; readonly certificate: X509Certificate }>();

  public add(name: string, certificatePem: string): void {
    this.roots.set(name, { pem: certificatePem.trim(), certificate: new X509Certificate(certificatePem) });
  }

  /** Adds every root that is in Vault's PKI engine by now. */
  public async learn({ vault }: Rig): Promise<void> {
    const { data: mounts } = await vault.ask("GET", "sys/mounts");
    for (const path of Object.keys(mounts)) {
      const name = /^istio-root-(.+)\/$/.exec(path)?.[1];
      if (name === undefined) continue;
      const { data } = await vault.client.require("GET", `${path}cert/ca`);
      this.add(name, data.certificate);
    }
  }

  /** A bundle of these roots, with the very bytes that Terraform writes. */
  public pem(...names: readonly string[]): string {
    return names.map((name) => this.roots.get(name)!.pem).join("\n");
  }

  /** Every root there is. */
  public get all(): string {
    return this.pem(...this.roots.keys());
  }

  /** The name of the root that signed an intermediate. */
  public signer(intermediate: X509Certificate): string {
    return this.nameOf((root) => intermediate.verify(root.publicKey));
  }

  /** The roots of a bundle, in order: `a+b`. */
  public bundle(text: string): string {
    return certificates(text)
      .map(({ fingerprint256 }) => this.nameOf((root) => root.fingerprint256 === fingerprint256))
      .join("+");
  }

  /** The roots that an Envoy trusts, sorted by name: its agent sorts them, by their PEM. */
  public trusted(text: string): string {
    return this.bundle(text).split("+").sort().join("+");
  }

  private nameOf(is: (root: X509Certificate) => boolean): string {
    return [...this.roots].find(([, { certificate }]) => is(certificate))?.[0] ?? "unknown";
  }
}
