import { Testing } from "cdktf";
import { DEFAULT_ISTIO_VERSION } from "../../lib/private/upstream";
import { composeMesh } from "../../stacks/compose-mesh";
import { summary } from "../../stacks/summary";
import { type MeshData, meshWith } from "../support/mesh-file";
import { vaultSide } from "../support/vault-stacks";

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Stack = { resource: Record<string, Record<string, any>> };

function compose(change?: (mesh: MeshData) => void) {
  return composeMesh(Testing.app(), meshWith(change));
}

function synthesize(change?: (mesh: MeshData) => void): Record<string, Stack> {
  const clusters = compose(change).clusters.map((stack): [string, Stack] => [
    stack.node.id,
    JSON.parse(Testing.synth(stack, true)),
  ]);
  return { vault: vaultSide(meshWith(change)), ...Object.fromEntries(clusters) };
}

/** Every resource by its address. */
function resources({ resource }: Stack): Map<string, unknown> {
  return new Map(
    Object.entries(resource).flatMap(([type, byId]) =>
      Object.entries(byId).map(([id, body]): [string, unknown] => [`${type}.${id}`, body]),
    ),
  );
}

/** What a stack has more than another, and what is no longer the same. */
function difference(before: Stack, after: Stack) {
  const [old, all] = [resources(before), resources(after)];
  const added = [...all.keys()].filter((address) => !old.has(address)).sort();
  const changed = [...old.keys()].filter(
    (address) => JSON.stringify(old.get(address)) !== JSON.stringify(all.get(address)),
  );
  return { added, changed };
}

function withGateways(mesh: MeshData): void {
  mesh.gateways = {
    "istio-ingress": { certificate: { source: "vault-pki", domains: ["shop.example.com"] } },
  };
  mesh.clusters[0].gateways = {
    "istio-egress": { certificate: { source: "vault-kv" }, namespace: "istio-ingress" },
  };
}

const before = synthesize();
const after = synthesize(withGateways);

describe("gateways in the Vault stack", () => {
  test("add what is theirs, under ids that are a contract, and change nothing", () => {
    expect(difference(before.vault, after.vault)).toMatchInlineSnapshot(`
     {
       "added": [
         "vault_kubernetes_auth_backend_role.cluster1_Auth_Roles_istio-egress_27B6947D",
         "vault_kubernetes_auth_backend_role.cluster1_Auth_Roles_istio-ingress_98E7616A",
         "vault_kubernetes_auth_backend_role.cluster2_Auth_Roles_istio-ingress_5AA70712",
         "vault_mount.GatewayCa_Mount_2F2D8813",
         "vault_pki_secret_backend_role.cluster1_Gateways_istio-ingress_PkiRole_29966257",
         "vault_pki_secret_backend_role.cluster2_Gateways_istio-ingress_PkiRole_39E4C2FD",
         "vault_pki_secret_backend_root_cert.GatewayCa_D65A45D6",
         "vault_policy.cluster1_Gateways_istio-egress_67AE7A24",
         "vault_policy.cluster1_Gateways_istio-ingress_6BA3CB53",
         "vault_policy.cluster2_Gateways_istio-ingress_77988E1A",
       ],
       "changed": [],
     }
    `);
  });

  test("have a role each, bound to the gateway's own ServiceAccount and policy", () => {
    const roles = Object.values(after.vault.resource.vault_kubernetes_auth_backend_role);
    const gateways = new Map(roles.map((role) => [role.token_policies[0], role]));
    expect(gateways.get("gateway-certs-cluster1.istio-ingress")).toMatchObject({
      role_name: "istio-ingress",
      bound_service_account_names: ["istio-ingress"],
      bound_service_account_namespaces: ["istio-ingress"],
      token_policies: ["gateway-certs-cluster1.istio-ingress"],
      token_ttl: 1200,
      token_max_ttl: 86_400,
    });
    expect(gateways.get("gateway-certs-cluster1.istio-egress")).toMatchObject({
      role_name: "istio-egress",
      bound_service_account_names: ["istio-egress"],
      bound_service_account_namespaces: ["istio-ingress"],
      token_policies: ["gateway-certs-cluster1.istio-egress"],
    });
    expect([...gateways.keys()].sort()).toEqual([
      "gateway-certs-cluster1.istio-egress",
      "gateway-certs-cluster1.istio-ingress",
      "gateway-certs-cluster2.istio-ingress",
      "istiod-certs-cluster1",
      "istiod-certs-cluster2",
    ]);
  });

  const mounts = (change: (mesh: MeshData) => void) =>
    Object.values(synthesize(change).vault.resource.vault_mount).map(({ path }) => path);

  test("have a CA made only where one needs it", () => {
    expect(mounts(withGateways)).toContain("istio-gateways");
    const certificates = [
      { source: "vault-kv" },
      { source: "vault-pki", domains: ["shop.example.com"], mountPath: "company-pki" },
    ];
    for (const certificate of certificates) {
      expect(mounts((mesh) => (mesh.gateways = { edge: { certificate } }))).not.toContain("istio-gateways");
    }
  });

  test("have roles that wait for that CA, where it is in the same stack", () => {
    const inOne = synthesize((mesh) => {
      withGateways(mesh);
      mesh.roots.push({ name: "t", source: "tls-provider", acceptKeysInState: true });
    });
    const roles = Object.values(inOne.vault.resource.vault_pki_secret_backend_role);
    expect(roles).toHaveLength(2);
    for (const role of roles) {
      expect(role.depends_on).toEqual([
        expect.stringMatching(/^vault_pki_secret_backend_root_cert\.GatewayCa/),
      ]);
    }
  });

  test("have a CA that preventDestroy guards", () => {
    const guarded = (change: (mesh: MeshData) => void) => {
      const { vault_mount: all } = synthesize(change).vault.resource;
      return Object.values(all).find(({ path }) => path === "istio-gateways").lifecycle;
    };
    expect(guarded(withGateways)).toEqual({ prevent_destroy: true });
    const unguarded = (mesh: MeshData) => {
      withGateways(mesh);
      mesh.preventDestroy = false;
    };
    expect(guarded(unguarded)).toEqual({ prevent_destroy: false });
  });
});

describe("gateways in a cluster's stack", () => {
  test("add what is theirs, under ids that are a contract; of the rest, the injector watches their namespace", () => {
    expect(difference(before.cluster1, after.cluster1)).toMatchInlineSnapshot(`
     {
       "added": [
         "helm_release.Gateways_istio-egress_674FCF21",
         "helm_release.Gateways_istio-ingress_8F799796",
         "kubernetes_cluster_role_binding_v1.Gateways_istio-egress_TokenReviewer_5D619E06",
         "kubernetes_cluster_role_binding_v1.Gateways_istio-ingress_TokenReviewer_E64F12E4",
         "kubernetes_cluster_role_v1.Gateways_istio-egress_TokenReviewer_ClusterRole_06B8B208",
         "kubernetes_cluster_role_v1.Gateways_istio-ingress_TokenReviewer_ClusterRole_609C83AC",
         "kubernetes_namespace_v1.GatewayNamespaces_istio-ingress_DE065992",
       ],
       "changed": [
         "helm_release.Injector_C53BD7DB",
       ],
     }
    `);
    const { values } = Object.values(after.cluster1.resource.helm_release).find(
      ({ name }) => name === "vault-inject",
    );
    const { namespaceSelector } = JSON.parse(values[0]).injector.webhook;
    expect(namespaceSelector.matchExpressions[0].values).toEqual(["istio-system", "istio-ingress"]);
  });

  const release = (stack: Stack, name: string) =>
    Object.values(stack.resource.helm_release).find((candidate) => candidate.name === name);

  test("ask Vault for just what the Vault stack made", () => {
    const template = (name: string, file: string) =>
      JSON.parse(release(after.cluster1, name).values[0]).podAnnotations[
        `vault.hashicorp.com/agent-inject-template-${file}`
      ];
    const [role] = Object.values(after.vault.resource.vault_pki_secret_backend_role);
    expect(template("istio-ingress", "tls.key")).toContain(`"istio-gateways/issue/${role.name}"`);
    const policies = Object.values(after.vault.resource.vault_policy).map(({ policy }) => policy);
    expect(policies).toContain(
      'path "istio-gateways/issue/cluster1.istio-ingress" {\n  capabilities = ["update"]\n  denied_parameters = {\n    "not_after" = []\n    "uri_sans" = []\n    "other_sans" = []\n    "user_ids" = []\n    "common_name" = ["*@*"]\n    "alt_names" = ["*@*"]\n  }\n}\n',
    );
    const secret = "kubernetes-cluster1-secrets/data/gateways/istio-egress";
    expect(template("istio-egress", "tls.key")).toContain(`"${secret}"`);
    expect(policies).toContain(`path "${secret}" {\n  capabilities = ["read"]\n}\n`);
  });

  test("follow istiod and their namespace, in the version and with the agent of their cluster", () => {
    const { depends_on, version, namespace } = release(after.cluster1, "istio-egress");
    expect({ version, namespace }).toEqual({ version: DEFAULT_ISTIO_VERSION, namespace: "istio-ingress" });
    expect(depends_on).toEqual([
      expect.stringMatching(/^kubernetes_cluster_role_binding_v1\./),
      expect.stringMatching(/^kubernetes_namespace_v1\.GatewayNamespaces_istio-ingress/),
      expect.stringMatching(/^helm_release\.Istiod/),
    ]);
    const own = synthesize((mesh) => {
      withGateways(mesh);
      mesh.agent = { image: "registry.example.com/vault:1.20.0", renderInterval: "1m" };
    });
    expect(JSON.parse(release(own.cluster1, "istio-egress").values[0]).podAnnotations).toMatchObject({
      "vault.hashicorp.com/agent-image": "registry.example.com/vault:1.20.0",
      "vault.hashicorp.com/template-static-secret-render-interval": "1m",
    });
  });

  test("share istiod's namespace or the injector's where they are told to", () => {
    const { resource } = synthesize((mesh) => {
      withGateways(mesh);
      mesh.gateways["istio-ingress"].namespace = "istio-system";
      mesh.clusters[0].gateways["istio-egress"].namespace = "vault";
    }).cluster1;
    const namespaces = Object.values(resource.kubernetes_namespace_v1).map(({ metadata }) => metadata.name);
    expect(namespaces).toEqual(["vault", "istio-system"]);
  });

  test("find their namespaces made by somebody else where createNamespaces is false", () => {
    const { resource } = synthesize((mesh) => {
      withGateways(mesh);
      mesh.createNamespaces = false;
    }).cluster1;
    expect(resource.kubernetes_namespace_v1).toBeUndefined();
  });

  test.each([
    ["jwt", { method: "jwt", issuer: "https://oidc.example.com" }],
    ["a reviewer's token", { method: "kubernetes", reviewer: "variable" }],
  ])("get no right to review tokens with %s", (_name, vaultAuth) => {
    const { resource } = synthesize((mesh) => {
      withGateways(mesh);
      mesh.clusters[0].vaultAuth = vaultAuth;
    }).cluster1;
    expect(resource.kubernetes_cluster_role_v1).toBeUndefined();
    expect(resource.kubernetes_cluster_role_binding_v1).toBeUndefined();
  });
});

describe("a gateway without a certificate", () => {
  const plain = synthesize((mesh) => {
    mesh.clusters[0].gateways = {
      "istio-eastwestgateway": {
        certificate: { source: "none" },
        namespace: "east-west",
        replicas: 3,
        values: { networkGateway: "network1" },
      },
    };
  });

  test("needs nothing in Vault, and its namespace no injector", () => {
    expect(plain.vault).toEqual(before.vault);
    expect(difference(before.cluster1, plain.cluster1)).toEqual({
      added: [
        "helm_release.Gateways_istio-eastwestgateway_CC8D90BF",
        "kubernetes_namespace_v1.GatewayNamespaces_east-west_CF3A6FAF",
      ],
      changed: [],
    });
  });

  test("is the release alone, with as many pods as others and no agent", () => {
    const releases = Object.entries(plain.cluster1.resource.helm_release);
    const [, release] = releases.find(([id]) => id.startsWith("Gateways_"))!;
    expect(release).toMatchObject({ name: "istio-eastwestgateway", namespace: "east-west", atomic: true });
    expect(release.depends_on).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^helm_release\.Istiod_/),
        expect.stringMatching(/^kubernetes_namespace_v1\.GatewayNamespaces_/),
      ]),
    );
    expect(JSON.parse(release.values[0])).toEqual({
      networkGateway: "network1",
      replicaCount: 3,
      autoscaling: { minReplicas: 3, maxReplicas: 5 },
      podDisruptionBudget: { maxUnavailable: 1 },
      securityContext: {
        sysctls: [{ name: "net.ipv4.ip_unprivileged_port_start", value: "0" }],
        seccompProfile: { type: "RuntimeDefault" },
      },
    });
  });

  test("that gets one later is the same release", () => {
    const certified = synthesize((mesh) => {
      mesh.clusters[0].gateways = {
        "istio-eastwestgateway": { certificate: { source: "vault-kv" }, namespace: "east-west" },
      };
    });
    const ids = Object.keys(plain.cluster1.resource.helm_release);
    expect(Object.keys(certified.cluster1.resource.helm_release)).toEqual(ids);
  });
});

test("a gateway more changes nothing in the others", () => {
  const more = synthesize((mesh) => {
    withGateways(mesh);
    mesh.clusters[0].gateways.edge = { certificate: { source: "vault-kv" }, namespace: "istio-ingress" };
  });
  for (const name of Object.keys(after)) expect(difference(after[name], more[name]).changed).toEqual([]);
  expect(more.cluster2).toEqual(after.cluster2);
});

test("stacks exchange names only, and hold no private key", () => {
  for (const stack of Object.values(after)) {
    expect(Object.keys(stack)).not.toContain("output");
    expect(JSON.stringify(stack)).not.toMatch(/PRIVATE KEY|"token":|password/);
  }
});

test("the summary names them", () => {
  const mesh = meshWith(withGateways);
  const text = summary(mesh, composeMesh(Testing.app(), mesh), "cdktf.out", 1, new Date("2026-11-28"));
  expect(text).toMatch(/cluster1 .*istiod [\d.]+, istio-ingress, istio-egress\n/);
});
