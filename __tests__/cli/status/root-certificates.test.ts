import "reflect-metadata";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Agent } from "undici";
import { known, unknown, valueOf } from "../../../cli/status/facts";
import { rootCertificates } from "../../../cli/status/root-certificates";
import { VaultClient } from "../../../cli/vault/vault-client";
import type { Mesh } from "../../../config/mesh";
import { FakeVault } from "../../support/fake-vault";
import { meshWith } from "../../support/mesh-file";
import { certificateOf, RunningMesh } from "../../support/running-mesh";

let running: RunningMesh;
beforeAll(async () => void (running = await RunningMesh.create()));

/** Root a in Vault, b made by Terraform, c known by its file. */
function mesh(bundle = ["a", "b", "c"]): Mesh {
  return meshWith((data, directory) => {
    writeFileSync(join(directory, "c.pem"), running.roots.stranger.pem);
    data.roots.push({ ...data.roots[0], name: "b", source: "tls-provider", acceptKeysInState: true });
    data.roots.push({ name: "c", source: "offline", certificateFile: "c.pem" });
    data.trust = { signing: "a", bundle };
  });
}

async function learnt(
  declared: Mesh,
  answer: Parameters<typeof FakeVault.start>[0],
  inVault = ["a", "b", "stranger"],
) {
  const vault = await FakeVault.start(answer);
  const client = new VaultClient({
    address: vault.address,
    namespace: undefined,
    dispatcher: new Agent(),
    timeoutSeconds: 30,
  });
  const live = { signing: "a", bundle: inVault } as Parameters<RunningMesh["vaultFacts"]>[0];
  const facts = declared.clusters.map((_, index) =>
    running.facts(
      declared,
      index,
      { signing: "a", bundle: ["a"] },
      { vault: known(running.vaultFacts(live)) },
    ),
  );
  try {
    return { roots: await rootCertificates(declared, client, facts), requests: vault.requests };
  } finally {
    vault.stop();
  }
}

const tellsA = ({ path }: { path: string }) =>
  path === "istio-root-a/issuer/a/json" ? { data: { certificate: running.roots.a.pem } } : undefined;

test("learns roots from Vault, from files and from bundles in Vault, and names them", async () => {
  const { roots, requests } = await learnt(mesh(), tellsA);
  const [a, b, c] = (["a", "b", "stranger"] as const).map((name) => certificateOf(running.roots[name]));
  expect(roots.namesOf([c, a, b])).toBe("c, a, b");
  expect(requests.map(({ path, token }) => [path, token])).toEqual([
    ["istio-root-a/issuer/a/json", undefined],
  ]);
  expect(roots.namesOf([])).toBe("nothing");
  expect(roots.nameOf(certificateOf(running.signers.a.intermediate))).toMatch(/^\?[0-9a-f]{8}$/);
});

test("a root of Terraform's is not guessed from a bundle of another length", async () => {
  const { roots } = await learnt(mesh(), tellsA, ["a", "b"]);
  expect(roots.byName.get("b")).toEqual(
    unknown("Terraform creates it, and no bundle in Vault has as many roots as mesh.yaml says"),
  );
  expect(roots.knows(["a", "c"])).toBe(true);
  expect(roots.knows(["a", "b"])).toBe(false);
});

test.each([
  [403, ["permission denied"]],
  [404, []],
  [404, ["unable to find issuer"]],
])("a root that Vault answers %d of is not made yet", async (status, errors) => {
  const { roots } = await learnt(mesh(), () => ({ status, body: { errors } }));
  expect(roots.byName.get("a")).toEqual(known(undefined));
  expect(valueOf(roots.byName.get("c")!)).toBeDefined();
});

test("a Vault that is sealed leaves it unknown", async () => {
  const { roots } = await learnt(mesh(), () => ({ status: 503, body: { errors: ["Vault is sealed"] } }));
  expect(roots.byName.get("a")).toEqual(
    unknown("Vault answered 503 on istio-root-a/issuer/a/json: Vault is sealed"),
  );
});
