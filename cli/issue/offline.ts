import { X509Certificate } from "node:crypto";
import { CommandError } from "../command-error";
import { ExitCode } from "../exit-code";
import { type VaultClient, VaultRefusal } from "../vault/vault-client";
import type { IntermediateRecord } from "./intermediate-record";
import { type KeyAndRequest, makeKeyAndRequest } from "./key-and-request";
import { SecretStore } from "./secret-store";
import { requireSoundFiles } from "./sound-files";
import type { Target } from "./target";

/**
 * For a root that signs outside of Vault: the key waits in Vault, the request goes out, the certificate
 * comes back. The key is never on a disk.
 */
export class OfflineIssue {
  constructor(
    private readonly vault: VaultClient,
    private readonly target: Target,
  ) {}

  /** The request to have signed. Asked again, the same one, until its certificate came. */
  public async request(): Promise<string> {
    const waiting = await this.waiting();
    if (waiting) return waiting.requestPem;
    const { cluster, identity } = this.target;
    const made = await makeKeyAndRequest(cluster.intermediates.keyAlgorithm, identity);
    try {
      await this.vault.ask(this.path("data"), {
        options: { cas: 0 },
        data: { ca_key: made.keyPem, request: made.requestPem },
      });
    } catch (error) {
      if (!(error instanceof VaultRefusal && error.isStale)) throw error;
      // Another run was first; its request is the one.
      return (await this.waiting())!.requestPem;
    }
    return made.requestPem;
  }

  /**
   * Writes the waiting key with its certificate, and forgets that it waited.
   *
   * @param chainPem the intermediate's certificate first, then what is above it
   */
  public async finish(
    chainPem: string,
    now: Date,
  ): Promise<{ issued: IntermediateRecord; previousVersion: number }> {
    const waiting = await this.waiting();
    if (!waiting) {
      throw new CommandError(
        `no key of ${this.target.cluster.name} waits for a certificate; write a request with --csr-out first`,
        ExitCode.USAGE,
      );
    }
    const certificatePem = firstCertificate(chainPem);
    const store = new SecretStore(this.vault, this.target);
    const { currentVersion: previousVersion } = await store.state();
    const secret = { ca_key: waiting.keyPem, ca_cert: certificatePem, cert_chain: chainPem.trim() };
    requireSoundFiles(secret, await store.trustBundle(), this.target, now);
    const issued = await store.put(secret, previousVersion);
    await this.vault.delete(this.path("metadata"));
    return { issued, previousVersion };
  }

  private async waiting(): Promise<KeyAndRequest | undefined> {
    const answer = await this.vault.read(this.path("data"));
    const data = answer?.data.data as { ca_key: string; request: string } | null | undefined;
    return data ? { keyPem: data.ca_key, requestPem: data.request } : undefined;
  }

  private path(kind: "data" | "metadata"): string {
    const { secretsMount, pendingPath } = this.target.names;
    return `${secretsMount}/${kind}/${pendingPath}`;
  }
}

function firstCertificate(pem: string): string {
  const [first] = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/.exec(pem) ?? [];
  try {
    return new X509Certificate(first ?? "").toString();
  } catch {
    throw new CommandError(
      "the file of --certificate-in holds no certificate; give the intermediate's first, then what is above it, as PEM",
      ExitCode.USAGE,
    );
  }
}
