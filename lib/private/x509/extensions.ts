import { DerError, DerReader, Tag } from "./der-reader";
import { readAlternativeNames, readIssuerName, readNames, readSubtrees } from "./general-names";

/** Undefined values are of extensions that are not there. */
export interface Extensions {
  readonly keyUsage?: number;
  readonly basicConstraints?: { readonly ca: boolean; readonly pathLength?: number };
  /** Object identifiers. */
  readonly extendedKeyUsage?: readonly string[];
  readonly subjectKeyId?: Buffer;
  readonly authorityKeyId?: AuthorityKeyId;
  readonly constrainsNames?: boolean;
  readonly policies?: readonly string[];
  readonly policyMappings?: readonly (readonly [issuer: string, subject: string])[];
  readonly requireExplicitPolicy?: number;
  /** Whether a revocation list of its distribution points would be for some reasons alone. */
  readonly revokedForSomeReasons?: boolean;
  /** Object identifiers of those that are critical and that Go does not know, or not all of. */
  readonly unknownCritical: readonly string[];
}

export interface AuthorityKeyId {
  readonly keyId?: Buffer;
  /** Name of the issuer's own issuer. */
  readonly issuer?: Buffer;
  /** Serial number of the issuer's certificate. */
  readonly serialNumber?: Buffer;
}

/** Bits of a keyUsage. */
export const KEY_CERT_SIGN = 1 << 5;
export const CRL_SIGN = 1 << 6;

export const ANY_POLICY = "2.5.29.32.0";
const AUTHORITY_INFORMATION_ACCESS = "1.3.6.1.5.5.7.1.1";

type Read = (value: DerReader, critical: boolean) => Partial<Extensions> & { readonly unknown?: boolean };

/** Extensions that verifiers look into; none of them may have anything in it that does not belong there. */
const KNOWN: Readonly<Record<string, { readonly name: string; readonly read: Read }>> = {
  "2.5.29.14": {
    name: "subjectKeyIdentifier",
    read: (value, critical) => {
      neverCritical(critical);
      return { subjectKeyId: value.element(Tag.OCTET_STRING).content };
    },
  },
  "2.5.29.15": {
    name: "keyUsage",
    read: (value) => ({ keyUsage: bits(value.bitString().bytes) }),
  },
  "2.5.29.17": {
    name: "subjectAltName",
    read: (value) => ({ unknown: !readAlternativeNames(value.inside(Tag.SEQUENCE)) }),
  },
  "2.5.29.19": { name: "basicConstraints", read: basicConstraints },
  "2.5.29.30": { name: "nameConstraints", read: nameConstraints },
  "2.5.29.31": { name: "cRLDistributionPoints", read: distributionPoints },
  "2.5.29.32": {
    name: "certificatePolicies",
    read: (value) => {
      const policies = some(value, (list) => list.inside(Tag.SEQUENCE).objectIdentifier());
      if (new Set(policies).size < policies.length) throw new DerError("names a policy twice");
      return { policies };
    },
  },
  "2.5.29.33": {
    name: "policyMappings",
    read: (value) => ({
      policyMappings: some(value, (list) => {
        const mapping = list.inside(Tag.SEQUENCE);
        const pair = [mapping.objectIdentifier(), mapping.objectIdentifier()] as const;
        mapping.end();
        return pair;
      }),
    }),
  },
  "2.5.29.35": { name: "authorityKeyIdentifier", read: authorityKeyId },
  "2.5.29.36": { name: "policyConstraints", read: policyConstraints },
  "2.5.29.37": {
    name: "extendedKeyUsage",
    read: (value) => ({
      extendedKeyUsage: some(value, (usage) => usage.objectIdentifier()),
    }),
  },
  "2.5.29.54": {
    name: "inhibitAnyPolicy",
    read: (value) => {
      value.count();
      return {};
    },
  },
  "1.3.6.1.5.5.7.1.14": {
    name: "proxyCertInfo",
    read: () => {
      throw new DerError("makes it no CA");
    },
  },
  [AUTHORITY_INFORMATION_ACCESS]: {
    name: "authorityInfoAccess",
    read: (value, critical) => {
      neverCritical(critical);
      value.inside(Tag.SEQUENCE).each((list) => {
        const access = list.inside(Tag.SEQUENCE);
        access.objectIdentifier();
        if (!access.isEmpty) access.any();
        access.end();
      });
      return {};
    },
  },
};

/** Reads the extensions of a certificate. */
export function readExtensions(list: DerReader): Extensions {
  const seen = new Set<string>();
  const unknownCritical: string[] = [];
  const found = list.each((each) => {
    const { oid, critical, value } = readExtension(each.inside(Tag.SEQUENCE));
    if (seen.has(oid)) throw new DerError(`has the extension ${KNOWN[oid]?.name ?? oid} twice`);
    seen.add(oid);
    const { unknown = true, ...fields } = Object.hasOwn(KNOWN, oid) ? readKnown(oid, critical, value) : {};
    if (critical && unknown) unknownCritical.push(oid);
    return fields;
  });
  return Object.assign({ unknownCritical }, ...found) as Extensions;
}

/** One extension, of a certificate or of a revocation list. */
export function readExtension(extension: DerReader): { oid: string; critical: boolean; value: Buffer } {
  const oid = extension.objectIdentifier();
  const critical = extension.nextIs(Tag.BOOLEAN) && extension.boolean();
  const value = extension.element(Tag.OCTET_STRING).content;
  extension.end();
  return { oid, critical, value };
}

function readKnown(oid: string, critical: boolean, value: Buffer) {
  const { name, read } = KNOWN[oid]!;
  const reader = new DerReader(value);
  try {
    const fields = { unknown: false, ...read(reader, critical) };
    reader.end();
    return fields;
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    throw new DerError(`has an extension ${name} that ${error.message}`);
  }
}

function neverCritical(critical: boolean): void {
  if (critical) throw new DerError("is critical, which it must not be");
}

/** The first nine bits, the first of them as 1. */
function bits(bytes: Buffer): number {
  const reversed = (byte: number) =>
    [...Array(8).keys()].reduce((all, bit) => all | (((byte >> (7 - bit)) & 1) << bit), 0);
  return reversed(bytes[0] ?? 0) | ((reversed(bytes[1] ?? 0) & 1) << 8);
}

function basicConstraints(value: DerReader): Partial<Extensions> {
  const constraints = value.inside(Tag.SEQUENCE);
  const ca = constraints.nextIs(Tag.BOOLEAN) && constraints.boolean();
  const pathLength = constraints.isEmpty ? undefined : constraints.count(Tag.INTEGER, 6);
  constraints.end();
  return { basicConstraints: { ca, pathLength } };
}

function nameConstraints(value: DerReader): Partial<Extensions> & { unknown: boolean } {
  const constraints = value.inside(Tag.SEQUENCE);
  const subtrees = [0, 1].flatMap((kind) => constraints.optional(Tag.explicit(kind)) ?? []);
  constraints.end();
  if (subtrees.every((each) => each.isEmpty)) throw new DerError("constrains nothing");
  const known = subtrees.map(readSubtrees);
  return { constrainsNames: true, unknown: known.includes(false) };
}

/** BoringSSL does not know them where they are critical. */
function distributionPoints(value: DerReader, critical: boolean): Partial<Extensions> & { unknown: boolean } {
  const limited = value.inside(Tag.SEQUENCE).each((list) => {
    const point = list.inside(Tag.SEQUENCE);
    const name = point.optional(Tag.explicit(0));
    if (name?.nextIs(Tag.explicit(1))) throw new DerError("names a place relative to its issuer");
    if (name) readNames(name.inside(Tag.explicit(0)));
    name?.end();
    const hasReasons = point.nextIs(Tag.implicit(1));
    if (hasReasons) point.any();
    const issuer = point.optional(Tag.explicit(2));
    if (issuer) readNames(issuer);
    point.end();
    return hasReasons;
  });
  return { unknown: critical, revokedForSomeReasons: limited.includes(true) };
}

/** Reads a SEQUENCE OF that has at least one in it. */
function some<Item>(value: DerReader, read: (reader: DerReader) => Item): Item[] {
  const list = value.inside(Tag.SEQUENCE);
  if (list.isEmpty) throw new DerError("is an empty list");
  return list.each(read);
}

export function authorityKeyId(value: DerReader, critical: boolean): Partial<Extensions> {
  neverCritical(critical);
  const id = value.inside(Tag.SEQUENCE);
  const keyId = id.nextIs(Tag.implicit(0)) ? id.any().content : undefined;
  const names = id.optional(Tag.explicit(1));
  const issuer = names && readIssuerName(names);
  const serialNumber = id.nextIs(Tag.implicit(2)) ? id.integer(Tag.implicit(2)) : undefined;
  id.end();
  if ((names === undefined) !== (serialNumber === undefined)) {
    throw new DerError("names an issuer without a serial number, or the other way around");
  }
  return { authorityKeyId: { keyId, issuer, serialNumber } };
}

function policyConstraints(value: DerReader): Partial<Extensions> {
  const constraints = value.inside(Tag.SEQUENCE);
  if (constraints.isEmpty) throw new DerError("constrains nothing");
  const [requireExplicitPolicy] = [0, 1].map((kind) =>
    constraints.nextIs(Tag.implicit(kind)) ? constraints.count(Tag.implicit(kind)) : undefined,
  );
  constraints.end();
  return { requireExplicitPolicy };
}
