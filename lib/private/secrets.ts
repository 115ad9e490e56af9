/**
 * A value pasted into the wrong place may be a key or a token; a message must not repeat it. A URL with one
 * slash is what is left of one that was taken for a file's path.
 */
export function redact(text: string): string {
  return text
    .replace(/-----BEGIN [A-Z ]*PRIVATE KEY-----[^"]*/g, "(not shown)")
    .replace(/(:\/\/?)[^/\s"]*@/g, "$1(not shown)@")
    .replace(
      /(hv[sbr]\.[\w-]+|\bs\.[A-Za-z0-9]{20,}|eyJ[\w-]{12,}(?:\.[\w.-]*)?|eyJ[\w-]+\.[\w.-]+)/g,
      "(not shown)",
    );
}
