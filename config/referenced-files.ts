import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import {
  canonicalPem,
  containsPrivateKey,
  isSelfSignedCa,
  parseCertificates,
  publicKeys,
  whyRefused,
} from "../lib/private/pem";
import { rules } from "../lib/rules";
import type { CertificateFile, ChartsFrom } from "./mesh";
import type { Problem } from "./mesh-file-error";

/** Reads what a mesh.yaml refers to; what cannot be read becomes a problem. */
export class ReferencedFiles {
  private readonly directory: string;

  constructor(
    meshFile: string,
    private readonly problems: Problem[],
  ) {
    this.directory = dirname(resolve(meshFile));
  }

  /** Absolute path of a file named relative to mesh.yaml; `~/` is left to Terraform, which expands it. */
  public kubeconfig(file: string): string {
    return file.startsWith("~/") ? file : this.resolve(file);
  }

  private resolve(file: string): string {
    return resolve(this.directory, file);
  }

  private text(path: string, file: string): string {
    try {
      return readFileSync(this.resolve(file), "utf8");
    } catch (error) {
      this.problems.push({ path, finding: rules.referencedFile(file, reason(error)) });
      return "";
    }
  }

  /** A file of public certificates. */
  public certificate(path: string, file: string): CertificateFile {
    const before = this.problems.length;
    const pem = this.text(path, file);
    const certificate = { path: this.resolve(file), pem };
    if (this.problems.length > before) return certificate;
    if (containsPrivateKey(pem)) {
      this.problems.push({ path, finding: rules.certificateFile(file, "a private key") });
    } else {
      const certificates = parseCertificates(pem);
      const holds = !certificates
        ? "no certificate that can be read"
        : certificates.every(({ ca }) => ca)
          ? undefined
          : "a certificate that is no CA's";
      if (holds) this.problems.push({ path, finding: rules.certificateFile(file, holds) });
    }
    return certificate;
  }

  /** A file of public keys, one after the other. */
  public publicKeys(path: string, file: string): string[] {
    const before = this.problems.length;
    const text = this.text(path, file);
    if (this.problems.length > before) return [];
    const keys = publicKeys(text);
    if (containsPrivateKey(text)) {
      this.problems.push({ path, finding: rules.publicKeyFile(file, "a private key") });
    } else if (keys.length === 0) {
      this.problems.push({ path, finding: rules.publicKeyFile(file, "no public key") });
    }
    return keys;
  }

  /** A root's certificate: one, signed by its own key. */
  public rootCertificate(path: string, file: string): string {
    const before = this.problems.length;
    const { pem } = this.certificate(path, file);
    if (this.problems.length > before) return pem;
    if (!isSelfSignedCa(pem)) {
      this.problems.push({ path, finding: rules.rootNotSelfSigned() });
      return pem;
    }
    const refused = whyRefused(pem);
    if (refused !== undefined) this.problems.push({ path, finding: rules.rootRefused(refused) });
    return canonicalPem(pem);
  }

  /** Where charts come from; a directory must hold all of `names`. */
  public charts(
    pathOf: (key: string) => string,
    from: { chartRepository?: string; chartsDirectory?: string },
    names: readonly string[],
  ): ChartsFrom {
    const { chartRepository, chartsDirectory } = from;
    if (chartsDirectory === undefined) return { kind: "repository", url: chartRepository };
    if (chartRepository !== undefined) {
      this.problems.push({
        path: pathOf("chartsDirectory"),
        finding: rules.exclusiveKeys("chartRepository", "chartsDirectory"),
      });
      return { kind: "repository", url: chartRepository };
    }
    const directory = this.resolve(chartsDirectory);
    for (const name of names.filter((chart) => !existsSync(join(directory, chart, "Chart.yaml")))) {
      this.problems.push({
        path: pathOf("chartsDirectory"),
        finding: rules.chartMissing(join(chartsDirectory, name)),
      });
    }
    return { kind: "directory", path: directory };
  }
}

/** Why a file could not be read, in words. */
export function reason(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  const texts: Record<string, string> = {
    ENOENT: "there is no such file",
    EACCES: "permission denied",
    EISDIR: "it is a directory",
    ENOTDIR: "part of its path is no directory",
  };
  return texts[code ?? ""] ?? code ?? "unknown error";
}
