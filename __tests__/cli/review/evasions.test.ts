import { SynthesizedStack } from "../../../cli/review/synthesized";
import { altered, alterValues, checkoutOf, resource, said, withIngress } from "../../support/checkout";
import { clusterLike, type MeshData } from "../../support/mesh-file";

/** Changes that hide behind something harmless, or behind something that is said already. */

const plain = checkoutOf(withIngress);
const withMesh = (change: (mesh: MeshData) => void) =>
  checkoutOf((mesh) => {
    withIngress(mesh);
    change(mesh);
  });
const inVault = (change: (json: MeshData) => void, from = plain, cluster = "cluster1") =>
  altered(from, `vault-${cluster}`, change);
const inCluster = (change: (json: MeshData) => void) => altered(plain, "cluster1", change);
const inValues = (chart: string, change: (values: MeshData) => void) =>
  inCluster((json) => alterValues(json, chart, change));
const placed = (path: string) => ({ "//": { metadata: { path, uniqueId: "evil" } } });

const UNKNOWN =
  "and no rule here knows what it means; it could do anything that its planner or deployer may; remove it, or let a person read it and merge it in a change of its own (IV0622)";

describe("a cluster's secrets are its own", () => {
  const EVIL = '${jsonencode({"root_cert" = join("\\n", [trimspace("-----BEGIN CERTIFICATE-----")])})}';
  const secret = { mount: "kubernetes-cluster1-secrets", name: "istiod-service/trust-bundle" };

  test.each([
    ["from elsewhere in the tree", "vault-cluster1/x/Resource", secret],
    ["from the cluster's own part", "vault-cluster1/cluster1/x/Resource", secret],
    ["with a slash more", "vault-cluster1/x/R", { ...secret, mount: "/kubernetes-cluster1-secrets/" }],
  ])("a second resource would write the trust bundle, %s", (_name, path, names) => {
    const head = inVault((json) => {
      json.resource.vault_kv_secret_v2.x = { ...placed(path), ...names, disable_read: true, data_json: EVIL };
    });
    expect(said(plain, head)).toContain(
      "the stacks: two resources write vault_kv_secret_v2 kubernetes-cluster1-secrets/istiod-service/trust-bundle, and no rule here knows what it means; it could do anything that its planner or deployer may; remove it, or let a person read it and merge it in a change of its own (IV0622)",
    );
  });

  test("also from another stack", () => {
    const head = inCluster((json) => {
      json.resource.vault_kv_secret_v2 = {
        x: { ...placed("cluster1/cluster1/x"), ...secret, disable_read: true, data_json: EVIL },
      };
    });
    expect(said(plain, head).join()).toContain("two resources write vault_kv_secret_v2");
  });

  const key = /tls_private_key\.[\w-]+/;
  test.each<[string, (text: string) => string]>([
    [
      "another's key",
      (text) => text.replace(key, "tls_private_key.cluster2_Trust_Intermediate_Key_808BF86C"),
    ],
    [
      "a key in the chain",
      (text) => text.replace(/join\(.*\)(?=\}\))/, `${key.exec(text)![0]}.private_key_pem`),
    ],
  ])("%s", (_name, change) => {
    const head = inVault((json) => {
      const certificates = resource(json, "vault_kv_secret_v2", /^cluster1_Trust_Certificates/);
      certificates.data_json = change(certificates.data_json);
    });
    expect(said(plain, head)).toEqual([
      `vault-cluster1: Trust/Certificates.data_json changes (values not shown), ${UNKNOWN}`,
    ]);
  });

  test("a resource keeps its place, by which it is known", () => {
    const head = inVault((json) => {
      resource(json, "vault_kv_secret_v2", /^cluster1_Trust_TrustB/)["//"].metadata.path = "vault-cluster1/x";
    });
    expect(said(plain, head)).toContain(
      `vault-cluster1: x.//.path changes from "vault-cluster1/cluster1/Trust/TrustBundle" to "vault-cluster1/x", ${UNKNOWN}`,
    );
  });
});

describe("behind a cluster that is new", () => {
  const three = withMesh((mesh) => mesh.clusters.push(clusterLike(mesh.clusters[0], "cluster3")));
  const usual = said(plain, three);
  const more = (change: (json: MeshData) => void) =>
    said(plain, inVault(change, three, "cluster3")).filter((line) => !usual.includes(line));

  test("nobody else's request is signed", () => {
    expect(
      more((json) => {
        json.resource.vault_pki_secret_backend_root_sign_intermediate.x = {
          ...placed("vault-cluster3/x/Resource"),
          backend: "istio-root-a",
          common_name: "Intermediate CA",
          csr: "-----BEGIN CERTIFICATE REQUEST-----",
          issuer_ref: "a",
        };
      }),
    ).toEqual([`vault-cluster3: x is new: an object with backend, common_name, csr, issuer_ref, ${UNKNOWN}`]);
  });

  test("its role is as others are, or is shown", () => {
    expect(
      more(
        (json) =>
          (resource(json, "vault_kubernetes_auth_backend_role", /^cluster3_.*istiod/).token_ttl = 9e8),
      ),
    ).toEqual([
      "vault-cluster3: Auth/Roles/istiod/Default.token_ttl changes (values not shown); it decides who becomes what in Vault; make sure that it is intended (IV0624)",
    ]);
  });

  test("a second provider is not hidden by another's address", () => {
    const head = inVault((json) => {
      json.provider.vault[0].namespace = "x";
      json.provider.vault.push({ address: "https://evil.example.com" });
    });
    expect(said(plain, head).join()).toContain("provider.vault.1");
  });

  test("keys of another cluster's tokens come from their issuer", () => {
    const jwt = (mesh: MeshData) => {
      mesh.clusters[0].vaultAuth = { method: "jwt", issuer: "https://oidc.example.com/1" };
      mesh.clusters[1].vaultAuth = { method: "jwt", issuer: "https://oidc.example.com/2" };
    };
    const base = withMesh(jwt);
    const added = withMesh((mesh) => {
      jwt(mesh);
      const vaultAuth = { method: "jwt", issuer: "https://oidc.example.com/3" };
      mesh.clusters.push({ ...clusterLike(mesh.clusters[0], "cluster3"), vaultAuth });
    });
    const backend = (json: MeshData) => resource(json, "vault_jwt_auth_backend", /^cluster3/);
    const head = inVault(
      (json) => (backend(json).oidc_discovery_url = "https://evil.example.com"),
      added,
      "cluster3",
    );
    expect(said(base, head).filter((line) => !said(base, added).includes(line))).toEqual([
      'vault-cluster3: Auth.oidc_discovery_url changes from "https://oidc.example.com/1" to "https://evil.example.com"; it decides whom Vault believes; make sure that it is intended (IV0624)',
    ]);
  });
});

describe("a policy", () => {
  test("is not written a second time under its name in capitals", () => {
    const head = inVault((json) => {
      json.resource.vault_policy.x = {
        ...placed("vault-cluster1/x"),
        name: "ISTIOD-certs-cluster1",
        policy: "",
      };
    });
    expect(said(plain, head)).toContain(
      `the stacks: two resources write vault_policy istiod-certs-cluster1, ${UNKNOWN}`,
    );
  });

  const policyOf = (json: MeshData) => resource(json, "vault_policy", /^cluster2_Trust_ReadPolicy/);
  const KEY = "kubernetes-cluster1-secrets/data/istiod-service/certs";
  const READ = '{ capabilities = ["read"] }';

  test.each([
    `path "\\x6bubernetes-cluster1-secrets/*" ${READ}`,
    `path "%{ if true }${KEY}%{ endif }" ${READ}`,
    `path "${KEY}" { capabilities = ["$\{lower("READ")}"] }`,
  ])("that this cannot read allows everything: %s", (text) => {
    const head = inVault((json) => (policyOf(json).policy += text), plain, "cluster2");
    expect(said(plain, head).join()).toContain("the CA key of cluster1 could be read by");
  });

  test("that no longer keeps something back is shown", () => {
    const wide = inVault(
      (json) =>
        (policyOf(json).policy +=
          'path "a/*" { capabilities = ["read"] }\npath "a/b" { capabilities = ["deny"] }\npath "a/c" { capabilities = ["list"] }\n'),
      plain,
      "cluster2",
    );
    const without = (path: string) =>
      inVault(
        (json) => {
          policyOf(json).policy = policyOf(json).policy.replace(new RegExp(`path "${path}".*\n`), "");
        },
        wide,
        "cluster2",
      );
    expect(said(wide, without("a/b"))).toEqual([
      "vault-cluster2: Trust/ReadPolicy no longer says deny of a/b; what it kept back, a broader path may allow; make sure that it is intended (IV0624)",
    ]);
    expect(said(wide, without("a/c"))).toEqual([expect.stringContaining("no longer says list of a/c")]);
    expect(said(wide, without("a/\\*"))).toEqual([]);
  });
});

describe("values that a chart reads as more than they are", () => {
  const POD = "x\n---\napiVersion: v1\nkind: Pod";

  test("a list's entry ends its line", () => {
    const message = (key: string) =>
      `the value ${key} holds a quote or a line's end, and could write anything into the chart; istiod could start without its CA from Vault, as its own root that no other cluster trusts; leave it as the constructs make it (IV0613)`;
    expect(
      said(
        plain,
        inValues("istiod", (values) => (values.global.imagePullSecrets = [POD])),
      ),
    ).toEqual([`cluster1: ${message("global.imagePullSecrets")}`]);
    const secrets = withMesh((mesh) => (mesh.istio.values = { global: { imagePullSecrets: [POD] } }));
    expect(said(plain, secrets)).toEqual([`cluster1, cluster2: ${message("global.imagePullSecrets")}`]);
    expect(
      said(
        plain,
        inValues("istiod", (values) => (values.pilot = { cpu: { x: ["1\n  y: z"] } })),
      ),
    ).toEqual([`cluster1: ${message("cpu.x")}`]);
  });

  test("a template, which can set all others", () => {
    const tolerations = '{{ $_ := set .Values.injector.image "repository" "evil" }}';
    const head = withMesh((mesh) => (mesh.injector = { values: { injector: { tolerations } } }));
    expect(said(plain, head)).toEqual([
      `cluster1, cluster2: the value injector.tolerations of vault-inject is new: "${tolerations}"; no rule here calls it harmless; make sure that it is intended (IV0624)`,
    ]);
  });

  test("the chart's own defaults, and init containers under its prefix", () => {
    const env = { K8S_SIGNER: "x/y" };
    const weakened = [
      inValues("istiod", (values) => (values._internal_defaults_do_not_set = { env })),
      inValues("istiod", (values) => (values._internal_defaults_do_not_set = { pilot: { env } })),
      inValues("istiod", (values) => (values.pilot = { initContainers: [] })),
    ];
    for (const head of weakened) expect(said(plain, head)[0]).toMatch(/^cluster1: istiod.*\(IV0613\)$/);
  });

  test.each([undefined, {}, "one"])("a number of pods that is none: %j", (pods) => {
    expect(
      said(
        plain,
        inValues("istiod", (values) => (values.autoscaleMin = pods)),
      ),
    ).toEqual([
      "istiod would run in one pod in cluster1; while it restarts, no pod of istiod can start, or no workload gets a certificate; keep two (IV0614)",
    ]);
  });
});

describe("parts of a stack", () => {
  test.each<[string, (json: MeshData) => void]>([
    ["another root's certificate", (source) => (source.backend = "istio-root-x")],
    ["another issuer's in a root's mount", (source) => (source.issuer_ref = "default")],
    ["by another provider", (source) => (source.provider = "vault.other")],
  ])("of data a root's certificate is read, and not %s", (_, change) => {
    const head = inVault((json) =>
      change(Object.values<MeshData>(json.data.vault_pki_secret_backend_issuer)[0]),
    );
    expect(said(plain, head).join()).toMatch(/\(IV062[23]\)/);
  });

  test.each(["constructor", "toString", "__proto__"])("a type %s is no type", (type) => {
    const stack = plain.stacks.get("vault-cluster1")!;
    const text = stack.files.get("cdk.tf.json")!;
    const files = new Map([["cdk.tf.json", text.replace(/"resource": *\{/, `$&"${type}":{"x":{"a":1}},`)]]);
    const head = {
      ...plain,
      stacks: new Map([...plain.stacks, ["vault-cluster1", new SynthesizedStack("vault-cluster1", files)]]),
    };
    expect(said(plain, head)[0]).toMatch(/^vault-cluster1 would hold the provider ".*\(IV0607\)$/);
  });

  test("a variable stays sensitive", () => {
    const hidden = inVault((json) => (json.variable = { x: { type: "string", sensitive: true } }));
    const open = inVault((json) => (json.variable = { x: { type: "string" } }));
    expect(said(hidden, open)).toEqual([
      `vault-cluster1: variable.x.sensitive is gone, and was true, ${UNKNOWN}`,
    ]);
    expect(said(hidden, plain)).toEqual([]);
  });

  test("a root comes with a mount of its own", () => {
    const head = altered(plain, "vault-shared", (json) => {
      json.resource.vault_pki_secret_backend_root_cert.x = {
        ...placed("vault-shared/x/Resource"),
        backend: "corp/pki",
        type: "internal",
        common_name: "x",
      };
    });
    expect(said(plain, head)).toEqual([
      `vault-shared: x is new: an object with backend, type, common_name, ${UNKNOWN}`,
    ]);
  });

  test("what is taken over is said with where it goes", () => {
    const head = inVault((json) => (json.import = [{ id: "root", to: "vault_policy.x" }]));
    expect(said(plain, head)).toEqual([
      "vault-cluster1: Terraform would take over root as vault_policy.x; what stands there becomes this program's, and is changed to what it says; make sure that it is intended (IV0624)",
    ]);
  });

  test("of a list what is in it, without what could be secret", () => {
    const volumes = [{ name: "x", hostPath: { path: "/" } }];
    const providers = [{ name: "x", headers: [{ name: "y", value: "s3cret" }], password: "s3cret" }];
    const head = withMesh((mesh) => {
      mesh.istio.values = { volumes, meshConfig: { extensionProviders: providers } };
    });
    expect(said(plain, head)).toEqual([
      'cluster1, cluster2: the value meshConfig.extensionProviders of istio-istiod is new: a list of 1: [{"name":"x","headers":[{"name":"y","value":"(not shown)"}],"password":"(not sho…; no rule here calls it harmless; make sure that it is intended (IV0624)',
      'cluster1, cluster2: the value volumes of istio-istiod is new: a list of 1: [{"name":"x","hostPath":{"path":"/"}}]; it decides what runs beside the CA key; make sure that it is intended (IV0624)',
    ]);
  });

  test("both values are shown though a type is called secret", () => {
    const head = inVault((json) => {
      resource(json, "vault_pki_secret_backend_root_sign_intermediate", /^cluster1/).ttl = "87600h";
    });
    expect(said(plain, head)).toEqual([
      'vault-cluster1: Trust/Intermediate.ttl changes from "17520h" to "87600h"; it decides how long what Vault issues lives; make sure that it is intended (IV0624)',
    ]);
  });
});
