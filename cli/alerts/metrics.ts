import { METRICS } from "../status/metrics";
import type { Source } from "./alert";

/** istiod's own metrics, at :15014/metrics. Its counters have no suffix `_total`. */
export const ISTIOD = {
  intermediateUntil: "citadel_server_cert_chain_expiry_timestamp",
  /** Of the first in the bundle alone. */
  rootUntil: "citadel_server_root_cert_expiry_timestamp",
  requests: "citadel_server_csr_count",
  issued: "citadel_server_success_cert_issuance_count",
  signingErrors: "citadel_server_csr_sign_err_count",
  unauthenticated: "citadel_server_authentication_failure_count",
  proxies: "pilot_xds",
  /** Errors of sending too, by the label `type`: `cds_senderr` for one of `cds`. */
  pushes: "pilot_xds_pushes",
  rejected: "pilot_total_xds_rejects",
} as const;

/** Metrics of kube-state-metrics. */
export const KUBERNETES = {
  pod: "kube_pod_info",
  initContainer: "kube_pod_init_container_info",
  initContainerReady: "kube_pod_init_container_status_ready",
  available: "kube_deployment_status_replicas_available",
} as const;

/** Vault's metrics, at /v1/sys/metrics. A sealed Vault serves them only with unauthenticated_metrics_access. */
export const VAULT = {
  /**
   * Its label `cluster` names Vault's own, and is not there until Vault was first initialized: that series stays,
   * sealed, beside the other one. A sealed Vault says so in both.
   */
  unsealed: "vault_core_unsealed",
  requestsNotLogged: "vault_audit_log_request_failure",
  responsesNotLogged: "vault_audit_log_response_failure",
} as const;

/** All that alerts and the dashboard ask for: e2e holds each name to the program that exports it. */
export const METRICS_OF: Readonly<Record<Source, readonly string[]>> = {
  istiod: Object.values(ISTIOD),
  kubernetes: Object.values(KUBERNETES),
  status: Object.values(METRICS),
  vault: Object.values(VAULT),
};
