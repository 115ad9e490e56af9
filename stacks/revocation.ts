import { X509Certificate } from "node:crypto";
import type { Construct } from "constructs";
import { longest } from "../config/longest";
import type { Mesh, RootConfig } from "../config/mesh";
import { Duration, type IRootCa, RevocationLists } from "../lib";

/** The mesh's revocation lists; undefined where it has none. */
export function addRevocationLists(
  stack: Construct,
  mesh: Mesh,
  roots: ReadonlyMap<string, IRootCa>,
): RevocationLists | undefined {
  if (!mesh.revocation) return undefined;
  const trusted = new Set(mesh.clusters.flatMap(({ trust }) => trust.bundle));
  const inUse = mesh.roots.filter(({ name }) => trusted.has(name));
  return new RevocationLists(stack, "RevocationLists", {
    roots: inUse.map(({ name }) => roots.get(name)!),
    revoked: mesh.revocation.revoked.map(({ serial }) => serial),
    validFor: longest(inUse.map(lifetime)),
    preventDestroy: mesh.preventDestroy,
  });
}

/** The certificate's whole lifetime, so that a list which is signed later lasts longer than it. */
function lifetime(root: RootConfig): Duration {
  if (!("certificatePem" in root)) return root.validFor;
  const { validFrom, validTo } = new X509Certificate(root.certificatePem);
  return Duration.seconds(Math.ceil((Date.parse(validTo) - Date.parse(validFrom)) / 1000));
}
