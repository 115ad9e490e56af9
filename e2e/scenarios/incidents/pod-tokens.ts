import { readFileSync } from "node:fs";
import type { Cluster } from "../../cluster";
import { IntermediateSecret } from "../../intermediate-secret";
import { readyIstiod } from "../../istiod";
import { JsonClient } from "../../json-client";
import type { Rig } from "../../rig";

/** What whoever gets into istiod's pod takes along, besides its files, and what each is answered with. */
export class PodTokens {
  public static async steal(rig: Rig, cluster: Cluster): Promise<PodTokens> {
    const pod = await readyIstiod(cluster);
    const read = async (path: string) => (await cluster.exec(pod, "vault-agent", "cat", path)).trim();
    return new PodTokens(
      rig,
      cluster,
      await read("/var/run/secrets/kubernetes.io/serviceaccount/token"),
      await read("/home/vault/.vault-token"),
    );
  }

  private constructor(
    private readonly rig: Rig,
    private readonly cluster: Cluster,
    private readonly ofAccount: string,
    private readonly ofAgent: string,
  ) {}

  /** Status of Vault for a login, of Vault for the CA's key, and of the API server for all Secrets. */
  public async answers(): Promise<{ login: number; key: number; secrets: number }> {
    const { name, address, caFile } = this.cluster;
    const { client } = this.rig.vault;
    const path = new IntermediateSecret(this.rig, name).dataPath;
    const [login, key, secrets] = await Promise.all([
      client.login(`kubernetes-${name}`, "istiod", this.ofAccount),
      client.send("GET", path, { token: this.ofAgent }),
      new JsonClient(address, { ca: readFileSync(caFile, "utf8") }).send("GET", "/api/v1/secrets", {
        authorization: `Bearer ${this.ofAccount}`,
      }),
    ]);
    return { login: login.status, key: key.status, secrets: secrets.status };
  }
}
