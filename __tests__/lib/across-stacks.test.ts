import { HelmProvider } from "@cdktf/provider-helm/lib/provider";
import { Release } from "@cdktf/provider-helm/lib/release";
import { Mount } from "@cdktf/provider-vault/lib/mount";
import { VaultProvider } from "@cdktf/provider-vault/lib/provider";
import { TlsProvider } from "@cdktf/provider-tls/lib/provider";
import { type App, TerraformStack, TerraformVariable, Testing } from "cdktf";
import {
  ClusterTrust,
  type ClusterTrustProps,
  GatewayCa,
  IssuerAuth,
  IssuerLogin,
  IstioRootCA,
  type IstioRootCAProps,
  Issuance,
  IstiodWithVault,
  type IstiodWithVaultProps,
  RootSource,
  VaultAgentInjector,
  VaultAuthMethod,
  VaultK8sAuth,
} from "../../lib";
import { CA_PEM, Synthesized } from "../support/synth";

function newStack(app: App, id: string): TerraformStack {
  const stack = new TerraformStack(app, id);
  new VaultProvider(stack, "Vault", { address: "https://vault.example.com:8200" });
  new TlsProvider(stack, "Tls");
  new HelmProvider(stack, "Helm");
  return stack;
}

function root(stack: TerraformStack, props: Partial<IstioRootCAProps> = {}): IstioRootCA {
  return new IstioRootCA(stack, "Root", { rootName: "a", source: RootSource.vaultPki(), ...props });
}

function trust(stack: TerraformStack, props: Partial<ClusterTrustProps> = {}): ClusterTrust {
  return new ClusterTrust(stack, "Trust", {
    clusterName: "cluster1",
    issuance: Issuance.terraform({ acceptKeysInState: true }),
    ...props,
    signingRoot: props.signingRoot ?? root(stack),
  });
}

function auth(stack: TerraformStack, mountPath?: string): VaultK8sAuth {
  return new VaultK8sAuth(stack, "Auth", {
    clusterName: "cluster1",
    method: VaultAuthMethod.kubernetes({
      kubernetesHost: "https://10.0.0.1:6443",
      kubernetesCaCertificate: CA_PEM,
    }),
    mountPath,
  });
}

function istiod(stack: TerraformStack, props: Pick<IstiodWithVaultProps, "trust" | "auth" | "dependsOn">) {
  return new IstiodWithVault(stack, "Istiod", { istioVersion: "1.29.6", ...props });
}

const account = { serviceAccounts: ["istiod"], namespaces: ["istio-system"] };

describe("in one stack istiod's release", () => {
  const release = (stack: TerraformStack) =>
    new Synthesized(stack).all("helm_release").find(({ name }) => name === "istio-istiod")!;
  const istiodWaitsFor = [
    expect.stringMatching(/^vault_policy\.Trust_ReadPolicy_/),
    expect.stringMatching(/^vault_kubernetes_auth_backend_config\.Auth_Config_/),
    expect.stringMatching(/^vault_kubernetes_auth_backend_role\.Auth_Roles_istiod_/),
  ];

  test.each(["before", "after"])("waits for policy, method and role, added %s it", (when) => {
    const stack = newStack(Testing.app(), "all");
    const made = { trust: trust(stack), auth: auth(stack) };
    if (when === "before") made.trust.grantRead(made.auth.addRole("istiod", account));
    istiod(stack, made);
    if (when === "after") made.trust.grantRead(made.auth.addRole("istiod", account));
    expect(release(stack).depends_on).toEqual(istiodWaitsFor);
  });

  test("waits for nothing of what is imported", () => {
    const stack = newStack(Testing.app(), "all");
    istiod(stack, {
      trust: ClusterTrust.fromClusterName(stack, "Trust", "cluster1"),
      auth: VaultK8sAuth.fromClusterName(stack, "Auth", "cluster1"),
    });
    expect(release(stack).depends_on).toBeUndefined();
  });

  test("waits, by the policy, for both secrets", () => {
    const stack = newStack(Testing.app(), "all");
    trust(stack);
    expect(new Synthesized(stack).only("vault_policy").depends_on).toEqual([
      expect.stringMatching(/^vault_kv_secret_v2\.Trust_Certificates_/),
      expect.stringMatching(/^vault_kv_secret_v2\.Trust_TrustBundle_/),
    ]);
  });
});

describe("of another stack", () => {
  const app = () => {
    const made = Testing.app();
    return { vault: newStack(made, "vault"), cluster: newStack(made, "cluster") };
  };

  test("trust and auth give names, and their stack comes first", () => {
    const { vault, cluster } = app();
    const given = { trust: trust(vault), auth: auth(vault) };
    given.trust.grantRead(given.auth.addRole("istiod", account));
    istiod(cluster, given);
    expect(cluster.dependsOn(vault)).toBe(true);
    for (const stack of [vault, cluster]) {
      expect(Testing.synth(stack, true)).not.toMatch(/terraform_remote_state|"output"/);
    }
    expect(new Synthesized(cluster).only("helm_release").depends_on).toBeUndefined();
  });

  test("what dependsOn names becomes an order of stacks", () => {
    const { vault, cluster } = app();
    new VaultAgentInjector(cluster, "Injector", {
      vaultAddress: "https://vault",
      dependsOn: [new GatewayCa(vault, "Ca")],
    });
    expect(cluster.dependsOn(vault)).toBe(true);
    expect(new Synthesized(cluster).only("helm_release").depends_on).toBeUndefined();
  });

  test("a root in Vault is read from Vault, and signs by its name", () => {
    const { vault, cluster } = app();
    trust(cluster, { signingRoot: root(vault) });
    expect(cluster.dependsOn(vault)).toBe(true);
    const json = JSON.parse(Testing.synth(cluster, true));
    expect(Object.keys(json.data)).toEqual(["vault_pki_secret_backend_issuer"]);
    expect(Object.values(json.data.vault_pki_secret_backend_issuer)).toMatchObject([
      { backend: "istio-root-a", issuer_ref: "a" },
    ]);
    expect(new Synthesized(cluster).only("vault_pki_secret_backend_root_sign_intermediate")).toMatchObject({
      backend: "istio-root-a",
      issuer_ref: "a",
    });
    expect(JSON.parse(Testing.synth(vault, true)).output).toBeUndefined();
  });

  test("a root that is imported by its name is read once, and signs by the id that Vault says", () => {
    const { cluster } = app();
    const imported = IstioRootCA.fromRootName(cluster, "Root", "a");
    trust(cluster, { signingRoot: imported });
    const json = JSON.parse(Testing.synth(cluster, true));
    const [[id, read]] = Object.entries<object>(json.data.vault_pki_secret_backend_issuer);
    expect(read).toMatchObject({ backend: "istio-root-a", issuer_ref: "a" });
    expect(Object.keys(json.resource)).not.toContain("vault_pki_secret_backend_root_cert");
    expect(new Synthesized(cluster).only("vault_pki_secret_backend_root_sign_intermediate")).toMatchObject({
      backend: "istio-root-a",
      issuer_ref: `\${data.vault_pki_secret_backend_issuer.${id}.issuer_id}`,
    });
    expect(new Synthesized(cluster).all("vault_kv_secret_v2")[1].data_json).toContain(
      `trimspace(data.vault_pki_secret_backend_issuer.${id}.certificate)`,
    );
    expect(imported).toMatchObject({ rootName: "a", signer: { mountPath: "istio-root-a", issuer: "a" } });
    expect(cluster.dependencies).toEqual([]);
  });

  test("a root that is imported by its name is read by the provider it is given, and in a third stack again", () => {
    const { vault, cluster } = app();
    const provider = new VaultProvider(vault, "Other", { alias: "other" });
    const imported = IstioRootCA.fromRootName(vault, "Root", "a", provider);
    trust(cluster, { signingRoot: imported, issuance: Issuance.external() });
    const read = (stack: TerraformStack) =>
      Object.values(JSON.parse(Testing.synth(stack, true)).data.vault_pki_secret_backend_issuer);
    expect(read(vault)).toMatchObject([{ provider: "vault.other", backend: "istio-root-a" }]);
    expect(read(cluster)).toMatchObject([{ backend: "istio-root-a", issuer_ref: "a" }]);
    expect(cluster.dependsOn(vault)).toBe(true);
  });

  test.each([
    ["another form", "A", /"rootName" .*\(IV0110/],
    ["a name that only Terraform knows", undefined, /IV0130/],
  ])("importing a root by %s fails", (_, name, message) => {
    const { cluster } = app();
    const rootName = name ?? new TerraformVariable(cluster, "name", {}).stringValue;
    expect(() => IstioRootCA.fromRootName(cluster, "Root", rootName)).toThrow(message);
  });

  test.each([
    ["signs", Issuance.terraform({ acceptKeysInState: true }), "Trust/Intermediate"],
    ["is trusted", Issuance.external(), "Trust/Roots"],
  ])("fails for a root whose key rests in that stack's state, where it %s", (_verb, issuance, at) => {
    const { vault, cluster } = app();
    const signingRoot = root(vault, { source: RootSource.tlsProvider({ acceptKeysInState: true }) });
    expect(() => trust(cluster, { signingRoot, issuance })).toThrow(
      `the key and certificate of root a are in the state of stack "vault", which another stack would have to read; put what uses it into the same stack, or create the root in Vault's PKI engine (IV0220 at cluster/${at}; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0220)`,
    );
  });

  const reference = (key: string, maker: string, at: string) =>
    `"${key}" of vault/${maker} is a reference into stack "vault", and using it here would read that stack's state, with its secrets; give vault/${maker} the plain name, such as a resource's "pathInput" (IV0131 at cluster/${at}; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0131)`;

  test("fails for names that are references", () => {
    const { vault, cluster } = app();
    const mount = new Mount(vault, "Mount", { path: "mesh", type: "kv-v2" });
    const given = {
      trust: trust(vault, { secretsMountPath: mount.path, createMount: false }),
      auth: VaultK8sAuth.fromClusterName(cluster, "Auth", "cluster1"),
    };
    expect(() => istiod(cluster, given)).toThrow(reference("secretsMountPath", "Trust", "Istiod"));
  });

  test("fails for an auth mount's path that is a reference", () => {
    const { vault, cluster } = app();
    const path = new TerraformVariable(vault, "path", {}).stringValue;
    const trusted = ClusterTrust.fromClusterName(cluster, "Trust", "cluster1");
    expect(() => istiod(cluster, { trust: trusted, auth: auth(vault, path) })).toThrow(
      reference("mountPath", "Auth", "Istiod"),
    );
  });

  test.each([
    ["existing", (pem: string) => RootSource.existing({ mountPath: "corp", certificatePem: pem })],
    ["offline", (pem: string) => RootSource.offline({ certificatePem: pem })],
  ])("fails for an %s root's certificate that is a reference", (_name, source) => {
    const { vault, cluster } = app();
    const signingRoot = root(vault, { source: source(new TerraformVariable(vault, "pem", {}).stringValue) });
    expect(() => trust(cluster, { signingRoot, issuance: Issuance.external() })).toThrow(
      reference("certificatePem", "Root", "Trust/Roots"),
    );
  });
});

describe("of another app", () => {
  test("trust and auth give names, and nothing waits", () => {
    const [vault, cluster] = [newStack(Testing.app(), "vault"), newStack(Testing.app(), "cluster")];
    const given = { trust: trust(vault), auth: auth(vault) };
    given.trust.grantRead(given.auth.addRole("istiod", account));
    istiod(cluster, given);
    expect(cluster.dependencies).toEqual([]);
    expect(Testing.synth(cluster, true)).not.toMatch(/terraform_remote_state|"output"|depends_on/);
    expect(Testing.synth(vault, true)).not.toContain('"output"');
  });

  test("fails where dependsOn names something", () => {
    const [first, second] = [newStack(Testing.app(), "first"), newStack(Testing.app(), "second")];
    const base = new Release(first, "Base", { name: "istio-base", chart: "base" });
    expect(
      () => new VaultAgentInjector(second, "Injector", { vaultAddress: "https://vault", dependsOn: [base] }),
    ).toThrow(
      '"dependsOn" names first/Base of another app, which Terraform cannot wait for; remove it, and deploy that app first (IV0410 at second/Injector; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0410)',
    );
  });
});

describe("in a mount that exists already", () => {
  const inMount = (props: Partial<ClusterTrustProps> = {}) => {
    const stack = newStack(Testing.app(), "vault");
    const mount = new Mount(stack, "Mesh", { path: "mesh", type: "kv-v2" });
    const signingRoot = root(stack);
    const all = ["cluster1", "cluster2"].map(
      (clusterName) =>
        new ClusterTrust(stack, clusterName, {
          clusterName,
          signingRoot,
          issuance: Issuance.terraform({ acceptKeysInState: true }),
          secretsMountPath: "mesh",
          createMount: false,
          dependsOn: [mount],
          ...props,
        }),
    );
    return { all, stack: new Synthesized(stack), removed: JSON.parse(Testing.synth(stack, true)).removed };
  };

  test("several clusters each have paths of their own, two versions, and no setting of the mount", () => {
    const { all, stack } = inMount();
    expect(all.map(({ certificatesPath }) => certificatesPath)).toEqual([
      "cluster1/istiod-service/certs",
      "cluster2/istiod-service/certs",
    ]);
    expect(stack.counts()).toMatchObject({ vault_mount: 2, vault_kv_secret_v2: 4, vault_policy: 2 });
    expect(stack.all("vault_kv_secret_backend_v2")).toEqual([]);
    for (const secret of stack.all("vault_kv_secret_v2")) {
      expect(secret).toMatchObject({
        mount: "mesh",
        custom_metadata: { max_versions: 2 },
        lifecycle: { prevent_destroy: true },
        depends_on: ["vault_mount.Mesh"],
      });
    }
    expect(stack.all("vault_policy").map(({ policy }) => policy.split("\n")[0])).toEqual([
      'path "mesh/data/cluster1/istiod-service/certs" {',
      'path "mesh/data/cluster2/istiod-service/certs" {',
    ]);
  });

  test("one that the construct made before is kept", () => {
    const [mount, settings] = inMount().removed;
    expect(mount).toEqual({
      from: expect.stringMatching(/^vault_mount\.cluster1_/),
      lifecycle: { destroy: false },
    });
    expect(settings.from).toMatch(/^vault_kv_secret_backend_v2\.cluster1_Settings_/);
  });

  test("an issuer's secrets keep two versions, and its waiting key is the cluster's own", () => {
    const { stack } = inMount({ issuance: Issuance.external(), preventDestroy: false });
    expect(stack.all("vault_generic_endpoint").map(({ path, data_json }) => [path, data_json])).toEqual(
      ["cluster1", "cluster2"].map((name) => [
        `mesh/metadata/${name}/istiod-service/certs`,
        '{"cas_required":true,"max_versions":2}',
      ]),
    );
    expect(stack.all("vault_kv_secret_v2")[0].lifecycle).toBeUndefined();
  });
});

describe("a role", () => {
  test("has the policies it is given and those it is granted, each once", () => {
    const stack = newStack(Testing.app(), "vault");
    const made = trust(stack);
    const role = auth(stack).addRole("istiod", { ...account, policies: ["other"] });
    for (const policy of ["more", "other"]) role.addPolicy(policy);
    made.grantRead(role);
    ClusterTrust.fromClusterName(stack, "Imported", "cluster1").grantRead(role);
    expect(new Synthesized(stack).only("vault_kubernetes_auth_backend_role").token_policies).toEqual([
      "other",
      "more",
      "istiod-certs-cluster1",
    ]);
  });

  test("fails at synth where it has none", () => {
    const stack = newStack(Testing.app(), "vault");
    auth(stack).addRole("istiod", account);
    expect(() => Testing.synth(stack, true)).toThrow(
      '"policies" is []; list at least one, and not "*", which would let all of them log in (IV0305 at vault/Auth/Roles/istiod; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0305)',
    );
  });

  test('fails for "*", granted too', () => {
    const role = auth(newStack(Testing.app(), "vault")).addRole("istiod", account);
    expect(() => role.addPolicy("*")).toThrow('"policies" is [*]; list at least one, and not "*"');
  });
});

describe("an issuer's role", () => {
  test("is granted each cluster it issues for", () => {
    const stack = newStack(Testing.app(), "vault");
    const issuer = new IssuerAuth(stack, "Issuer", { login: IssuerLogin.appRole() });
    trust(stack, { issuance: Issuance.external() }).grantIssue(issuer);
    expect(new Synthesized(stack).only("vault_approle_auth_backend_role").token_policies).toEqual([
      "istio-issuer-cluster1",
    ]);
  });

  test("fails for a cluster Terraform issues for", () => {
    const stack = newStack(Testing.app(), "vault");
    const issuer = new IssuerAuth(stack, "Issuer", { login: IssuerLogin.appRole() });
    expect(() => trust(stack).grantIssue(issuer)).toThrow(
      'cluster1 has issuance "terraform", where Terraform itself issues and no issuer needs access; remove the grant, or use issuance "deploy" or "external" (IV0221 at vault/Trust; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0221)',
    );
  });
});

test("every resource is made by the provider it is given", () => {
  const stack = newStack(Testing.app(), "aliases");
  const aliased = (id: string) => new VaultProvider(stack, id, { alias: id });
  const tls = new TlsProvider(stack, "Keys", { alias: "keys" });
  const helm = new HelmProvider(stack, "Eu", { alias: "eu" });
  const [one, two] = [aliased("one"), aliased("two")];
  const made = trust(stack, { signingRoot: root(stack, { provider: one }), provider: two, tlsProvider: tls });
  const login = new IssuerAuth(stack, "Issuer", {
    login: IssuerLogin.appRole(),
    policies: ["p"],
    provider: two,
  });
  new GatewayCa(stack, "Ca", { provider: two });
  new VaultAgentInjector(stack, "Injector", {
    vaultAddress: "https://vault",
    provider: helm,
    dependsOn: [made, login],
  });
  const { resource } = JSON.parse(Testing.synth(stack, true));
  const providers = Object.entries<Record<string, { provider?: string }>>(resource).flatMap(([type, byId]) =>
    Object.entries(byId).map(
      ([id, { provider }]) => `${type}.${id.replace(/_[0-9A-F]{8}$/, "")}: ${provider}`,
    ),
  );
  expect(providers.sort()).toEqual([
    "helm_release.Injector: helm.eu",
    "terraform_data.Trust_Intermediate_Issue: undefined",
    "tls_cert_request.Trust_Intermediate_Request: tls.keys",
    "tls_private_key.Trust_Intermediate_Key: tls.keys",
    "vault_approle_auth_backend_role.Issuer_Role: vault.two",
    "vault_auth_backend.Issuer: vault.two",
    "vault_kv_secret_backend_v2.Trust_Settings: vault.two",
    "vault_kv_secret_v2.Trust_Certificates: vault.two",
    "vault_kv_secret_v2.Trust_TrustBundle: vault.two",
    "vault_mount.Ca_Mount: vault.two",
    "vault_mount.Root_Mount: vault.one",
    "vault_mount.Trust: vault.two",
    "vault_pki_secret_backend_root_cert.Ca: vault.two",
    "vault_pki_secret_backend_root_cert.Root: vault.one",
    "vault_pki_secret_backend_root_sign_intermediate.Trust_Intermediate: vault.one",
    "vault_policy.Trust_ReadPolicy: vault.two",
  ]);
});
