import { Testing } from "cdktf";
import { composeMesh } from "../../stacks/compose-mesh";
import { vaultRights } from "../../stacks/vault-rights";
import { type MeshData, meshWith } from "../support/mesh-file";
import { vaultSide } from "../support/vault-stacks";

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Resources = Record<string, Record<string, any>>;

function meshOf(revocation?: object, change: (mesh: MeshData) => void = () => {}) {
  return meshWith((mesh) => {
    mesh.intermediates = { issuance: "deploy" };
    if (revocation) mesh.revocation = revocation;
    change(mesh);
  });
}

function synthesize(...given: Parameters<typeof meshOf>): { vault: Resources; cluster: Resources } {
  const mesh = meshOf(...given);
  const [cluster] = composeMesh(Testing.app(), mesh).clusters;
  return { vault: vaultSide(mesh).resource, cluster: JSON.parse(Testing.synth(cluster, true)).resource };
}

const ids = (stack: Resources) =>
  Object.entries(stack)
    .flatMap(([type, byId]) => Object.keys(byId).map((id) => `${type}.${id}`))
    .sort();
const releases = ({ helm_release: all }: Resources) =>
  new Map(Object.values(all).map(({ name, values }) => [name, JSON.parse(values[0])]));

const none = synthesize();
const issued = synthesize({ lists: "issued" });
const served = synthesize({ lists: "served", revoked: [{ cluster: "cluster1", serial: "0a1b" }] });

test("issued adds the lists in Vault, under ids that are a contract, and nothing in a cluster", () => {
  expect(ids(issued.vault).filter((id) => !ids(none.vault).includes(id))).toMatchInlineSnapshot(`
   [
     "terraform_data.RevocationLists_Signed_a_Content_CB5EF47C",
     "vault_generic_endpoint.RevocationLists_IntermediatesSettings_14964209",
     "vault_generic_endpoint.RevocationLists_Signed_a_36A3F741",
     "vault_kv_secret_backend_v2.RevocationLists_Settings_411DFD4E",
     "vault_kv_secret_v2.RevocationLists_Roots_6F1C1964",
     "vault_mount.RevocationLists_432C8AAD",
     "vault_policy.RevocationLists_ReadPolicy_69DEC731",
   ]
  `);
  expect(ids(none.vault).filter((id) => !ids(issued.vault).includes(id))).toEqual([]);
  expect(issued.cluster).toEqual(none.cluster);
});

test("issued lets istiod read them, and every intermediate is issued anew", () => {
  for (const role of Object.values(issued.vault.vault_kubernetes_auth_backend_role)) {
    expect(role.token_policies).toContain("istio-revocation-lists");
  }
  const declared = Object.values(issued.vault.terraform_data).filter((one) => one.triggers_replace);
  expect(declared.map((one) => one.triggers_replace.revocation_lists)).toEqual([
    "istio-revocation-lists",
    "istio-revocation-lists",
  ]);
});

test("served changes no trigger, and has the deploy wait between list and intermediate", () => {
  const [before, after] = [issued, served].map(({ vault }) =>
    Object.values(vault.terraform_data).filter((one) => one.triggers_replace),
  );
  expect(after.map((one) => one.triggers_replace)).toEqual(before.map((one) => one.triggers_replace));
  const environment = (one: MeshData) => one.provisioner[0]["local-exec"].environment;
  expect(after.map((one) => environment(one).ISTIO_VAULT_LIST_SPREAD)).toEqual(["150s", "150s"]);
  expect(before.map((one) => environment(one).ISTIO_VAULT_LIST_SPREAD)).toEqual([undefined, undefined]);
});

test("served has istiod hand them out, its own beside its intermediate, and demand them at its start", () => {
  const values = releases(served.cluster).get("istio-istiod");
  expect(values.podAnnotations).toMatchObject({
    "vault.hashicorp.com/agent-inject-template-ca-crl.pem": [
      '{{- with secret "kubernetes-cluster1-secrets/data/istiod-service/certs" -}}\n{{ .Data.data.ca_crl }}\n{{ end -}}',
      '{{- with secret "istio-revocation-lists/data/roots" -}}\n{{ range .Data.data }}{{ . }}\n{{ end }}{{ end -}}',
      '{{- with secret "istio-revocation-lists/data/intermediates" -}}\n{{ range .Data.data }}{{ . }}\n{{ end }}{{ end -}}',
    ].join("\n"),
    "vault.hashicorp.com/agent-inject-perms-ca-crl.pem": "0400",
    "vault.hashicorp.com/error-on-missing-key-ca-crl.pem": "true",
  });
  expect(values.env.PILOT_ENABLE_CA_CRL).toBe("true");
  expect(values.initContainers[0].command[2]).toContain("cert-chain.pem root-cert.pem ca-crl.pem;");
});

test("served mounts them into gateways, with a certificate or without, beside what the user mounts", () => {
  const volume = { name: "mine", emptyDir: {} };
  const gateways = (mesh: MeshData) => {
    mesh.gateways = {
      ingress: { certificate: { source: "vault-pki", domains: ["www.example.com"] } },
      east: { certificate: { source: "none" }, values: { volumes: [volume] } },
    };
  };
  const [without, withLists] = [{ lists: "issued" }, { lists: "served" }].map((revocation) =>
    releases(synthesize(revocation, gateways).cluster),
  );
  const lists = { name: "istio-ca-crl", configMap: { name: "istio-ca-crl", optional: true } };
  const mounts = [{ name: "istio-ca-crl", mountPath: "/var/run/secrets/istio/crl" }];
  expect(withLists.get("ingress")).toMatchObject({ volumes: [lists], volumeMounts: mounts });
  expect(withLists.get("east")).toMatchObject({ volumes: [lists, volume], volumeMounts: mounts });
  expect(without.get("ingress").volumeMounts).toBeUndefined();
  expect(without.get("east")).toMatchObject({ volumes: [volume] });
});

test("the root's list names what is revoked, and lasts as long as the root", () => {
  const list = Object.values(served.vault.vault_generic_endpoint).find(({ path }) =>
    path.endsWith("/sign-revocation-list"),
  );
  const data = JSON.parse(list.data_json);
  expect(data.next_update).toBe("87600h");
  expect(data.revoked_certs.map((one: MeshData) => one.serial_number)).toEqual(["0a:1b"]);
});

test("an existing root's list lasts at least as long as its certificate", () => {
  const { vault } = synthesize({ lists: "issued" }, (mesh) => {
    mesh.roots = [
      {
        ...{ name: "a", source: "existing", mountPath: "corp-pki" },
        certificateFile: "clusters/cluster1-ca.pem",
      },
    ];
  });
  const list = Object.values(vault.vault_generic_endpoint).find(({ path }) =>
    path.endsWith("/sign-revocation-list"),
  );
  expect(list.path).toBe("corp-pki/issuer/default/sign-revocation-list");
  expect(JSON.parse(list.data_json).next_update).toMatch(/^\d+(h|s)$/);
});

test("a deploy may sign lists and add to them; a plan may not", () => {
  const rights = (verb: "plan" | "deploy", mesh = meshOf({ lists: "issued" })) =>
    vaultRights([mesh], verb)
      .filter(({ path }) => /revocation/.test(path))
      .map(({ path, capabilities }) => `${capabilities.join()} ${path}`);
  expect(rights("deploy")).toEqual(
    expect.arrayContaining([
      "update istio-root-a/issuer/a/sign-revocation-list",
      "create,read,update istio-revocation-lists/data/roots",
      "create,read,update istio-revocation-lists/data/intermediates",
    ]),
  );
  expect(rights("plan")).not.toEqual(
    expect.arrayContaining([expect.stringContaining("sign-revocation-list")]),
  );
  expect(rights("deploy", meshOf())).toEqual([]);
});
