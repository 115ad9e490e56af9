import { X509Certificate } from "node:crypto";
import { z } from "zod";
import { CommandError } from "../command-line/command-error";
import { ExitCode } from "../command-line/exit-code";
import { type VaultClient, VaultRefusal } from "../vault/vault-client";
import type { IntermediateRecord } from "../vault/intermediate-record";
import { type KeyAndRequest, makeKeyAndRequest } from "./key-and-request";
import { SecretStore } from "../vault/secret-store";
import { requireSoundFiles } from "./sound-files";
import type { Target } from "../vault/target";

/** A key that waits for its certificate; null where it was deleted. */
const PENDING = z.object({ data: z.object({ ca_key: z.string(), request: z.string() }).nullable() });

/**
 * For a root that signs outside Vault: the key stays in Vault as pending, the request is exported, and the
 * certificate is imported. The key is never on a disk.
 */
export class OfflineIssue {
  constructor(
    private readonly vault: VaultClient,
    private readonly target: Target,
  ) {}

  /** The certificate signing request; the same one until its certificate is imported. */
  public async request(): Promise<string> {
    const pending = await this.pending();
    if (pending) return pending.requestPem;
    const { keyAlgorithm, identity } = this.target;
    const made = await makeKeyAndRequest(keyAlgorithm, identity);
    try {
      await this.vault.write(this.path("data"), {
        options: { cas: 0 },
        data: { ca_key: made.keyPem, request: made.requestPem },
      });
    } catch (error) {
      if (!(error instanceof VaultRefusal && error.isStale)) throw error;
      // Another run was first; its request is the one.
      return (await this.pending())!.requestPem;
    }
    return made.requestPem;
  }

  /**
   * Writes the pending key with its certificate, and deletes the pending request.
   *
   * @param chainPem the intermediate's certificate first, then its chain
   */
  public async finish(
    chainPem: string,
    now: Date,
  ): Promise<{ issued: IntermediateRecord; previousVersion: number }> {
    const pending = await this.pending();
    if (!pending) {
      throw new CommandError(
        `${this.target.clusterName} has no pending request; write one with --csr-out first`,
        ExitCode.USAGE,
      );
    }
    const certificatePem = firstCertificate(chainPem);
    const store = new SecretStore(this.vault, this.target);
    const { currentVersion: previousVersion } = await store.state();
    const secret = { ca_key: pending.keyPem, ca_cert: certificatePem, cert_chain: chainPem.trim() };
    requireSoundFiles(secret, { bundle: await store.trustBundle() }, this.target, now);
    const issued = await store.put(secret, previousVersion);
    await this.vault.delete(this.path("metadata"));
    return { issued, previousVersion };
  }

  private async pending(): Promise<KeyAndRequest | undefined> {
    const data = (await this.vault.read(this.path("data"), PENDING))?.data.data;
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
      "the file of --certificate-in contains no certificate; give the intermediate's first, then its chain, as PEM (openssl pkcs7 -print_certs, or openssl x509 -inform der, writes that)",
      ExitCode.USAGE,
    );
  }
}
