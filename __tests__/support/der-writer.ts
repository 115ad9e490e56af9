/** Writes DER, right or on purpose wrong. */
export function tlv(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag, ...derLength(content.length)]), content]);
}

function derLength(length: number): number[] {
  if (length < 0x80) return [length];
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return [0x80 | bytes.length, ...bytes];
}

export const sequence = (...contents: readonly Buffer[]) => tlv(0x30, ...contents);
export const set = (...contents: readonly Buffer[]) => tlv(0x31, ...contents);
export const octets = (...contents: readonly Buffer[]) => tlv(0x04, ...contents);
export const boolean = (value: boolean) => tlv(0x01, Buffer.from([value ? 0xff : 0]));
export const NULL = tlv(0x05);

/** A BIT STRING of whole bytes, or with that many bits of the last one left out. */
export const bitString = (bytes: Buffer, unused = 0) => tlv(0x03, Buffer.from([unused]), bytes);

/** `[number]` around elements, or in place of a simple element's tag. */
export const explicit = (number: number, ...contents: readonly Buffer[]) => tlv(0xa0 | number, ...contents);
export const implicit = (number: number, content: Buffer) => tlv(0x80 | number, content);

/** An INTEGER of zero or more. */
export function integer(value: bigint | number): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), "0"), "hex");
  return tlv(0x02, bytes[0]! >= 0x80 ? Buffer.from([0]) : Buffer.alloc(0), bytes);
}

export function oid(dotted: string): Buffer {
  const [first, second, ...others] = dotted.split(".").map(Number) as [number, number, ...number[]];
  return tlv(0x06, ...[first * 40 + second, ...others].map(base128));
}

function base128(arc: number): Buffer {
  const bytes = [arc % 128];
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128))
    bytes.unshift(0x80 | (rest % 128));
  return Buffer.from(bytes);
}

export function time(date: Date): Buffer {
  const text = date.toISOString().replace(/[-:T]|\.\d+/g, "");
  return date.getUTCFullYear() < 2050 ? tlv(0x17, Buffer.from(text.slice(2))) : tlv(0x18, Buffer.from(text));
}

/** A name of one attribute of UTF8String, `CN` unless told otherwise. */
export function commonName(value: string, tag = 0x0c): Buffer {
  return sequence(set(sequence(oid("2.5.4.3"), tlv(tag, Buffer.from(value)))));
}
