/** Whether a string is an https URL of host and port alone: no path, no query, no credentials. */
export function isHttpsOrigin(text: string): boolean {
  return isHttpsUrl(text) && ["", "/"].includes(new URL(text).pathname);
}

/** Whether a string is an https URL without query, fragment and credentials. */
export function isHttpsUrl(text: string): boolean {
  // The parser forgives white space and wrong slashes, and forgets an empty query or fragment.
  if (!/^https:\/\/[^\s?#\\]+$/i.test(text) || !URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return protocol === "https:" && username === "" && password === "";
}

/** Whether a string is an http URL of this machine itself, as a Vault in development has. */
export function isLoopbackUrl(text: string): boolean {
  return URL.canParse(text) && /^http:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d+)?\/?$/.test(text);
}
