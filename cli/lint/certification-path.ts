import type { CaCertificate } from "./ca-certificate";
import { unusableKind } from "./key-kind";

/** From a certificate up, each signed by the next. */
export interface CertificationPath {
  readonly certificates: readonly CaCertificate[];
  /** Whether the last is a trusted root. */
  readonly anchored: boolean;
}

export interface FoundPaths {
  readonly paths: readonly CertificationPath[];
  /** Whether the search was broken off, so that there may be more. */
  readonly brokenOff: boolean;
}

/** What stands in the files besides the certificate a path starts from. */
export interface Surroundings {
  /** `cert-chain.pem`. */
  readonly chain: readonly CaCertificate[];
  /** `root-cert.pem`. */
  readonly bundle: readonly CaCertificate[];
  readonly now: Date;
}

/** How many issuers Go looks at before it gives up: maxChainSignatureChecks of crypto/x509. */
const GO_LIMIT = 100;
/** For an explanation of what is wrong, that many are more than enough. */
const EXPLANATION_LIMIT = 1000;

/** The ways up that Go finds, in its order. It goes on only where nothing is wrong with a certificate by itself. */
export function pathsOfGo(start: CaCertificate, { chain, bundle, now }: Surroundings): FoundPaths {
  return search(start, chain, bundle, GO_LIMIT, (issuer, path, isRoot) => goTakes(issuer, path, isRoot, now));
}

/** Every way up by names and signatures alone, whatever else is wrong with the certificates. */
export function certificationPaths(
  start: CaCertificate,
  chain: readonly CaCertificate[],
  bundle: readonly CaCertificate[],
): readonly CertificationPath[] {
  return search(start, chain, bundle, EXPLANATION_LIMIT, () => true).paths;
}

type Takes = (issuer: CaCertificate, path: readonly CaCertificate[], isRoot: boolean) => boolean;

function search(
  start: CaCertificate,
  chain: readonly CaCertificate[],
  bundle: readonly CaCertificate[],
  limit: number,
  takes: Takes,
): FoundPaths {
  const roots = distinct(bundle);
  if (roots.some((root) => root.equals(start))) {
    return { paths: [{ certificates: [start], anchored: true }], brokenOff: false };
  }
  const intermediates = distinct(chain);
  const paths: CertificationPath[] = [];
  let looks = 0;
  const climb = (path: readonly CaCertificate[]) => {
    const last = path.at(-1)!;
    const before = paths.length;
    for (const [candidates, isRoot] of [[roots, true] as const, [intermediates, false] as const]) {
      for (const issuer of inOrderOfKeyIds(last, candidates)) {
        looks += 1;
        if (looks > limit) return;
        if (path.some((step) => step.hasNameAndKeyOf(issuer)) || !last.isSignedBy(issuer)) continue;
        if (!takes(issuer, path, isRoot)) continue;
        if (isRoot) paths.push({ certificates: [...path, issuer], anchored: true });
        else climb([...path, issuer]);
      }
    }
    if (paths.length === before) paths.push({ certificates: path, anchored: false });
  };
  climb([start]);
  return { paths, brokenOff: looks > limit };
}

/** Namesakes of an issuer, the likeliest first, as Go tries them. */
function inOrderOfKeyIds(child: CaCertificate, candidates: readonly CaCertificate[]): CaCertificate[] {
  const named = child.fields.authorityKeyId?.keyId ?? NO_ID;
  const rank = ({ fields: { subjectKeyId = NO_ID } }: CaCertificate) => {
    if (subjectKeyId.equals(named)) return 0;
    return (subjectKeyId.length === 0) !== (named.length === 0) ? 1 : 2;
  };
  return candidates
    .filter(({ subject }) => subject === child.issuer)
    .sort((one, other) => rank(one) - rank(other));
}

const NO_ID = Buffer.alloc(0);

function goTakes(issuer: CaCertificate, path: readonly CaCertificate[], isRoot: boolean, now: Date): boolean {
  const { isCa, pathLength, fields } = issuer;
  const isIssuer = isCa || (isRoot && fields.version < 3 && fields.basicConstraints === undefined);
  return (
    isIssuer &&
    fields.unknownCritical.length === 0 &&
    issuer.isCurrent(now) &&
    (pathLength === undefined || pathLength >= path.length) &&
    issuer.maySignCertificates !== false &&
    path.at(-1)!.refusedSignature === undefined &&
    unusableKind(issuer.publicKey) === undefined
  );
}

/**
 * The one way OpenSSL and BoringSSL go from a workload's certificate: at each step the first certificate whose name
 * and key id fit, roots before others and current ones before others. They look at signatures at the end, and do not
 * turn back.
 */
export function pathOfOpenSsl(
  intermediate: CaCertificate,
  { chain, bundle, now }: Surroundings,
): CertificationPath {
  const first = (fits: (issuer: CaCertificate) => boolean, path: readonly CaCertificate[]) =>
    pick(bundle.filter(fits), now) ??
    pick(
      chain.filter((issuer) => fits(issuer) && !path.some((step) => step.equals(issuer))),
      now,
    );
  const path: CaCertificate[] = [];
  let next = first((issuer) => intermediate.couldBeTakenFor(issuer), path);
  while (next) {
    path.push(next);
    const last = next;
    if (last.isSelfIssued && last.names(last)) break;
    next =
      path.length > chain.length + bundle.length ? undefined : first((issuer) => last.names(issuer), path);
  }
  const top = path.at(-1);
  return { certificates: path, anchored: top !== undefined && bundle.some((root) => root.equals(top)) };
}

/** Another certificate that OpenSSL or BoringSSL may take for an issuer. */
export interface Alternative {
  /** Its place in the path. */
  readonly at: number;
  readonly certificate: CaCertificate;
}

/**
 * What else BoringSSL may take at each step: it takes whatever fits by name and key id, and not always the first. A root
 * is taken before anything in the chain.
 */
export function alternatives(
  path: readonly CaCertificate[],
  { chain, bundle }: Surroundings,
): readonly Alternative[] {
  const isRoot = (certificate: CaCertificate) => bundle.some((root) => root.equals(certificate));
  return path.flatMap((step, at) => {
    const child = path[at - 1];
    const fitting = [...bundle, ...(isRoot(step) ? [] : chain)].filter(
      (other) => !other.equals(step) && (child ? child.couldBeSignedBy(other) : step.couldBeTakenFor(other)),
    );
    return fitting.map((certificate) => ({ at, certificate }));
  });
}

function pick(candidates: readonly CaCertificate[], now: Date): CaCertificate | undefined {
  const latest = [...candidates].sort((one, other) => other.notAfter.getTime() - one.notAfter.getTime())[0];
  return candidates.find((candidate) => candidate.isCurrent(now)) ?? latest;
}

function distinct(certificates: readonly CaCertificate[]): CaCertificate[] {
  return [...new Map(certificates.map((certificate) => [certificate.fingerprint, certificate])).values()];
}
