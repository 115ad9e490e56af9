import { known } from "../../cli/status/facts";
import { gate } from "../../cli/status/gate";
import { RootCertificates } from "../../cli/status/root-certificates";
import { trustFindings } from "../../config/trust-transition";
import { meshWith, problemsOf } from "../support/mesh-file";
import {
  ago,
  certificateOf,
  declaredMesh,
  HOUR,
  type Live,
  podOf,
  RunningMesh,
} from "../support/running-mesh";
import { NOW } from "../support/test-ca";
import { shortcuts, type TrustState } from "../support/trust-shortcuts";

/** Of those that look at the order of a bundle; from 1.30 on nothing is lost by another order. */
const ISTIO_VERSION = "1.29.6";

const ROOTS = ["a", "b", "c"].map((name) => ({ name, source: "vault-pki", keyAlgorithm: "rsa-4096" }));

describe.each(shortcuts)(
  "$name",
  ({ base, head, changedInPlace, unseenProxy, synth, review, gate: refused }) => {
    test("what synth refuses by mesh.yaml alone", () => {
      const rulesOf = (problems: readonly string[]) =>
        problems.map((problem) => /\((IV\d+)\)$/.exec(problem)![1]);
      expect([...new Set(rulesOf(problemsOf((mesh) => write(mesh, head, changedInPlace))))]).toEqual(synth);
    });

    test("what the rules between two states refuse", () => {
      const before = meshWith((mesh) => write(mesh, base));
      const { roots } = meshWith((mesh) => write(mesh, base, changedInPlace));
      // What synth refuses is no mesh; the rules between two states are asked all the same.
      const after = { roots, clusters: withTrust(before.clusters, head) };
      expect(trustFindings(before, after).map(({ rule }) => rule)).toEqual(review);
    });

    test("what the gate refuses two hours after the state before it was taken", async () => {
      const running = await RunningMesh.create();
      const { roots, ...declared } = declaredMesh(
        { signing: "a", bundle: ["a"] },
        { version: ISTIO_VERSION },
      );
      const mesh = {
        ...declared,
        roots: [...roots, { ...roots[0], name: "c" }],
        clusters: withTrust(declared.clusters, head),
      };
      const certificates = new RootCertificates(
        new Map([
          ...running.rootCertificates().byName,
          ["c", known(certificateOf(running.roots.stranger))] as const,
        ]),
      );
      const facts = mesh.clusters.map(({ name }, index) => {
        const live = base[name as keyof TrustState] as Live;
        const reached = known({ ownCertificateFrom: ago(2 * HOUR), refused: undefined });
        const proxies = known([podOf("app"), ...(unseenProxy ? [podOf("lost")] : [])]);
        return running.facts(mesh, index, live, {
          kubernetes: known(running.kubernetesFacts(live, { publishedAt: ago(2 * HOUR), proxies })),
          istiods: [running.istiod(live.signing, live.bundle, { reached })],
          vault: known(running.vaultFacts(live, { writtenAt: ago(2 * HOUR + 5000) })),
        });
      });
      const { findings } = gate(mesh, running.states(facts, certificates), certificates, NOW);
      expect(findings.map(({ rule }) => rule)).toEqual(refused);
    });
  },
);

function withTrust<Cluster extends { readonly name: string }>(
  clusters: readonly Cluster[],
  state: TrustState,
) {
  return clusters.map((cluster) => ({ ...cluster, trust: state[cluster.name as keyof TrustState] }));
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any
function write(mesh: any, state: TrustState, changedInPlace?: string): void {
  mesh.istio.version = ISTIO_VERSION;
  mesh.roots = ROOTS.map((root) =>
    root.name === changedInPlace ? { ...root, keyAlgorithm: "ecdsa-p384" } : root,
  );
  for (const cluster of mesh.clusters) cluster.trust = state[cluster.name as keyof TrustState];
}
