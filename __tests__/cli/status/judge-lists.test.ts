import { type ClusterFacts, known, unknown } from "../../../cli/status/facts";
import { judgeLists } from "../../../cli/status/judge-lists";
import type { Mesh } from "../../../config/mesh";
import { authoritiesOf, listLifetimes } from "../../../cli/status/published-lists";
import { craftedBundles } from "../../support/plugin-ca-crafted-bundles";
import { certificateOf, declaredMesh, type Live, podOf, RunningMesh } from "../../support/running-mesh";
import { inDays, NOW } from "../../support/test-ca";

let running: RunningMesh;
/** Of root a, and of the intermediate under it that both clusters sign with. */
let lists: { root: string; intermediate: string };
beforeAll(async () => {
  running = await RunningMesh.create();
  lists = {
    root: await running.roots.a.list(),
    intermediate: await running.signers.a.intermediate.list(),
  };
});

const settled: Live = { signing: "a", bundle: ["a"] };

function judged(mesh: Mesh, facts: readonly ClusterFacts[]) {
  const states = running.states(facts);
  return judgeLists(mesh, states, authoritiesOf(states, running.rootCertificates()), NOW);
}

/** What is found in cluster1 where it publishes these lists; cluster2 publishes what is right. */
function found(
  revocationLists: string | undefined,
  {
    declared = "served",
    hasList = true,
    revoked,
  }: { declared?: "issued" | "served"; hasList?: boolean; revoked?: string } = {},
): string[] {
  const mesh: Mesh = {
    ...declaredMesh({ signing: "a", bundle: ["a"] }),
    revocation: {
      lists: declared,
      revoked: revoked === undefined ? [] : [{ cluster: "cluster1", serial: revoked }],
    },
  };
  const facts = [revocationLists, declared === "served" ? all() : undefined].map(
    (pem, index): ClusterFacts => {
      const vault = running.vaultFacts(settled);
      return running.facts(mesh, index, settled, {
        vault: known({ ...vault, record: { ...vault.record!, hasList } }),
        kubernetes: known(running.kubernetesFacts(settled, { revocationLists: known(pem ?? "") })),
      });
    },
  );
  return judged(mesh, facts)
    .filter(({ cluster }) => cluster === "cluster1")
    .map(({ message, rule, level }) => `${level}: ${message} (${rule})`);
}

const all = () => `${lists.root}${lists.intermediate}`;

test("finds nothing where lists are published that cover every chain", () => {
  expect(found(all())).toEqual([]);
});

test("finds nothing where they are issued, and nobody publishes any", () => {
  expect(found(undefined, { declared: "issued" })).toEqual([]);
  expect(found("", { declared: "issued" })).toEqual([]);
});

test("finds an intermediate that signed none", () => {
  const { serialNumber } = certificateOf(running.signers.a.intermediate);
  expect(found(undefined, { declared: "issued", hasList: false })).toEqual([
    `error: the intermediate ${serialNumber.toLowerCase()} signed no revocation list, and is refused everywhere once lists are served; deploy its Vault stack, or issue it again with "istio-vault issue" (IV0740)`,
  ]);
});

test("finds lists that are not published, and those that still are", () => {
  expect(found(undefined)).toEqual([
    'error: istiod hands out no revocation lists, though mesh.yaml says "served": its proxies accept what is revoked; deploy the cluster; if that is done, its agent\'s log says why it renders no ca-crl.pem (IV0741)',
  ]);
  expect(found(all(), { declared: "issued" })).toEqual([
    "error: istiod still hands out revocation lists, and proxies refuse every intermediate that is issued without one; deploy the cluster, whose istiods forget the lists when they restart (IV0742)",
  ]);
});

test("says that lists could not be asked for", () => {
  const mesh: Mesh = {
    ...declaredMesh({ signing: "a", bundle: ["a"] }),
    revocation: { lists: "served", revoked: [] },
  };
  const vault = running.vaultFacts(settled);
  const facts = running.facts(mesh, 0, settled, {
    vault: known({ ...vault, record: { ...vault.record!, hasList: true } }),
    kubernetes: known(running.kubernetesFacts(settled, { revocationLists: unknown("403 forbidden") })),
  });
  const found = judged(mesh, [facts]);
  expect(found.map(({ message, rule, unknown: isUnknown }) => [message, rule, isUnknown])).toEqual([
    [
      "the revocation lists of the ConfigMap istio-ca-crl could not be read: 403 forbidden; whether they cover every chain is unknown",
      "IV0747",
      true,
    ],
  ]);
});

test("finds lists that nobody reads", () => {
  expect(found(`${lists.root}${running.roots.a.pem}`)).toEqual([
    "error: ca-crl.pem of the ConfigMap istio-ca-crl: block 2 is a CERTIFICATE; proxies keep the lists they have; write the lists again by a deploy of 'vault-*' (IV0743)",
  ]);
});

test("finds lists that Envoy does not take", () => {
  const { caCrl } = craftedBundles()["list with an entry whose extensions are empty"];
  expect(found(caCrl!)).toEqual([
    "error: ca-crl.pem of the ConfigMap istio-ca-crl: block 2 has an entry whose extensions are empty; proxies keep the lists they have; write the lists again by a deploy of 'vault-*' (IV0743)",
  ]);
});

test("finds a CA without a list, or without one that is current", async () => {
  expect(found(lists.root)).toEqual([
    `error: hands out no list of the intermediate of cluster1: its proxies refuse every connection under it; within minutes of an issue this is on its way; later, issue it again with "istio-vault issue", or deploy 'vault-*' for a root (IV0744)`,
  ]);
  const ended = await running.roots.a.list({ end: inDays(-0.5) });
  expect(found(`${ended}${lists.intermediate}`)).toEqual([
    `error: hands out no current list of the root a: its proxies refuse every connection under it; within minutes of an issue this is on its way; later, issue it again with "istio-vault issue", or deploy 'vault-*' for a root (IV0744)`,
  ]);
});

test("finds a revoked intermediate that still signs", async () => {
  const { serialNumber } = certificateOf(running.signers.a.intermediate);
  const revoking = await running.roots.a.list({ revoked: [serialNumber] });
  expect(found(`${revoking}${lists.intermediate}`)).toEqual([
    "error: the intermediate of cluster1 is revoked, and istiod goes on signing with it what its proxies refuse; raise its generation, deploy its Vault stack, and have every certificate renewed (IV0745)",
  ]);
});

test("finds that mesh.yaml revokes what signs, before that is deployed", () => {
  const { serialNumber } = certificateOf(running.signers.a.intermediate);
  const serial = serialNumber.toLowerCase();
  expect(found(all(), { revoked: serialNumber })).toEqual([
    `error: mesh.yaml revokes ${serial}, with which the cluster signs, or which Vault holds for it; once that is deployed, all its workloads are refused; first issue another, and have every certificate renewed (IV0748)`,
  ]);
});

test("warns of a list that ends soon, and before its CA", async () => {
  const end = new Date(NOW.getTime() + 3_600_000);
  const soon = await running.roots.a.list({ end });
  expect(found(`${soon}${lists.intermediate}`)).toEqual([
    `warning: the list of the root a expires at ${end.toISOString()}, in 1h, and proxies refuse every connection under it from that second on; renew the intermediate, or replace the root (IV0746)`,
  ]);
});

test("with something revoked, names the proxies to which that makes no difference", () => {
  const pods = [
    podOf("cart"),
    podOf("waypoint", { looksAtLists: false }),
    podOf("old", { looksAtLists: false }),
  ];
  const withRevoked = (...serials: string[]) => {
    const mesh: Mesh = {
      ...declaredMesh({ signing: "a", bundle: ["a"] }),
      revocation: { lists: "served", revoked: serials.map((serial) => ({ cluster: "cluster1", serial })) },
    };
    const facts = (some: typeof pods) => {
      const vault = running.vaultFacts(settled);
      return running.facts(mesh, 0, settled, {
        vault: known({ ...vault, record: { ...vault.record!, hasList: true } }),
        kubernetes: known(
          running.kubernetesFacts(settled, { revocationLists: known(all()), proxies: known(some) }),
        ),
      });
    };
    return [pods, pods.slice(0, 2)].flatMap((some) =>
      judged(mesh, [facts(some)]).map(({ message, rule, category }) => `${category}: ${message} (${rule})`),
    );
  };
  expect(withRevoked("01")).toEqual([
    "proxies: 2 proxies look at no revocation list, and accept what is revoked: default/waypoint, default/old; replace pods that were injected before Istio 1.27; waypoints, and gateways that are not in mesh.yaml, lack the mount of istio-ca-crl (IV0749)",
    "proxies: a proxy looks at no revocation list, and accepts what is revoked: default/waypoint; replace pods that were injected before Istio 1.27; waypoints, and gateways that are not in mesh.yaml, lack the mount of istio-ca-crl (IV0749)",
  ]);
  expect(withRevoked()).toEqual([]);
});

test("tells when the list of each CA ends, of several lists the last, and nothing of a cluster that hands out none", async () => {
  const end = inDays(1);
  const soon = await running.roots.a.list({ end });
  const mesh = declaredMesh({ signing: "a", bundle: ["a"] });
  const lifetimes = (pem: string) => {
    const facts = running.facts(mesh, 0, settled, {
      kubernetes: known(running.kubernetesFacts(settled, { revocationLists: known(pem) })),
    });
    const states = running.states([facts]);
    return listLifetimes(states[0], authoritiesOf(states, running.rootCertificates()), NOW);
  };
  const whole = { notBefore: inDays(-1), notAfter: inDays(3650) };
  expect(lifetimes(`${soon}${lists.intermediate}`)).toEqual([
    { authority: "root a", notBefore: inDays(-1), notAfter: end },
    { authority: "intermediate of cluster1", ...whole },
  ]);
  expect(lifetimes(`${soon}${lists.root}`)).toEqual([{ authority: "root a", ...whole }]);
  expect(lifetimes("")).toEqual([]);
});
