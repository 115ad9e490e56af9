import { readFileSync } from "node:fs";
import { parseDocument } from "yaml";
import { rules } from "../lib/rules";
import { clusterSections, isMapping, type SectionKey, sectionPath } from "./cluster-sections";
import type { ClusterConfig, KubeconfigAccess, Mesh, RootConfig, VaultAuthConfig } from "./mesh";
import { MeshFileError, type Problem } from "./mesh-file-error";
import { ReferencedFiles, reason } from "./referenced-files";
import { problemsAcrossKeys } from "./rules-across-keys";
import { type ClusterSections, type MeshFile, meshSchema } from "./schema";
import { schemaProblems } from "./schema-problems";

type Raw = Readonly<Record<string, unknown>>;

/** Enough for some thousand clusters that share an anchor. */
const MAX_ALIASES = 100_000;

/**
 * Reads and validates a mesh.yaml and the files it names.
 *
 * @param file path of the mesh.yaml
 * @throws MeshFileError with everything that is wrong with it
 */
export function loadMesh(file: string): Mesh {
  const raw = readMapping(file);
  const parsed = meshSchema.safeParse(raw, { reportInput: true });
  if (!parsed.success) throw new MeshFileError(file, schemaProblems(meshSchema, parsed.error.issues));

  const problems: Problem[] = [];
  const mesh = toMesh(parsed.data, raw, new ReferencedFiles(file, problems), problems);
  // Rules across keys assume that each section is right by itself.
  if (problems.length === 0) {
    problems.push(...problemsAcrossKeys(mesh, (index, section) => sectionPath(raw, index, section)));
  }
  if (problems.length > 0) throw new MeshFileError(file, withoutRepetitions(problems));
  return mesh;
}

function readMapping(file: string): Raw {
  const fail = (finding: Problem["finding"]) => new MeshFileError(file, [{ path: "", finding }]);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw fail(rules.fileUnreadable(reason(error)));
  }
  const document = parseDocument(text);
  if (document.errors.length > 0) {
    throw new MeshFileError(
      file,
      document.errors.map(({ message }) => ({ path: "", finding: rules.notYaml(message.split(":\n")[0]) })),
    );
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (error) {
    // An alias without an anchor, or aliases of aliases that would never end.
    throw fail(rules.notYaml((error as Error).message));
  }
  if (value === null) throw fail(rules.notYaml("the file is empty"));
  if (!isMapping(value)) throw fail(rules.notYaml("the file is no mapping of keys to values"));
  return value;
}

/** What is wrong mesh-wide is found once for each cluster. */
function withoutRepetitions(problems: readonly Problem[]): Problem[] {
  return [
    ...new Map(problems.map((problem) => [`${problem.path} ${problem.finding.message}`, problem])).values(),
  ];
}

function toMesh(file: MeshFile, raw: Raw, files: ReferencedFiles, problems: Problem[]): Mesh {
  const { vault } = file;
  return {
    id: file.mesh.id,
    trustDomain: file.mesh.trustDomain,
    vault: {
      address: vault.address,
      podAddress: vault.podAddress ?? vault.address,
      namespace: vault.namespace,
      caCertificate:
        vault.caCertificateFile === undefined
          ? undefined
          : files.certificate("vault.caCertificateFile", vault.caCertificateFile),
    },
    roots: file.roots.map((root, index) => toRoot(root, `roots[${index}]`, files, problems)),
    backend: file.backend,
    preventDestroy: file.preventDestroy,
    clusters: file.clusters.map((cluster, index) => {
      const { sections, problems: found } = clusterSections(raw, index, file);
      problems.push(...found);
      const path = (section: SectionKey) => sectionPath(raw, index, section);
      return toCluster(file, cluster, sections, `clusters[${index}]`, path, files, problems);
    }),
  };
}

function toRoot(
  root: MeshFile["roots"][number],
  path: string,
  files: ReferencedFiles,
  problems: Problem[],
): RootConfig {
  if (root.source === "tls-provider" && root.acceptKeysInState !== true) {
    problems.push({ path: `${path}.acceptKeysInState`, finding: rules.rootKeyInStateNotAccepted() });
  }
  if (root.source !== "existing") {
    const { source, name, keyAlgorithm, validFor } = root;
    return { source, name, keyAlgorithm, validFor };
  }
  const { source, name, mountPath, issuer, certificateFile } = root;
  const certificatePem = files.rootCertificate(`${path}.certificateFile`, certificateFile);
  return { source, name, mountPath, issuer, certificatePem };
}

function toCluster(
  file: MeshFile,
  cluster: MeshFile["clusters"][number],
  sections: ClusterSections,
  path: string,
  pathOf: (section: SectionKey) => string,
  files: ReferencedFiles,
  problems: Problem[],
): ClusterConfig {
  const { istio, injector, intermediates } = sections;
  if (intermediates.acceptKeysInState !== true) {
    problems.push({
      path: `${pathOf("intermediates")}.acceptKeysInState`,
      finding: rules.keysInStateNotAccepted(),
    });
  }
  return {
    name: cluster.name,
    network: cluster.network,
    kubernetesHost: cluster.kubernetesHost,
    kubernetesCaCertificate: files.certificate(
      `${path}.kubernetesCaCertificateFile`,
      cluster.kubernetesCaCertificateFile,
    ).pem,
    kubeconfig: toKubeconfig(cluster, path, files, problems),
    createNamespaces: cluster.createNamespaces ?? file.createNamespaces,
    trust: sections.trust,
    intermediates: {
      issuance: "terraform",
      keyAlgorithm: intermediates.keyAlgorithm,
      validFor: intermediates.validFor,
      generation: intermediates.generation,
    },
    vaultAuth: toVaultAuth(sections.vaultAuth, pathOf("vaultAuth"), files, problems),
    istio: {
      version: istio.version,
      charts: files.charts(pathOf("istio"), istio, ["base", "istiod"]),
      imageHub: istio.imageHub,
      imagePullSecrets: istio.imagePullSecrets,
      replicas: istio.replicas,
      values: istio.values,
    },
    injector: {
      chartVersion: injector.chartVersion,
      charts: files.charts(pathOf("injector"), injector, ["vault"]),
      replicas: injector.replicas,
      image: injector.image,
      imagePullSecrets: injector.imagePullSecrets,
      values: injector.values,
    },
    agent: sections.agent,
  };
}

function toKubeconfig(
  { kubeconfig, kubernetesHost }: MeshFile["clusters"][number],
  path: string,
  files: ReferencedFiles,
  problems: Problem[],
): KubeconfigAccess {
  const { exec, file, context } = kubeconfig;
  if (!exec) return { kind: "file", file: file === undefined ? undefined : files.resolve(file), context };
  if (file !== undefined || context !== undefined) {
    const other = file === undefined ? "context" : "file";
    problems.push({ path: `${path}.kubeconfig`, finding: rules.exclusiveKeys("exec", other) });
  }
  return { kind: "exec", ...exec, host: exec.host ?? kubernetesHost };
}

function toVaultAuth(
  auth: ClusterSections["vaultAuth"],
  path: string,
  files: ReferencedFiles,
  problems: Problem[],
): VaultAuthConfig {
  const { tokenTtl, tokenMaxTtl } = auth;
  if (auth.method === "kubernetes") {
    if (auth.reviewer === "variable") {
      return { method: "kubernetes", reviewer: "variable", audience: auth.audience, tokenTtl, tokenMaxTtl };
    }
    if (auth.audience !== undefined) {
      problems.push({ path: `${path}.audience`, finding: rules.customAudienceNeedsReviewer(auth.audience) });
    }
    return { method: "kubernetes", reviewer: "pod-token", tokenTtl, tokenMaxTtl };
  }
  const { issuer, audience, publicKeysFile, issuerCaCertificateFile } = auth;
  return {
    method: "jwt",
    issuer,
    audience,
    publicKeys:
      publicKeysFile === undefined ? undefined : files.publicKeys(`${path}.publicKeysFile`, publicKeysFile),
    issuerCaCertificate:
      issuerCaCertificateFile === undefined
        ? undefined
        : files.certificate(`${path}.issuerCaCertificateFile`, issuerCaCertificateFile).pem,
    tokenTtl,
    tokenMaxTtl,
  };
}
