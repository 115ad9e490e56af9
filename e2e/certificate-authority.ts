import { join } from "node:path";
import { output } from "./command";

export interface CertificateRequest {
  /** Base name of the files. */
  readonly name: string;
  /** As OpenSSL writes it: `/O=system:masters/CN=admin`. */
  readonly subject: string;
  readonly usage: "serverAuth" | "clientAuth";
  /** `IP:127.0.0.1`, `DNS:localhost`. */
  readonly names?: readonly string[];
}

/** Paths of a certificate and its key, both PEM. */
export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
}

const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-days", "30"];

/** A CA for the servers of a run; it has nothing to do with the CAs under test. */
export class CertificateAuthority {
  public static async create(directory: string, commonName: string): Promise<CertificateAuthority> {
    const files = filesIn(directory, "ca");
    await output("openssl", ["req", "-x509", ...NEW_KEY, "-subj", `/CN=${commonName}`, ...to(files)]);
    return new CertificateAuthority(directory, files);
  }

  private constructor(
    private readonly directory: string,
    private readonly own: CertificateFiles,
  ) {}

  /** Path of its own certificate. */
  public get certificate(): string {
    return this.own.certificate;
  }

  public async issue({ name, subject, usage, names }: CertificateRequest): Promise<CertificateFiles> {
    const files = filesIn(this.directory, name);
    const extensions = ["basicConstraints=critical,CA:FALSE", `extendedKeyUsage=${usage}`];
    if (names) extensions.push(`subjectAltName=${names.join(",")}`);
    await output("openssl", [
      ...["req", "-x509", "-CA", this.own.certificate, "-CAkey", this.own.key],
      ...NEW_KEY,
      ...["-subj", subject],
      ...extensions.flatMap((extension) => ["-addext", extension]),
      ...to(files),
    ]);
    return files;
  }
}

function filesIn(directory: string, name: string): CertificateFiles {
  return { certificate: join(directory, `${name}.crt`), key: join(directory, `${name}.key`) };
}

function to(files: CertificateFiles): string[] {
  return ["-keyout", files.key, "-out", files.certificate];
}
