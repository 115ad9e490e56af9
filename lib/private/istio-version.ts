import type { IConstruct } from "constructs";
import { ValidationError } from "../errors";
import { rules } from "../rules";
import { requireKnown } from "./tokens";

/**
 * Every fact that depends on Istio's version, with where it stands in Istio's source. Paths are of
 * github.com/istio/istio.
 */

/**
 * The first version that refuses an incomplete set of plug-in CA files; older ones silently sign for
 * themselves. pilot/pkg/bootstrap/istio_ca.go, "incomplete signing CA bundle detected".
 */
const REFUSES_INCOMPLETE_FILES = 27;

/**
 * The first version whose running istiod compares an old and a new bundle certificate by certificate.
 * Before, it looks for the one's bytes within the other's. pilot/pkg/bootstrap/istio_ca.go,
 * handleEvent; the older form was tried on 1.29.6, the newer was read.
 */
const COMPARES_BUNDLES_BY_CERTIFICATE = 30;

/** Whether a version is `x.y.z` of at least 1.27.0. */
export function isSupportedIstio(version: string): boolean {
  return isAtLeast(version, REFUSES_INCOMPLETE_FILES);
}

/** Whether a running istiod may find the roots of a new bundle in any order. */
export function takesBundlesInAnyOrder(version: string): boolean {
  return isAtLeast(version, COMPARES_BUNDLES_BY_CERTIFICATE);
}

/**
 * Whether a running istiod takes a new bundle: one of the two must hold the other, before 1.30 as one
 * piece. What it does not take stops every later renewal of its intermediate as well, until it
 * restarts; a restarted one takes any bundle.
 *
 * @param from what it runs with, each root by anything that identifies it
 * @param to what it is given
 */
export function takesBundle(version: string, from: readonly string[], to: readonly string[]): boolean {
  const [part, whole] = from.length <= to.length ? [from, to] : [to, from];
  if (takesBundlesInAnyOrder(version)) return part.every((root) => whole.includes(root));
  const start = whole.indexOf(part[0]);
  return part.every((root, index) => whole[start + index] === root);
}

/** The newest of some versions. */
export function newestVersion(versions: readonly string[]): string {
  const [newest] = [...versions].sort((one, other) => {
    const [left, right] = [numbersOf(one), numbersOf(other)];
    const different = left.findIndex((number, index) => number !== right[index]);
    return different < 0 ? 0 : right[different] - left[different];
  });
  return newest;
}

function isAtLeast(version: string, leastMinor: number): boolean {
  const [major, minor] = numbersOf(version);
  return major > 1 || (major === 1 && minor >= leastMinor);
}

/** Major, minor and patch; all zero where it is no `x.y.z`. */
function numbersOf(version: string): readonly number[] {
  const match = /^(\d+)\.(\d+)\.(\d+)$/.exec(version);
  return match ? match.slice(1).map(Number) : [0, 0, 0];
}

/** @throws ValidationError IV0402 if `version` is not at least 1.27.0, IV0130 if it is known to Terraform alone */
export function requireIstioVersion(version: string, scope: IConstruct): void {
  requireKnown("istioVersion", version, scope);
  if (!isSupportedIstio(version)) throw new ValidationError(rules.istioVersion(version), scope);
}
