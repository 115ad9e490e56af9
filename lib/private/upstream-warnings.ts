import { Annotations } from "cdktf";
import type { IConstruct } from "constructs";
import { type Finding, rules } from "../rules";
import { agentTrap, goingHosts } from "./upstream-facts";

/** Findings about a value: each host in it that is shut down. `key` is how the user wrote it. */
export function hostFindings(key: string, value: unknown): Finding[] {
  return goingHosts(value, key).map(({ path, host, instead }) => rules.hostGoes(path, host, instead));
}

/** Findings about an agent's image: that it does not start. */
export function agentImageFindings(key: string, image: string): Finding[] {
  const trap = agentTrap(image);
  return trap ? [rules.agentDoesNotStart(key, image, trap.what, `${trap.instead}`)] : [];
}

/** The props of a construct that may name hosts and images. */
export interface UpstreamProps {
  /** URL of the chart repository. */
  readonly charts?: string;
  readonly imageHub?: string;
  readonly image?: string;
  readonly agentImage?: string;
  readonly values?: Readonly<Record<string, unknown>>;
}

/** Warns of them at each synth. Never of a day: what is synthesized must not depend on it. */
export function warnOfUpstream(scope: IConstruct, props: UpstreamProps): void {
  const findings = [
    ...Object.entries(props).flatMap(([key, value]) => hostFindings(key, value)),
    ...agentImageFindings("agentImage", props.agentImage ?? ""),
  ];
  for (const { message, rule, page } of findings) {
    Annotations.of(scope).addWarning(`${message} (${rule}, ${page})`);
  }
}
