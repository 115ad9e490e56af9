import type { Mesh } from "../../config/mesh";
import { INJECTOR_NAMESPACE, ISTIO_NAMESPACE } from "../../lib/names";
import { nameList } from "../../lib/private/text";
import type { Finding } from "../../lib/rules";
import { changedResources } from "./affected";
import { releases } from "./destroyed";
import { rules } from "./rules";
import { ofEach, shown } from "./shown";
import { at, chartOf, type Resource, type SynthesizedStack } from "./synthesized";

type Stacks = ReadonlyMap<string, SynthesizedStack>;

/** Releases and namespaces that a plan would destroy; those that mesh.yaml no longer names are only warned of. */
export function servingFindings(base: Stacks, head: Stacks, mesh: Mesh): Finding[] {
  const gone = [...base].flatMap(([name, before]) => {
    const after = head.get(name);
    const released = releases(after?.json.removed);
    return changedResources(before, after)
      .filter((change) => after && !change.after)
      .map(({ before }) => before!)
      .filter(({ type, id }) => WORDS[type] && !released.includes(`${type}.${id}`));
  });
  const facts = gone.map((resource) => ({
    subject: shown(resource.stack.name),
    kind: isMeantToGo(resource, mesh) ? "meant" : "serving",
    what: `${WORDS[resource.type]} ${shown(nameOf(resource))}`,
  }));
  return ofEach(facts, (subjects, { kind, what }) =>
    kind === "meant"
      ? rules.valueToRead(nameList(subjects), `${what} would be destroyed`, "whatever still uses it loses it")
      : rules.servingDestroyed(nameList(subjects), what),
  );
}

const WORDS: Readonly<Record<string, string>> = {
  helm_release: "the release",
  kubernetes_namespace_v1: "the namespace",
};

/** What mesh.yaml no longer lists: a gateway with its namespace, a revision, an injector that is someone else's. */
function isMeantToGo(resource: Resource, mesh: Mesh): boolean {
  const cluster = mesh.clusters.find(({ name }) => name === resource.stack.name);
  if (!cluster) return false;
  const name = nameOf(resource);
  if (resource.type === "kubernetes_namespace_v1") {
    const used = [ISTIO_NAMESPACE, INJECTOR_NAMESPACE, ...cluster.gateways.map(({ namespace }) => namespace)];
    return !used.includes(name);
  }
  const chart = chartOf(resource);
  // That of an injector which stays in mesh.yaml is refused by a rule of its own.
  if (chart === "vault") return !cluster.injector.install;
  if (chart === "gateway") return cluster.gateways.every((gateway) => gateway.name !== name);
  const revision = /^istio-istiod-(.*)$/.exec(name)?.[1] ?? "default";
  return chart === "istiod" && cluster.istio.revisions.every((listed) => listed.name !== revision);
}

function nameOf({ attributes }: Resource): string {
  return `${attributes.name ?? at(attributes, "metadata", "name")}`;
}
