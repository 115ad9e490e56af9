import { stringify } from "yaml";
import type { ClusterConfig, Mesh } from "../../config/mesh";
import { type Alert, DAY, HOUR, MINUTE, type Source, SOURCES } from "./alert";
import { istiodAlerts } from "./istiod-alerts";
import { kubernetesAlerts } from "./kubernetes-alerts";
import { Scope } from "./scope";
import { statusAlerts } from "./status-alerts";
import { vaultAlerts } from "./vault-alerts";

const ALERTS: Readonly<Record<Source, (scope: Scope) => readonly Alert[]>> = {
  istiod: istiodAlerts,
  kubernetes: kubernetesAlerts,
  status: statusAlerts,
  vault: vaultAlerts,
};

export interface RulesFileOptions {
  /** Whose own Prometheus it is for; without it, one that sees all clusters. */
  readonly cluster: ClusterConfig | undefined;
  readonly sources: readonly Source[];
  /** What stands before `docs/alerts.md` in the alerts' links; empty for this repository itself. */
  readonly pages: string;
}

/** A rules file of Prometheus's for a mesh. */
export function rulesFile(mesh: Mesh, { cluster, sources, pages }: RulesFileOptions): string {
  const scope = new Scope(mesh, cluster);
  const groups = SOURCES.filter((source) => sources.includes(source)).map((source) => ({
    name: ["istio-vault", mesh.id, ...(cluster ? [cluster.name] : []), source].join("/"),
    rules: ALERTS[source](scope).map((alert) => ruleOf(alert, scope, pages)),
  }));
  return `# Made by istio-vault alerts; made anew when mesh.yaml changes, not edited.\n${stringify({ groups }, { lineWidth: 0 })}`;
}

function ruleOf(alert: Alert, scope: Scope, pages: string): object {
  const { name, expr, forSeconds, severity, cluster, summary, description } = alert;
  return {
    alert: name,
    expr,
    ...(forSeconds > 0 && { for: duration(forSeconds) }),
    labels: { severity, ...scope.labels, ...(cluster !== undefined && { cluster }) },
    annotations: {
      summary,
      description,
      runbook_url: `${pages}docs/alerts.md#${name.toLowerCase()}`,
    },
  };
}

/** As Prometheus reads it, in the largest unit that says it in one. */
function duration(seconds: number): string {
  const units = { d: DAY, h: HOUR, m: MINUTE, s: 1 };
  const [unit, length] = Object.entries(units).find(([, each]) => seconds % each === 0)!;
  return `${seconds / length}${unit}`;
}
