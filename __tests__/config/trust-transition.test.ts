import type { RootConfig } from "../../config/mesh";
import {
  changeFindings,
  rootsChangedInPlace,
  type TrustBreak,
  trustBreaks,
  type TrustedMesh,
  trustFindings,
} from "../../config/trust-transition";
import { Duration, KeyAlgorithm } from "../../lib";
import { nameList } from "../../lib/private/text";
import { CA_PEM } from "../support/synth";

const made = (name: string): RootConfig => ({
  name,
  source: "vault-pki",
  keyAlgorithm: KeyAlgorithm.rsa(4096),
  validFor: Duration.years(10),
  commonName: "Root CA",
});

/** A mesh by its clusters' signing root and bundle: `{ one: "a:ab" }`. */
function mesh(
  clusters: Record<string, string>,
  roots = ["a", "b", "c"].map(made),
  version = "1.29.6",
  leafGeneration = 1,
) {
  return {
    roots,
    clusters: Object.entries(clusters).map(([name, text]) => {
      const [signing, bundle] = text.split(":");
      const trust = { signing, bundle: [...bundle] };
      return { name, trust, leafGeneration, istio: { revisions: [{ version }] } };
    }),
  } satisfies TrustedMesh;
}

/** What is said of a change: rule and message. */
const said = (base: TrustedMesh, head: TrustedMesh) =>
  trustFindings(base, head).map(({ rule, message }) => `${rule} ${message}`);

test("the four steps of a rotation pass, and so does each of them backwards", () => {
  const steps = [
    mesh({ one: "a:a", two: "a:a" }),
    mesh({ one: "a:ab", two: "a:a" }),
    mesh({ one: "a:ab", two: "a:ab" }),
    mesh({ one: "b:ab", two: "a:ab" }),
    mesh({ one: "b:ab", two: "b:ab" }),
    mesh({ one: "b:b", two: "b:ab" }),
    mesh({ one: "b:b", two: "b:b" }),
  ];
  for (let step = 1; step < steps.length; step++) {
    expect(trustBreaks(steps[step - 1], steps[step])).toEqual([]);
    expect(trustBreaks(steps[step], steps[step - 1])).toEqual([]);
  }
});

describe("a leaf generation", () => {
  const at = (generation: number, trust: string, version = "1.29.6") =>
    mesh({ one: trust }, undefined, version, generation);
  const breaks = (...states: TrustedMesh[]) =>
    states.slice(1).flatMap((state, index) => trustBreaks(states[index], state));

  test("is raised in a rotation after the last intermediate, and after the drop, and back", () => {
    const steps = [at(1, "a:a"), at(1, "a:ab"), at(1, "b:ab"), at(2, "b:ab"), at(2, "b:b"), at(3, "b:b")];
    expect(breaks(...steps)).toEqual([]);
    expect(
      breaks(at(3, "b:b"), at(3, "b:ba"), at(3, "a:ba"), at(4, "a:ba"), at(4, "a:a"), at(5, "a:a")),
    ).toEqual([]);
  });

  test("that is a line keeps istiod before 1.30 from a root behind it, and no later one", () => {
    expect(said(at(2, "a:a"), at(2, "a:ab"))).toEqual([
      'IV0603 the bundle of one would change from [a, # leaf generation 2] to [a, b, # leaf generation 2], which a running istiod 1.29.6 refuses; it would refuse every later renewal of its intermediate too, and stop serving once that has expired; in one change either append roots at the end or drop them from one end, without changing the order; where the bundle ends with a leaf generation, raise "leafGeneration" by one in a change before',
    ]);
    expect(breaks(at(2, "a:a", "1.30.0"), at(2, "a:ab", "1.30.0"), at(3, "a:a", "1.30.0"))).toEqual([]);
  });
});

test("fails for a root that signs before all trust it", () => {
  expect(
    said(mesh({ one: "a:ab", two: "a:a", three: "a:a" }), mesh({ one: "b:ab", two: "a:ab", three: "a:ab" })),
  ).toEqual([
    'IV0601 root b would sign in one, and is not yet in the bundle of two, three; workloads there would refuse every connection from one as soon as its sidecars renew; first a change that only adds b to the bundle of every cluster, deployed and confirmed by "istio-vault status --gate", then this one',
  ]);
});

test("fails for a root dropped while a cluster signed with it", () => {
  expect(said(mesh({ one: "a:ab", two: "b:ab" }), mesh({ one: "b:b", two: "b:b" }))).toEqual([
    'IV0602 root a signed in one, and would be missing from the bundle of one, two; workloads there would refuse every connection from one until the last certificate under a has expired; first let every cluster sign with another root, deploy that, and wait until "istio-vault status --gate" lets a go',
  ]);
});

test("fails for a bundle that a running istiod would not take, said once for all alike", () => {
  expect(said(mesh({ one: "a:ab", two: "a:ab" }), mesh({ one: "a:ba", two: "a:ba" }))).toEqual([
    "IV0603 the bundle of one, two would change from [a, b] to [b, a], which a running istiod 1.29.6 refuses; it would refuse every later renewal of its intermediate too, and stop serving once that has expired; in one change either append roots at the end or drop them from one end, without changing the order",
  ]);
});

test("asks the istiod that runs when the bundle arrives, not the one that comes with it", () => {
  const [before, after] = [{ one: "a:ab" }, { one: "a:ba" }];
  const at = (version: string, clusters: Record<string, string>) => mesh(clusters, undefined, version);
  expect(trustBreaks(at("1.29.6", before), at("1.30.0", after))).toHaveLength(1);
  expect(trustBreaks(at("1.30.0", before), at("1.29.6", after))).toEqual([]);
});

test("one of several istiods that refuses is enough", () => {
  const clusters = mesh({ one: "a:ab" }).clusters.map((cluster) => ({
    ...cluster,
    istio: { revisions: [{ version: "1.30.0" }, { version: "1.29.6" }] },
  }));
  const after = mesh({ one: "a:ba" });
  expect(trustBreaks({ ...after, clusters }, after)).toMatchObject([{ istioVersion: "1.29.6" }]);
});

describe("clusters that come and go", () => {
  test("a new one that trusts what signs passes", () => {
    expect(trustBreaks(mesh({ one: "a:a" }), mesh({ one: "a:a", new: "a:a" }))).toEqual([]);
  });

  test("fails for a new one that does not trust what signed before", () => {
    expect(trustBreaks(mesh({ one: "a:ab" }), mesh({ one: "b:ab", new: "b:b" }))).toEqual([
      { kind: "dropped-in-use", root: "a", signers: ["one"], verifiers: ["new"] },
    ]);
  });

  test("fails for a new one that signs with a root new to the others", () => {
    expect(trustBreaks(mesh({ one: "a:a" }), mesh({ one: "a:ab", new: "b:ab" }))).toEqual([
      { kind: "signs-before-trusted", root: "b", signers: ["new"], verifiers: ["one"] },
    ]);
  });

  test("fails for a root dropped together with the cluster that signed with it", () => {
    expect(trustBreaks(mesh({ one: "b:ab", old: "a:ab" }), mesh({ one: "b:b" }))).toEqual([
      { kind: "dropped-in-use", root: "a", signers: ["old"], verifiers: ["one"] },
    ]);
  });
});

describe("a root changed in place", () => {
  const bySource = (certificatePem: string): RootConfig => ({
    name: "a",
    source: "existing",
    mountPath: "pki",
    issuer: "default",
    certificatePem,
  });
  const withRoot = (root: RootConfig) => mesh({ one: "a:a" }, [root]);
  const other = { ...made("a"), keyAlgorithm: KeyAlgorithm.ecdsa(384) };

  test("fails, and is not said to be untrusted besides", () => {
    expect(said(withRoot(made("a")), withRoot(other))).toEqual([
      "IV0604 root a would be another one under the same name; every cluster would lose the old root at once, and every certificate under it would be refused; leave it as it was, and add the new root under a new name",
      expect.stringMatching(/^IV0603 the bundle of one would change from \[a\] to \[a\], /),
    ]);
    expect(trustBreaks(withRoot(made("a")), withRoot(other)).map(({ kind }) => kind)).toEqual([
      "signs-before-trusted",
      "dropped-in-use",
      "bundle-not-taken",
    ]);
  });

  test.each<[string, RootConfig, RootConfig]>([
    ["another source", made("a"), bySource(CA_PEM)],
    ["another lifetime", made("a"), { ...made("a"), validFor: Duration.years(5) } as RootConfig],
    ["another certificate", bySource(CA_PEM), bySource(CA_PEM.replace("BozCC", "BozCD"))],
  ])("fails for %s", (_name, before, after) => {
    expect(rootsChangedInPlace(withRoot(before), withRoot(after))).toEqual(["a"]);
  });

  test("passes where nobody trusted it yet", () => {
    const clusters = { one: "b:b" };
    expect(trustFindings(mesh(clusters, [made("a"), made("b")]), mesh(clusters, [other, made("b")]))).toEqual(
      [],
    );
  });

  test("passes where the certificate is the same, whatever its place or name", () => {
    expect(
      trustFindings(
        withRoot(bySource(CA_PEM)),
        withRoot({ name: "a", source: "offline", certificatePem: CA_PEM }),
      ),
    ).toEqual([]);
    const underAnotherName = mesh({ one: "b:b" }, [{ ...bySource(CA_PEM), name: "b" }]);
    expect(trustFindings(withRoot(bySource(CA_PEM)), underAnotherName)).toEqual([]);
  });
});

describe("an emergency", () => {
  const before = mesh({ one: "a:a", two: "a:a" });
  const after = mesh({ one: "b:b", two: "b:b" });
  const reason = "the key of root a was copied";
  const messages = (base: TrustedMesh, head: TrustedMesh & { emergency?: string }) =>
    changeFindings(base, head).map(({ level, rule, message }) => `${level}: ${message} (${rule})`);

  test("says who loses connectivity, and refuses nothing", () => {
    expect(messages(before, { ...after, emergency: reason })).toEqual([
      'warning: EMERGENCY "the key of root a was copied": this change skips the steps that keep connections alive; workloads of one, two refuse every connection from workloads of one, two that hold a certificate under root b: until both have taken the new state, or at once when they are restarted (IV0605)',
      'warning: EMERGENCY "the key of root a was copied": this change skips the steps that keep connections alive; workloads of one, two refuse every connection from workloads of one, two that hold a certificate under root a: until both have taken the new state, or at once when they are restarted (IV0605)',
      'warning: EMERGENCY "the key of root a was copied": this change skips the steps that keep connections alive; istiod of one, two takes the new bundle only when it restarts: restart it as soon as the bundle is in Vault (IV0605)',
    ]);
  });

  test("allows nothing where it stood there before, or is not needed", () => {
    const idle =
      'warning: "trust.emergency" applies only to the change that adds it and needs it, and has no effect here; remove it, so that the next emergency is noticed (IV0606)';
    const left = messages({ ...before, emergency: reason } as TrustedMesh, { ...after, emergency: reason });
    expect(left.map((message) => message.replace(/:.*/, ""))).toEqual(["error", "error", "error", "warning"]);
    expect(left.at(-1)).toBe(idle);
    expect(messages(before, { ...before, emergency: reason })).toEqual([idle]);
  });

  test("takes a line, not a story", () => {
    const [{ message }] = changeFindings(before, { ...after, emergency: "x".repeat(1000) } as TrustedMesh);
    expect(message.slice(0, 220)).toBe(`EMERGENCY "${"x".repeat(200)}…": this `);
  });

  test("is asked for nowhere else", () => {
    expect(messages(before, after)).toHaveLength(3);
    expect(messages(before, before)).toEqual([]);
  });
});

test("of many clusters the first few are named", () => {
  const names = Array.from({ length: 1000 }, (_, index) => `c${index}`);
  expect(nameList(names)).toBe("c0, c1, c2, c3, c4 and 995 more");
  expect(nameList(names.slice(0, 5))).toBe("c0, c1, c2, c3, c4");
});

/*
 * The proof: every state of three clusters and three roots, and every transition between them.
 *
 * A state gives each cluster a signing root and an ordered bundle, and is one that synth lets pass:
 * every root that signs is in every bundle. That is 14,505 states and 210,395,025 transitions, too many
 * to try each in seconds. What is tried instead:
 *
 * 1. All 558,009 transitions of *two* clusters, bundles in every order. A handshake has two ends, so the
 *    mesh stays alive where each pair of its clusters does, a cluster with itself included. If the checks
 *    look at pairs only as well, then what holds for every pair holds for three clusters, or any number.
 * 2. That the checks look at pairs only: what they say of three clusters is what they say of their three
 *    pairs. Tried for all 116,964 transitions of three clusters whose bundles are in one order, on an istiod
 *    that does not care for it, and for 10,000 of those in any order on one that does. The order of a bundle
 *    matters to one rule alone, which looks at one cluster at a time.
 *
 * Of those that differ by the roots' names alone one is run, a sixth of all: the checks compare roots
 * without looking at their names, which the 10,000 show too.
 */
describe("every transition", () => {
  const ROOTS = ["a", "b", "c"];
  const subsets = ["a", "b", "c", "ab", "ac", "bc", "abc"].map((roots) => [...roots]);
  const allBundles = subsets.flatMap(permutations);

  /** The states of some clusters, as synth lets them pass. */
  function states(names: readonly string[], bundles: readonly string[][], version = "1.29.6"): TrustedMesh[] {
    const one = bundles.flatMap((bundle) => bundle.map((signing) => ({ signing, bundle })));
    const roots = ROOTS.map((name) => ({ ...made(name), source: "existing", certificatePem: name }));
    return names
      .reduce<(typeof one)[]>((rows) => rows.flatMap((row) => one.map((trust) => [...row, trust])), [[]])
      .filter((row) => row.every(({ signing }) => row.every(({ bundle }) => bundle.includes(signing))))
      .map((row) => ({
        roots: roots as RootConfig[],
        clusters: row.map((trust, index) => ({
          name: names[index],
          trust,
          leafGeneration: 1,
          istio: { revisions: [{ version }] },
        })),
      }));
  }

  /** A state's name, and what it is after each way to rename the roots; in one order where all bundles are. */
  function renamings(all: ReadonlySet<string>, state: TrustedMesh): Set<string> {
    const name = nameOf(state);
    const inOneOrder = (way: string) =>
      way.replace(/:(\w+)/g, (_, roots) => `:${[...roots].sort().join("")}`);
    const ways = permutations(ROOTS)
      .map((way) => name.replace(/[abc]/g, (root) => way[ROOTS.indexOf(root)]))
      .map((way) => (all.has(way) ? way : inOneOrder(way)));
    return new Set([name, ...ways]);
  }
  const nameOf = ({ clusters }: TrustedMesh) =>
    clusters.map(({ trust }) => `${trust.signing}:${trust.bundle.join("")}`).join();

  /**
   * Runs one transition of each kind that are the same but for the roots' names, with how many they are.
   * Returns how many there are of all kinds.
   */
  function forEach(
    all: readonly TrustedMesh[],
    run: (base: TrustedMesh, head: TrustedMesh, alike: number) => void,
  ): number {
    let count = 0;
    const names = new Set(all.map(nameOf));
    for (const base of all) {
      const alike = renamings(names, base);
      const [name] = alike;
      if ([...alike].some((other) => other < name)) continue;
      for (const head of all) run(base, head, alike.size);
      count += alike.size * all.length;
    }
    return count;
  }

  /**
   * What really happens, told by other means than the checks': each peer holds a leaf and a bundle of
   * either state, and each handshake is tried. `signer root verifier` of those that fail.
   */
  function deadHandshakes(base: TrustedMesh, head: TrustedMesh): string {
    const dead = new Set<string>();
    const moments = [base, head];
    for (const issued of moments) {
      for (const { name: signer, trust } of issued.clusters) {
        for (const held of moments) {
          for (const verifier of held.clusters) {
            if (verifier.trust.bundle.includes(trust.signing)) continue;
            dead.add(`${signer} ${trust.signing} ${verifier.name}`);
          }
        }
      }
    }
    return [...dead].sort().join();
  }

  const file = (bundle: readonly string[]) => bundle.map((root) => `<${root}>\n`).join("");
  const holds = (one: readonly string[], other: readonly string[]) =>
    other.every((root) => one.includes(root));

  /** Clusters whose running istiod keeps the old bundle, by the files' bytes, and so ends unrenewed. */
  function frozen(base: TrustedMesh, head: TrustedMesh): string {
    const names = base.clusters.flatMap(({ name, trust, istio }, index) => {
      const [before, after] = [trust.bundle, head.clusters[index].trust.bundle];
      const taken =
        istio.revisions[0].version === "1.29.6"
          ? file(after).includes(file(before)) || file(before).includes(file(after))
          : holds(after, before) || holds(before, after);
      return taken ? [] : [name];
    });
    return names.sort().join();
  }

  /** The same two, as the checks name them. */
  const namedHandshakes = (breaks: readonly TrustBreak[]) => [
    ...new Set(
      breaks.flatMap((broken) =>
        broken.kind === "bundle-not-taken"
          ? []
          : broken.signers.flatMap((signer) =>
              broken.verifiers.map((to) => `${signer} ${broken.root} ${to}`),
            ),
      ),
    ),
  ];
  const namedFrozen = (breaks: readonly TrustBreak[]) => [
    ...new Set(breaks.flatMap((broken) => (broken.kind === "bundle-not-taken" ? broken.clusters : []))),
  ];

  test.each([
    ["1.29.6", 558_009, 18_675],
    ["1.30.0", 558_009, 256_995],
  ])(
    "of two clusters on istiod %s, %i: breaks nothing where it is allowed, and names what breaks where not",
    (version, transitions, allowed) => {
      let [passed, wrong] = [0, 0];
      const tried = forEach(states(["one", "two"], allBundles, version), (base, head, alike) => {
        const breaks = trustBreaks(base, head);
        if (breaks.length === 0) passed += alike;
        if (namedHandshakes(breaks).sort().join() !== deadHandshakes(base, head)) wrong += 1;
        if (namedFrozen(breaks).sort().join() !== frozen(base, head)) wrong += 1;
      });
      expect({ tried, wrong, passed }).toEqual({ tried: transitions, wrong: 0, passed: allowed });
    },
  );

  const said = (breaks: readonly TrustBreak[]) =>
    `${namedHandshakes(breaks).sort()}; ${namedFrozen(breaks).sort()}`;
  const without = (state: TrustedMesh, index: number) => ({
    ...state,
    clusters: state.clusters.toSpliced(index, 1),
  });
  const saidOfPairs = (base: TrustedMesh, head: TrustedMesh) =>
    said([0, 1, 2].flatMap((index) => trustBreaks(without(base, index), without(head, index))));
  const names = ["one", "two", "three"];

  test("of three clusters, bundles in one order, 116,964: what is said is what is said of the pairs", () => {
    let wrong = 0;
    const tried = forEach(states(names, subsets, "1.30.0"), (base, head) => {
      if (said(trustBreaks(base, head)) !== saidOfPairs(base, head)) wrong += 1;
    });
    expect({ tried, wrong }).toEqual({ tried: 116_964, wrong: 0 });
  });

  test("of three clusters, 10,000 of 210,395,025: the same, whatever the roots are called", () => {
    const all = states(names, allBundles);
    expect(all.length ** 2).toBe(210_395_025);
    const next: Record<string, string> = { a: "b", b: "c", c: "a" };
    const renamed = (state: TrustedMesh) => ({
      ...state,
      clusters: state.clusters.map(({ trust, ...cluster }) => ({
        ...cluster,
        trust: { signing: next[trust.signing], bundle: trust.bundle.map((root) => next[root]) },
      })),
    });
    let wrong = 0;
    for (let draw = 0; draw < 10_000; draw++) {
      // Strides that share no divisor with the number of states, so that all parts of them are visited.
      const [base, head] = [all[(draw * 7919) % all.length], all[(draw * 104_729 + 13) % all.length]];
      const breaks = trustBreaks(base, head);
      if (said(breaks) !== saidOfPairs(base, head)) wrong += 1;
      const others = breaks.map((broken) =>
        "root" in broken ? { ...broken, root: next[broken.root] } : broken,
      );
      if (said(others) !== said(trustBreaks(renamed(base), renamed(head)))) wrong += 1;
    }
    expect(wrong).toBe(0);
  });
});

function permutations(items: readonly string[]): string[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item) =>
    permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]),
  );
}
