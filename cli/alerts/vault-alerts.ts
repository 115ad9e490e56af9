import { type Alert, MINUTE } from "./alert";
import { VAULT } from "./metrics";

export function vaultAlerts(): Alert[] {
  const failures = [VAULT.requestsNotLogged, VAULT.responsesNotLogged].map(
    (metric) => `sum by (instance) (increase(${metric}[10m]))`,
  );
  return [
    {
      name: "VaultSealed",
      expr: `max by (instance) (${VAULT.unsealed}) == 0`,
      forSeconds: 5 * MINUTE,
      severity: "critical",
      summary: "Vault {{ $labels.instance }} is sealed",
      description: "istiod keeps signing with its current CA; no istiod can start, and nothing is renewed.",
    },
    {
      name: "VaultAuditLogFails",
      expr: `${failures.join(" + ")} > 0`,
      forSeconds: 0,
      severity: "critical",
      summary: "Vault {{ $labels.instance }} cannot write its audit log",
      description: "It rejects every request that it cannot log: the logins of istiod and of the issuer.",
    },
    {
      name: "VaultMetricsAbsent",
      expr: `absent(${VAULT.unsealed})`,
      forSeconds: 10 * MINUTE,
      severity: "critical",
      summary: "No metrics from Vault",
      description: "It is down, sealed, or not scraped.",
    },
  ];
}
