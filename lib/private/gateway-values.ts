/** The files a gateway's pod finds in the agent's directory. */
export const GATEWAY_FILES = ["tls.crt", "tls.key", "ca.crt"] as const;

/** What is wrong with a gateway's domains, if anything is: the one that cannot be certified. */
export function wrongDomain(domains: readonly string[]): string | undefined {
  if (domains.length === 0) return "no name";
  // A common name is limited to 64 characters.
  const wrong = domains.find((domain, index) => !isDomain(domain) || (index === 0 && domain.length > 64));
  return wrong === undefined ? undefined : `"${wrong}"`;
}

/** A DNS name in lower case, its first label perhaps `*`. */
function isDomain(text: string): boolean {
  const label = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";
  return text.length <= 253 && new RegExp(`^(\\*\\.)?(${label}\\.)+${label}$`).test(text);
}
