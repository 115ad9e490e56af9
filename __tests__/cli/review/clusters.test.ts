import { generateKeyPairSync } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FIXTURES } from "../../support/fixtures";
import { altered, checkoutOf, reviewed, said } from "../../support/checkout";
import { clusterLike, type MeshData } from "../../support/mesh-file";

const base = checkoutOf();
const KEPT = { name: "paris", nameInVault: "cluster2", clusterId: "cluster2" };
const with2 = (keys: object) => checkoutOf((mesh) => Object.assign(mesh.clusters[1], keys));

const RENAMED =
  "cluster2 would be called paris, and keep its keys and logins in Vault; the state of the stack paris is that of cluster2: a deploy before it is moved fails, since everything is there already; move it first (docs/clusters.md#rename) (IV0641)";
const anew = (what: string, keys: string) =>
  `paris has ${what} of cluster2, which is gone: the same cluster under a new name would get new keys and logins in Vault, what it has there would stay, and no deploy of its stack succeeds, since everything is there already; beside "name: paris" write ${keys} (docs/clusters.md#rename); for a cluster without anything of the old one, delete that in a change before (IV0642)`;
const ANEW = anew("the API server", '"nameInVault: cluster2" and "clusterId: cluster2"');

describe("a cluster that is renamed", () => {
  test("and keeps what it has is seen as the same cluster, and nothing else differs", () => {
    const { findings, changes, trust, accounts, stacks } = reviewed(base, with2(KEPT));
    expect(findings.map(({ message, rule }) => `${message} (${rule})`)).toEqual([RENAMED]);
    expect(changes).toEqual([]);
    expect(trust.map(({ subject }) => subject)).not.toContain("cluster2 signs with");
    expect(accounts).toEqual({ differences: 0, explained: {}, unexplained: 0 });
    expect(stacks.map(({ stack, change }) => `${stack} ${change}`)).toEqual([
      "paris added",
      "cluster2 removed",
    ]);
  });

  test("renames nothing else unseen", () => {
    const head = altered(with2(KEPT), "paris", (json) => {
      json.provider.kubernetes[0].config_context = "elsewhere";
    });
    expect(
      reviewed(base, head)
        .findings.map(({ rule }) => rule)
        .sort(),
    ).toEqual(["IV0608", "IV0623", "IV0641"].sort());
  });

  test.each([
    { type: "s3", bucket: "states", region: "eu-west-1", keyPrefix: "cluster2/" },
    { type: "gcs", bucket: "states", prefix: "cluster2/" },
    { type: "other", name: "http", configuration: { address: "https://states.example.com/{stack}" } },
  ])("has its state where its name says: $type", (backend) => {
    const [before, after] = [{}, KEPT].map((keys) =>
      checkoutOf((mesh) => {
        mesh.backend = backend;
        Object.assign(mesh.clusters[1], keys);
      }),
    );
    expect(said(before, after)).toEqual([RENAMED]);
  });

  test("without its name in Vault is refused, with what to write", () => {
    expect(said(base, with2({ name: "paris" }))).toContain(ANEW);
    expect(said(base, with2({ name: "paris", clusterId: "cluster2" }))).toContain(
      anew("the API server", '"nameInVault: cluster2"'),
    );
    expect(said(base, with2({ name: "paris" })).join()).not.toMatch(/IV0641|IV0643|IV0644/);
  });

  test("is known by its login, where its API server has another address too", () => {
    const newKey = () => generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey;
    const pem = newKey().export({ type: "spki", format: "pem" }).toString();
    const jwt = (keys: object, login: object) =>
      checkoutOf((mesh, directory) => {
        writeFileSync(join(directory, "keys.pem"), pem);
        writeFileSync(
          join(directory, "other.pem"),
          newKey().export({ type: "spki", format: "pem" }).toString(),
        );
        Object.assign(mesh.clusters[1], keys, {
          vaultAuth: { method: "jwt", issuer: "https://oidc.example.com", ...login },
        });
      });
    const moved = {
      name: "paris",
      clusterId: "cluster2",
      kubernetesHost: "https://k8s.example.com:6443",
      kubeconfig: { context: "paris" },
    };
    const refusal = anew("the issuer of tokens", '"nameInVault: cluster2"');
    expect(said(jwt({}, {}), jwt(moved, {}))).toContain(refusal);
    const keys = { publicKeysFile: "keys.pem" };
    expect(said(jwt({}, keys), jwt(moved, keys))).toContain(refusal);
    for (const other of [{ publicKeysFile: "other.pem" }, {}, { issuer: "https://other.example.com" }]) {
      const text = said(jwt({}, keys), jwt(moved, other)).join();
      expect(text).not.toContain("IV0642");
      expect(text).toContain("IV0644");
    }
  });

  test("is known by its kubeconfig, where its API server has another address too", () => {
    const moved = { name: "paris", clusterId: "cluster2", kubernetesHost: "https://k8s.example.com:6443" };
    const refusal = anew("the kubeconfig", '"nameInVault: cluster2"');
    expect(said(base, with2(moved))).toContain(refusal);
    const exec = { exec: { command: "aws", host: "https://K8S.example.com:443/" } };
    expect(
      said(
        with2({ kubeconfig: { exec: { command: "aws", host: "https://k8s.example.com" } } }),
        with2({ ...moved, kubeconfig: exec }),
      ),
    ).toContain(refusal);
    expect(said(base, with2({ ...moved, kubeconfig: { context: "paris" } })).join()).not.toContain("IV0642");
  });

  test("is not known by an API server that nobody asks", () => {
    const private1 = "https://10.0.0.1:6443";
    const jwt = (name: string) => ({
      ...clusterLike({}, name),
      kubernetesHost: private1,
      vaultAuth: { method: "jwt", issuer: `https://${name}.example.com` },
    });
    const mesh = (...names: string[]) =>
      checkoutOf((data) => {
        data.clusters = names.map(jwt);
      });
    const text = said(mesh("one", "two"), mesh("one", "three")).join();
    expect(text).not.toContain("IV0642");
    expect(text).toContain("two would leave mesh.yaml");
  });

  test.each([
    { type: "s3", bucket: "prod-states", region: "eu-west-1" },
    { type: "s3", bucket: "states", region: "prod-west-1" },
    { type: "other", name: "http", configuration: { address: "https://prod.example.com/{stack}/{stack}" } },
  ])("has its state where mesh.yaml says, whatever else has its name: $bucket", (backend) => {
    const [before, after] = [{ name: "prod", nameInVault: "cluster2", clusterId: "cluster2" }, KEPT].map(
      (keys) =>
        checkoutOf((mesh) => {
          mesh.backend = backend;
          Object.assign(mesh.clusters[1], keys);
        }),
    );
    expect(said(before, after)).toEqual([RENAMED.replaceAll("cluster2", "prod")]);
  });

  test("has its state where the program says, which is told where mesh.yaml does not", () => {
    const move = (name: string, keys: object) =>
      altered(with2(keys), name, (json) => (json.terraform.backend.local.path = `/states/${name}`));
    const rulesOf = reviewed(move("cluster2", {}), move("paris", KEPT)).findings.map(({ rule }) => rule);
    expect(rulesOf).toEqual(["IV0641", "IV0616"]);
  });

  test("stays one that others can be compared with, also one that has its old name", () => {
    const rename = (mesh: MeshData) => {
      const cluster = clusterLike(mesh.clusters[0], "paris");
      mesh.clusters[0] = { ...cluster, nameInVault: "cluster1", clusterId: "cluster1" };
    };
    const more = checkoutOf((mesh) => {
      mesh.clusters.push({
        ...clusterLike(mesh.clusters[0], "cluster1"),
        nameInVault: "third",
        clusterId: "third",
      });
      rename(mesh);
    });
    const { findings, accounts } = reviewed(checkoutOf(rename), more);
    expect(findings.map(({ rule }) => rule)).toEqual(["IV0615"]);
    expect(accounts).toMatchObject({ unexplained: 0 });
  });
});

describe("a cluster that would have the name in Vault of another", () => {
  const refusal = (cluster: string, from: string, to: string, owner: string, otherwise = "") =>
    `${cluster} would have the name ${to} in Vault, and had ${from}: it would get the keys and logins of ${owner}; write "nameInVault: ${from}"${otherwise} (IV0646)`;
  const taking = (cluster: string, other: string) =>
    refusal(
      `${cluster}, which has the API server of ${other},`,
      other,
      cluster,
      cluster,
      `; for a cluster without anything of ${other}, delete that in a change before`,
    );
  const reach = ({ kubernetesHost, kubernetesCaCertificateFile, kubeconfig }: MeshData) => ({
    kubernetesHost,
    kubernetesCaCertificateFile,
    kubeconfig,
  });

  test("is refused where two exchange them", () => {
    const head = checkoutOf((mesh) => {
      mesh.clusters[0].nameInVault = "cluster2";
      mesh.clusters[1].nameInVault = "cluster1";
    });
    const text = said(base, head);
    expect(text).toContain(refusal("cluster1", "cluster1", "cluster2", "cluster2"));
    expect(text).toContain(refusal("cluster2", "cluster2", "cluster1", "cluster1"));
    expect(text.join()).not.toMatch(/IV0641|IV0643/);
  });

  test("is refused where it takes that of one which is deleted", () => {
    const head = checkoutOf((mesh) => {
      mesh.clusters.pop();
      mesh.clusters[0].nameInVault = "cluster2";
    });
    const text = said(base, head);
    expect(text).toContain(refusal("cluster1", "cluster1", "cluster2", "cluster2"));
    expect(text.join()).not.toMatch(/IV0641|IV0644/);
  });

  test("is refused where two exchange what they are reached by", () => {
    const head = checkoutOf((mesh) => {
      const [one, two] = mesh.clusters.map(reach);
      Object.assign(mesh.clusters[0], two);
      Object.assign(mesh.clusters[1], one);
    });
    expect(said(base, head)).toEqual(
      expect.arrayContaining([taking("cluster1", "cluster2"), taking("cluster2", "cluster1")]),
    );
  });

  test("is refused where it is reached as one which is deleted", () => {
    const head = checkoutOf((mesh) => {
      const [, two] = mesh.clusters;
      mesh.clusters.pop();
      Object.assign(mesh.clusters[0], reach(two));
    });
    expect(said(base, head)).toContain(taking("cluster1", "cluster2"));
  });

  test("is none where the two had each other's API server by mistake", () => {
    const crossed = checkoutOf((mesh) => {
      const [one, two] = mesh.clusters;
      [one.kubernetesHost, two.kubernetesHost] = [two.kubernetesHost, one.kubernetesHost];
    });
    expect(said(crossed, base).join()).not.toMatch(/IV064/);
  });

  test("is none that has a new API server under its name, or exchanges only its name", () => {
    const replaced = with2({ kubernetesHost: "https://k8s.example.com", kubeconfig: { context: "new" } });
    expect(said(base, replaced).join()).not.toMatch(/IV064/);
    const exchanged = checkoutOf((mesh) => {
      const [one, two] = mesh.clusters;
      Object.assign(one, { name: "cluster2", nameInVault: "cluster1", clusterId: "cluster1" });
      Object.assign(two, { name: "cluster1", nameInVault: "cluster2", clusterId: "cluster2" });
    });
    const { findings, accounts } = reviewed(base, exchanged);
    expect(findings.map(({ rule }) => rule)).toEqual(["IV0641", "IV0641"]);
    expect(accounts).toMatchObject({ differences: 0 });
  });
});

test("where all of Vault is one stack, another name in Vault destroys what there is", () => {
  const inOneStack = (keys: object) =>
    checkoutOf((mesh) => {
      mesh.roots = [{ name: "a", source: "tls-provider", acceptKeysInState: true }];
      Object.assign(mesh.clusters[1], keys);
    });
  expect(said(inOneStack({}), inOneStack({ nameInVault: "other" }))).toContain(
    'cluster2 would have the name other in Vault, and had cluster2: it would get new keys and logins, and those it has would be destroyed by the deploy of vault-root; write "nameInVault: cluster2" (IV0646)',
  );
  expect(said(inOneStack({}), inOneStack({ name: "paris" }))).toContain(
    ANEW.replace("would stay", "would be destroyed by the deploy of vault-root"),
  );
});

test("a cluster whose name in Vault changes is refused", () => {
  const message = (from: string, to: string) =>
    `cluster2 would have the name ${to} in Vault, and had ${from}: it would get new keys and logins, and those it has would stay, which no plan shows any more; write "nameInVault: ${from}" (IV0646)`;
  expect(said(base, with2({ nameInVault: "other" }))).toContain(message("cluster2", "other"));
  expect(said(with2({ nameInVault: "other" }), base)).toContain(message("other", "cluster2"));
});

test("a cluster that takes the old name of one that is renamed at once is seen as what it is", () => {
  const { findings, accounts } = reviewed(
    base,
    checkoutOf((mesh) => {
      const [one, two] = mesh.clusters;
      Object.assign(one, { name: "cluster2", nameInVault: "cluster1", clusterId: "cluster1" });
      Object.assign(two, KEPT);
    }),
  );
  expect(findings.map(({ message }) => message.split(",")[0])).toEqual([
    "cluster1 would be called cluster2",
    "cluster2 would be called paris",
  ]);
  expect(accounts).toMatchObject({ differences: 0 });
});

test("a new cluster may take the old name of one that is renamed at once, with names of its own in Vault and Istio", () => {
  const head = checkoutOf((mesh) => {
    const third = { nameInVault: "third", clusterId: "third" };
    mesh.clusters.push({ ...clusterLike(mesh.clusters[0], "cluster2"), ...third });
    Object.assign(mesh.clusters[1], KEPT, { kubeconfig: { context: "paris" } });
  });
  const { findings, changes } = reviewed(base, head);
  expect(findings.map(({ rule }) => rule)).toEqual(["IV0641", "IV0608", "IV0608", "IV0615"]);
  expect(changes).toEqual(["cluster2 joins the mesh"]);
});

describe("Istio's id of a cluster", () => {
  const changed = (name: string, from: string, to: string) =>
    `Istio's id of ${name} would go from ${from} to ${to}; its istiods then refuse to renew the certificate of every proxy that was injected before, until its pod is replaced, and other clusters' remote secrets name the old one; write "clusterId: ${from}", or replace every pod with a proxy as soon as this is deployed (IV0643)`;

  test("is told where it changes, with its name or without", () => {
    expect(said(base, with2({ clusterId: "prod-2" }))).toEqual([changed("cluster2", "cluster2", "prod-2")]);
    expect(said(base, with2({ name: "paris", nameInVault: "cluster2" }))).toEqual([
      RENAMED,
      changed("paris", "cluster2", "paris"),
    ]);
  });

  test("is nothing to tell where it stays, or is new", () => {
    const [before, after] = [2, 3].map((replicas) =>
      checkoutOf((mesh) => {
        mesh.clusters[1].clusterId = "prod-2";
        mesh.istio.replicas = replicas;
      }),
    );
    expect(said(before, after)).toEqual([]);
    const added = checkoutOf((mesh) =>
      mesh.clusters.push({ ...clusterLike(mesh.clusters[0], "cluster3"), clusterId: "prod-3" }),
    );
    expect(said(base, added).join()).not.toMatch(/IV0623|IV0624|IV0643/);
  });
});

describe("a cluster that is deleted", () => {
  const remove = (mesh: MeshData) => mesh.clusters.pop();
  const inOneStack = (mesh: MeshData) => {
    mesh.roots = [{ name: "a", source: "tls-provider", acceptKeysInState: true }];
  };
  const unguarded = (mesh: MeshData) => (mesh.preventDestroy = false);
  const both = (...changes: ((mesh: MeshData) => void)[]) =>
    [[], [remove]].map((last) =>
      checkoutOf((mesh) => [...changes, ...last].forEach((change) => change(mesh))),
    ) as [ReturnType<typeof checkoutOf>, ReturnType<typeof checkoutOf>];
  const told = (order: string) =>
    `cluster2 would leave mesh.yaml: ${order} (docs/clusters.md#delete) (IV0644)`;

  test("has its stacks destroyed before, from where they still are", () => {
    const stays = "nothing plans its stacks any more, and what they made stays, keys and logins too";
    expect(said(...both())).toEqual([
      told(
        `${stays}; before the merge, destroy cluster2, then vault-cluster2, with "preventDestroy: false", as the commit before has them`,
      ),
    ]);
    expect(said(...both(unguarded))).toEqual([
      told(
        `${stays}; before the merge, destroy cluster2, then vault-cluster2, as the commit before has them`,
      ),
    ]);
    expect(reviewed(...both()).verdict).toBe("warned");
  });

  test("goes with a deploy where all of Vault is one stack, which Vault may refuse", () => {
    const goes =
      "the next deploy of vault-root destroys its keys and logins, so destroy cluster2 before the merge, as the commit before has it";
    expect(said(...both(inOneStack))).toContain(
      told(
        `${goes}; Vault refuses that to its deployer as long as "preventDestroy" is true: say "false" in a change before, and write the deployer's policy for both`,
      ),
    );
    expect(said(...both(inOneStack, unguarded))).toContain(
      told(`${goes}; write the deployer's policy for this mesh.yaml and the one before`),
    );
  });

  test.each([
    ["cluster2", 0],
    ["cluster1", 1],
  ])("is seen also where another takes its name: %s", (name, index) => {
    const head = checkoutOf((mesh) => {
      const stays = mesh.clusters[index];
      mesh.clusters = [{ ...stays, name, nameInVault: stays.name, clusterId: stays.name }];
    });
    const { findings, changes } = reviewed(base, head);
    expect(findings.map(({ rule }) => rule)).toEqual(["IV0641", "IV0644"]);
    expect(findings[1].message).toContain(`${name} would leave mesh.yaml`);
    expect(changes).toEqual([`former ${name} leaves the mesh`]);
  });

  test("is called what it is where it had another name in Vault", () => {
    const renamed = (mesh: MeshData) => Object.assign(mesh.clusters[1], KEPT);
    expect(said(...both(inOneStack, renamed)).join()).toMatch(/secret .* would go with its cluster/);
  });

  test("and is none that only has a new name", () => {
    expect(said(base, with2(KEPT)).join()).not.toContain("IV0644");
  });
});

test("another Vault, or another namespace, may have none of the keys", () => {
  const elsewhere = (what: string) =>
    `${what}; if that is another Vault, or another namespace, and not the same at another place, a deploy generates every root, every key and every login again there, under the same names, and clusters that have the new ones refuse the others; move the clusters one by one instead (docs/clusters.md#move-to-another-vault) (IV0645)`;
  const [other, team] = [
    checkoutOf((mesh) => (mesh.vault.address = "https://vault-2.example.com:8200")),
    checkoutOf((mesh) => (mesh.vault.namespace = "team")),
  ];
  expect(said(base, other)).toContain(
    elsewhere(
      "Vault's address would change from https://vault.example.com:8200 to https://vault-2.example.com:8200",
    ),
  );
  expect(said(base, team)).toContain(elsewhere("Vault's namespace would change from none to team"));
});

describe("two meshes", () => {
  const OTHER = "clusters/cluster1-ca.pem";
  const joined = checkoutOf((mesh) => {
    mesh.roots.push({ name: "other", source: "offline", certificateFile: OTHER });
    mesh.trust.bundle.push("other");
  });

  test("join by a root more in every bundle, and nothing else", () => {
    const { findings, changes, stacks } = reviewed(base, joined);
    expect(findings).toEqual([]);
    expect(changes).toEqual(["every cluster trusts root other too"]);
    expect(stacks.map(({ stack }) => stack)).toEqual(["vault-cluster1", "vault-cluster2"]);
    const pem = readFileSync(join(FIXTURES, OTHER), "utf8").trim();
    for (const cluster of ["cluster1", "cluster2"]) {
      const bundle = joined.stacks
        .get(`vault-${cluster}`)!
        .ofType("vault_kv_secret_v2")
        .find(({ path }) => path.includes("TrustBundle"))!;
      expect(bundle.attributes.data_json).toContain(JSON.stringify(pem).slice(0, -1));
    }
  });

  test("split by a root less in every bundle, and nothing else", () => {
    const { findings, changes, steps } = reviewed(joined, base);
    expect(findings).toEqual([]);
    expect(changes).toEqual(["every cluster no longer trusts root other"]);
    expect(steps).toEqual([
      'Before the deploy: "istio-vault status --gate" must say that no leaf under root other is left',
    ]);
  });
});
