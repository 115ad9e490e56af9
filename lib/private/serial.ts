/** The bytes of a certificate's serial number, in hexadecimal; undefined for any other text. */
export function serialPairs(serial: string): string[] | undefined {
  // RFC 5280: at most 20 bytes.
  if (!/^[0-9a-f]{2}([:-]?[0-9a-f]{2}){0,19}$/i.test(serial)) return undefined;
  return serial.toLowerCase().match(/[0-9a-f]{2}/g)!;
}
