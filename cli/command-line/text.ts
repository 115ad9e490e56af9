/** What several commands print alike. */

/** Enough of a serial to tell two apart: `32:d9:…:0c`. */
export function shortSerial(serial: string): string {
  const bytes = serial.match(/../g) ?? [];
  return bytes.length > 4 ? `${bytes.slice(0, 2).join(":")}:…:${bytes[bytes.length - 1]}` : bytes.join(":");
}

/** A length of time in its two largest units. */
export function span(milliseconds: number): string {
  const units = { d: 86_400, h: 3600, m: 60, s: 1 };
  let seconds = Math.round(milliseconds / 1000);
  const parts = Object.entries(units).flatMap(([unit, length]) => {
    const amount = Math.floor(seconds / length);
    seconds -= amount * length;
    return amount > 0 ? [`${amount}${unit}`] : [];
  });
  return parts.slice(0, 2).join(" ") || "0s";
}

/** Another program's words on one line, and not more of them than anybody reads. */
export function oneLine(text: string): string {
  const line = text.trim().replace(/\s+/g, " ");
  return line.length > MOST_CHARACTERS ? `${line.slice(0, MOST_CHARACTERS)}…` : line;
}

const MOST_CHARACTERS = 500;

/** Undefined for what is no JSON. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `1 cluster`, `2 clusters`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
