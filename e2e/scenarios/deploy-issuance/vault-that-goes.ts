import { once } from "node:events";
import { createServer, request } from "node:https";
import type { AddressInfo } from "node:net";
import type { Rig } from "../../rig";

/** Vault at another address, until it stops: once it has signed, and before whoever asked has the certificate. */
export class VaultThatGoes {
  public static async at({ vault, machine }: Rig, signPath: string): Promise<VaultThatGoes> {
    const upstream = { ca: vault.caCertificate, agent: false };
    const server = createServer(vault.serverIdentity, (asked, answer) => {
      const { method, headers, url } = asked;
      const forwarded = request(`${vault.address}${url}`, { ...upstream, method, headers }, (received) => {
        void (async () => {
          const chunks = (await received.toArray()) as Buffer[];
          if (url === `/v1/${signPath}`) await vault.stop();
          answer.writeHead(received.statusCode!, received.headers).end(Buffer.concat(chunks));
        })();
      });
      forwarded.on("error", () => answer.destroy());
      asked.pipe(forwarded);
    });
    server.listen(0, machine);
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    return new VaultThatGoes(`https://${machine}:${port}`, async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    });
  }

  private constructor(
    public readonly address: string,
    public readonly close: () => Promise<void>,
  ) {}
}
