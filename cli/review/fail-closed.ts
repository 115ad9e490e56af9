import { isDeepStrictEqual } from "node:util";
import type { Mesh } from "../../config/mesh";
import { nameList } from "../../lib/private/text";
import { INJECTION_LABEL, ISTIO_NAMESPACE } from "../../lib";
import { SECRETS_DIRECTORY } from "../../lib/private/agent-annotations";
import { ISTIOD_GUARD } from "../../lib/private/guard";
import type { Finding } from "../../lib/rules";
import { overlay } from "../../lib/private/helm-values";
import { otherSigners, withoutPrefix } from "../../lib/private/istiod-values";
import { rules } from "./rules";
import { ofEach, shown } from "./shown";
import { at, chartOf, helmValues, mapping, type Resource, type SynthesizedStack } from "./synthesized";

type Stacks = ReadonlyMap<string, SynthesizedStack>;
type Values = ReturnType<typeof helmValues>;

/** What keeps istiod from starting without its files from Vault. */
interface Guard {
  readonly chart: "vault" | "istiod";
  /** What is wrong where it does not hold. */
  readonly words: string;
  readonly holds: (values: Values, release: Resource) => boolean;
}

const annotation = (values: Values, name: string) =>
  at(values, "podAnnotations", `vault.hashicorp.com/${name}`);
const FILES = ["ca-key.pem", "ca-cert.pem", "cert-chain.pem", "root-cert.pem"];

/** Attributes of a release that change its values, or what is made of them, after `values`. */
const BESIDE_VALUES = ["set", "set_list", "set_sensitive", "set_wo", "postrender"];

const untouched = (_: Values, { attributes }: Resource) => BESIDE_VALUES.every((key) => !(key in attributes));

const GUARDS: readonly Guard[] = [
  ...(["vault", "istiod"] as const).map((chart) => ({
    chart,
    words: `the release of ${chart} sets more beside its values (${BESIDE_VALUES.join(", ")}), which can undo any guard`,
    holds: untouched,
  })),
  {
    chart: "vault",
    words: `the injector's webhook lets pods pass that it cannot inject (failurePolicy)`,
    holds: (values) => at(values, "injector", "webhook", "failurePolicy") === "Fail",
  },
  {
    chart: "vault",
    words: `the injector's webhook no longer looks at istiod's pods (its selectors)`,
    holds: (values) =>
      isDeepStrictEqual(at(values, "injector", "webhook", "objectSelector"), {
        matchLabels: { [INJECTION_LABEL.key]: INJECTION_LABEL.value },
      }) && watches(at(values, "injector", "webhook", "namespaceSelector")),
  },
  {
    chart: "istiod",
    words: "istiod's pod has no guard that demands all four files",
    holds: (values) =>
      list(values.initContainers).some((container) => at(container, "name") === ISTIOD_GUARD),
  },
  {
    chart: "istiod",
    words: "istiod's pod is not injected, or not before its guard",
    holds: (values) =>
      annotation(values, "agent-inject") === "true" &&
      annotation(values, "agent-init-first") === "true" &&
      at(values, "podLabels", INJECTION_LABEL.key) === INJECTION_LABEL.value,
  },
  {
    chart: "istiod",
    words: "Vault Agent does not write all four files, or writes one that lacks its key",
    holds: (values) =>
      FILES.every(
        (file) =>
          annotation(values, `agent-inject-template-${file}`) !== undefined &&
          annotation(values, `error-on-missing-key-${file}`) === "true",
      ),
  },
  {
    chart: "istiod",
    words: "istiod looks for its CA elsewhere than in the files from Vault (ROOT_CA_DIR)",
    holds: (values) => at(values, "env", "ROOT_CA_DIR") === SECRETS_DIRECTORY,
  },
  {
    chart: "istiod",
    words: "istiod would sign with another CA than the files from Vault, or leave signing to another",
    holds: (values) => otherSigners(values).length === 0,
  },
];

/** Guards that held before, or that something new comes without. */
export function failClosedFindings(base: Stacks, head: Stacks, mesh: Mesh): Finding[] {
  const releases = [...head.values()].flatMap((stack) => stack.ofType("helm_release"));
  const facts = releases.flatMap((release) => {
    const earlier = sameRelease(base, release);
    const [own, values, before] = [chartOf(release), valuesOf(release), earlier && valuesOf(earlier)];
    return GUARDS.filter(
      ({ chart, holds }) => own === chart && !holds(values, release) && (!earlier || holds(before!, earlier)),
    ).map(({ words }) => ({ subject: shown(release.stack.name), what: words }));
  });
  const left = new Set(mesh.clusters.filter(({ injector }) => !injector.install).map(({ name }) => name));
  const gone = [...base.values()].flatMap((stack) =>
    // The cluster has one of someone else's: the guard in istiod's pod is what is left, and mesh.yaml says so.
    left.has(stack.name)
      ? []
      : stack
          .ofType("helm_release")
          .filter((release) => chartOf(release) === "vault" && keepsIstiod(head.get(stack.name)))
          .filter(
            ({ id }) =>
              !head
                .get(stack.name)!
                .ofType("helm_release")
                .some((other) => other.id === id),
          )
          .map(() => ({ subject: shown(stack.name), what: "the injector is gone while istiod stays" })),
  );
  return ofEach([...facts, ...gone], (subjects, { what }) =>
    rules.failClosedWeakened(nameList(subjects), what),
  );
}

/** With what istiod's chart takes for it under another name: over its own defaults, which a user could write too. */
function valuesOf(release: Resource): Values {
  const { _internal_defaults_do_not_set: defaults, ...values } = helmValues(release);
  return withoutPrefix(overlay(mapping(defaults), values));
}

function keepsIstiod(stack: SynthesizedStack | undefined): boolean {
  return (stack?.ofType("helm_release") ?? []).some((release) => chartOf(release) === "istiod");
}

const REPLICAS = [
  { chart: "vault", what: "the injector", read: (values: Values) => at(values, "injector", "replicas") },
  { chart: "istiod", what: "istiod", read: istiodPods },
  { chart: "gateway", what: "a gateway", read: gatewayPods },
];

/** What is no number the chart, or Kubernetes, takes for one pod at most. */
function pods(count: unknown): number {
  return Number(count) || 0;
}

/** Without the autoscaler the chart takes the number of pods from another value. */
function istiodPods(values: Values): unknown {
  return values.autoscaleEnabled === false ? (values.replicaCount ?? 1) : values.autoscaleMin;
}

function gatewayPods(values: Values): unknown {
  return at(values, "autoscaling", "enabled") === false
    ? (values.replicaCount ?? 1)
    : at(values, "autoscaling", "minReplicas");
}

/** Pods of which fewer than two would be left. */
export function replicaFindings(base: Stacks, head: Stacks): Finding[] {
  const releases = [...head.values()].flatMap((stack) => stack.ofType("helm_release"));
  const facts = releases.flatMap((release) => {
    const earlier = sameRelease(base, release);
    return REPLICAS.filter(({ chart }) => chart === chartOf(release)).flatMap(({ what, read }) => {
      const [was, is] = [earlier ? pods(read(valuesOf(earlier))) : 2, pods(read(valuesOf(release)))];
      return is < was && is < 2 ? [{ subject: shown(release.stack.name), what }] : [];
    });
  });
  return ofEach(facts, (subjects, { what }) => rules.oneReplica(what, nameList(subjects)));
}

function sameRelease(stacks: Stacks, { stack, id }: Resource): Resource | undefined {
  return stacks
    .get(stack.name)
    ?.ofType("helm_release")
    .find((release) => release.id === id);
}

function watches(selector: unknown): boolean {
  return list(at(selector, "matchExpressions")).some(
    (expression) =>
      at(expression, "operator") === "In" && list(at(expression, "values")).includes(ISTIO_NAMESPACE),
  );
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
