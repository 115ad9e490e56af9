/** One block of a PEM text. */
export interface PemBlock {
  /** Such as `CERTIFICATE`. */
  readonly type: string;
  /** Undefined where the content is no base64. */
  readonly der: Buffer | undefined;
  /** An empty line stands in the content: OpenSSL and BoringSSL take what is before it for headers. */
  readonly isSplit: boolean;
  /** Lines such as `Proc-Type: 4,ENCRYPTED` stand before the content. */
  readonly hasHeaders: boolean;
}

const BEGIN = "-----BEGIN ";
const END = "\n-----END ";
const DASHES = "-----";
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * The blocks Go finds: their markers stand on lines of their own, and text around them is ignored. Go passes over a
 * block whose content is no base64 as well.
 */
export function pemBlocks(text: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  let from = 0;
  for (;;) {
    const end = text.indexOf(END, from);
    if (end === -1) return blocks;
    const afterEnd = end + END.length;
    const begin = text.lastIndexOf(BEGIN, end);
    const isOnItsLine = begin === from || text[begin - 1] === "\n";
    // The last line end before END may be that of the BEGIN line, where a block is empty.
    const lines = begin >= from && isOnItsLine ? text.slice(begin, end + 1).split("\n") : [];
    const [first = "", ...body] = lines.map(withoutBlanks);
    const last = withoutBlanks(text.slice(afterEnd).split("\n", 1)[0]!);
    from = afterEnd;
    if (!first.endsWith(DASHES) || last !== first.slice(BEGIN.length)) continue;
    const content = body.findIndex((line) => !line.includes(":"));
    const base64 = body
      .slice(content)
      .join("")
      .replace(/[ \t\r]/g, "");
    from = afterEnd + last.length;
    blocks.push({
      type: last.slice(0, -DASHES.length),
      der: BASE64.test(base64) ? Buffer.from(base64, "base64") : undefined,
      isSplit: body.slice(content, -1).includes(""),
      hasHeaders: content > 0,
    });
  }
}

/** How many blocks a text means to hold, found or not. */
export function intendedBlocks(text: string): number {
  return text.split(BEGIN).length - 1;
}

function withoutBlanks(line: string): string {
  return line.replace(/\r$/, "").replace(/[ \t]+$/, "");
}
