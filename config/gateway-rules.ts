import { ISTIOD_ROLE, istiodAccount, rootMount } from "../lib";
import { isName } from "../lib/private/names";
import type { Found } from "./found";
import type { Path } from "./mesh-file-error";
import { mapping, type Raw } from "./mesh-text";
import { listedRevisions } from "./revision-rules";
import { rules } from "./rules";

/** What is wrong with a cluster's gateways beside its istiods and the mesh's roots. */
export function gatewaysFound(written: Raw, cluster: Raw, at: Path, roots: readonly Raw[]): Found[] {
  const listed = listedRevisions(written) ?? [];
  const istiods = [ISTIOD_ROLE, ...listed.filter(isName).map(istiodAccount)];
  return Object.keys(mapping(written.gateways)).flatMap((name) => {
    const gateway = mapping(mapping(cluster.gateways)[name]);
    const path = [...at, "gateways", name];
    const found: Found[] = [];
    if (!isName(name)) found.push({ path, finding: rules.nameForm("gateways", name) });
    else if (istiods.includes(name)) found.push({ path, finding: rules.gatewayName(name) });

    const { mountPath } = mapping(gateway.certificate);
    const root = roots.find((candidate) => mountOf(candidate) === mountPath);
    if (mountPath !== undefined && root) {
      const finding = rules.gatewayUnderMeshRoot(`${mountPath}`, `${root.name}`);
      found.push({ path: [...path, "certificate", "mountPath"], finding });
    }
    const { revision } = mapping(gateway.values);
    if (listed.length > 0 && revision !== undefined && !listed.includes(`${revision}`)) {
      found.push({ path: [...path, "values", "revision"], finding: rules.gatewayRevision(listed) });
    }
    return found;
  });
}

/** The PKI mount of a root of the mesh. */
function mountOf({ name, source, mountPath }: Raw): unknown {
  return source === "existing" ? mountPath : source === "vault-pki" ? rootMount(`${name}`) : undefined;
}
