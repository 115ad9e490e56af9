import { writeFileSync } from "node:fs";
import {
  COMPONENTS,
  DEFAULT_AGENT_IMAGE,
  DEFAULT_INJECTOR_CHART_VERSION,
  DEFAULT_ISTIO_VERSION,
  type Evidence,
  GOING_HOSTS,
  HOSTS_GO,
  ISTIO_CHARTS,
  ISTIO_IMAGES,
  ISTIO_MINORS,
  PROVIDERS,
  type ReleaseLine,
  VAULT_CHANGES,
  VAULT_LINES,
} from "../lib/private/upstream";

/** docs/tested-versions.md, made from the table of upstream facts. It depends on no day. */
export function testedVersionsPage(): string {
  return `${[
    HEADER,
    "## Defaults",
    table(
      ["", "default", "changed by"],
      [
        ["Istio", `\`${DEFAULT_ISTIO_VERSION}\`, in \`mesh.yaml\` as it comes`, "`istio.version`"],
        ["Istio's charts", ISTIO_CHARTS, "`istio.chartRepository`, `istio.chartsDirectory`"],
        ["Istio's images", `\`${ISTIO_IMAGES}\``, "`istio.imageHub`"],
        ["Vault Agent", `\`${DEFAULT_AGENT_IMAGE}\``, "`agent.image`"],
        ["chart `vault`", `\`${DEFAULT_INJECTOR_CHART_VERSION}\``, "`injector.chartVersion`"],
        ...Object.entries(PROVIDERS).map(([name, { constraint }]) => [
          `provider ${name}`,
          `\`${constraint}\``,
          `\`providers.${name}\``,
        ]),
      ],
    ),
    "## Istio",
    table(
      ["Istio", "first day", "last day of support", "Kubernetes", "Gateway API", "run here", "read"],
      ISTIO_MINORS.map((minor) => [
        minor.line,
        minor.firstDay,
        lastDay(minor),
        minor.kubernetes,
        minor.gatewayApi,
        ...evidence(minor),
      ]),
    ),
    ISTIO_NOTE,
    "## Hosts that are taken down",
    `Istio leaves Google's hosting: what is there is switched off for a day on ${HOSTS_GO.switchedOff}, from 15:00 UTC, and removed in
${HOSTS_GO.removed}. Read: ${HOSTS_GO.read.join(", ")}.`,
    table(
      ["host", "in its place"],
      GOING_HOSTS.map(({ host, instead }) => [`\`${host}\``, `\`${instead}\``]),
    ),
    "## Vault",
    table(
      ["Vault", "first day", "last day of support", "run here", "read"],
      VAULT_LINES.map((line) => [line.line, line.firstDay, lastDay(line), ...evidence(line)]),
    ),
    VAULT_NOTE,
    table(
      ["versions", "what they do", "instead", "read"],
      VAULT_CHANGES.map(({ versions, what, instead = "", read }) => [
        `\`${versions.replaceAll("|", "\\|")}\``,
        what,
        instead,
        read.join(", "),
      ]),
    ),
    "## Providers",
    table(
      ["provider", "binding", "default", "run here", "read"],
      Object.entries(PROVIDERS).map(([name, provider]) => [
        name,
        provider.binding,
        `\`${provider.constraint}\``,
        ...evidence(provider),
      ]),
    ),
    "## The rest",
    table(
      ["", "run here", "read"],
      COMPONENTS.map((component) => [component.name, ...evidence(component)]),
    ),
  ].join("\n\n")}\n`;
}

const HEADER = `# Tested versions

<!-- Made by: npm run tested-versions -->

What was run here, and what was only read. *Run* means the scenarios of [e2e](../e2e/README.md) on the real programs, by
the names they have there. \`npm start\` and \`istio-vault status\` warn of what is out of support, or will be within 60
days ([IV1001](rules.md#iv1001), [IV1002](rules.md#iv1002)), of a host that is taken down ([IV1003](rules.md#iv1003)) and
of an agent that does not start ([IV1004](rules.md#iv1004)). [versions.md](versions.md) is about choosing and raising them.`;

const ISTIO_NOTE = `Istio supports a minor until six weeks after the second one that follows, so a last day is only expected until that
one is out. Published charts of 1.30 and before name hosts that are taken down for their images; \`${ISTIO_IMAGES}\` is said in their
place. The patch that is the default was seen published, with its charts and its images, and was not run: what was run is
the release candidate of its minor. Of 1.32 nothing was seen but a tag of its API, so it has no row.`;

const VAULT_NOTE = `The free edition's. An agent's image ending in \`-ent\`, or another maker's, is not judged. The default agent was seen
published and was not run: what is run is the agent of Vault 1.21.4, with the configuration the injector gives it.`;

function lastDay({ lastDay: day, expected }: ReleaseLine): string {
  if (day === undefined) return "when the next line is out";
  return expected ? `about ${day}` : day;
}

function evidence({ run = "-", read }: Evidence): [run: string, read: string] {
  return [run, read.join(", ")];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`.replaceAll("|  |", "| |");
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

if (require.main === module) {
  writeFileSync("docs/tested-versions.md", testedVersionsPage());
}
