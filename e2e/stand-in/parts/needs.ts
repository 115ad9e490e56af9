import type { Need } from "../../programs";
import { RIG_NEEDS } from "../rig";

/** What it takes to deploy a mesh and to run its istiods. */
export const MESH_NEEDS: readonly Need[] = [...RIG_NEEDS, "terraform", "vault chart", "vault-k8s", "Istio"];

/** And what tells Prometheus of pods, with what evaluates its rules. */
export const ALERT_NEEDS: readonly Need[] = [...MESH_NEEDS, "kube-state-metrics", "promtool"];
