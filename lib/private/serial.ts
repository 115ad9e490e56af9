/** The bytes of a certificate's serial number, in hexadecimal, without zeros before them; undefined for any other text. */
export function serialPairs(serial: string): string[] | undefined {
  // RFC 5280: at most 20 bytes.
  if (!/^[0-9a-f]{2}([:-]?[0-9a-f]{2}){0,19}$/i.test(serial)) return undefined;
  const pairs = serial.toLowerCase().match(/[0-9a-f]{2}/g)!;
  const first = pairs.findIndex((pair) => pair !== "00");
  return pairs.slice(first === -1 ? -1 : first);
}

/** A serial number that was checked, in hexadecimal, lower case, without separators. */
export function plainSerial(serial: string): string {
  return serialPairs(serial)!.join("");
}
