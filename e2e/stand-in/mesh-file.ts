import { writeFileSync } from "node:fs";
import { stringify } from "yaml";
import type { IstioBuild } from "../istio-builds";
import type { Rig } from "./rig";

/** What the checks change in mesh.yaml from one deploy to the next. */
export interface MeshSettings {
  /** Names of the clusters. */
  readonly clusters: readonly string[];
  /** Sections of single clusters, by cluster. */
  readonly overrides?: Readonly<Record<string, object>>;
  readonly preventDestroy?: boolean;
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
    istio: { ...istioSection(rig.istio), replicas: 1 },
    injector: { chartsDirectory: rig.programs.chartsDirectory },
    agent: { renderInterval: "10s" },
    roots: [root],
    trust: { signing: root.name, bundle: [root.name] },
    intermediates: { issuance: "terraform", acceptKeysInState: true, generation: 1 },
    preventDestroy: settings.preventDestroy ?? true,
    backend: { type: "local" },
    clusters: settings.clusters.map((name, index) => {
      const { controlPlane } = rig.cluster(name);
      return {
        name,
        network: `network${index + 1}`,
        kubernetesHost: controlPlane.address,
        kubernetesCaCertificateFile: controlPlane.caFile,
        kubeconfig: { file: controlPlane.kubeconfig, context: name },
        ...settings.overrides?.[name],
      };
    }),
    ...settings.sections,
  };
  writeFileSync(file, stringify(mesh));
}

/** What mesh.yaml says of an Istio's version. */
export function istioSection({ version, charts }: IstioBuild) {
  return { version, chartsDirectory: charts };
}
