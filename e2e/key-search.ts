import { createPrivateKey, type KeyObject } from "node:crypto";
import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { zipEntries } from "./zip";

const PEM_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]+?-----END [A-Z ]*PRIVATE KEY-----/g;
const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);
const ZIP_MAGIC = Buffer.from("PK\x03\x04", "latin1");

/** Finds private keys in any bytes: as PEM, DER, hex or base64, in zip and gzip, base64 within base64. */
export class KeySearch {
  private readonly needles: readonly Buffer[];

  /** `pems` are the keys to look for. */
  constructor(pems: readonly string[]) {
    this.needles = pems.flatMap((pem) => encodings(secretOf(createPrivateKey(pem)), pem));
  }

  public finds(content: Buffer): boolean {
    // An archive holds its entries deflated.
    if (content.subarray(0, 4).equals(ZIP_MAGIC))
      return [...zipEntries(content).values()].some((entry) => this.finds(entry));
    if (content.subarray(0, 2).equals(GZIP_MAGIC)) return this.finds(gunzipSync(content));
    const bytes = withoutPadding(content);
    const joined = Buffer.from(bytes.toString("latin1").replace(/\\n|\s/g, ""), "latin1");
    if (this.needles.some((needle) => bytes.includes(needle) || joined.includes(needle))) return true;
    const decoded = decodedBase64(joined);
    return decoded !== undefined && this.finds(decoded);
  }

  /** The files at or under a path that hold a key; links are not followed. */
  public async filesWithKeys(directory: string, leaveOut: (path: string) => boolean): Promise<string[]> {
    const found: string[] = [];
    for (const path of filesUnder(directory, leaveOut)) {
      const content = ifThere(() => readFileSync(path));
      if (content && this.finds(content)) found.push(path);
      await setImmediate(); // signals and timers have their turn
    }
    return found;
  }
}

/** etcd makes its logs 64 MB long before it writes them. */
function withoutPadding(content: Buffer): Buffer {
  let length = content.length;
  while (length > 0 && content[length - 1] === 0) length--;
  return content.subarray(0, length);
}

/** The private keys of a text, each as its PEM block; escaped line breaks may be escaped again. */
export function privateKeysIn(text: string): string[] {
  return text.replace(/\\+n/g, "\n").match(PEM_KEY) ?? [];
}

/** The private number itself: it is in every encoding of the key. */
function secretOf(key: KeyObject): Buffer {
  return Buffer.from(key.export({ format: "jwk" }).d!, "base64url");
}

function encodings(secret: Buffer, pem: string): Buffer[] {
  const hex = secret.toString("hex");
  const lines = pem.split("\n").filter((line) => line.length === 64);
  return [
    secret,
    ...[hex, hex.toUpperCase()].map((text) => Buffer.from(text)),
    ...inBase64(secret),
    ...lines.slice(1).flatMap((line) => inBase64(Buffer.from(line))),
  ];
}

/** How bytes read in base64, wherever in a longer text they begin. */
function inBase64(bytes: Buffer): Buffer[] {
  return [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString("base64")
      .replace(/=+$/, "");
    // The first and the last characters depend on the neighbours, too.
    return Buffer.from(text.slice(offset + 1, -2));
  });
}

function decodedBase64(joined: Buffer): Buffer | undefined {
  const text = joined.toString("latin1");
  return text.length >= 64 && /^[A-Za-z0-9+/]+=*$/.test(text) ? Buffer.from(text, "base64") : undefined;
}

function filesUnder(path: string, leaveOut: (path: string) => boolean): string[] {
  const status = ifThere(() => lstatSync(path));
  if (!status || leaveOut(path)) return [];
  if (status.isDirectory())
    return (ifThere(() => readdirSync(path)) ?? []).flatMap((name) => filesUnder(join(path, name), leaveOut));
  return status.isFile() ? [path] : [];
}

/** Files come and go while programs run. */
function ifThere<Result>(look: () => Result): Result | undefined {
  try {
    return look();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
