import { isDeepStrictEqual } from "node:util";
import { RootConstruct } from "constructs";
import type { Mesh } from "../../config/mesh";
import { vaultStacks } from "../../config/vault-stacks";
import { clusterVaultNames, REVOCATION_LISTS_MOUNT } from "../../lib/names";
import { REVOCATION_LISTS_FILE, revocationTemplates } from "../../lib/private/agent-annotations";
import { GUARD_NAMES } from "../../lib/private/guard";
import { VaultStack } from "../../stacks/vault-stack";
import type { Difference } from "./differences";
import { type Explainer, harmless } from "./explanation";
import { chartOf, mapping, type Resource } from "./synthesized";

const SCOPE = "RevocationLists";
const SAID = "the revocation lists, as mesh.yaml declares them";

/** What a change of revocation in mesh.yaml brings: just that, and nothing else under the same names. */
export const explainLists: Explainer = (difference, { mesh }) => {
  const { resource } = difference;
  if (!resource) return undefined;
  const isOurs = resource.path.split("/")[1] === SCOPE;
  if (isOurs) return isDeclared(resource, mesh) ? harmless(SAID) : undefined;
  return chartOf(resource) === "istiod" && isOfServedLists(difference, mesh) ? harmless(SAID) : undefined;
};

function isDeclared({ type, id, attributes }: Resource, mesh: Mesh): boolean {
  const { "//": _, ...declared } = mapping(declaredOf(mesh)[type]?.[id]);
  return isDeepStrictEqual(attributes, declared);
}

type Resources = Readonly<Record<string, Readonly<Record<string, unknown>>>>;
const synthesized = new WeakMap<Mesh, Resources>();

/** What this program makes of the mesh. */
function declaredOf(mesh: Mesh): Resources {
  const known = synthesized.get(mesh);
  if (known) return known;
  const [shared] = vaultStacks(mesh);
  const stack = new VaultStack(new RootConstruct(), mesh, shared);
  const { resource } = stack.toTerraform() as { resource: Resources };
  synthesized.set(mesh, resource);
  return resource;
}

/** Where istiod's values say that it hands out lists, or no longer does. */
function isOfServedLists({ stack, path, before, after }: Difference, mesh: Mesh): boolean {
  const key = path.slice(4).join(".");
  const cluster = mesh.clusters.find(({ name }) => name === stack);
  const served = servedValues(cluster?.nameInVault ?? stack);
  const expected = mesh.revocation?.lists === "served" ? served : {};
  if (key === "initContainers") return isDeepStrictEqual(withoutLists(before), withoutLists(after));
  return Object.hasOwn(served, key) && after === expected[key];
}

function servedValues(nameInVault: string): Readonly<Record<string, string>> {
  const { secretsMount, certificatesPath } = clusterVaultNames(nameInVault);
  const templates = revocationTemplates(
    { secretsMountPath: secretsMount, certificatesPath },
    { mountPath: REVOCATION_LISTS_MOUNT },
  );
  const annotation = (name: string) => `podAnnotations.vault.hashicorp.com/${name}-${REVOCATION_LISTS_FILE}`;
  return {
    [annotation("agent-inject-template")]: templates[REVOCATION_LISTS_FILE],
    [annotation("agent-inject-perms")]: "0400",
    [annotation("error-on-missing-key")]: "true",
    "env.PILOT_ENABLE_CA_CRL": "true",
  };
}

/** The init containers as they are where the guard demands no lists. */
function withoutLists(containers: unknown): unknown {
  if (!Array.isArray(containers)) return containers;
  return containers.map((container: unknown) => {
    const { name, command, ...rest } = mapping(container);
    if (!GUARD_NAMES.includes(`${name}`) || !Array.isArray(command)) return container;
    return {
      ...{ name, ...rest },
      command: command.map((part) => `${part}`.replace(` ${REVOCATION_LISTS_FILE};`, ";")),
    };
  });
}
