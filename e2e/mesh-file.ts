import { writeFileSync } from "node:fs";
import { stringify } from "yaml";
import type { IstioBuild } from "./istio-builds";
import type { Rig } from "./rig";

/** What a scenario changes in mesh.yaml from one deploy to the next. */
export interface MeshSettings {
  /** Names of the clusters. */
  readonly clusters: readonly string[];
  /** Sections of single clusters, by cluster. */
  readonly overrides?: Readonly<Record<string, object>>;
  readonly preventDestroy?: boolean;
  /** Gateways of every cluster, by name. */
  readonly gateways?: object;
  /** The one root, where it is not `a` in Vault's PKI. */
  readonly root?: { readonly name: string; readonly [key: string]: unknown };
  /** Whole sections, in place of those written otherwise. */
  readonly sections?: object;
}

/** Writes the mesh.yaml of a rig. */
export function writeMeshFile(file: string, rig: Rig, settings: MeshSettings): void {
  const root = settings.root ?? { name: "a", source: "vault-pki" };
  const mesh = {
    version: 1,
    mesh: { id: "mesh1" },
    vault: {
      address: rig.vault.address,
      caCertificateFile: rig.vault.caFile,
      ...(rig.vault.namespace !== undefined && { namespace: rig.vault.namespace }),
    },
    istio: istioSection(rig.istio),
    injector: { chartsDirectory: rig.programs.chartsDirectory, replicas: 1 },
    agent: { renderInterval: "10s" },
    roots: [root],
    trust: { signing: root.name, bundle: [root.name] },
    intermediates: { issuance: "deploy", generation: 1 },
    preventDestroy: settings.preventDestroy ?? true,
    ...(settings.gateways && { gateways: settings.gateways }),
    backend: { type: "local" },
    clusters: settings.clusters.map((name) => {
      const { address, caFile, kubeconfig } = rig.cluster(name);
      return {
        name,
        network: "network1",
        kubernetesHost: address,
        kubernetesCaCertificateFile: caFile,
        kubeconfig: { file: kubeconfig, context: name },
        ...settings.overrides?.[name],
      };
    }),
    ...settings.sections,
  };
  writeFileSync(file, stringify(mesh));
}

/** The section `istio` of mesh.yaml. */
export function istioSection({ version, charts }: IstioBuild, replicas = 1) {
  return { version, chartsDirectory: charts, imageHub: "docker.io/istio", replicas, values: STOCK_ENVOY };
}

/** Values by which Envoy serves that is not Istio's own build, and takes little of the machine. */
const STOCK_ENVOY = {
  // Filters that only Istio's build has.
  env: { PILOT_ENABLE_METADATA_EXCHANGE: "false", PILOT_ENABLE_ALPN_FILTER: "false" },
  telemetry: { enabled: false },
  meshConfig: { accessLogFile: "", defaultConfig: { concurrency: 1 } },
  resources: { requests: { cpu: "10m", memory: "64Mi" } },
  global: { proxy: { resources: { requests: { cpu: "10m", memory: "32Mi" } } } },
};
