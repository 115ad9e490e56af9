/** Enough of a serial to tell two apart: `32:d9:…:0c`. */
export function shortSerial(serial: string): string {
  const bytes = serial.match(/../g) ?? [];
  return bytes.length > 4 ? `${bytes.slice(0, 2).join(":")}:…:${bytes[bytes.length - 1]}` : bytes.join(":");
}
