import type { Checkout } from "../../../cli/review/checkout";
import { reviewOf } from "../../../cli/review/review";
import { COMMITS, altered, alterValues, checkoutOf, resource } from "../../support/checkout";
import { clusterLike, type MeshData } from "../../support/mesh-file";

/** Everything said of a change: message and rule, what refuses with a mark. */
function said(base: Checkout, head: Checkout): string[] {
  return reviewOf(base, head, COMMITS, "error").findings.map(
    ({ level, message, rule }) => `${level === "error" ? "refused: " : ""}${message} (${rule})`,
  );
}

const plain = checkoutOf();
const twoRoots = (mesh: MeshData) => {
  mesh.roots.push({ name: "b", source: "vault-pki" });
  mesh.trust.bundle = ["a", "b"];
};
const inVault = (change: Parameters<typeof altered>[2], cluster = "cluster1") =>
  altered(plain, `vault-${cluster}`, change);
const inCluster = (change: Parameters<typeof altered>[2]) => altered(plain, "cluster1", change);

test("nothing is said where nothing changes, and none of the first commit", () => {
  expect(said(plain, checkoutOf())).toEqual([]);
  expect(said({ mesh: undefined, project: {}, stacks: new Map(), faults: [] }, plain)).toEqual([
    'private keys come into the state of vault-cluster1, vault-cluster2: its cluster\'s intermediate; whoever reads that state can sign with them; use issuance "external" for intermediates and "vault-pki" for roots where that is not meant (IV0615)',
  ]);
});

test("nothing is refused in a rotation, step by step", () => {
  const both = checkoutOf(twoRoots);
  const oneSigns = checkoutOf((mesh) => {
    twoRoots(mesh);
    mesh.clusters[0].trust = { signing: "b" };
  });
  const allSign = checkoutOf((mesh) => {
    twoRoots(mesh);
    mesh.trust.signing = "b";
  });
  const dropped = checkoutOf((mesh) => {
    twoRoots(mesh);
    mesh.trust = { signing: "b", bundle: ["b"] };
  });
  const steps = [plain, both, oneSigns, allSign, dropped];
  for (let step = 1; step < steps.length; step++) {
    expect(said(steps[step - 1], steps[step])).toEqual([]);
  }
});

describe("foreign code", () => {
  const cases: Record<string, [change: (json: MeshData) => void, what: string]> = {
    "a provider": [
      (json) => (json.terraform.required_providers.vault.source = "evil/vault"),
      'the provider "vault"',
    ],
    "a resource of another": [(json) => (json.resource.null_resource = { x: {} }), 'the provider "null"'],
    "external data": [
      (json) => (json.data = { external: { x: { program: ["id"] } } }),
      'the provider "external"',
    ],
    "http data": [(json) => (json.data = { http: { x: { url: "https://x" } } }), 'the provider "http"'],
    "a provisioner": [
      (json) => (json.resource.terraform_data.y = { provisioner: [{ "local-exec": { command: "id" } }] }),
      "a provisioner of terraform_data.y",
    ],
    "a module": [(json) => (json.module = { m: { source: "./m" } }), 'the module "m"'],
  };
  test.each(Object.entries(cases))("fails for %s", (_name, [change, what]) => {
    expect(said(plain, inVault(change))).toContain(
      `refused: vault-cluster1 would hold ${what}; a plan would run it with the planner's credentials, before anybody has read the change; remove it, and keep it in a program of its own (IV0607)`,
    );
  });
});

test("fails for another Vault, whichever way the credentials would go", () => {
  expect(
    said(
      plain,
      inVault((json) => (json.provider.vault[0].address = "https://evil.example.com")),
    ),
  ).toEqual([
    'refused: vault-cluster1: Vault\'s address is "https://vault.example.com:8200" in mesh.yaml and "https://evil.example.com" in the stacks; what is reviewed would not be what is deployed; let the program of cdktf.json make its stacks of this mesh.yaml (IV0623)',
    'the provider vault of vault-cluster1 would reach its server in another way: address changes from "https://vault.example.com:8200" to "https://evil.example.com"; a plan of this change sends the planner\'s credentials there; read it before anything is planned (IV0608)',
  ]);
  const exec = inCluster(
    (json) => (json.provider.kubernetes[0].exec = [{ command: "x", args: ["hunter2"] }]),
  );
  expect(said(plain, exec).join()).toMatch(/the provider kubernetes of cluster1 .*: exec changes; /);
});

describe("access", () => {
  const policy = (json: MeshData, cluster: string) => resource(json, "vault_policy", RegExp(`${cluster}_`));

  test("fails for a policy that lets one cluster read another's key", () => {
    const head = inVault((json) => {
      const one = policy(json, "cluster2");
      one.policy = one.policy.replaceAll("-cluster2-", "-cluster1-");
    }, "cluster2");
    expect(said(plain, head)).toEqual([
      "refused: the CA key of cluster1 could be read by istio-system/istiod by auth/kubernetes-cluster2; whoever has it signs for every workload of the mesh; give each reader a policy on paths of its own (IV0609)",
      "the policy istiod-certs-cluster2 would newly allow read on kubernetes-cluster1-secrets/data/istiod-service/certs; whoever holds it can do that as soon as this is deployed; make sure that it is intended (IV0610)",
      "the policy istiod-certs-cluster2 would newly allow read on kubernetes-cluster1-secrets/data/istiod-service/trust-bundle; whoever holds it can do that as soon as this is deployed; make sure that it is intended (IV0610)",
    ]);
  });

  test.each(["kubernetes-+/data/istiod-service/certs", "kubernetes-cluster1*", "*", "+/data/+/certs"])(
    "fails for the path %s, and says whose keys it reaches",
    (path) => {
      const head = inVault(
        (json) => (policy(json, "cluster2").policy += `path "${path}" { capabilities = ["read"] }`),
        "cluster2",
      );
      const keys = said(plain, head).filter((message) => message.includes("(IV0609)"));
      expect(keys[0]).toContain(
        "the CA key of cluster1 could be read by istio-system/istiod by auth/kubernetes-cluster2",
      );
    },
  );

  test("fails for a policy that cannot be understood", () => {
    const head = inVault((json) => (policy(json, "cluster2").policy = "${file(each.value)}"), "cluster2");
    expect(said(plain, head).join()).toContain("refused: the CA key of cluster1 could be read by");
  });

  test("fails for a role bound to more, or new", () => {
    const head = inVault((json) => {
      const roles = json.resource.vault_kubernetes_auth_backend_role;
      const role = resource(json, "vault_kubernetes_auth_backend_role", /cluster1_/);
      role.bound_service_account_namespaces.push("default");
      roles.other = { ...role, role_name: "other", bound_service_account_names: ["web"] };
    });
    expect(said(plain, head)).toEqual([
      "refused: vault-cluster1: there is a second vault_kubernetes_auth_backend_role at vault-cluster1/cluster1/Auth/Roles/istiod/Default, and no rule here knows what it means; it could do anything that its planner or deployer may; remove it, or let a person read it and merge it in a change of its own (IV0622)",
      "refused: the CA key of cluster1 could be read by default/istiod by auth/kubernetes-cluster1, default/web by auth/kubernetes-cluster1, istio-system/web by auth/kubernetes-cluster1; whoever has it signs for every workload of the mesh; give each reader a policy on paths of its own (IV0609)",
      "the role istiod of auth/kubernetes-cluster1 changes: its namespaces would change (added [default]); it decides who becomes what in Vault; make sure that it is intended (IV0611)",
      "the role other of auth/kubernetes-cluster1 changes: it is new, for istio-system/web, default/web, with istiod-certs-cluster1; it decides who becomes what in Vault; make sure that it is intended (IV0611)",
    ]);
  });

  test("fails for another API server that reviews tokens, and shows no certificate", () => {
    const head = checkoutOf((mesh) => {
      mesh.clusters[0].kubernetesHost = "https://evil.example.com";
      mesh.clusters[0].kubernetesCaCertificateFile = "clusters/cluster2-ca.pem";
    });
    expect(said(plain, head)).toEqual([
      "auth/kubernetes-cluster1 believes another: the API server that reviews tokens would change from https://k8s-1.example.com:6443 to https://evil.example.com; whoever runs that can log in as every ServiceAccount of the cluster; make sure that it is the cluster's own (IV0612)",
      "auth/kubernetes-cluster1 believes another: that API server's CA certificate changes; whoever runs that can log in as every ServiceAccount of the cluster; make sure that it is the cluster's own (IV0612)",
    ]);
  });

  test("a new cluster brings its own login unremarked, and an issuer's rights once for all", () => {
    const external = (mesh: MeshData) => {
      mesh.intermediates = { issuance: "external", validFor: "90d" };
      mesh.issuer = { method: "approle" };
    };
    const more = (mesh: MeshData) => {
      external(mesh);
      mesh.clusters.push(
        clusterLike(mesh.clusters[0], "cluster3"),
        clusterLike(mesh.clusters[0], "cluster4"),
      );
    };
    const messages = said(checkoutOf(external), checkoutOf(more));
    expect(messages).toContainEqual(
      expect.stringMatching(
        /^the policy istio-issuer-cluster3, istio-issuer-cluster4 would newly allow create, update on kubernetes-<its cluster>-secrets\/data\/istiod-service\/certs;/,
      ),
    );
    expect(messages.filter((message) => /^refused|istiod-certs/.test(message))).toEqual([]);
  });
});

describe("fail closed", () => {
  const weakened = (chart: string, change: (values: MeshData) => void) =>
    said(
      plain,
      inCluster((json) => alterValues(json, chart, change)),
    );
  const cases: Record<string, [chart: string, change: (values: MeshData) => void, what: string]> = {
    "a webhook that lets pass": [
      "vault",
      (values) => (values.injector.webhook.failurePolicy = "Ignore"),
      "the injector's webhook lets pods pass that it cannot inject (failurePolicy)",
    ],
    "a webhook that looks elsewhere": [
      "vault",
      (values) => (values.injector.webhook.namespaceSelector.matchExpressions[0].values = ["other"]),
      "the injector's webhook no longer looks at istiod's pods (its selectors)",
    ],
    "a label more": [
      "vault",
      (values) => (values.injector.webhook.objectSelector.matchLabels.x = "y"),
      "the injector's webhook no longer looks at istiod's pods (its selectors)",
    ],
    "no guard": [
      "istiod",
      (values) => (values.initContainers = []),
      "istiod's pod has no guard that demands all four files",
    ],
    "no injection": [
      "istiod",
      (values) => delete values.podAnnotations["vault.hashicorp.com/agent-inject"],
      "istiod's pod is not injected, or not before its guard",
    ],
    "a file that may lack its key": [
      "istiod",
      (values) => delete values.podAnnotations["vault.hashicorp.com/error-on-missing-key-ca-key.pem"],
      "Vault Agent does not write all four files, or writes one that lacks its key",
    ],
    "another directory": [
      "istiod",
      (values) => (values.env.ROOT_CA_DIR = "/etc/cacerts"),
      "istiod looks for its CA elsewhere than in the files from Vault (ROOT_CA_DIR)",
    ],
  };
  test.each(Object.entries(cases))("fails for %s", (_name, [chart, change, what]) => {
    expect(weakened(chart, change)).toEqual([
      `refused: cluster1: ${what}; istiod could start without its CA from Vault, as its own root that no other cluster trusts; leave it as the constructs make it (IV0613)`,
    ]);
  });

  describe("the token the agent logs in with", () => {
    const jwt = { vaultAuth: { method: "jwt", issuer: "https://oidc.example.com" } };
    const reviewed = { vaultAuth: { reviewer: "variable", audience: "vault" } };
    const changed = (keys: object) => checkoutOf((mesh) => Object.assign(mesh.clusters[0], keys));
    const withNew = (keys: object) =>
      checkoutOf((mesh) => mesh.clusters.push({ ...clusterLike(mesh.clusters[0], "cluster3"), ...keys }));

    test.each([
      ["by JWT", plain, changed(jwt)],
      ["by JWT no more", changed(jwt), plain],
      ["of an audience", plain, changed(reviewed)],
      ["in a new cluster by JWT", plain, withNew(jwt)],
      ["in a new cluster of an audience", plain, withNew(reviewed)],
    ])("is read by a person where mesh.yaml says it: %s", (_name, base, head) => {
      const text = said(base, head);
      expect(text.join("\n")).not.toContain("refused: ");
      expect(text.join("\n")).toMatch(/it decides with which token the agent logs in; .*\(IV0624\)/);
    });

    test("fails where mesh.yaml says another", () => {
      const annotations = {
        "auth-config-path": "/tmp/token",
        "auth-config-remove-jwt-after-reading": "true",
      };
      for (const [setting, value] of Object.entries(annotations)) {
        const head = altered(changed(jwt), "cluster1", (json) =>
          alterValues(
            json,
            "istiod",
            (values) => (values.podAnnotations[`vault.hashicorp.com/${setting}`] = value),
          ),
        );
        expect(said(plain, head).join()).toMatch(
          new RegExp(`refused: cluster1: the agent's setting ${setting} `),
        );
      }
    });
  });

  test("fails where values are set beside the values", () => {
    const head = inCluster((json) => {
      for (const release of Object.values<MeshData>(json.resource.helm_release)) {
        release.set = [{ name: "injector.webhook.failurePolicy", value: "Ignore" }];
      }
    });
    expect(said(plain, head).map((message) => message.replace(/;.*/, ""))).toEqual([
      "refused: cluster1: the release of vault sets more beside its values (set, set_list, set_sensitive, set_wo, postrender), which can undo any guard",
      "refused: cluster1: the release of istiod sets more beside its values (set, set_list, set_sensitive, set_wo, postrender), which can undo any guard",
    ]);
  });

  test("reads later values over earlier ones, in any YAML", () => {
    const with2 = (text: string) =>
      inCluster((json) => {
        for (const release of Object.values<MeshData>(json.resource.helm_release)) {
          if (release.chart === "vault") release.values.push(text);
        }
      });
    expect(said(plain, with2("injector: { logLevel: debug }"))).toEqual([]);
    expect(said(plain, with2("injector: { webhook: { failurePolicy: Ignore } }")).join()).toContain(
      "(failurePolicy)",
    );
  });

  test("fails where the injector goes and istiod stays", () => {
    const head = inCluster((json) => {
      for (const [id, release] of Object.entries<MeshData>(json.resource.helm_release)) {
        if (release.chart === "vault") delete json.resource.helm_release[id];
      }
    });
    expect(said(plain, head)).toEqual([
      'refused: cluster1: the release vault-inject would be destroyed while the cluster stays in the mesh; with a namespace everything in it goes, and without istiod or its injector no workload gets a certificate; keep it, or release it by a "removed" block with "destroy = false" (IV0625)',
      "refused: cluster1: the injector is gone while istiod stays; istiod could start without its CA from Vault, as its own root that no other cluster trusts; leave it as the constructs make it (IV0613)",
    ]);
  });

  test("what was so before is not said again", () => {
    const weak = inCluster((json) => alterValues(json, "istiod", (values) => (values.initContainers = [])));
    expect(said(weak, weak)).toEqual([]);
  });

  test("warns of one pod alone", () => {
    const head = checkoutOf((mesh) => {
      mesh.istio.replicas = 1;
      mesh.clusters[0].injector = { replicas: 1 };
    });
    expect(said(plain, head)).toEqual([
      "the injector would run in one pod in cluster1; while it restarts, no pod of istiod can start, or no workload gets a certificate; keep two (IV0614)",
      "istiod would run in one pod in cluster1, cluster2; while it restarts, no pod of istiod can start, or no workload gets a certificate; keep two (IV0614)",
    ]);
  });
});

describe("states", () => {
  test("warns where objects come into another one", () => {
    const withTls = checkoutOf((mesh) => {
      mesh.roots.push({ name: "t", source: "tls-provider", acceptKeysInState: true });
    });
    const moved = (base: Checkout, head: Checkout) =>
      said(base, head).filter((message) => message.includes("(IV0640)"));
    expect(moved(withTls, plain)).toEqual([
      "objects of vault-root would be those of vault-cluster1, vault-cluster2, vault-shared, whose state does not know them: a deploy fails, since Vault has them already; move the states first (docs/move-states.md) (IV0640)",
    ]);
    expect(moved(plain, withTls)).toHaveLength(3);
    expect(
      moved(
        checkoutOf((mesh) => (mesh.clusters[0].name = "other")),
        plain,
      ),
    ).toEqual([]);
  });

  test("warns where keys come into one", () => {
    const before = checkoutOf((mesh) => mesh.clusters.splice(1));
    expect(said(before, plain)).toEqual([
      'private keys come into the state of vault-cluster2: its cluster\'s intermediate; whoever reads that state can sign with them; use issuance "external" for intermediates and "vault-pki" for roots where that is not meant (IV0615)',
    ]);
  });

  test("warns where they move", () => {
    const head = checkoutOf((mesh) => (mesh.backend = { type: "gcs", bucket: "states" }));
    expect(said(plain, head)).toEqual([
      'the state of cluster1, cluster2, vault-shared would be kept elsewhere; a deploy that starts with an empty state creates everything again; move it first by "terraform init -migrate-state", and delete what is left behind (IV0616)',
      'the state of vault-cluster1, vault-cluster2 would be kept elsewhere, with the private keys it holds; a deploy that starts with an empty state creates everything again; move it first by "terraform init -migrate-state", and delete what is left behind (IV0616)',
    ]);
  });
});

describe("what lasts", () => {
  const both = checkoutOf(twoRoots);
  test("fails for a root that is deleted, though nobody trusts it any more", () => {
    const bare = checkoutOf((mesh) => mesh.roots.push({ name: "b", source: "vault-pki" }));
    expect(said(bare, plain)).toEqual([
      'refused: the mount istio-root-b would be destroyed, and Terraform\'s prevent_destroy does not hold for what is no longer in the configuration; the root\'s key is gone for good, and nothing can be signed with it again; keep the root under "roots", which trusts nobody, or say "preventDestroy: false" in a change of its own and delete it in the next (IV0617)',
      expect.stringMatching(
        /^refused: the root certificate vault-shared\/Roots\/b\/Resource would be destroyed, /,
      ),
    ]);
  });

  test("warns where the guard was taken off before", () => {
    const unguarded = checkoutOf((mesh) => {
      mesh.preventDestroy = false;
      mesh.roots.push({ name: "b", source: "vault-pki" });
    });
    expect(said(unguarded, plain)).toEqual([
      "the mount istio-root-b would be destroyed; what it holds cannot be had back, and istiod cannot read its CA in between; make sure that it is intended, and deploy when istiod need not restart (IV0618)",
      expect.stringMatching(/^the root certificate vault-shared\/Roots\/b\/Resource would be destroyed; /),
    ]);
  });

  test("fails for a root made anew in its place", () => {
    const head = checkoutOf((mesh) => {
      twoRoots(mesh);
      mesh.roots[1].keyAlgorithm = "ecdsa-p384";
    });
    expect(said(both, head).map((message) => message.slice(0, 60))).toEqual([
      "refused: root b would be another one under the same name; ev",
      "refused: the bundle of cluster1, cluster2 would change from ",
      "the root certificate vault-shared/Roots/b/Resource would be ",
    ]);
  });

  const oneStack = (change?: (mesh: MeshData) => void) =>
    checkoutOf((mesh) => {
      mesh.roots.push({ name: "t", source: "tls-provider", acceptKeysInState: true });
      change?.(mesh);
    });

  test("warns where a cluster goes from a stack of all, with all that goes with it", () => {
    const head = oneStack((mesh) => mesh.clusters.splice(1));
    expect(said(oneStack(), head).map((message) => message.replace(/;.*/, ""))).toEqual([
      expect.stringMatching(/^cluster2 would leave mesh.yaml: the next deploy of vault-root destroys/),
      "the private key vault-root/cluster2/Trust/Intermediate/Key would go with its cluster",
      "the auth mount kubernetes-cluster2 would go with its cluster",
      "the secret kubernetes-cluster2-secrets/istiod-service/certs, kubernetes-cluster2-secrets/istiod-service/trust-bundle would go with its cluster",
      "the mount kubernetes-cluster2-secrets would go with its cluster",
    ]);
  });

  test("warns where a mount would be another", () => {
    const head = inVault((json) => (resource(json, "vault_auth_backend", /cluster1/).path = "other"));
    expect(said(plain, head).filter((message) => message.includes("IV0618"))).toEqual([
      "the auth mount kubernetes-cluster1 would be replaced; what it holds cannot be had back, and istiod cannot read its CA in between; make sure that it is intended, and deploy when istiod need not restart (IV0618)",
    ]);
  });

  test("warns where a key would be of another kind", () => {
    const with1 = (keyAlgorithm: string) =>
      checkoutOf((mesh) => {
        mesh.clusters.splice(1);
        mesh.intermediates.keyAlgorithm = keyAlgorithm;
      });
    const replaced = (before: string, after: string) => said(with1(before), with1(after));
    const message =
      "the private key vault-cluster1/cluster1/Trust/Intermediate/Key would be replaced; what it holds cannot be had back, and istiod cannot read its CA in between; make sure that it is intended, and deploy when istiod need not restart (IV0618)";
    expect(replaced("ecdsa-p256", "ecdsa-p384")).toEqual([message]);
    expect(replaced("rsa-2048", "rsa-4096")).toEqual([message]);
    expect(replaced("rsa-4096", "ecdsa-p256")).toEqual([message]);
  });

  test("says nothing of what Terraform is told to leave to others", () => {
    const head = checkoutOf((mesh) => {
      mesh.intermediates = { issuance: "external", validFor: "90d" };
      mesh.issuer = { method: "approle" };
    });
    expect(said(plain, head).filter((message) => message.includes("the secret"))).toEqual([]);
  });
});
