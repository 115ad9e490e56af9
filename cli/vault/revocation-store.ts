import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { INTERMEDIATE_LISTS_PATH, ROOT_LISTS_PATH } from "../../lib/names";
import { kvData } from "../../lib/private/kv";
import { CommandError } from "../command-line/command-error";
import { type VaultClient, VaultRefusal } from "./vault-client";

/** A secret with a cluster's or a root's lists under its name. */
const LISTS = z.object({
  data: z.record(z.string(), z.string()).nullable(),
  metadata: z.object({ version: z.int() }),
});
const WRITTEN = z.object({ version: z.int() });

/** Every issuer writes to one secret. */
const ATTEMPTS = 60;

/** The mesh's revocation lists, as an issuer sees them. */
export class RevocationStore {
  constructor(
    private readonly vault: VaultClient,
    private readonly mountPath: string,
  ) {}

  /** Every root's list, as PEM. */
  public async ofRoots(): Promise<string> {
    const { lists } = await this.read(ROOT_LISTS_PATH);
    return Object.values(lists).join("\n");
  }

  /**
   * Writes what a cluster's lists become; those of others stay as they are.
   *
   * @param change from the lists as they are, as PEM, to what they are to be
   */
  public async update(clusterName: string, change: (lists: string) => string): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const { lists, version } = await this.read(INTERMEDIATE_LISTS_PATH);
      const data = { ...lists, [clusterName]: change(lists[clusterName] ?? "") };
      try {
        const path = kvData(this.mountPath, INTERMEDIATE_LISTS_PATH);
        await this.vault.ask(path, { options: { cas: version }, data }, WRITTEN);
        return;
      } catch (error) {
        if (!(error instanceof VaultRefusal && error.isStale)) throw error;
        if (attempt === ATTEMPTS) {
          throw new CommandError(
            `other issuers wrote the revocation lists ${ATTEMPTS} times in between; issue again`,
          );
        }
        await sleep(Math.random() * 500);
      }
    }
  }

  private async read(path: string): Promise<{ lists: Record<string, string>; version: number }> {
    const answer = await this.vault.read(kvData(this.mountPath, path), LISTS);
    if (!answer) return { lists: {}, version: 0 };
    return { lists: answer.data.data ?? {}, version: answer.data.metadata.version };
  }
}
