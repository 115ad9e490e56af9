import "reflect-metadata";
import { X509Certificate } from "node:crypto";
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server, ServerCredentials, type ServiceDefinition, status } from "@grpc/grpc-js";
import * as x509 from "@peculiar/x509";
import { CERTIFICATE_SERVICE, ISTIOD_NAME } from "../../cli/status/istiod-ca";
import { inDays, TestCa } from "./test-ca";

export interface FakeIstiodOptions {
  readonly intermediate: TestCa;
  /** PEM of the chain it serves and answers with, after the leaf. */
  readonly chain: string;
  /** PEM of the roots it answers with. */
  readonly bundle: string;
  /** The only token it takes. */
  readonly token: string;
  /** What it shows at /debug/syncz. */
  readonly syncz?: unknown;
  /** DNS name of its own certificate. */
  readonly name?: string;
}

/** Serves and signs as istiod does, with files that a test gives it. */
export class FakeIstiod {
  public static async start(options: FakeIstiodOptions): Promise<FakeIstiod> {
    const { intermediate, chain, name = ISTIOD_NAME } = options;
    const own = await TestCa.issue({
      ...{ name: "istiod", issuer: intermediate, ca: false, keyUsage: x509.KeyUsageFlags.digitalSignature },
      extensions: [new x509.SubjectAlternativeNameExtension([{ type: "dns", value: name }])],
    });
    const server = new Server();
    const fake = new FakeIstiod(server);
    server.addService(CERTIFICATE_SERVICE as ServiceDefinition, {
      createCertificate: (call: Call, answer: Answer) =>
        void fake.sign(call, options).then(...answered(answer)),
    });
    const files = { private_key: Buffer.from(own.keyPem), cert_chain: Buffer.from(own.pem + chain) };
    const credentials = ServerCredentials.createSsl(null, [files]);
    fake.port = await new Promise((resolve, reject) =>
      server.bindAsync("127.0.0.1:0", credentials, (error, port) => (error ? reject(error) : resolve(port))),
    );
    fake.debug = createServer((request, response) => {
      if (request.url !== "/debug/syncz") response.writeHead(404);
      response.end(JSON.stringify(options.syncz ?? []));
    });
    await new Promise<void>((resolve) => fake.debug!.listen(0, "127.0.0.1", resolve));
    return fake;
  }

  public readonly clusterIds: string[] = [];
  private port = 0;
  private debug: HttpServer | undefined;

  private constructor(private readonly server: Server) {}

  public get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Where a port of its pod is. */
  public at(port: number): string {
    return port === 8080 ? `127.0.0.1:${(this.debug!.address() as AddressInfo).port}` : this.address;
  }

  public stop(): void {
    this.debug!.closeAllConnections();
    this.debug!.close();
    this.server.forceShutdown();
  }

  private async sign({ request, metadata }: Call, { intermediate, chain, bundle, token }: FakeIstiodOptions) {
    if (metadata.get("authorization")[0] !== `Bearer ${token}`) {
      throw { code: status.UNAUTHENTICATED, details: "request authenticate failure" };
    }
    this.clusterIds.push(`${metadata.get("clusterid")[0]}`);
    const { publicKey } = new x509.Pkcs10CertificateRequest(request.csr);
    const leaf = await TestCa.issue({
      ...{ name: "workload", issuer: intermediate, ca: false, notAfter: inDays(1) },
      publicKey: Buffer.from(publicKey.rawData),
    });
    const above = chain.match(/-----BEGIN[\s\S]+?END CERTIFICATE-----\n?/g) ?? [];
    return { certChain: [new X509Certificate(leaf.pem).toString(), ...above, bundle] };
  }
}

interface Call {
  readonly request: { readonly csr: string };
  readonly metadata: { get: (key: string) => unknown[] };
}

type Answer = (error: object | null, answer?: object) => void;

function answered(answer: Answer): [(value: object) => void, (error: object) => void] {
  return [(value) => answer(null, value), (error) => answer(error)];
}
