/**
 * Paths at which a JSON text says a key twice. JSON.parse takes the last one; Terraform reads both, so that
 * a stack would hold what nobody here has seen.
 */
export function repeatedKeys(text: string): string[] {
  const found: string[] = [];
  const open: { readonly keys: Set<string>; key: string }[] = [];
  for (const { 0: token, 1: quoted, 2: colon } of text.matchAll(/("(?:[^"\\]|\\.)*")(\s*:)?|[{}]/g)) {
    if (token === "{") open.push({ keys: new Set(), key: "" });
    else if (token === "}") open.pop();
    else if (colon !== undefined) {
      const holder = open.at(-1)!;
      holder.key = JSON.parse(quoted);
      if (holder.keys.has(holder.key)) found.push(open.map(({ key }) => key).join("."));
      holder.keys.add(holder.key);
    }
  }
  return found;
}
