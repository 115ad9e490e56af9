import { DerError, DerReader, Tag } from "./der-reader";

/** A point in time of X.509: to the second, in UTC, UTCTime until 2049. */
export function readTime(reader: DerReader): Date {
  const { tag, content } = reader.any();
  const text = content.toString("latin1");
  const [, year, month, day, hour, minute, second] =
    TIMES.get(tag)?.exec(text) ?? fail(`has a time that X.509 does not know, ${JSON.stringify(text)}`);
  const full = tag === Tag.UTC_TIME ? Number(year) + (Number(year) < 50 ? 2000 : 1900) : Number(year);
  const iso = `${String(full).padStart(4, "0")}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
  const time = new Date(iso);
  // Date rolls 31 June over into July.
  if (Number.isNaN(time.getTime()) || time.toISOString() !== iso) fail(`has a day that is not, ${text}`);
  return time;
}

const TIMES = new Map<number, RegExp>([
  [Tag.UTC_TIME, /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/],
  [Tag.GENERALIZED_TIME, /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/],
]);

/** A distinguished name, checked; its bytes are what names are compared by. */
export function readName(reader: DerReader): Buffer {
  const { whole, content } = reader.element(Tag.SEQUENCE);
  new DerReader(content).each((names) => {
    const set = names.inside(Tag.SET);
    if (set.isEmpty) fail("has a name with an empty part");
    set.each((attributes) => {
      const attribute = attributes.inside(Tag.SEQUENCE);
      attribute.objectIdentifier();
      const { tag, content: value } = attribute.any();
      attribute.end();
      if (!STRINGS.get(tag)?.(value)) fail("has a name whose characters do not fit their type");
    });
  });
  return whole;
}

/**
 * A name as OpenSSL and BoringSSL compare it: by its characters, whatever their type, without case and runs of blanks.
 * Go compares bytes.
 */
export function comparableName(name: Buffer): string {
  const parts = new DerReader(name).inside(Tag.SEQUENCE).each((names) =>
    names.inside(Tag.SET).each((attributes) => {
      const attribute = attributes.inside(Tag.SEQUENCE);
      const type = attribute.objectIdentifier();
      const { tag, content } = attribute.any();
      return [type, characters(tag, content).toLowerCase().trim().replace(/\s+/g, " ")];
    }),
  );
  return JSON.stringify(parts);
}

function characters(tag: number, content: Buffer): string {
  if (tag === Tag.BMP_STRING) return Buffer.from(content).swap16().toString("utf16le");
  return content.toString(tag === Tag.T61_STRING ? "latin1" : "utf8");
}

const only = (pattern: RegExp) => (bytes: Buffer) => pattern.test(bytes.toString("latin1"));

/** The types of characters Go takes in names, and what each may hold. */
const STRINGS = new Map<number, (bytes: Buffer) => boolean>([
  [Tag.UTF8_STRING, isUtf8],
  // The asterisk and the ampersand are no PrintableString, and Go takes them.
  [Tag.PRINTABLE_STRING, only(/^[A-Za-z0-9 '()*+,\-./:=?&]*$/)],
  [Tag.T61_STRING, () => true],
  [Tag.IA5_STRING, isAscii],
  [Tag.NUMERIC_STRING, only(/^[0-9 ]*$/)],
  [Tag.BMP_STRING, isUcs2],
]);

export function isAscii(bytes: Buffer): boolean {
  return bytes.every((byte) => byte < 0x80);
}

function isUtf8(bytes: Buffer): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

function isUcs2(bytes: Buffer): boolean {
  if (bytes.length % 2 !== 0) return false;
  for (let at = 0; at < bytes.length; at += 2) {
    const point = bytes.readUInt16BE(at);
    if ((point >= 0xd800 && point <= 0xdfff) || (point >= 0xfdd0 && point <= 0xfdef) || point >= 0xfffe) {
      return false;
    }
  }
  return true;
}

/** An AlgorithmIdentifier: its object identifier, and its parameters as they are. */
export interface Algorithm {
  readonly oid: string;
  readonly parameters: Buffer | undefined;
}

export function readAlgorithm(reader: DerReader): Algorithm {
  const oid = reader.objectIdentifier();
  const parameters = reader.isEmpty ? undefined : reader.any().whole;
  reader.end();
  return { oid, parameters };
}

function fail(what: string): never {
  throw new DerError(what);
}
