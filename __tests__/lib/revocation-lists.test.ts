import {
  ClusterTrust,
  Duration,
  IstioRootCA,
  Issuance,
  RevocationLists,
  type RevocationListsProps,
  RootSource,
  VaultAuthMethod,
  VaultK8sAuth,
} from "../../lib";
import { CA_PEM, Synthesized, testStack } from "../support/synth";

function withLists(
  props: Partial<RevocationListsProps> = {},
  source = RootSource.vaultPki(),
  more: (lists: RevocationLists, root: IstioRootCA) => void = () => {},
) {
  const stack = testStack();
  const root = new IstioRootCA(stack, "Root", { rootName: "a", source });
  more(new RevocationLists(stack, "Lists", { roots: [root], ...props }), root);
  return new Synthesized(stack);
}

const signed = (stack: Synthesized) =>
  stack.all("vault_generic_endpoint").find(({ path }) => path.endsWith("/sign-revocation-list"))!;

test("makes a mount for lists, has the root sign its own, and lets them be read", () => {
  const stack = withLists();
  expect(stack.counts()).toEqual({
    terraform_data: 1,
    vault_generic_endpoint: 2,
    vault_kv_secret_backend_v2: 1,
    vault_kv_secret_v2: 1,
    vault_mount: 2,
    vault_pki_secret_backend_root_cert: 1,
    vault_policy: 1,
  });
  const mount = stack.all("vault_mount").find(({ type }) => type === "kv");
  expect(mount).toEqual({
    path: "istio-revocation-lists",
    type: "kv",
    options: { version: "2" },
    description: "Revocation lists of roots and intermediates",
    lifecycle: { prevent_destroy: true },
  });
  expect(stack.only("vault_policy")).toMatchObject({
    name: "istio-revocation-lists",
    policy: [
      'path "istio-revocation-lists/data/roots" {\n  capabilities = ["read"]\n}\n',
      'path "istio-revocation-lists/data/intermediates" {\n  capabilities = ["read"]\n}\n',
    ].join("\n"),
  });
  expect(stack.only("vault_kv_secret_v2")).toMatchObject({
    name: "roots",
    disable_read: true,
    data_json: expect.stringMatching(
      /^\$\{jsonencode\(\{"a" = vault_generic_endpoint\..*\.write_data\["crl"\]\}\)\}$/,
    ),
  });
});

test("a root's list lasts as long as a root, revokes nothing, and is signed again with the root", () => {
  const stack = withLists();
  expect(signed(stack)).toMatchObject({
    path: "istio-root-a/issuer/a/sign-revocation-list",
    write_fields: ["crl"],
    disable_read: true,
    disable_delete: true,
  });
  expect(JSON.parse(signed(stack).data_json)).toEqual({
    crl_number: 1,
    next_update: "87600h",
    revoked_certs: [],
  });
  expect(stack.only("terraform_data")).toEqual({
    input: {
      revoked: [],
      root: expect.stringMatching(/^\$\{vault_pki_secret_backend_root_cert\..*\.certificate\}$/),
      valid_for: "87600h",
    },
  });
});

test("is signed anew, and not changed, where it revokes others", () => {
  const stack = withLists({ revoked: ["0A1b", "0c:0D"], validFor: Duration.years(5) });
  const entry = {
    revocation_time: "1970-01-01T00:00:00Z",
    // The reason code keyCompromise.
    extensions: [{ id: "2.5.29.21", critical: false, value: "CgEB" }],
  };
  expect(JSON.parse(signed(stack).data_json)).toEqual({
    crl_number: 3,
    next_update: "43800h",
    revoked_certs: [
      { serial_number: "0a:1b", ...entry },
      { serial_number: "0c:0d", ...entry },
    ],
  });
  const { input } = stack.only("terraform_data");
  expect(input).toMatchObject({ revoked: ["0a:1b", "0c:0d"], valid_for: "43800h" });
  expect(signed(stack).lifecycle.replace_triggered_by).toEqual([
    expect.stringMatching(/^terraform_data\.Lists_Signed_a_Content_/),
  ]);
});

test("whoever issues writes with check-and-set, since all write to one secret", () => {
  const settings = withLists()
    .all("vault_generic_endpoint")
    .find(({ path }) => path.endsWith("/metadata/intermediates"));
  expect(settings).toMatchObject({ data_json: '{"cas_required":true}', disable_delete: true });
});

test("other names, and a mount that may be destroyed", () => {
  const stack = withLists({ mountPath: "lists", readPolicyName: "lists-read", preventDestroy: false });
  const mount = stack.all("vault_mount").find(({ type }) => type === "kv");
  expect(mount).toMatchObject({ path: "lists", lifecycle: { prevent_destroy: false } });
  expect(stack.only("vault_policy")).toMatchObject({
    name: "lists-read",
    policy: expect.stringContaining('path "lists/data/roots"'),
  });
});

test("an existing root signs in its own mount", () => {
  const source = RootSource.existing({ mountPath: "corp-pki", issuer: "istio", certificatePem: CA_PEM });
  expect(signed(withLists({}, source)).path).toBe("corp-pki/issuer/istio/sign-revocation-list");
});

test("a role that is granted them may read them", () => {
  const stack = withLists({}, RootSource.vaultPki(), (lists) => {
    const auth = new VaultK8sAuth(lists.node.scope!, "Auth", {
      clusterName: "cluster1",
      method: VaultAuthMethod.kubernetes({ kubernetesHost: "https://k8s.example.com:6443" }),
    });
    const role = auth.addRole("istiod", { serviceAccounts: ["istiod"], namespaces: ["istio-system"] });
    lists.grantRead(role);
    RevocationLists.fromDefaultNames(lists.node.scope!, "Same").grantRead(role);
    RevocationLists.fromRevocationListsAttributes(lists.node.scope!, "Others", {
      mountPath: "lists",
      readPolicyName: "others",
    }).grantRead(role);
  });
  expect(stack.only("vault_kubernetes_auth_backend_role").token_policies).toEqual([
    "istio-revocation-lists",
    "others",
  ]);
});

test("fails for a root that does not sign in Vault", () => {
  expect(() => withLists({}, RootSource.offline({ certificatePem: CA_PEM }))).toThrow(
    "root a does not sign in Vault, so it gets no revocation list, and proxies refuse every chain to a root without one; take it out of every bundle, with the steps of a rotation, before there are revocation lists (IV0231",
  );
});

test.each(["", "1", "0a:", "0x0a", "zz", "ab".repeat(21)])("fails for the serial number %p", (serial) => {
  expect(() => withLists({ revoked: [serial] })).toThrow(
    `serial is "${serial}"; write the intermediate's serial number as istio-vault status shows it: up to 20 bytes in hexadecimal, with or without colons, between quotes (IV0232`,
  );
});

describe("a cluster's trust", () => {
  const withTrust = (issuance: Issuance, spread?: Duration) =>
    withLists({}, RootSource.vaultPki(), (revocationLists, signingRoot) => {
      new ClusterTrust(revocationLists.node.scope!, "Trust", {
        ...{ clusterName: "cluster1", signingRoot, issuance, revocationLists },
        revocationListsSpread: spread,
      });
    });

  test("declares to a deploy where the list of an intermediate goes, and waits for the roots'", () => {
    const issue = withTrust(Issuance.deploy(), Duration.seconds(130))
      .all("terraform_data")
      .find(({ triggers_replace: declared }) => declared)!;
    expect(issue.triggers_replace.revocation_lists).toBe("istio-revocation-lists");
    const [provisioner] = issue.provisioner;
    expect(provisioner["local-exec"].environment).toMatchObject({ ISTIO_VAULT_LIST_SPREAD: "130s" });
    expect(issue.depends_on).toContainEqual(expect.stringMatching(/^vault_policy\.Lists_ReadPolicy_/));
  });

  test("lets its issuer read the lists, and add to them", () => {
    const policy = withTrust(Issuance.external())
      .all("vault_policy")
      .find(({ name }) => name === "istio-issuer-cluster1")!.policy;
    expect(policy).toContain(
      [
        'path "istio-revocation-lists/data/roots" {\n  capabilities = ["read"]\n}\n',
        'path "istio-revocation-lists/data/intermediates" {\n  capabilities = ["create", "read", "update"]\n}\n',
      ].join("\n"),
    );
  });

  test("fails for issuance terraform", () => {
    expect(() => withTrust(Issuance.terraform({ acceptKeysInState: true }))).toThrow(
      'cluster1 has issuance "terraform", and Terraform cannot sign the revocation list that each intermediate needs of itself; its chain would be refused everywhere; use issuance "deploy" or "external" (docs/switch-issuance.md), or no revocation lists (IV0230',
    );
  });
});
