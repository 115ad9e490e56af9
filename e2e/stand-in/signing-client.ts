import type { Peer } from "./handshake";
import { delay } from "../wait";
import { type CertificateSource, publishedRoots, signWorkload } from "./workload-certificate";
import { certificates } from "../x509";

/** One request for a workload certificate. */
export interface SigningRequest {
  readonly at: number;
  /** Serial of the intermediate that signed; undefined where the request failed. */
  readonly intermediate?: string;
  readonly peer?: Peer;
  readonly error?: string;
}

/** A client that asks a cluster's istiod for workload certificates, several times a second, until it is stopped. */
export class SigningClient {
  public readonly requests: SigningRequest[] = [];
  private stopped = false;
  private readonly loops: Promise<void>[];

  /** `atOnce` requests are under way at any time. */
  constructor(
    private readonly cluster: CertificateSource,
    atOnce = 3,
  ) {
    this.loops = Array.from({ length: atOnce }, () => this.loop());
  }

  public async stop(): Promise<readonly SigningRequest[]> {
    this.stopped = true;
    await Promise.all(this.loops);
    return this.requests;
  }

  public get failures(): readonly SigningRequest[] {
    return this.requests.filter(({ error }) => error !== undefined);
  }

  private async loop(): Promise<void> {
    while (!this.stopped) {
      this.requests.push(await this.ask());
      await delay(0.05);
    }
  }

  private async ask(): Promise<SigningRequest> {
    const at = Date.now();
    try {
      const certificate = await signWorkload(this.cluster, "default", "default");
      const intermediate = certificates(certificate.chain)[1]!.serialNumber.toLowerCase();
      const peer = { certificate, roots: await publishedRoots(this.cluster, "default") };
      return { at, intermediate, peer };
    } catch (error) {
      return { at, error: (error as Error).message };
    }
  }
}
