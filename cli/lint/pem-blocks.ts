/** One block of a PEM text. */
export interface PemBlock {
  /** Such as `CERTIFICATE`. */
  readonly type: string;
  readonly der: Buffer;
  /** Lines such as `Proc-Type: 4,ENCRYPTED` stand before the content. */
  readonly hasHeaders: boolean;
}

const BLOCK = /^-----BEGIN (.+?)-----[ \t]*$([\s\S]*?)^-----END \1-----[ \t]*$/gm;
const HEADER = /^[A-Za-z0-9-]+:.*$/m;

/** The blocks istiod finds: their markers stand on lines of their own, and text around them is ignored. */
export function pemBlocks(text: string): PemBlock[] {
  return [...text.matchAll(BLOCK)].map(([, type, body]) => ({
    type: type!,
    der: Buffer.from(body!.replace(/\s/g, ""), "base64"),
    hasHeaders: HEADER.test(body!),
  }));
}

/** How many blocks a text means to hold, found or not. */
export function intendedBlocks(text: string): number {
  return text.match(/-----BEGIN /g)?.length ?? 0;
}
