import type { IConstruct } from "constructs";
import compare from "semver/functions/compare";
import parse from "semver/functions/parse";
import type SemVer from "semver/classes/semver";
import { ValidationError } from "../errors";
import { rules } from "../rules";
import { ISTIO_IMAGES } from "./upstream";
import { requireKnown } from "./tokens";

/**
 * Every fact of Istio's behaviour that depends on its version, with where it stands in Istio's source. Paths
 * are of github.com/istio/istio. What is supported until when is in upstream.ts. A vendor's build, such as
 * 1.29.6-solo, or a release candidate behaves as the version it is built from.
 */

/**
 * The first version that refuses an incomplete set of plug-in CA files; older ones silently become their
 * own CA. pilot/pkg/bootstrap/istio_ca.go, "incomplete signing CA bundle detected".
 */
const REFUSES_INCOMPLETE_FILES = 27;

/**
 * The first version whose running istiod compares an old and a new bundle certificate by certificate.
 * Before, it looks for the one's bytes within the other's. pilot/pkg/bootstrap/istio_ca.go,
 * handleEvent; the older form was tried on 1.29.6, the newer was read.
 */
const COMPARES_BUNDLES_BY_CERTIFICATE = 30;

/** Whether a version is `x.y.z` of at least 1.27.0, or a build of one: `x.y.z-suffix`. */
export function isSupportedIstio(version: string): boolean {
  return isAtLeast(version, REFUSES_INCOMPLETE_FILES) && !/-(distroless|debug)$/.test(version);
}

/** Whether a version is a vendor's build, which Istio itself neither publishes nor supports. */
export function isVendorsBuild(version: string): boolean {
  return !/^\d+\.\d+\.\d+(-(alpha|beta|rc)\.\w+)?$/.test(version);
}

/**
 * Registry and path of the images of a version; undefined for a vendor's, whose charts name their own. It
 * is said for every version, since the charts of 1.30 and before use hosts that are shut down.
 */
export function imageHub(version: string): string | undefined {
  return isVendorsBuild(version) ? undefined : ISTIO_IMAGES;
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
 * @param from what it runs with, each root by anything that identifies it, and comments by their lines
 * @param to what it is given
 */
export function takesBundle(version: string, from: readonly string[], to: readonly string[]): boolean {
  if (takesBundlesInAnyOrder(version)) {
    const [before, after] = [from, to].map((lines) => lines.filter((line) => !line.startsWith("#")));
    return isPart(before, after) || isPart(after, before);
  }
  const [part, whole] = from.length <= to.length ? [from, to] : [to, from];
  const start = whole.indexOf(part[0]);
  return part.every((root, index) => whole[start + index] === root);
}

function isPart(part: readonly string[], whole: readonly string[]): boolean {
  return part.every((root) => whole.includes(root));
}

/** The newest of some versions, by SemVer: a release candidate, as any build with a suffix, is before its release. */
export function newestVersion(versions: readonly string[]): string {
  const [newest] = [...versions].sort((one, other) => compare(builtFrom(other), builtFrom(one)));
  return newest;
}

function isAtLeast(version: string, leastMinor: number): boolean {
  const { major, minor } = builtFrom(version);
  return major > 1 || (major === 1 && minor >= leastMinor);
}

/** A version by its parts; the least there is where it is none, or holds what no image's tag may. */
function builtFrom(version: string): SemVer {
  const parsed = parse(version);
  return parsed?.version === version ? parsed : parse("0.0.0")!;
}

/** @throws ValidationError IV0402 if `version` is not at least 1.27.0, IV0130 if it is known only to Terraform */
export function requireIstioVersion(version: string, scope: IConstruct): void {
  requireKnown("istioVersion", version, scope);
  if (!isSupportedIstio(version)) throw new ValidationError(rules.istioVersion(version), scope);
}
