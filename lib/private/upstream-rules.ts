import { rule } from "./rule";
import { HOSTS_GO } from "./upstream";

/** What other projects stop supporting or take down, and versions of theirs that do not do. */
export const upstreamRules = {
  supportEnded: rule(
    "IV1001",
    "warning",
    "What runs is supported by its project",
    (what: string, lastDay: string, instead: string) =>
      `${what} has been out of support since ${lastDay} and gets no security fixes any more; upgrade to ${instead}`,
  ),
  supportEnds: rule(
    "IV1002",
    "warning",
    "What runs is supported for another 60 days",
    (what: string, lastDay: string, daysLeft: number, instead: string) =>
      `${what} is supported until ${lastDay}, for another ${daysLeft} ${daysLeft === 1 ? "day" : "days"}; plan the upgrade to ${instead}`,
  ),
  hostGoes: rule(
    "IV1003",
    "warning",
    "No host is named that is taken down",
    (key: string, host: string, instead: string) =>
      `"${key}" names ${host}, which Istio switches off for a day on ${HOSTS_GO.switchedOff} and removes in ${HOSTS_GO.removed}; write ${instead} in its place`,
  ),
  agentDoesNotStart: rule(
    "IV1004",
    "warning",
    "The agent's image starts in an injected pod",
    (key: string, image: string, why: string, instead: string) =>
      `"${key}" is ${image}, with which the agent does not start: ${why}; use ${instead}`,
  ),
  providerVersion: rule(
    "IV1005",
    "error",
    "A provider's version is a constraint within its binding's major version",
    (provider: string, received: string, major: number, example: string) =>
      `"${provider}" is "${received}"; write a version constraint of Terraform's for major version ${major}, which the constructs are made for, such as "${example}"`,
  ),
};
