import { mkdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { CertificateAuthority } from "../../certificate-authority";

/** An issuer's discovery URL, as a cluster has one whose API server is out of Vault's reach. */
export class DiscoveryServer {
  /** Serves these keys. */
  public static async start(directory: string, keys: object): Promise<DiscoveryServer> {
    mkdirSync(directory, { recursive: true });
    const authority = await CertificateAuthority.create(directory, "e2e issuer");
    const { certificate, key } = await authority.issue({
      name: "issuer",
      subject: "/CN=issuer",
      usage: "serverAuth",
      names: ["IP:127.0.0.1"],
    });
    const server = createServer(
      { cert: readFileSync(certificate), key: readFileSync(key) },
      (request, response) => {
        const url = `https://${request.headers.host}`;
        const configuration = { issuer: url, jwks_uri: `${url}/keys` };
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify(request.url === "/keys" ? keys : configuration));
      },
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new DiscoveryServer(server, readFileSync(join(directory, "ca.crt"), "utf8"));
  }

  public readonly url: string;

  private constructor(
    private readonly server: Server,
    /** PEM of the CA that signed its certificate. */
    public readonly caCertificate: string,
  ) {
    this.url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  public async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
