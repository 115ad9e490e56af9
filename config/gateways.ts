import { ISTIOD_ROLE, istiodAccount, rootMount } from "../lib";
import { isName } from "../lib/private/names";
import { type Finding, rules } from "../lib/rules";
import { list, mapping, mergedSection, type Raw } from "./cluster-sections";
import { gateway } from "./gateway-schema";
import type { GatewayConfig } from "./mesh";
import type { Problem } from "./mesh-file-error";
import { writtenRevisions } from "./revisions";
import { pathText, schemaProblems } from "./schema-problems";

/** A cluster's gateways: its own keys laid over the mesh-wide ones, gateway by gateway. */
export function clusterGateways(
  file: Raw,
  index: number,
): { gateways: readonly GatewayConfig[]; problems: readonly Problem[] } {
  const meshWide = mapping(file.gateways);
  const own = mapping(list(file.clusters)[index].gateways);
  const listed = (writtenRevisions(mergedSection(file, index, "istio")) ?? []).map((one) => one.name);
  const accounts = [ISTIOD_ROLE, ...listed.map(istiodAccount)];
  const problems: Problem[] = [];
  const configs = [...new Set([...Object.keys(meshWide), ...Object.keys(own)])].flatMap((name) => {
    const base = mapping(meshWide[name]);
    const over = mapping(own[name]);
    const isMeshWide = Object.hasOwn(meshWide, name);
    const holder = (isOwn: boolean) => pathText(isOwn ? `clusters[${index}].gateways` : "gateways", [name]);
    const pathOf = (path: readonly PropertyKey[]) =>
      pathText(holder(!isMeshWide || Object.hasOwn(over, path[0])), path);
    const wrongName = nameFinding(name, accounts);
    if (wrongName) problems.push({ path: holder(!isMeshWide), finding: wrongName });
    const parsed = gateway.safeParse({ ...base, ...over }, { reportInput: true });
    if (!parsed.success) {
      problems.push(...schemaProblems(gateway, parsed.error.issues, pathOf));
      return [];
    }
    const { mountPath } = mapping(parsed.data.certificate);
    const root = list(file.roots).find((candidate) => mountOf(candidate) === mountPath);
    if (mountPath !== undefined && root) {
      const finding = rules.gatewayUnderMeshRoot(`${mountPath}`, `${root.name}`);
      problems.push({ path: pathOf(["certificate", "mountPath"]), finding });
    }
    const { revision } = parsed.data.values;
    if (listed.length > 0 && revision !== undefined && !listed.includes(`${revision}`)) {
      problems.push({ path: pathOf(["values", "revision"]), finding: rules.gatewayRevision(listed) });
    }
    return [{ ...parsed.data, name, namespace: parsed.data.namespace ?? name }];
  });
  return { gateways: configs, problems };
}

function nameFinding(name: string, istiods: readonly string[]): Finding | undefined {
  if (!isName(name)) return rules.nameForm("gateways", name);
  return istiods.includes(name) ? rules.gatewayName(name) : undefined;
}

/** The PKI mount of a root of the mesh. */
function mountOf({ name, source, mountPath }: Raw): unknown {
  return source === "existing" ? mountPath : source === "vault-pki" ? rootMount(`${name}`) : undefined;
}
