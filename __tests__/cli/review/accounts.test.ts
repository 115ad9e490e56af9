import type { Checkout } from "../../../cli/review/checkout";
import { SynthesizedStack } from "../../../cli/review/synthesized";
import {
  altered,
  alterValues,
  checkoutOf,
  resource,
  reviewed,
  said,
  withIngress,
} from "../../support/checkout";
import { clusterLike, type MeshData, problemsOf } from "../../support/mesh-file";

const ids = (base: Checkout, head: Checkout) => [
  ...new Set(reviewed(base, head).findings.map(({ rule }) => rule)),
];

const plain = checkoutOf(withIngress);
const withMesh = (change: (mesh: MeshData) => void) =>
  checkoutOf((mesh) => {
    withIngress(mesh);
    change(mesh);
  });
const inVault = (change: (json: MeshData) => void, cluster = "cluster1") =>
  altered(plain, `vault-${cluster}`, change);
const inCluster = (change: (json: MeshData) => void) => altered(plain, "cluster1", change);

describe("mesh.yaml alone: what a person must read is said", () => {
  const cases: Record<string, [change: (mesh: MeshData) => void, ...ids: string[]]> = {
    "Vault elsewhere": [(mesh) => (mesh.vault.podAddress = "https://evil.example.com"), "IV0624"],
    "an alias of the trust domain": [(mesh) => (mesh.mesh.trustDomainAliases = ["evil.example"]), "IV0624"],
    "another trust domain": [(mesh) => (mesh.mesh.trustDomain = "other.example"), "IV0626", "IV0624"],
    "another image of the agent": [(mesh) => (mesh.agent = { image: "evil/vault:2.1.2" }), "IV0624"],
    "another image of the injector": [(mesh) => (mesh.injector = { image: "evil/vault-k8s:1" }), "IV0624"],
    "another registry": [(mesh) => (mesh.istio.imageHub = "evil.example.com/istio"), "IV0624"],
    "another chart repository": [
      (mesh) => (mesh.istio.chartRepository = "https://evil.example.com/charts"),
      "IV0624",
    ],
    "an init container": [
      (mesh) => (mesh.istio.values = { initContainers: [{ name: "x", image: "evil" }] }),
      "IV0624",
    ],
    "a path of the host": [
      (mesh) => (mesh.istio.values = { volumes: [{ name: "x", hostPath: { path: "/" } }] }),
      "IV0624",
    ],
    "accounts of nodes": [
      (mesh) => (mesh.istio.values = { env: { CA_TRUSTED_NODE_ACCOUNTS: "default/x" } }),
      "IV0624",
    ],
    "the CA of Vault": [
      (mesh) => (mesh.vault.caCertificateFile = "clusters/cluster1-ca.pem"),
      "IV0608",
      "IV0624",
    ],
    "a namespace of Vault": [(mesh) => (mesh.vault.namespace = "other"), "IV0608", "IV0624", "IV0645"],
    "a name for a gateway": [
      (mesh) => mesh.gateways.ingress.certificate.domains.push("*.example.com"),
      "IV0624",
    ],
  };
  test.each(Object.entries(cases))("%s", (_name, [change, ...expected]) => {
    expect(ids(plain, withMesh(change)).sort()).toEqual(expected.sort());
  });

  test("of leaves that are renewed: nothing else", () => {
    const renewed = (generation: number) => withMesh((mesh) => (mesh.leafGeneration = generation));
    for (const [base, head] of [
      [plain, renewed(2)],
      [renewed(2), renewed(3)],
    ]) {
      const { findings, changes, trust, stacks } = reviewed(base, head);
      expect(findings).toEqual([]);
      expect(changes).toEqual(["every sidecar of every cluster renews its certificate"]);
      expect(trust[0].note).toBe("every sidecar renews its certificate; nothing else changes");
      expect(stacks.map(({ stack }) => stack)).toEqual(["vault-cluster1", "vault-cluster2"]);
    }
    expect(ids(plain, renewed(3))).toEqual(["IV0629"]);
  });

  test("of the lifetime of leaves: what takes time, and which step comes first", () => {
    const leaves = (keys: object) => withMesh((mesh) => Object.assign(mesh, keys));
    const down = [
      plain,
      leaves({ leafLifetime: "1h", maxLeafLifetime: "24h" }),
      leaves({ leafLifetime: "1h" }),
    ];
    expect(down.slice(1).map((head, index) => reviewed(down[index], head))).toMatchObject([
      {
        findings: [],
        steps: [
          "After the deploy of cluster1, cluster2: a proxy requests certificates of 1h once its pod has been replaced, gateways included (docs/leaf-lifetime.md)",
        ],
      },
      { findings: [], steps: [] },
    ]);
    expect(ids(plain, leaves({ leafLifetime: "1h" }))).toEqual(["IV0627"]);
    expect(ids(plain, leaves({ leafLifetime: "3d" }))).toEqual(["IV0628"]);
  });

  test("of the issuer's secret ids, of a shell for a new cluster, of a dropped second pod", () => {
    const issuer = (secretIdTtl: string) =>
      checkoutOf((mesh) => {
        mesh.intermediates = { issuance: "external" };
        mesh.issuer = { method: "approle", secretIdTtl };
      });
    expect(said(issuer("90d"), issuer("365d"))).toEqual([
      "the role istio-issuer of auth/istio-issuer changes: the seconds its secret ids can be used would change from 7776000 to 31536000; it decides who becomes what in Vault; make sure that it is intended (IV0611)",
    ]);
    const more = (kubeconfig: object) =>
      withMesh((mesh) => mesh.clusters.push({ ...clusterLike(mesh.clusters[0], "cluster3"), kubeconfig }));
    expect(ids(plain, more({ context: "cluster3" })).sort()).toEqual(["IV0610", "IV0611", "IV0615"]);
    expect(ids(plain, more({ exec: { command: "sh", args: ["-c", "id"] } }))).toEqual(
      expect.arrayContaining(["IV0607", "IV0608"]),
    );
    expect(
      ids(
        plain,
        withMesh((mesh) => (mesh.istio.values = { autoscaleEnabled: false, replicaCount: 1 })),
      ),
    ).toEqual(["IV0614"]);
  });

  test("and what is harmless is not", () => {
    const head = withMesh((mesh) => {
      mesh.istio.version = "1.31.2";
      mesh.istio.replicas = 3;
      mesh.istio.values = {
        resources: { requests: { cpu: "1" } },
        pilot: { nodeSelector: { pool: "mesh" }, tolerations: [{ operator: "Exists" }] },
        meshConfig: { accessLogFile: "/dev/stdout" },
        telemetry: { enabled: false },
      };
      mesh.injector = { values: { injector: { resources: { limits: { cpu: "1" } } } } };
      mesh.agent = { renderInterval: "1m" };
      mesh.intermediates.generation = 2;
    });
    const { findings, verdict, accounts } = reviewed(plain, head);
    expect({ findings, verdict }).toEqual({ findings: [], verdict: "changed" });
    expect(accounts).toMatchObject({ unexplained: 0 });
    expect(Object.keys(accounts!.explained)).toContain("another version by the same publisher");
  });
});

describe("values that undo what the mesh stands for are refused at synth", () => {
  const cases: Record<string, [change: (mesh: MeshData) => void, path: string]> = {
    ...Object.fromEntries(
      [
        "service",
        "tls-skip-verify",
        "agent-configmap",
        "agent-inject-command-ca-key.pem",
        "agent-extra-secret",
      ].map((setting) => [
        setting,
        [
          (mesh: MeshData) =>
            (mesh.istio.values = { podAnnotations: { [`vault.hashicorp.com/${setting}`]: "x" } }),
          `podAnnotations.vault.hashicorp.com/${setting}`,
        ],
      ]),
    ),
    "a patch of the agent": [
      (mesh) =>
        (mesh.istio.values = {
          pilot: {
            podAnnotations: {
              "vault.hashicorp.com/agent-init-json-patch":
                '[{"op":"replace","path":"/image","value":"evil"}]',
            },
          },
        }),
      "podAnnotations.vault.hashicorp.com/agent-init-json-patch",
    ],
    "another CA": [
      (mesh) => (mesh.istio.values = { env: { EXTERNAL_CA: "ISTIOD_RA_ISTIO_API" } }),
      "env.EXTERNAL_CA",
    ],
    "the Kubernetes signer": [
      (mesh) => (mesh.istio.values = { envVarFrom: [{ name: "K8S_SIGNER", value: "x/y" }] }),
      "envVarFrom.K8S_SIGNER",
    ],
    "another CA's address": [
      (mesh) => (mesh.istio.values = { global: { caAddress: "evil:443" } }),
      "global.caAddress",
    ],
    "more roots": [
      (mesh) => (mesh.istio.values = { meshConfig: { caCertificates: [{ pem: "x" }] } }),
      "meshConfig.caCertificates",
    ],
    aliases: [
      (mesh) => (mesh.istio.values = { meshConfig: { trustDomainAliases: ["evil"] } }),
      "meshConfig.trustDomainAliases",
    ],
    "lines of another's": [
      (mesh) =>
        (mesh.istio.values = { env: { X: 'a"\n          - name: ROOT_CA_DIR\n            value: "b' } }),
      "env.X",
    ],
    "what the chart keeps": [
      (mesh) => (mesh.istio.values = { _internal_defaults_do_not_set: { env: {} } }),
      "_internal_defaults_do_not_set",
    ],
  };
  const refused = (change: (mesh: MeshData) => void) => () => checkoutOf(change);
  test.each(Object.entries(cases))("%s", (_name, [change, path]) => {
    expect(refused(change)).toThrow(`Helm value "${path}" would override`);
  });

  test("by the injector, and by a gateway", () => {
    expect(
      refused((mesh) => {
        mesh.injector = {
          values: { injector: { extraEnvironmentVars: { AGENT_INJECT_VAULT_ADDR: "https://evil" } } },
        };
      }),
    ).toThrow('"injector.extraEnvironmentVars.AGENT_INJECT_VAULT_ADDR"');
    expect(
      refused((mesh) => {
        withIngress(mesh);
        mesh.gateways.ingress.values = { podAnnotations: { "vault.hashicorp.com/proxy-address": "x" } };
      }),
    ).toThrow('"podAnnotations.vault.hashicorp.com/proxy-address"');
  });

  test("lifetimes of leaves, by istiod and by gateways", () => {
    const lifetime = /^Helm value ".*" names a lifetime of leaves/;
    const proxyMetadata = { SECRET_TTL: "72h" };
    expect(
      refused((mesh) => (mesh.istio.values = { meshConfig: { defaultConfig: { proxyMetadata } } })),
    ).toThrow(lifetime);
    for (const certificate of [undefined, { source: "none" }]) {
      expect(
        refused((mesh) => {
          withIngress(mesh);
          mesh.gateways.ingress.values = { env: proxyMetadata };
          if (certificate) mesh.gateways.ingress.certificate = certificate;
        }),
      ).toThrow(lifetime);
    }
  });

  test("but not what people legitimately set", () => {
    expect(
      problemsOf((mesh) => {
        mesh.istio.values = {
          env: { PILOT_ENABLE_AMBIENT: true, AUTO_RELOAD_PLUGIN_CERTS: "true" },
          podAnnotations: {
            "vault.hashicorp.com/agent-limits-cpu": "1",
            "vault.hashicorp.com/agent-json-patch":
              '[{"op":"add","path":"/securityContext/seccompProfile","value":{"type":"RuntimeDefault"}}]',
          },
        };
      }),
    ).toEqual([]);
  });
});

describe("the program changed: nothing falls through", () => {
  const cases: Record<string, [head: () => Checkout, message: string | RegExp]> = {
    "a second file": [
      () => {
        const stack = plain.stacks.get("cluster1")!;
        const files = new Map([...stack.files, ["x.tf.json", "{}"]]);
        return {
          ...plain,
          stacks: new Map([...plain.stacks, ["cluster1", new SynthesizedStack("cluster1", files)]]),
        };
      },
      "cluster1: there is the file x.tf.json beside its configuration, and no rule here knows what it means; it could do anything that its planner or deployer may; remove it, or let a person read it and merge it in a change of its own (IV0622)",
    ],
    "another working directory": [
      () => ({ ...plain, faults: ['manifest.json gives stack "cluster1" the workingDirectory "../evil"'] }),
      /^what the program wrote: manifest.json gives stack "cluster1" the workingDirectory "..\/evil", and no rule/,
    ],
    "data as a list": [
      () => inVault((json) => (json.data = [{ external: { x: { program: ["id"] } } }])),
      /^vault-cluster1: data has a form that cdktf does not write, and no rule/,
    ],
    "providers as a list": [
      () => inVault((json) => (json.terraform.required_providers = [json.terraform.required_providers])),
      /^vault-cluster1: terraform.required_providers has a form/,
    ],
    "a login of the provider": [
      () => inVault((json) => (json.provider.vault[0].auth_login_jwt = [{ mount: "x" }])),
      /provider.vault.0.auth_login_jwt .*\(IV0622\)$/,
    ],
    "plugins of helm": [
      () => inCluster((json) => (json.provider.helm[0].plugins_path = "/tmp/x")),
      /provider.helm.0.plugins_path is new: "\/tmp\/x".*\(IV0622\)$/,
    ],
    "a program after rendering": [
      () =>
        inCluster(
          (json) =>
            (Object.values<MeshData>(json.resource.helm_release)[0].postrender = { binary_path: "x" }),
        ),
      /postrender.*\(IV061?[23]/,
    ],
    "the bundle's text": [
      () =>
        inVault((json) => {
          const bundle = resource(json, "vault_kv_secret_v2", /cluster1_Trust_TrustBundle/);
          bundle.data_json = bundle.data_json.replace(/trimspace\(.*?\)/, (one: string) => `${one}, ${one}`);
        }),
      "vault-cluster1: the trust bundle of cluster1 is [a] in mesh.yaml and [a, a] in the stacks; what is reviewed would not be what is deployed; let the program of cdktf.json make its stacks of this mesh.yaml (IV0623)",
    ],
    "a line in the bundle": [
      () =>
        inVault((json) => {
          const bundle = resource(json, "vault_kv_secret_v2", /cluster1_Trust_TrustBundle/);
          bundle.data_json = bundle.data_json.replace("])})}", ', "# leaf generation 2"])})}');
        }),
      "vault-cluster1: the line of the leaf generation of cluster1 is [] in mesh.yaml and [# leaf generation 2] in the stacks; what is reviewed would not be what is deployed; let the program of cdktf.json make its stacks of this mesh.yaml (IV0623)",
    ],
    "another line in the bundle": [
      () =>
        inVault((json) => {
          const bundle = resource(json, "vault_kv_secret_v2", /cluster1_Trust_TrustBundle/);
          bundle.data_json = bundle.data_json.replace("])})}", ', "# a line"])})}');
        }),
      /the trust bundle of cluster1 is \[a\] in mesh.yaml and \[what this does not read\] in the stacks.*\(IV0623\)$/,
    ],
    "another mount that signs": [
      () =>
        inVault((json) => {
          resource(json, "vault_pki_secret_backend_root_sign_intermediate", /cluster1/).backend = "evil";
        }),
      /the signing root of cluster1 is "a" in mesh.yaml and "what is mounted at evil" in the stacks.*\(IV0623\)$/,
    ],
    "an identity group": [
      () =>
        inVault((json) => (json.resource.vault_identity_group = { x: { name: "x", policies: ["root"] } })),
      /^vault-cluster1: vault_identity_group.x .*\(IV0622\)$/,
    ],
    "a token": [
      () => inVault((json) => (json.resource.vault_token = { x: { policies: ["root"] } })),
      /^vault-cluster1: vault_token.x .*\(IV0622\)$/,
    ],
    "keys read into the state": [
      () => inVault((json) => (json.data = { vault_kv_secret_v2: { x: { mount: "m", name: "n" } } })),
      /^vault-cluster1: data.vault_kv_secret_v2.x.mount .*\(IV0622\)$/,
    ],
    "another stack's state": [
      () => inCluster((json) => (json.data = { terraform_remote_state: { x: { backend: "local" } } })),
      /^cluster1: data.terraform_remote_state.x.backend .*\(IV0622\)$/,
    ],
    "an administrator": [
      () =>
        inCluster(
          (json) =>
            (json.resource.kubernetes_cluster_role_binding_v1.x = {
              metadata: { name: "x" },
              role_ref: {
                api_group: "rbac.authorization.k8s.io",
                kind: "ClusterRole",
                name: "cluster-admin",
              },
              subject: [{ kind: "ServiceAccount", name: "x", namespace: "x" }],
            }),
        ),
      /^cluster1: kubernetes_cluster_role_binding_v1.x .*\(IV0622\)$/,
    ],
    "all releases gone": [
      () => inCluster((json) => delete json.resource.helm_release),
      'cluster1: the release istio-istiod would be destroyed while the cluster stays in the mesh; with a namespace everything in it goes, and without istiod or its injector no workload gets a certificate; keep it, or release it by a "removed" block with "destroy = false" (IV0625)',
    ],
    "a chart by URL": [
      () =>
        inCluster((json) => {
          const release: MeshData = Object.values<MeshData>(json.resource.helm_release).find(
            ({ chart }) => chart === "istiod",
          );
          release.chart = "https://evil.example.com/istiod";
        }),
      /Istiod.chart changes from "istiod" to "https:\/\/evil.example.com\/istiod".*\(IV0622\)$/,
    ],
    "the guard under its name": [
      () =>
        inCluster((json) =>
          alterValues(json, "istiod", (values) => (values.initContainers[0].command = ["true"])),
        ),
      /the guard require-plugged-in-ca of istio-istiod is another one under the same name.*\(IV0613\)$/,
    ],
    "a root let go": [
      () =>
        inVault(
          (json) =>
            (json.removed = [{ from: "vault_mount.Roots_a_Mount_875DF2B3", lifecycle: { destroy: false } }]),
        ),
      /^vault-cluster1: removed .*\(IV0622\)$/,
    ],
    "an output": [
      () => inVault((json) => (json.output = { key: { value: "x" } })),
      /^vault-cluster1: output.key.value .*\(IV0622\)$/,
    ],
    "a role for chosen namespaces": [
      () =>
        inVault((json) => {
          const role = resource(json, "vault_kubernetes_auth_backend_role", /cluster1_Auth_Roles_istiod/);
          role.bound_service_account_namespace_selector = "{}";
        }),
      /bound_service_account_namespace_selector is new.*\(IV0622\)$/,
    ],
    "stacks of another mesh.yaml": [
      () => ({ ...withMesh((mesh) => (mesh.vault.address = "https://evil.example.com")), mesh: plain.mesh }),
      /Vault's address is "https:\/\/vault.example.com:8200" in mesh.yaml and "https:\/\/evil.example.com"/,
    ],
  };
  test.each(Object.entries(cases))("%s", (_name, [head, message]) => {
    const result = reviewed(plain, head());
    expect(result.verdict).toBe("refused");
    const messages = result.findings.map((finding) => `${finding.message} (${finding.rule})`);
    expect(messages).toContainEqual(
      typeof message === "string" ? message : (expect.stringMatching(message) as unknown as string),
    );
  });

  test("a key that is there twice", () => {
    const text = plain.stacks.get("cluster1")!.files.get("cdk.tf.json")!;
    const twice = text.replace(/^\{/, '{"data":{"external":{"x":{}}},"data":{},');
    const stack = new SynthesizedStack("cluster1", new Map([["cdk.tf.json", twice]]));
    expect(stack.faults).toEqual(["the key data is there twice"]);
  });

  test("what is so in the base is not said again", () => {
    const head = inVault((json) => (json.resource.vault_token = { x: { policies: ["root"] } }));
    expect(said(head, head)).toEqual([]);
  });
});

test.each<[string, (values: MeshData) => void]>([
  [
    "the lifetime that proxies request",
    (values) => (values.meshConfig.defaultConfig.proxyMetadata.SECRET_TTL = "48h"),
  ],
  ["the lifetime of leaves", (values) => (values.env.DEFAULT_WORKLOAD_CERT_TTL = "48h")],
  [
    "the longest lifetime of leaves",
    (values) => (values.envVarFrom = [{ name: "MAX_WORKLOAD_CERT_TTL", value: "48h" }]),
  ],
])("stacks say what mesh.yaml says of %s", (what, change) => {
  expect(
    said(
      plain,
      inCluster((json) => alterValues(json, "istiod", change)),
    ),
  ).toContain(
    `cluster1: ${what} of istiod default is "24h" in mesh.yaml and "48h" in the stacks; what is reviewed would not be what is deployed; let the program of cdktf.json make its stacks of this mesh.yaml (IV0623)`,
  );
});

describe("a trust domain", () => {
  const domains = (trustDomain: string, ...trustDomainAliases: string[]) =>
    checkoutOf((mesh) => (mesh.mesh = { id: "mesh1", trustDomain, trustDomainAliases }));
  test("is refused in one step, and read in two", () => {
    expect(said(domains("old"), domains("new"))).toContain(
      'the trust domain would change from old to new, and new was no alias of it before and old would be no alias of it; workloads would refuse each other as long as some have certificates of the one and some of the other; first a change that adds new to "mesh.trustDomainAliases", deployed to every cluster, then one that makes it "mesh.trustDomain" and keeps old as an alias (IV0626)',
    );
    expect(said(domains("old"), domains("old", "new"))).toEqual([
      "cluster1, cluster2: the value meshConfig.trustDomainAliases of istio-istiod is new: [new]; workloads of these trust domains are taken for the mesh's own; make sure that it is intended (IV0624)",
    ]);
    expect(ids(domains("old", "new"), domains("new", "old"))).toEqual(["IV0624"]);
  });
});

describe("Vault's own way to read a policy", () => {
  const policyOf = (json: MeshData) => resource(json, "vault_policy", /^cluster2_Trust_ReadPolicy/);
  const key = 'path "kubernetes-cluster1-secrets/data/istiod-service/certs" { capabilities = ["read"] }';
  test.each([
    `/* a comment */ ${key}`,
    `path "x" { # {\n capabilities = ["deny"] }\n${key}`,
    `path "/kubernetes-cluster1-secrets/data/istiod-service/certs" { capabilities = ["read"] }`,
    `path "kubernetes-cluster1-secrets/data/istiod-service/certs" { capabilities = ["deny"]\n capabilities = ["read"] }`,
    `path "kubernetes-cluster1-secrets/data/istiod-service/certs" { policy = "read" }`,
    `path "kubernetes-cluster1-secrets/+/istiod-service/certs" { capabilities = ["read"] }`,
  ])("%s", (text) => {
    const head = inVault((json) => (policyOf(json).policy += text), "cluster2");
    expect(said(plain, head).join()).toContain(
      "the CA key of cluster1 could be read by istio-system/istiod by auth/kubernetes-cluster2",
    );
  });

  test("names have no capitals", () => {
    const head = inVault((json) => {
      resource(json, "vault_kubernetes_auth_backend_role", /^cluster2_Auth_Roles_istiod/).token_policies.push(
        "ISTIOD-certs-cluster1",
      );
    }, "cluster2");
    expect(ids(plain, head)).toContain("IV0609");
  });
});

test("namespaces that are no longer made are let go, and nothing is destroyed", () => {
  const head = withMesh((mesh) => (mesh.createNamespaces = false));
  expect(reviewed(plain, head).findings).toEqual([]);
  expect(head.stacks.get("cluster1")!.json.removed).toEqual(
    ["InjectorNamespace", "IstioNamespace", "GatewayNamespaces_ingress_"].map((id) => ({
      from: expect.stringContaining(`kubernetes_namespace_v1.${id}`),
      lifecycle: { destroy: false },
    })),
  );
});

test("namespaces that others made are taken over, or a deploy would fail", () => {
  const base = withMesh((mesh) => (mesh.createNamespaces = false));
  expect(said(base, plain)).toEqual(
    [
      ["GatewayNamespaces_ingress_BD7967F3", "ingress"],
      ["InjectorNamespace", "vault"],
      ["IstioNamespace", "istio-system"],
    ].map(
      ([id, name]) =>
        `cluster1, cluster2: the namespace ${name} would be created, and is there already: the deploy fails; leave it to who made it, or import it first: terraform import kubernetes_namespace_v1.${id} ${name}; make sure that it is intended (IV0624)`,
    ),
  );
  const adopted = withMesh(({ clusters }) =>
    clusters.forEach((cluster: { adopt: boolean }) => (cluster.adopt = true)),
  );
  expect(said(base, adopted).filter((text) => text.includes("would be created"))).toEqual([
    expect.stringContaining("the namespace ingress"),
  ]);
});

test("cdktf.json may start another program, for a person to read, and lead cdktf nowhere else", () => {
  const project = (keys: object) => ({ ...plain, project: { app: "node main.js", ...keys } });
  expect(said(project({}), project({ app: "MESH_FILE=other.yaml node main.js" }))).toEqual([
    "cdktf.json: another command makes the stacks; it is the program that is deployed; make sure that it is intended (IV0624)",
  ]);
  expect(said(project({}), project({ output: "evil.out" }))).toEqual([
    "cdktf.json: the key output changes, and no rule here knows what it means; it could do anything that its planner or deployer may; remove it, or let a person read it and merge it in a change of its own (IV0622)",
  ]);
});

test("an injector may be left to the cluster's own", () => {
  const head = withMesh((mesh) => (mesh.injector = { install: false }));
  expect(said(plain, head)).toEqual([
    "cluster1, cluster2: the release vault-inject would be destroyed; whatever still uses it loses it; make sure that it is intended (IV0624)",
  ]);
});

describe("a new cluster beside one whose name is a word that other texts hold", () => {
  const named = (name: string, ...more: string[]) =>
    checkoutOf((mesh) => {
      withIngress(mesh);
      mesh.vault.address = "https://vault.prod.example.com:8200";
      mesh.clusters = [name, ...more].map((one) => clusterLike(mesh.clusters[0], one));
    });

  test.each(["prod", "vault", "kubernetes", "istio", "istiod", "cluster", "local", "secrets"])(
    "is like that one: %s",
    (name) => {
      const { findings, accounts } = reviewed(named(name), named(name, "paris"));
      // Of any new cluster: what its gateway may do, who logs in as that, and its key in a state.
      expect(findings.map(({ rule }) => rule)).toEqual(["IV0610", "IV0611", "IV0615"]);
      expect(accounts).toMatchObject({ unexplained: 0 });
    },
  );

  test("is found to use what that one has in Vault", () => {
    const [base, head] = [named("prod"), named("prod", "paris")];
    const prods = (stack: string, pattern: RegExp) =>
      altered(head, stack, (json) => {
        const text = JSON.stringify(json.resource);
        expect(text).toMatch(pattern);
        json.resource = JSON.parse(text.replace(pattern, (found) => found.replace("paris", "prod")));
      });
    for (const [stack, pattern] of [
      ["paris", /auth\/kubernetes-paris/],
      ["paris", /kubernetes-paris-secrets/],
      ["paris", /istio-gateways\/issue\/paris\.ingress/],
      ["vault-paris", /istiod-certs-paris/],
      ["vault-paris", /gateway-certs-paris\.ingress/],
      ["vault-paris", /"kubernetes-paris-secrets"/],
      ["vault-paris", /"paris\.ingress"/],
    ] as const) {
      const more = said(base, prods(stack, pattern)).filter((line) => !said(base, head).includes(line));
      expect(more.join()).toMatch(/IV0610|IV0611|IV0613|IV0622|IV0624/);
    }
  });
});

test("a new cluster's policy is its own where another's name ends like it", () => {
  const named = (...names: string[]) =>
    checkoutOf((mesh) => {
      mesh.clusters = names.map((one) => clusterLike(mesh.clusters[0], one));
    });
  expect(ids(named("certs-b"), named("certs-b", "b"))).toEqual(["IV0615"]);
});
