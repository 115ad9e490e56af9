import fc from "fast-check";

/**
 * Right mesh files, over every variant of every section, as plain data. Files they name are those of
 * files.ts.
 */

const name = fc
  .stringMatching(/^[a-z0-9]([a-z0-9-]{0,12}[a-z0-9])?$/)
  .filter((text) => !/^(root|shared|vault-.*|constructor)$/.test(text));
/** Of a cluster, which is its name in Vault too. */
const clusterNameInVault = name.filter((text) => /^[a-z]/.test(text));

/** Texts that mean something to YAML, JavaScript, Terraform, Helm or a terminal. */
export const oddText = fc.constantFrom(
  ...[
    "__proto__",
    "constructor",
    "toString",
    "null",
    "~",
    "yes",
    "1e400",
    "0x1F",
    "2026-01-01",
    "<<",
    "=",
    "- a",
  ],
  ...[
    "${path.module}",
    "%{ if true }",
    "${TfToken[TOKEN.99]}",
    "{{ .Values }}",
    "`id`",
    "$(id)",
    "../../etc",
  ],
  ...[
    "é",
    "ﬁ",
    "日本語",
    "👩‍👩‍👧",
    "\u202eabc",
    "\u200b",
    "\ufeff",
    "a\u0000b",
    "\u001b[2J",
    "line\nline",
    "\t",
    "\r",
  ],
);

const text = fc
  .oneof(
    { weight: 3, arbitrary: fc.stringMatching(/^[A-Za-z0-9./:-]{1,12}$/) },
    { weight: 1, arbitrary: fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }) },
    { weight: 1, arbitrary: oddText },
  )
  .filter((value) => !/[$%]\{/.test(value));

const vaultPath = fc
  .stringMatching(/^[A-Za-z0-9_.-]{1,8}(\/[A-Za-z0-9_.-]{1,8}){0,2}$/)
  .filter((path) => !path.startsWith("data/"));

const duration = (least: number, most: number, unit: string) =>
  fc.integer({ min: least, max: most }).map((amount) => `${amount}${unit}`);
const keyAlgorithm = fc.constantFrom("rsa-2048", "rsa-3072", "rsa-4096", "ecdsa-p256", "ecdsa-p384");
const origin = fc.integer({ min: 1, max: 65_535 }).map((port) => `https://host.example.com:${port}`);
const replicas = fc.integer({ min: 1, max: 9 });

/** Any keys but those a construct owns. */
const values = fc.dictionary(
  text.map((key) => `own${key}`),
  fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom("${path.module}", "%{ if true }")),
  { maxKeys: 3 },
);

type Keys = Record<string, fc.Arbitrary<unknown>>;

/** All keys of `required`, some of `optional`. */
function section(required: Keys, optional: Keys): fc.Arbitrary<Record<string, unknown>> {
  return fc.record({ ...optional, ...required }, { requiredKeys: Object.keys(required) });
}

/** A root has a certificate that no other has. */
const ROOT_FILES = ["ca.pem", "other-ca.pem", "third-ca.pem"];

type WrittenIssuance = "deploy" | "external" | "terraform";

const root = (rootName: string, index: number, issuance: WrittenIssuance) => {
  const made = { keyAlgorithm, validFor: duration(6, 30, "y") };
  const named = { name: fc.constant(rootName) };
  const certificateFile = fc.constant(ROOT_FILES[index]);
  return fc.oneof(
    section({ ...named, source: fc.constant("vault-pki") }, made),
    section(
      { ...named, source: fc.constant("existing"), mountPath: vaultPath, certificateFile },
      { issuer: vaultPath },
    ),
    // What signs elsewhere than in Vault, which a deploy cannot use.
    ...(issuance === "external"
      ? [fc.record({ ...named, source: fc.constant("offline"), certificateFile })]
      : []),
    ...(issuance === "terraform"
      ? [
          section(
            { ...named, source: fc.constant("tls-provider"), acceptKeysInState: fc.constant(true) },
            made,
          ),
        ]
      : []),
  );
};

const ciId = fc.oneof(
  fc.integer({ min: 1 }),
  fc.integer({ min: 1 }).map((id) => `${id}`),
);
const issuer = fc.oneof(
  section({ method: fc.constant("approle") }, { secretIdTtl: duration(1, 90, "d") }),
  section(
    { method: fc.constant("github-actions"), repositoryId: ciId, environment: text },
    { ref: text, events: fc.constant(["schedule"]) },
  ),
  section(
    { method: fc.constant("gitlab"), projectId: ciId, environment: text },
    { url: origin, branch: text, sources: fc.constant(["web"]) },
  ),
  fc.record({
    method: fc.constant("kubernetes"),
    kubernetesHost: origin,
    kubernetesCaCertificateFile: fc.constant("ca.pem"),
    serviceAccount: text,
    namespace: text,
  }),
);

const intermediates = {
  keyAlgorithm,
  validFor: fc.oneof(duration(2, 900, "d"), duration(1, 5, "y")),
  generation: fc.integer({ min: 1, max: 1000 }),
};

const ttls = { tokenTtl: duration(1, 59, "m"), tokenMaxTtl: duration(24, 99, "h") };
const vaultAuth = fc.oneof(
  section({}, { method: fc.constant("kubernetes"), reviewer: fc.constant("pod-token"), ...ttls }),
  section(
    { reviewer: fc.constant("variable") },
    { method: fc.constant("kubernetes"), audience: text, ...ttls },
  ),
  section(
    { method: fc.constant("jwt"), issuer: origin },
    { audience: text, publicKeysFile: fc.constant("keys.pem"), ...ttls },
  ),
  section(
    { method: fc.constant("jwt"), issuer: origin },
    { audience: text, issuerCaCertificateFile: fc.constant("ca.pem"), ...ttls },
  ),
);

/** An override must be right over any of those. */
const vaultAuthOverride = fc.oneof(
  section(
    { method: fc.constant("kubernetes"), reviewer: fc.constant("variable") },
    { audience: text, ...ttls },
  ),
  section({ method: fc.constant("jwt"), issuer: origin }, { audience: text, ...ttls }),
  section({}, ttls),
);

const charts = fc.oneof(
  fc.constant({}),
  fc.record({ chartRepository: origin }),
  fc.constant({ chartsDirectory: "charts" }),
);
const withCharts = (rest: fc.Arbitrary<object>) =>
  fc.tuple(rest, charts).map(([one, other]) => ({ ...one, ...other }));
const istio = { imageHub: text, imagePullSecrets: fc.array(text, { maxLength: 2 }), replicas, values };
const istioVersion = fc.constantFrom("1.27.0", "1.29.6-solo", "1.31.0-rc.0", "2.0.1");
const revision = fc.oneof(
  section({}, istio),
  fc.constant({ chartsDirectory: "charts" }),
  // Unpacked charts are of one version, so another one comes from elsewhere.
  section({ version: istioVersion, chartRepository: origin }, istio),
);
const revisions = fc.oneof(
  fc.constant({}),
  fc.tuple(fc.dictionary(name, revision, { maxKeys: 2 }), revision).map(([others, unrevisioned]) => ({
    revisions: { ...others, default: unrevisioned },
  })),
  fc
    .tuple(fc.dictionary(name, revision, { maxKeys: 2 }), name, revision)
    .map(([others, first, promoted]) => ({
      revisions: { ...others, [first]: promoted },
      defaultRevision: first,
    })),
);
/** A cluster may list its own; over a list of the mesh's its default must be said anew. */
const ownRevisions = revisions.map((own) =>
  "revisions" in own ? { defaultRevision: "default", ...own } : own,
);
const withRevisions = (rest: fc.Arbitrary<object>, lists: fc.Arbitrary<object>) =>
  fc.tuple(rest, lists).map(([one, other]) => ({ ...one, ...other }));
const injector = {
  chartVersion: text,
  image: text,
  imagePullSecrets: fc.array(text, { maxLength: 2 }),
  replicas,
  values,
};
const providers = section(
  {},
  { vault: fc.constantFrom("~> 5.6", "5.11.0"), tls: fc.constant(">= 4.1, < 5") },
);
/** Each is within the other's range, whatever a cluster says of one of them alone. */
const leaves = {
  leafGeneration: fc.integer({ min: 1, max: 99 }),
  leafLifetime: duration(2, 1440, "m"),
  maxLeafLifetime: duration(1, 90, "d"),
};

const agent = section({}, { image: text, renderInterval: duration(10, 3600, "s") });

const backend = fc.oneof(
  fc.record({ type: fc.constant("local") }),
  section({ type: fc.constant("s3"), bucket: text, region: text }, { keyPrefix: text, kmsKeyId: text }),
  section({ type: fc.constant("gcs"), bucket: text }, { prefix: text }),
  section(
    { type: fc.constant("azurerm"), resourceGroupName: text, storageAccountName: text, containerName: text },
    { keyPrefix: text },
  ),
  fc.record({
    type: fc.constant("other"),
    name: fc.constantFrom("http", "consul", "pg"),
    configuration: fc
      .dictionary(fc.stringMatching(/^[a-z_]{1,8}$/), fc.oneof(text, fc.constant("{stack}")), { maxKeys: 3 })
      .map((configuration) => ({ ...configuration, state: "{stack}" })),
  }),
);

const kubeconfig = fc.oneof(
  section({ context: text }, { file: fc.constantFrom("kubeconfig", "~/.kube/config", "/etc/kubeconfig") }),
  fc.record({ file: fc.constant("kubeconfig") }),
  section(
    { command: text },
    { args: fc.array(text, { maxLength: 3 }), env: fc.dictionary(text, text, { maxKeys: 2 }), host: origin },
  ).map((exec) => ({ exec })),
);

const cluster = (clusterName: string, bundle: fc.Arbitrary<string[]>, signing: fc.Arbitrary<string>) =>
  section(
    {
      name: fc.constant(clusterName),
      kubernetesHost: origin,
      kubernetesCaCertificateFile: fc.constantFrom("ca.pem", "other-ca.pem"),
      kubeconfig,
    },
    {
      // Longer than any name.
      nameInVault: fc.constant(`${clusterName}-as-it-was-named`),
      network: text,
      createNamespaces: fc.boolean(),
      ...leaves,
      trust: section({}, { signing, bundle }),
      intermediates: section({}, intermediates),
      vaultAuth: vaultAuthOverride,
      istio: withRevisions(withCharts(section({}, { version: istioVersion, ...istio })), ownRevisions),
      injector: withCharts(section({}, injector)),
      agent,
    },
  );

/** A mesh.yaml that is right. */
export const rightMesh: fc.Arbitrary<Record<string, unknown>> = fc
  .tuple(
    fc.uniqueArray(name, { minLength: 1, maxLength: ROOT_FILES.length }),
    fc.uniqueArray(clusterNameInVault, { minLength: 1, maxLength: 3 }),
    fc.constantFrom<WrittenIssuance[]>("deploy", "external", "terraform"),
  )
  .chain(([rootNames, clusterNames, issuance]) => {
    // Every bundle holds every root, so that any of them may sign.
    const bundle = fc.shuffledSubarray(rootNames, { minLength: rootNames.length });
    const signing = fc.constantFrom(...rootNames);
    return section(
      {
        version: fc.constant(1),
        mesh: section({ id: text }, { trustDomain: text }),
        vault: section(
          { address: fc.oneof(origin, fc.constant("http://127.0.0.1:8200")), podAddress: origin },
          { namespace: text, caCertificateFile: fc.constant("ca.pem") },
        ),
        roots: fc.tuple(...rootNames.map((rootName, index) => root(rootName, index, issuance))),
        trust: fc.record({ signing, bundle }),
        intermediates: section(
          {
            issuance: fc.constant(issuance),
            ...(issuance === "terraform" && { acceptKeysInState: fc.constant(true) }),
          },
          intermediates,
        ),
        istio: withRevisions(withCharts(section({ version: istioVersion }, istio)), revisions),
        backend,
        clusters: fc.tuple(...clusterNames.map((clusterName) => cluster(clusterName, bundle, signing))),
      },
      {
        issuer,
        vaultAuth,
        injector: withCharts(section({}, injector)),
        agent,
        ...leaves,
        providers,
        createNamespaces: fc.boolean(),
        preventDestroy: fc.boolean(),
      },
    );
  })
  .map(toldApart);

/** With each cluster's own API server, issuer, keys and kubeconfig. */
function toldApart(mesh: Mapping): Mapping {
  const inherited = mesh.vaultAuth as Mapping | undefined;
  const clusters = (mesh.clusters as Mapping[]).map((cluster, index) => {
    const { vaultAuth, kubeconfig } = cluster as Record<string, Mapping | undefined>;
    const isJwt = (vaultAuth?.method ?? inherited?.method) === "jwt";
    const ownKeys = inherited?.publicKeysFile !== undefined && { publicKeysFile: `keys-${index}.pem` };
    const { exec, file, context } = kubeconfig as { exec?: Mapping; file?: string; context?: string };
    return {
      ...cluster,
      kubernetesHost: `${cluster.kubernetesHost}/${index}`,
      kubeconfig: exec
        ? { exec: { ...exec, ...(exec.host !== undefined && { host: `${exec.host}/${index}` }) } }
        : { ...(file !== undefined && { file }), context: `${context ?? "context"}-${index}` },
      ...(isJwt && {
        vaultAuth: { ...vaultAuth, issuer: `https://oidc.example.com/${index}`, ...ownKeys },
      }),
    };
  });
  return { ...mesh, clusters };
}

type Mapping = Record<string, unknown>;
