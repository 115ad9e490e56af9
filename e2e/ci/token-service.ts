import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { CiTokens } from "../ci-tokens";

const BEARER = "the-right-to-ask";

/** Where a GitHub job asks for its token: for the audience it names, with the claims of the job. */
export class TokenService {
  public static async start(tokens: CiTokens, claims: object): Promise<TokenService> {
    const server = createServer(({ url, headers }, response) => {
      const { searchParams } = new URL(url!, "http://localhost");
      response.statusCode = headers.authorization === `bearer ${BEARER}` ? 200 : 401;
      const aud = searchParams.get("audience");
      response.end(
        response.statusCode === 200 ? JSON.stringify({ value: tokens.token({ ...claims, aud }) }) : "",
      );
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    return new TokenService(server);
  }

  private constructor(private readonly server: Server) {}

  /** What GitHub sets for a job with the permission `id-token: write`. */
  public get environment(): NodeJS.ProcessEnv {
    const { port } = this.server.address() as AddressInfo;
    return {
      ACTIONS_ID_TOKEN_REQUEST_URL: `http://127.0.0.1:${port}/token?api-version=2`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: BEARER,
    };
  }

  public stop(): void {
    this.server.close();
  }
}
