import { readFileSync } from "node:fs";
import { Duration } from "../lib";
import { type Finding, rules } from "../lib/rules";
import {
  clusterSections,
  keyPath,
  list,
  mapping,
  mergedSection,
  type Raw,
  type SectionKey,
} from "./cluster-sections";
import { clusterGateways } from "./gateways";
import type {
  ClusterConfig,
  GatewayConfig,
  IntermediateConfig,
  IssuerConfig,
  KubeconfigAccess,
  Mesh,
  RootConfig,
  VaultAuthConfig,
} from "./mesh";
import { MeshFileError, type Problem } from "./mesh-file-error";
import { readMapping } from "./mesh-text";
import { outlineOf } from "./outline";
import { ReferencedFiles, reason } from "./referenced-files";
import { toIstio } from "./revisions";
import { problemsAcrossKeys } from "./rules-across-keys";
import { type ClusterSections, INTERMEDIATE_LIFETIME, type MeshFile, meshSchema } from "./schema";
import { schemaProblems } from "./schema-problems";
import { terraformExpressions } from "./terraform-expressions";

/**
 * Reads and validates a mesh.yaml and the files it names.
 *
 * @param file path of the mesh.yaml
 * @throws MeshFileError with everything that is wrong with it
 */
export function loadMesh(file: string): Mesh {
  const raw = read(file);
  // Of another version's file nothing can be said.
  if (raw.version !== 1) throw new MeshFileError(file, [{ path: "version", finding: rules.fileVersion() }]);

  const parsed = meshSchema.safeParse(raw, { reportInput: true });
  const problems = parsed.success ? [] : schemaProblems(meshSchema, parsed.error.issues);
  const sections = list(raw.clusters).map((_, index) => {
    const merged = clusterSections(raw, index, parsed.data);
    problems.push(...merged.problems);
    return merged.sections;
  });
  const gateways = list(raw.clusters).map((_, index) => {
    const merged = clusterGateways(raw, index);
    problems.push(...merged.problems);
    return merged.gateways;
  });
  problems.push(
    ...terraformExpressions(raw),
    ...problemsAcrossKeys(outlineOf(raw), (index, section, key) => keyPath(raw, index, section, key)),
  );

  const files = new ReferencedFiles(file, problems);
  const right = sections.filter((merged) => merged !== undefined);
  const mesh =
    parsed.success && right.length === sections.length
      ? toMesh(parsed.data, right, gateways, raw, files, problems)
      : undefined;
  if (!mesh) checkCertificateFiles(raw, files);
  if (!mesh || problems.length > 0) throw new MeshFileError(file, withoutRepetitions(problems));
  return mesh;
}

function read(file: string): Raw {
  const fail = (findings: readonly Finding[]) =>
    new MeshFileError(
      file,
      findings.map((finding) => ({ path: "", finding })),
    );
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw fail([rules.fileUnreadable(reason(error))]);
  }
  const raw = readMapping(text);
  if (Array.isArray(raw)) throw fail(raw);
  return raw;
}

/** Where the model cannot be made, its certificate files are looked at nonetheless. */
function checkCertificateFiles(raw: Raw, files: ReferencedFiles): void {
  const check = (holder: unknown, path: string, key: string) => {
    const named = mapping(holder)[key];
    if (typeof named === "string" && named !== "") files.certificate(`${path}.${key}`, named);
  };
  check(raw.vault, "vault", "caCertificateFile");
  check(raw.issuer, "issuer", "kubernetesCaCertificateFile");
  list(raw.roots).forEach((root, index) => check(root, `roots[${index}]`, "certificateFile"));
  list(raw.clusters).forEach((cluster, index) =>
    check(cluster, `clusters[${index}]`, "kubernetesCaCertificateFile"),
  );
}

/** What is wrong mesh-wide is found once for each cluster. */
function withoutRepetitions(problems: readonly Problem[]): Problem[] {
  return [
    ...new Map(problems.map((problem) => [`${problem.path} ${problem.finding.message}`, problem])).values(),
  ];
}

function toMesh(
  file: MeshFile,
  sections: readonly ClusterSections[],
  gateways: readonly (readonly GatewayConfig[])[],
  raw: Raw,
  files: ReferencedFiles,
  problems: Problem[],
): Mesh {
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
    roots: file.roots.map((root, index) => toRoot(root, `roots[${index}]`, files)),
    backend: file.backend,
    preventDestroy: file.preventDestroy,
    emergency: file.trust.emergency,
    issuer: file.issuer && toIssuer(file.issuer, files),
    clusters: file.clusters.map((cluster, index) => {
      const pathOf = (section: SectionKey, key: string) => keyPath(raw, index, section, key);
      const istio = toIstio(
        mergedSection(raw, index, "istio"),
        gateways[index].length > 0,
        (key) => pathOf("istio", key),
        files,
      );
      const own = { ...sections[index], istio, gateways: gateways[index] };
      return toCluster(file, cluster, own, `clusters[${index}]`, pathOf, files, problems);
    }),
  };
}

function toRoot(root: MeshFile["roots"][number], path: string, files: ReferencedFiles): RootConfig {
  if (root.source === "vault-pki" || root.source === "tls-provider") {
    const { source, name, keyAlgorithm, validFor, commonName } = root;
    return { source, name, keyAlgorithm, validFor, commonName };
  }
  const { name, certificateFile } = root;
  const certificatePem = files.rootCertificate(`${path}.certificateFile`, certificateFile);
  if (root.source === "offline") return { source: root.source, name, certificatePem };
  return { source: root.source, name, mountPath: root.mountPath, issuer: root.issuer, certificatePem };
}

function toCluster(
  file: MeshFile,
  cluster: MeshFile["clusters"][number],
  sections: Omit<ClusterSections, "istio"> & Pick<ClusterConfig, "istio" | "gateways">,
  path: string,
  pathOf: (section: SectionKey, key: string) => string,
  files: ReferencedFiles,
  problems: Problem[],
): ClusterConfig {
  const { istio, injector, intermediates, gateways } = sections;
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
    adopt: cluster.adopt,
    trust: { signing: sections.trust.signing, bundle: sections.trust.bundle },
    intermediates: toIntermediate(intermediates),
    vaultAuth: toVaultAuth(sections.vaultAuth, (key) => pathOf("vaultAuth", key), files, problems),
    istio,
    injector: {
      chartVersion: injector.chartVersion,
      charts: files.charts((key) => pathOf("injector", key), injector, ["vault"]),
      replicas: injector.replicas,
      image: injector.image,
      imagePullSecrets: injector.imagePullSecrets,
      values: injector.values,
    },
    agent: sections.agent,
    gateways,
  };
}

function toIntermediate({ issuance, ...settings }: ClusterSections["intermediates"]): IntermediateConfig {
  const { keyAlgorithm, generation } = settings;
  const validFor = settings.validFor ?? Duration.parse(INTERMEDIATE_LIFETIME[issuance]);
  return issuance === "external"
    ? { issuance, keyAlgorithm, validFor }
    : { issuance, keyAlgorithm, validFor, generation };
}

function toIssuer(issuer: NonNullable<MeshFile["issuer"]>, files: ReferencedFiles): IssuerConfig {
  if (issuer.method !== "kubernetes") return issuer;
  const { kubernetesCaCertificateFile, ...rest } = issuer;
  const { pem } = files.certificate("issuer.kubernetesCaCertificateFile", kubernetesCaCertificateFile);
  return { ...rest, kubernetesCaCertificate: pem };
}

function toKubeconfig(
  { kubeconfig, kubernetesHost }: MeshFile["clusters"][number],
  path: string,
  files: ReferencedFiles,
  problems: Problem[],
): KubeconfigAccess {
  const { exec, file, context } = kubeconfig;
  if (!exec) return { kind: "file", file: file === undefined ? undefined : files.kubeconfig(file), context };
  if (file !== undefined || context !== undefined) {
    const other = file === undefined ? "context" : "file";
    problems.push({ path: `${path}.kubeconfig`, finding: rules.exclusiveKeys("exec", other) });
  }
  return { kind: "exec", ...exec, host: exec.host ?? kubernetesHost };
}

function toVaultAuth(
  auth: ClusterSections["vaultAuth"],
  pathOf: (key: string) => string,
  files: ReferencedFiles,
  problems: Problem[],
): VaultAuthConfig {
  const { tokenTtl, tokenMaxTtl } = auth;
  if (auth.method !== "jwt") {
    if (auth.reviewer === "variable") {
      return { method: "kubernetes", reviewer: "variable", audience: auth.audience, tokenTtl, tokenMaxTtl };
    }
    if (auth.audience !== undefined) {
      problems.push({ path: pathOf("audience"), finding: rules.customAudienceNeedsReviewer(auth.audience) });
    }
    return { method: "kubernetes", reviewer: "pod-token", tokenTtl, tokenMaxTtl };
  }
  const { issuer, audience, publicKeysFile, issuerCaCertificateFile } = auth;
  if (publicKeysFile !== undefined && issuerCaCertificateFile !== undefined) {
    const finding = rules.exclusiveKeys("publicKeysFile", "issuerCaCertificateFile");
    problems.push({ path: pathOf("issuerCaCertificateFile"), finding });
  }
  return {
    method: "jwt",
    issuer,
    audience,
    publicKeys:
      publicKeysFile === undefined ? undefined : files.publicKeys(pathOf("publicKeysFile"), publicKeysFile),
    issuerCaCertificate:
      issuerCaCertificateFile === undefined
        ? undefined
        : files.certificate(pathOf("issuerCaCertificateFile"), issuerCaCertificateFile).pem,
    tokenTtl,
    tokenMaxTtl,
  };
}
