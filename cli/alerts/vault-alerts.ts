import { type Alert, MINUTE } from "./alert";

/**
 * Its label `cluster` names Vault's own, and is not there until Vault was first initialized: that series stays,
 * sealed, beside the other one. A sealed Vault says so in both.
 */
const UNSEALED = "vault_core_unsealed";
const AUDIT_FAILURES = ["vault_audit_log_request_failure", "vault_audit_log_response_failure"];

/** Vault's metrics at /v1/sys/metrics. A sealed Vault serves them only with unauthenticated_metrics_access. */
export function vaultAlerts(): Alert[] {
  const failures = AUDIT_FAILURES.map((metric) => `sum by (instance) (increase(${metric}[10m]))`);
  return [
    {
      name: "VaultSealed",
      expr: `max by (instance) (${UNSEALED}) == 0`,
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
      expr: `absent(${UNSEALED})`,
      forSeconds: 10 * MINUTE,
      severity: "critical",
      summary: "No metrics from Vault",
      description: "It is down, sealed, or not scraped.",
    },
  ];
}
