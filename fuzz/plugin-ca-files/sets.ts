import fc from "fast-check";
import { pem, type Signer } from "../../__tests__/support/crafted-certificate";
import {
  bitString,
  explicit,
  integer,
  NULL,
  octets,
  oid,
  sequence,
  time,
  tlv,
} from "../../__tests__/support/der-writer";
import { inDays } from "../../__tests__/support/test-ca";
import type { PluginCaFiles } from "../../cli/lint/plugin-ca-files";
import { CHANGES, NAMES } from "./certificate-mutations";
import { leafOf } from "./leaf";
import { type Authority, derOf, type Keys, makeKeys } from "./parts";
import { type Shape, shapes, withParts } from "./shapes";
import { TEXT_CHANGES } from "./text-mutations";

/** A set of plug-in CA files, and what was done to it. */
export interface GeneratedSet {
  readonly id: number;
  /** What it was made from, and each change. */
  readonly story: readonly string[];
  readonly files: PluginCaFiles;
  /** What a workload would have from its CA; undefined where its key can sign nothing. */
  readonly workload: { readonly key: string; readonly certificate: string } | undefined;
}

/** A set while it is made: the files come last. */
interface Draft {
  readonly shape: Shape;
  readonly lists: Readonly<Record<string, Partial<ListParts>>>;
  readonly texts: readonly ((files: PluginCaFiles) => PluginCaFiles)[];
}

interface ListParts {
  readonly version: Buffer;
  readonly algorithm: Buffer;
  readonly issuer: Buffer;
  readonly begin: Buffer;
  readonly end: Buffer;
  readonly revoked: readonly Buffer[];
  readonly extensions: readonly Buffer[];
  readonly signer: Signer;
  readonly rewrite: (der: Buffer) => Buffer;
}

type Step = { readonly title: string; readonly change: (draft: Draft, dice: number) => Draft };

/**
 * So many sets of plug-in CA files, each a sound one with one change or two. The same seed makes the same changes;
 * keys are made anew.
 */
export function generatedSets(count: number, seed: number): GeneratedSet[] {
  const keys = makeKeys();
  const bases = shapes(keys);
  const steps = everyStep(keys);
  const dice = fc.nat(2 ** 30);
  const drawn = fc.record({
    base: fc.nat(bases.length - 1),
    steps: fc.oneof(
      { weight: 3, arbitrary: fc.tuple(fc.nat(), dice).map((one) => [one]) },
      { weight: 1, arbitrary: fc.tuple(fc.tuple(fc.nat(), dice), fc.tuple(fc.nat(), dice)) },
    ),
  });
  return fc.sample(drawn, { seed, numRuns: count }).map(({ base, steps: chosen }, id) => {
    // Every step comes first in turn, so that none is left out.
    const first = chosen.map(([number, at], place) => [place === 0 ? id : number, at] as const);
    let draft: Draft = { shape: bases[base]!, lists: {}, texts: [] };
    const story = [draft.shape.name];
    for (const [number, at] of first) {
      const { title, change } = steps[number % steps.length]!;
      const place = at % Object.keys(draft.shape.authorities).length;
      story.push(`${title} (${Object.keys(draft.shape.authorities)[place]})`);
      draft = change(draft, at);
    }
    return { id, story, ...finished(draft) };
  });
}

function everyStep(keys: Keys): Step[] {
  return [
    ...Object.entries(CHANGES).map(([title, change]) =>
      onAuthority(title, (one, dice) => withParts(one, change(one.parts, Math.floor(dice / 64), one))),
    ),
    ...Object.entries(NAMES).map(([title, subject]): Step => ({
      title: `name: ${title}`,
      change: (draft, dice) => renamed(draft, dice, subject),
    })),
    ...[
      ...Object.entries(keys.others),
      ["P-384", keys.p384] as const,
      ["Ed25519", keys.ed25519] as const,
    ].map(([title, key]): Step => ({
      title: `key: ${title}`,
      change: (draft, dice) => rekeyed(draft, dice, key),
    })),
    ...HASHES.map(([title, hash, ecdsa, rsa]): Step => hashed(title, hash, ecdsa, rsa)),
    ...Object.entries(TEXT_CHANGES).flatMap(([title, change]) =>
      (["caCert", "certChain", "rootCert", "caKey", "caCrl"] as const).map((file): Step => ({
        title: `${file}: ${title}`,
        change: (draft, dice) => ({
          ...draft,
          texts: [
            ...draft.texts,
            (files) =>
              files[file] === undefined
                ? files
                : { ...files, [file]: change(files[file], Math.floor(dice / 64)) },
          ],
        }),
      })),
    ),
    ...FILES.map(([title, change]): Step => ({
      title,
      change: (draft) => ({ ...draft, texts: [...draft.texts, change] }),
    })),
    ...Object.entries(LISTS).map(([title, change]): Step => ({
      title: `list: ${title}`,
      change: (draft, dice) => {
        const names = draft.shape.lists ?? [...new Set([...draft.shape.chain, ...draft.shape.bundle])];
        const shape = { ...draft.shape, lists: names };
        const name = names[dice % names.length]!;
        const parts = change(shape.authorities[name]!, shape);
        if (parts === undefined)
          return { ...draft, shape: { ...shape, lists: names.filter((each) => each !== name) } };
        return { ...draft, shape, lists: { ...draft.lists, [name]: { ...draft.lists[name], ...parts } } };
      },
    })),
  ];
}

function onAuthority(title: string, change: (one: Authority, dice: number) => Authority): Step {
  return {
    title,
    change: (draft, dice) => {
      const { authorities } = draft.shape;
      const name = placed(authorities, dice);
      return withAuthorities(draft, { ...authorities, [name]: change(authorities[name]!, dice) });
    },
  };
}

const placed = (authorities: Shape["authorities"], dice: number) => {
  const names = Object.keys(authorities);
  return names[dice % names.length]!;
};

function withAuthorities(draft: Draft, authorities: Shape["authorities"]): Draft {
  return { ...draft, shape: { ...draft.shape, authorities } };
}

/** Another name, for a CA and as issuer of what is below it. */
function renamed(draft: Draft, dice: number, subject: Buffer): Draft {
  const { authorities } = draft.shape;
  const old = authorities[placed(authorities, dice)]!.parts.subject;
  return withAuthorities(
    draft,
    mapped(authorities, (one) =>
      withParts(one, {
        ...(one.parts.subject.equals(old) && { subject }),
        ...(one.parts.issuer.equals(old) && { issuer: subject }),
      }),
    ),
  );
}

/** Another key, for a CA and to sign what is below it; key ids are left out, since they would not fit. */
function rekeyed(draft: Draft, dice: number, key: Signer): Draft {
  const { authorities } = draft.shape;
  const old = authorities[placed(authorities, dice)]!.key;
  return withAuthorities(
    draft,
    mapped(authorities, (one) => {
      const own = one.key === old ? key : one.key;
      const issuer = one.issuer === old ? key : one.issuer;
      const extensions = one.parts.extensions.filter(
        ({ oid: type }) => type !== "2.5.29.14" && type !== "2.5.29.35",
      );
      const isTouched = own !== one.key || issuer !== one.issuer;
      const parts = { ...one.parts, publicKeyInfo: own.publicKeyInfo, algorithm: issuer.algorithm };
      return isTouched ? { key: own, issuer, parts: { ...parts, extensions } } : one;
    }),
  );
}

function mapped(
  authorities: Shape["authorities"],
  change: (one: Authority) => Authority,
): Shape["authorities"] {
  return Object.fromEntries(Object.entries(authorities).map(([name, one]) => [name, change(one)]));
}

const HASHES = [
  ["SHA-1", "sha1", "1.2.840.10045.4.1", "1.2.840.113549.1.1.5"],
  ["SHA-224", "sha224", "1.2.840.10045.4.3.1", "1.2.840.113549.1.1.14"],
  ["SHA-384", "sha384", "1.2.840.10045.4.3.3", "1.2.840.113549.1.1.12"],
  ["SHA-512", "sha512", "1.2.840.10045.4.3.4", "1.2.840.113549.1.1.13"],
  ["MD5", "md5", "1.2.840.10045.4.1", "1.2.840.113549.1.1.4"],
] as const;

function hashed(title: string, hash: string, ecdsa: string, rsa: string): Step {
  return onAuthority(`signed with ${title}`, (one) => {
    const { issuer } = one;
    const kind = issuer.privateKey?.asymmetricKeyType;
    if (kind !== "ec" && kind !== "rsa") return one;
    const algorithm = kind === "ec" ? sequence(oid(ecdsa)) : sequence(oid(rsa), NULL);
    return {
      ...withParts(one, { algorithm }),
      issuer: { ...issuer, sign: (signed) => issuer.signWith!(hash, signed) },
    };
  });
}

type FilesChange = (files: PluginCaFiles) => PluginCaFiles;
const FILES: readonly (readonly [string, FilesChange])[] = [
  ["chain turned", (files) => ({ ...files, certChain: turned(files.certChain!) })],
  ["bundle turned", (files) => ({ ...files, rootCert: turned(files.rootCert!) })],
  ["root added to ca-cert.pem", (files) => ({ ...files, caCert: files.caCert! + files.rootCert! })],
  ["root before ca-cert.pem", (files) => ({ ...files, caCert: files.rootCert! + files.caCert! })],
  ["chain added to the bundle", (files) => ({ ...files, rootCert: files.rootCert! + files.certChain! })],
  ["chain before the bundle", (files) => ({ ...files, rootCert: files.certChain! + files.rootCert! })],
  ["bundle added to the chain", (files) => ({ ...files, certChain: files.certChain! + files.rootCert! })],
  ["bundle before the chain", (files) => ({ ...files, certChain: files.rootCert! + files.certChain! })],
  ["bundle for the chain", (files) => ({ ...files, certChain: files.rootCert! })],
  ["chain for the bundle", (files) => ({ ...files, rootCert: files.certChain! })],
  ["key in the chain", (files) => ({ ...files, certChain: files.certChain! + files.caKey! })],
  ["key in the bundle", (files) => ({ ...files, rootCert: files.rootCert! + files.caKey! })],
  ["certificate before the key", (files) => ({ ...files, caKey: files.caCert! + files.caKey! })],
  ["certificate after the key", (files) => ({ ...files, caKey: files.caKey! + files.caCert! })],
  ["list in the bundle", (files) => ({ ...files, rootCert: files.rootCert! + (files.caCrl ?? "") })],
];

function turned(text: string): string {
  return (text.match(/-----BEGIN[\s\S]+?-----END [^\n]+\n?/g) ?? []).toReversed().join("");
}

const hex = (text: string) => Buffer.from(text, "hex");
const extension = (type: string, value: Buffer, critical = false) =>
  sequence(oid(type), critical ? hex("0101ff") : Buffer.alloc(0), octets(value));
const revoke = (serialNumber: Buffer, ...more: Buffer[]) => sequence(serialNumber, time(inDays(-1)), ...more);

/** What is changed of one list; undefined leaves it out. */
const LISTS: Readonly<Record<string, (of: Authority, shape: Shape) => Partial<ListParts> | undefined>> = {
  gone: () => undefined,
  sound: () => ({}),
  expired: () => ({ begin: time(inDays(-9)), end: time(inDays(-2)) }),
  "not yet valid": () => ({ begin: time(inDays(1)), end: time(inDays(2)) }),
  "without an end": () => ({ end: Buffer.alloc(0) }),
  "revokes the intermediate": (_, { authorities }) => ({
    revoked: [revoke(authorities.ca!.parts.serialNumber)],
  }),
  "revokes another": () => ({ revoked: [revoke(integer(99))] }),
  "revokes with a reason": () => ({
    revoked: [revoke(integer(99), sequence(extension("2.5.29.21", tlv(0x0a, hex("01")))))],
  }),
  "version 1": () => ({ version: Buffer.alloc(0), extensions: [] }),
  "version 3": () => ({ version: integer(2) }),
  "of another issuer": () => ({ issuer: sequence() }),
  "bytes after": () => ({ rewrite: (der) => Buffer.concat([der, hex("00")]) }),
  "signature damaged": () => ({ rewrite: (der) => Buffer.concat([der.subarray(0, -3), hex("000000")]) }),
  "algorithm another": () => ({ algorithm: sequence(oid("1.2.840.10045.4.3.3")) }),
  "critical extension": () => ({ extensions: [extension("1.2.3.4", NULL, true)] }),
  "unknown extension": () => ({ extensions: [extension("1.2.3.4", NULL)] }),
  "issuing distribution point": () => ({
    extensions: [extension("2.5.29.28", sequence(tlv(0x81, hex("ff"))), true)],
  }),
  delta: () => ({ extensions: [extension("2.5.29.27", integer(1), true)] }),
  "number wrong": () => ({ extensions: [extension("2.5.29.20", NULL)] }),
  "authority key id another": () => ({
    extensions: [extension("2.5.29.35", sequence(tlv(0x80, hex("0102"))))],
  }),
  "no extensions": () => ({ extensions: [] }),
};

function listDer(of: Authority, changes: Partial<ListParts>): Buffer {
  const parts: ListParts = {
    version: integer(1),
    algorithm: of.key.algorithm,
    issuer: of.parts.subject,
    begin: time(inDays(-1)),
    end: time(inDays(3000)),
    revoked: [],
    extensions: [extension("2.5.29.20", integer(1))],
    signer: of.key,
    rewrite: (der) => der,
    ...changes,
  };
  const signed = sequence(
    ...[parts.version, parts.algorithm, parts.issuer, parts.begin, parts.end],
    ...(parts.revoked.length === 0 ? [] : [sequence(...parts.revoked)]),
    ...(parts.extensions.length === 0 ? [] : [explicit(0, sequence(...parts.extensions))]),
  );
  return parts.rewrite(sequence(signed, parts.algorithm, bitString(parts.signer.sign(signed))));
}

function finished({ shape, lists, texts }: Draft): Pick<GeneratedSet, "files" | "workload"> {
  const { authorities } = shape;
  const ders = Object.fromEntries(Object.entries(authorities).map(([name, one]) => [name, derOf(one)]));
  const text = (names: readonly string[]) => names.map((name) => pem(ders[name]!)).join("");
  const ca = authorities.ca!;
  const key = ca.key.privateKey;
  const files: PluginCaFiles = {
    caKey: key ? (key.export({ type: "pkcs8", format: "pem" }) as string) : "",
    caCert: text(["ca"]),
    certChain: text(shape.chain),
    rootCert: text(shape.bundle.map((name) => name)),
    caCrl: shape.lists
      ?.map((name) => pem(listDer(authorities[name]!, lists[name] ?? {}), "X509 CRL"))
      .join(""),
  };
  return {
    files: texts.reduce((before, change) => change(before), files),
    workload: key && leafOf(ca),
  };
}
