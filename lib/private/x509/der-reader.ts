/** Tags of DER, each a single byte. */
export const Tag = {
  BOOLEAN: 0x01,
  INTEGER: 0x02,
  BIT_STRING: 0x03,
  OCTET_STRING: 0x04,
  NULL: 0x05,
  OBJECT_IDENTIFIER: 0x06,
  ENUMERATED: 0x0a,
  UTF8_STRING: 0x0c,
  NUMERIC_STRING: 0x12,
  PRINTABLE_STRING: 0x13,
  T61_STRING: 0x14,
  IA5_STRING: 0x16,
  UTC_TIME: 0x17,
  GENERALIZED_TIME: 0x18,
  BMP_STRING: 0x1e,
  SEQUENCE: 0x30,
  SET: 0x31,
  /** `[number]` around a whole element. */
  explicit: (number: number) => 0xa0 | number,
  /** `[number]` in place of a simple element's own tag. */
  implicit: (number: number) => 0x80 | number,
} as const;

/** Why bytes are not what they claim to be, in words that follow "it". */
export class DerError extends Error {}

export interface DerElement {
  readonly tag: number;
  readonly content: Buffer;
  /** The element with its tag and length. */
  readonly whole: Buffer;
}

/**
 * Reads DER and nothing else: OpenSSL, and libraries built on BER, also take what Go and BoringSSL refuse, such as
 * lengths and numbers in more bytes than they need, a TRUE of 01, or bytes after the end.
 */
export class DerReader {
  private offset = 0;

  constructor(private readonly bytes: Buffer) {}

  public get isEmpty(): boolean {
    return this.offset === this.bytes.length;
  }

  public nextIs(tag: number): boolean {
    return this.bytes[this.offset] === tag;
  }

  /** The next element, whatever it is. */
  public any(): DerElement {
    const start = this.offset;
    const tag = this.byte();
    if ((tag & 0x1f) === 0x1f) throw new DerError("has a tag of several bytes");
    const length = this.length();
    if (length > this.bytes.length - this.offset) throw new DerError("breaks off");
    const content = this.bytes.subarray(this.offset, (this.offset += length));
    return { tag, content, whole: this.bytes.subarray(start, this.offset) };
  }

  public element(tag: number): DerElement {
    if (!this.nextIs(tag)) throw new DerError("has another structure than X.509 gives it");
    return this.any();
  }

  /** What is within the next element, which has this tag. */
  public inside(tag: number): DerReader {
    return new DerReader(this.element(tag).content);
  }

  public optional(tag: number): DerReader | undefined {
    return this.nextIs(tag) ? this.inside(tag) : undefined;
  }

  /** Reads every element of a SEQUENCE OF or SET OF. */
  public each<Item>(read: (reader: DerReader) => Item): Item[] {
    const items: Item[] = [];
    while (!this.isEmpty) items.push(read(this));
    return items;
  }

  /** @throws DerError if anything is left */
  public end(): void {
    if (!this.isEmpty) throw new DerError("has more in it than X.509 provides for");
  }

  public boolean(): boolean {
    const { content } = this.element(Tag.BOOLEAN);
    if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff)) {
      throw new DerError("has a BOOLEAN that is neither 00 nor FF");
    }
    return content[0] === 0xff;
  }

  /** A whole number, as its bytes in two's complement. */
  public integer(tag: number = Tag.INTEGER): Buffer {
    const { content } = this.element(tag);
    const [first, second] = content;
    if (first === undefined) throw new DerError("has an INTEGER without a byte");
    const isPadded =
      second !== undefined && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80));
    if (isPadded) throw new DerError("has an INTEGER in more bytes than it needs");
    return content;
  }

  /** A whole number that is not negative and fits into `bytes` bytes. */
  public count(tag: number = Tag.INTEGER, bytes = 4): number {
    const content = this.integer(tag);
    if (isNegative(content)) throw new DerError("has a negative number where none belongs");
    if (content.length > bytes + (content[0] === 0 ? 1 : 0)) throw new DerError("has too large a number");
    return Number(`0x${content.toString("hex")}`);
  }

  /** In dotted form. */
  public objectIdentifier(): string {
    const { content } = this.element(Tag.OBJECT_IDENTIFIER);
    const arcs = base128(content);
    const [first, ...others] = arcs as [number, ...number[]];
    const root = Math.min(2, Math.floor(first / 40));
    return [root, first - root * 40, ...others].join(".");
  }

  /** The bytes of a BIT STRING, and how many of its last bits do not count. */
  public bitString(): { bytes: Buffer; unused: number } {
    const { content } = this.element(Tag.BIT_STRING);
    const [unused] = content;
    const bytes = content.subarray(1);
    const isWrong =
      unused === undefined ||
      unused > 7 ||
      (bytes.length === 0 ? unused !== 0 : (bytes.at(-1)! & ((1 << unused) - 1)) !== 0);
    if (isWrong) throw new DerError("has a BIT STRING whose unused bits are set");
    return { bytes, unused };
  }

  /** The bytes of a BIT STRING that holds whole bytes. */
  public bitStringBytes(): Buffer {
    const { bytes, unused } = this.bitString();
    if (unused !== 0) throw new DerError("has a BIT STRING that is cut within a byte");
    return bytes;
  }

  private byte(): number {
    const byte = this.bytes[this.offset];
    if (byte === undefined) throw new DerError("breaks off");
    this.offset += 1;
    return byte;
  }

  private length(): number {
    const first = this.byte();
    if (first < 0x80) return first;
    if (first === 0x80) throw new DerError("has an element without a length, as BER allows and DER does not");
    if (first > 0x84) throw new DerError("has a length of more than four bytes");
    let length = 0;
    for (let left = first & 0x7f; left > 0; left -= 1) length = length * 256 + this.byte();
    if (length < 0x80 || length < 256 ** ((first & 0x7f) - 1)) {
      throw new DerError("has a length in more bytes than it needs, as BER allows and DER does not");
    }
    return length;
  }
}

export function isNegative(integer: Buffer): boolean {
  return integer[0]! >= 0x80;
}

/** The arcs of an object identifier; Go takes none above 31 bits. */
function base128(bytes: Buffer): number[] {
  const arcs: number[] = [];
  let arc = 0;
  let begun = false;
  for (const byte of bytes) {
    if (!begun && byte === 0x80) throw new DerError("has an OBJECT IDENTIFIER in more bytes than it needs");
    arc = arc * 128 + (byte & 0x7f);
    if (arc > 0x7fff_ffff) throw new DerError("has an OBJECT IDENTIFIER with too large a number");
    begun = byte >= 0x80;
    if (!begun) {
      arcs.push(arc);
      arc = 0;
    }
  }
  if (begun || arcs.length === 0) throw new DerError("has an OBJECT IDENTIFIER that breaks off");
  return arcs;
}
