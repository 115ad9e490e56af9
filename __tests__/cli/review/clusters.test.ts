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
    const moved = { name: "paris", clusterId: "cluster2", kubernetesHost: "https://k8s.example.com:6443" };
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

  test("is seen also where another takes its name", () => {
    const head = checkoutOf((mesh) => {
      mesh.clusters.pop();
      Object.assign(mesh.clusters[0], { name: "cluster2", nameInVault: "cluster1", clusterId: "cluster1" });
    });
    expect(said(base, head).join()).toContain("cluster2 would leave mesh.yaml");
  });

  test("and is none that only has a new name", () => {
    expect(said(base, with2(KEPT)).join()).not.toContain("IV0644");
  });
});

test("another Vault, or another namespace, may have none of the keys", () => {
  const elsewhere = (what: string) =>
    `${what}; if that is another Vault, or another namespace, and not the same at another place, a deploy generates every root, every key and every login anew there, under the same names, and clusters that have the new ones refuse the others; move the clusters one by one instead (docs/clusters.md#move-to-another-vault) (IV0645)`;
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
