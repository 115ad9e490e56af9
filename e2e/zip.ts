import { inflateRawSync } from "node:zlib";

const DIRECTORY_END = 0x06054b50;
const DEFLATED = 8;

/** The contents of a zip archive's entries by their names, as its central directory lists them. */
export function zipEntries(archive: Buffer): Map<string, Buffer> {
  let end = archive.length - 22;
  while (end >= 0 && archive.readUInt32LE(end) !== DIRECTORY_END) end--;
  if (end < 0) throw new Error("not a zip archive");
  const entries = new Map<string, Buffer>();
  let position = archive.readUInt32LE(end + 16);
  for (let count = archive.readUInt16LE(end + 10); count > 0; count--) {
    const [name, extra, comment] = [28, 30, 32].map((field) => archive.readUInt16LE(position + field));
    const start = position + 46;
    entries.set(archive.toString("utf8", start, start + name!), entryContent(archive, position));
    position = start + name! + extra! + comment!;
  }
  return entries;
}

function entryContent(archive: Buffer, position: number): Buffer {
  const size = archive.readUInt32LE(position + 20);
  const header = archive.readUInt32LE(position + 42);
  const start = header + 30 + archive.readUInt16LE(header + 26) + archive.readUInt16LE(header + 28);
  const content = archive.subarray(start, start + size);
  return archive.readUInt16LE(position + 10) === DEFLATED ? inflateRawSync(content) : content;
}
