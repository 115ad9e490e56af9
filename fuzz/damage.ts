import fc from "fast-check";
import { Document, isScalar, visit } from "yaml";
import { SECRETS } from "./files";
import { oddText } from "./meshes";

/**
 * What people, editors and merges do to a mesh.yaml: changes of its data, then of its text. Which place
 * is meant is a number, taken modulo the places there are.
 */

interface Place {
  readonly holder: Record<string, unknown> | unknown[];
  readonly key: string;
}

type Change = (places: Place[], at: number) => void;

const nested = fc.constantFrom(3, 50, 500).map((depth) => {
  let value: unknown = "x";
  for (let level = 0; level < depth; level++) value = level % 2 ? [value] : { a: value };
  return value;
});

const secret = fc.constantFrom(...SECRETS).map(({ text }) => text);

const otherValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    0,
    -1,
    1.5,
    Number.NaN,
    Infinity,
    1e21,
    2 ** 53,
    "",
    " ",
    [],
    {},
    [null],
    [[]],
  ),
  fc.constantFrom(
    "secret.pem",
    "empty.pem",
    "binary.pem",
    "keys.pem",
    "ca.pem",
    "charts",
    "no/such",
    "/dev/null",
    "ca.pem/x",
  ),
  fc.constantFrom(
    "0s",
    "1s",
    "99999999999y",
    "terraform",
    "external",
    "jwt",
    "kubernetes",
    "existing",
    "a",
    "vault-root",
  ),
  oddText,
  secret,
  fc.string({ unit: "binary", maxLength: 8 }),
  fc.string({ minLength: 300, maxLength: 3000 }),
  fc.jsonValue({ maxDepth: 2 }),
  nested,
);

const newKey = fc.oneof(
  oddText,
  secret,
  fc.string({ maxLength: 8 }),
  fc.constantFrom("a.b", "a[0]", "", "name", "method", "exec"),
);

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.constant<Change>((places, at) => remove(pick(places, at))),
  otherValue.map<Change>((value) => (places, at) => set(pick(places, at), value)),
  newKey.map<Change>((key) => (places, at) => rename(pick(places, at), () => key)),
  fc.nat(9).map<Change>((index) => (places, at) => rename(pick(places, at), (key) => misspelt(key, index))),
  fc.tuple(newKey, otherValue).map<Change>(([key, value]) => (places, at) => {
    const { holder } = pick(places, at);
    set({ holder, key: Array.isArray(holder) ? `${holder.length}` : key }, value);
  }),
  fc.nat().map<Change>((second) => (places, at) => swap(pick(places, at), pick(places, second))),
  fc.nat().map<Change>((second) => (places, at) => set(pick(places, at), valueOf(pick(places, second)))),
  fc.constant<Change>((places, at) => set(pick(places, at), [valueOf(pick(places, at))])),
  fc.constant<Change>((places, at) => set(pick(places, at), { a: valueOf(pick(places, at)) })),
);

/** Changes of the data: keys removed and renamed, types changed, values swapped, nested deep. */
export const dataDamage = fc
  .array(fc.tuple(change, fc.nat()), { minLength: 1, maxLength: 4 })
  .map((changes) => (mesh: Record<string, unknown>) => {
    const changed = structuredClone(mesh);
    for (const [apply, at] of changes) {
      const places = placesOf(changed);
      if (places.length > 0) apply(places, at);
    }
    return changed;
  });

type TextChange = (text: string, at: number) => string;

const inserted = fc.constantFrom(
  ...[
    ":",
    "- ",
    "\n",
    "\t",
    "#",
    '"',
    "'",
    "{",
    "[",
    "}",
    "]",
    ",",
    "|",
    ">",
    "?",
    "@",
    "%",
    "&a ",
    "*a",
    "*a\n",
    "<<: *a\n",
  ],
  ...[
    "!!binary ",
    "!!set ",
    "!!omap ",
    "!!timestamp ",
    "!!js/function ",
    "!x ",
    "!<tag:x> ",
    "---\n",
    "...\n",
    "%YAML 9.9\n---\n",
  ],
  ...[
    "\u0000",
    "\ufeff",
    "\u2028",
    "\ud800",
    "\u001b[31m",
    "version: 1\n",
    "a: &a [*a]\n",
    "a: &a {b: *a}\n",
    "? [a]\n: b\n",
  ],
  ...["[".repeat(50), "[".repeat(20_000), "{a: ".repeat(5000), "- ".repeat(3000)],
);

const textChange: fc.Arbitrary<TextChange> = fc.oneof(
  fc.constant<TextChange>((text, at) => text.slice(0, at)),
  fc.constant<TextChange>((text, at) => text.slice(0, at) + text.slice(at + 1)),
  fc
    .oneof(inserted, secret)
    .map<TextChange>((more) => (text, at) => text.slice(0, at) + more + text.slice(at)),
  fc.oneof(inserted, secret).map<TextChange>((more) => (text, at) => {
    const start = text.lastIndexOf("\n", at) + 1;
    return text.slice(0, start) + more + text.slice(start);
  }),
  fc.constant<TextChange>((text, at) => onLine(text, at, () => "")),
  fc.constant<TextChange>((text, at) => onLine(text, at, (line) => line + line)),
  fc.constant<TextChange>((text, at) => onLine(text, at, (line) => ` ${line}`)),
  fc.constant<TextChange>((text) => text.replaceAll("\n", "\r\n")),
  fc.constant<TextChange>((text) => text + text),
);

/** Damage to the text: cut off, doubled, wrong indentation, stray YAML. */
export const textDamage = fc
  .array(fc.tuple(textChange, fc.nat()), { minLength: 1, maxLength: 3 })
  .map(
    (changes) => (text: string) =>
      changes.reduce((now, [apply, at]) => apply(now, at % (now.length + 1)), text),
  );

/** A key "<<" stands between quotes, as it must in a mesh.yaml. */
export const asText = (mesh: unknown): string => {
  const document = new Document(mesh, { aliasDuplicateObjects: false });
  visit(document, {
    Pair(_index, { key }) {
      if (isScalar(key) && key.value === "<<") key.type = "QUOTE_DOUBLE";
    },
  });
  return document.toString();
};

function placesOf(value: unknown): Place[] {
  const places: Place[] = [];
  const open: unknown[] = [value];
  while (open.length > 0) {
    const holder = open.pop();
    if (typeof holder !== "object" || holder === null) continue;
    for (const [key, below] of Object.entries(holder)) {
      places.push({ holder: holder as Place["holder"], key });
      open.push(below);
    }
  }
  return places;
}

function pick(places: readonly Place[], at: number): Place {
  return places[at % places.length];
}

function valueOf({ holder, key }: Place): unknown {
  return structuredClone((holder as Record<string, unknown>)[key]);
}

function set({ holder, key }: Place, value: unknown): void {
  // Not an assignment, which would take a key __proto__ for the prototype.
  Object.defineProperty(holder, key, { value, enumerable: true, writable: true, configurable: true });
}

function remove({ holder, key }: Place): void {
  if (Array.isArray(holder)) holder.splice(Number(key), 1);
  else delete holder[key];
}

function rename(place: Place, to: (key: string) => string): void {
  if (Array.isArray(place.holder)) return;
  const value = valueOf(place);
  remove(place);
  set({ holder: place.holder, key: to(place.key) }, value);
}

function swap(one: Place, other: Place): void {
  const [first, second] = [valueOf(one), valueOf(other)];
  set(one, second);
  set(other, first);
}

function misspelt(key: string, index: number): string {
  const at = index % (key.length + 1);
  const forms = [
    key.slice(0, at) + key.slice(at + 1),
    `${key.slice(0, at)}x${key.slice(at)}`,
    key.toUpperCase(),
    `${key}s`,
  ];
  return forms[index % forms.length];
}

function onLine(text: string, at: number, to: (line: string) => string): string {
  const start = text.lastIndexOf("\n", at - 1) + 1;
  const end = text.indexOf("\n", at) === -1 ? text.length : text.indexOf("\n", at) + 1;
  return text.slice(0, start) + to(text.slice(start, end)) + text.slice(end);
}
