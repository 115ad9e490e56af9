import { DerError, type DerReader, Tag } from "./der-reader";
import { isAscii, readName } from "./values";

const [EMAIL, DNS, URI, IP] = [1, 2, 6, 7].map((number) => Tag.implicit(number)) as [
  number,
  number,
  number,
  number,
];
const [OTHER_NAME, X400_ADDRESS, EDI_PARTY] = [0, 3, 5].map((number) => Tag.explicit(number));
const DIRECTORY_NAME = Tag.explicit(4);
const REGISTERED_ID = Tag.implicit(8);
const OTHERS = new Set([OTHER_NAME, X400_ADDRESS, EDI_PARTY, DIRECTORY_NAME, REGISTERED_ID]);

/** Kinds of names Go knows; it passes over the others. */
const KNOWN = new Set([EMAIL, DNS, URI, IP]);

/**
 * Checks the names of a subjectAltName.
 *
 * @returns whether Go knows any of them
 */
export function readAlternativeNames(names: DerReader): boolean {
  const tags = names.each((name) => {
    const { tag, content } = name.any();
    checkTag(tag);
    if (KNOWN.has(tag) && tag !== IP && !isAscii(content)) {
      throw new DerError("has a subjectAltName with characters beyond ASCII");
    }
    if (tag === URI && !isUri(content.toString("latin1"))) {
      throw new DerError("has a subjectAltName with a URI that Go does not read");
    }
    if (tag === IP && content.length !== 4 && content.length !== 16) {
      throw new DerError("has a subjectAltName with an IP address of another length than 4 or 16 bytes");
    }
    return tag;
  });
  return tags.some((tag) => KNOWN.has(tag));
}

/** Checks a SEQUENCE of names that nobody compares. */
export function readNames(names: DerReader): void {
  names.each((name) => checkTag(name.any().tag));
}

function checkTag(tag: number): void {
  if (!KNOWN.has(tag) && !OTHERS.has(tag)) throw new DerError("has a name of an unknown kind");
}

/**
 * Checks the subtrees of name constraints.
 *
 * @returns whether Go knows each kind of name among them
 */
export function readSubtrees(subtrees: DerReader): boolean {
  const known = subtrees.each((list) => {
    const subtree = list.inside(Tag.SEQUENCE);
    const { tag, content } = subtree.any();
    checkTag(tag);
    if (KNOWN.has(tag) && !isConstraint(tag, content)) {
      throw new DerError("has a name constraint whose value Go does not read");
    }
    return KNOWN.has(tag);
  });
  return known.every(Boolean);
}

function isConstraint(tag: number, value: Buffer): boolean {
  if (tag === IP)
    return (value.length === 8 || value.length === 32) && isMask(value.subarray(value.length / 2));
  if (!isAscii(value)) return false;
  const text = value.toString("latin1");
  if (tag === EMAIL && text.includes("@")) return isDomain(text.slice(text.lastIndexOf("@") + 1));
  if (tag === URI && /^[\d.]+$|:/.test(text)) return false;
  return isDomain(text.replace(/^\./, ""));
}

function isMask(mask: Buffer): boolean {
  const bits = [...mask].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  return /^1*0*$/.test(bits);
}

function isDomain(text: string): boolean {
  return text === "" || /^[!-\-/-~]+(\.[!-\-/-~]+)*$/.test(text);
}

/** Whether Go's url.Parse takes it, and its host for a domain. */
function isUri(text: string): boolean {
  if (/[\0-\x1f\x7f]|%(?![0-9A-Fa-f]{2})/.test(text)) return false;
  const [, scheme, rest] = /^(?:([^/?#:]*):)?(.*)$/s.exec(text) as unknown as [string, string?, string?];
  if (scheme !== undefined && !/^[A-Za-z][A-Za-z0-9+.-]*$/.test(scheme)) return false;
  const [, authority] = /^\/\/([^/?#]*)/.exec(rest!) ?? [];
  if (authority === undefined) return true;
  const host = authority.slice(authority.lastIndexOf("@") + 1).replace(/:\d*$/, "");
  return (
    host === "" || /^\[[0-9A-Fa-f:.]+\]$/.test(host) || (isDomain(host) && !/[[\]:<>"\\^`{|}]/.test(host))
  );
}

/** Names of the issuer within an authority key id: undefined unless it is one directory name. */
export function readIssuerName(names: DerReader): Buffer | undefined {
  const found = names.each((name) => {
    if (!name.nextIs(DIRECTORY_NAME)) {
      checkTag(name.any().tag);
      return undefined;
    }
    const directory = name.inside(DIRECTORY_NAME);
    const bytes = readName(directory);
    directory.end();
    return bytes;
  });
  return found.length === 1 ? found[0] : undefined;
}
