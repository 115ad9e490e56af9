import { z } from "zod";
import { CommandError } from "../command-line/command-error";
import { type VaultClient, VaultRefusal } from "./vault-client";
import {
  declaredText,
  fromCustomMetadata,
  type IntermediateRecord,
  recordOf,
  toCustomMetadata,
} from "./intermediate-record";
import type { Target } from "./target";
import { kvData, kvMetadata } from "../../lib/private/kv";

/** The values of an intermediate's secret. */
export interface IntermediateSecret {
  readonly ca_key: string;
  readonly ca_cert: string;
  readonly cert_chain: string;
  /** The list that the intermediate signed of itself, where the mesh has revocation lists. */
  readonly ca_crl?: string;
}

/** What is known of an intermediate's secret without reading a key. */
export interface SecretState {
  /** 0 where there is no version yet. */
  readonly currentVersion: number;
  readonly record: IntermediateRecord | undefined;
  /** When that version was written; undefined where there is none. */
  readonly writtenAt: Date | undefined;
}

/** What Vault answers of a secret without its values, as far as it is looked at. */
const KV_METADATA = z.object({
  current_version: z.int(),
  versions: z.record(z.string(), z.object({ created_time: z.iso.datetime({ offset: true }) })).nullish(),
  custom_metadata: z.record(z.string(), z.string()).nullish(),
});

const TRUST_BUNDLE = z.object({
  data: z.object({ root_cert: z.string() }),
  metadata: z.object({ version: z.int(), created_time: z.iso.datetime({ offset: true }) }).nullish(),
});

/** A version of a bundle. */
export interface StoredBundle {
  readonly pem: string;
  /** Undefined where Vault does not tell. */
  readonly version: number | undefined;
  readonly writtenAt: Date | undefined;
}

const WRITTEN = z.object({ version: z.int() });

/** Another issuer wrote in between. */
export class Overtaken extends CommandError {}

/** One cluster's secrets, as an issuer sees them. */
export class SecretStore {
  constructor(
    private readonly vault: VaultClient,
    private readonly target: Target,
  ) {}

  /** @throws CommandError if its Vault stack has not created the secret */
  public async state(): Promise<SecretState> {
    const { secretsMount, certificatesPath } = this.target.names;
    const answer = await this.vault.read(kvMetadata(secretsMount, certificatesPath), KV_METADATA);
    if (!answer)
      throw new CommandError(
        `${secretsMount} has no secret for the intermediate; deploy its Vault stack first`,
      );
    const { current_version: currentVersion, versions, custom_metadata: metadata } = answer.data;
    const created = versions?.[currentVersion]?.created_time;
    return {
      currentVersion,
      writtenAt: created === undefined ? undefined : new Date(created),
      record: fromCustomMetadata(metadata ?? null),
    };
  }

  /** The roots the cluster trusts, as istiod gets them. */
  public async trustBundle(): Promise<string> {
    return (await this.storedBundle()).pem;
  }

  /** The same, and when it was written. */
  public async storedBundle(): Promise<StoredBundle> {
    const stored = await this.bundleVersion();
    if (!stored)
      throw new CommandError(
        `${this.target.names.secretsMount} has no trust bundle; deploy its Vault stack first`,
      );
    return stored;
  }

  /** The bundle before that one; undefined where it is the first, or the one before is gone. */
  public async bundleBefore({ version }: StoredBundle): Promise<StoredBundle | undefined> {
    return version === undefined || version < 2 ? undefined : this.bundleVersion(version - 1);
  }

  private async bundleVersion(version?: number): Promise<StoredBundle | undefined> {
    const { secretsMount, trustBundlePath } = this.target.names;
    const query = version === undefined ? "" : `?version=${version}`;
    const answer = await this.vault.read(`${kvData(secretsMount, trustBundlePath)}${query}`, TRUST_BUNDLE);
    if (!answer) return undefined;
    const { data, metadata } = answer.data;
    return {
      pem: data.root_cert,
      version: metadata?.version,
      writtenAt: metadata ? new Date(metadata.created_time) : undefined,
    };
  }

  /**
   * Writes an intermediate in place of the version that was current, then its public record.
   *
   * @throws Overtaken if another version is current by now
   */
  public async put(secret: IntermediateSecret, currentVersion: number): Promise<IntermediateRecord> {
    const version = await this.replace(secret, currentVersion);
    const { signingRoot: root, declared } = this.target;
    const record = {
      ...recordOf(secret.ca_cert, root, version, declared && declaredText(declared)),
      ...(secret.ca_crl !== undefined && { hasList: true }),
    };
    await this.describe(record);
    return record;
  }

  private async replace(secret: IntermediateSecret, currentVersion: number): Promise<number> {
    const { secretsMount, certificatesPath } = this.target.names;
    try {
      const body = { options: { cas: currentVersion }, data: secret };
      const { data } = await this.vault.ask(kvData(secretsMount, certificatesPath), body, WRITTEN);
      return data.version;
    } catch (error) {
      if (!(error instanceof VaultRefusal && error.isStale)) throw error;
      throw new Overtaken(
        `another issuer replaced version ${currentVersion} first; the intermediate of this run is discarded`,
      );
    }
  }

  private async describe(record: IntermediateRecord): Promise<void> {
    const { secretsMount, certificatesPath } = this.target.names;
    await this.vault.write(kvMetadata(secretsMount, certificatesPath), {
      custom_metadata: toCustomMetadata(record),
    });
  }
}
