/** Who signs in a cluster, and what it trusts. */
export interface ClusterTrustState {
  readonly signing: string;
  readonly bundle: readonly string[];
}

/** One state of a mesh of two clusters. */
export type TrustState = Readonly<Record<"cluster1" | "cluster2", ClusterTrustState>>;

/** A state from its clusters' signing root and bundle: `b:ab`. */
export function trustState(cluster1: string, cluster2: string): TrustState {
  const read = (text: string): ClusterTrustState => {
    const [signing, bundle] = text.split(":");
    return { signing: signing!, bundle: [...bundle!] };
  };
  return { cluster1: read(cluster1), cluster2: read(cluster2) };
}

/** A way not to rotate a root, and who refuses it. docs/rotate-a-root.md shows the same, and a test holds it to this. */
export interface Shortcut {
  readonly name: string;
  /** What goes wrong where it is done all the same. */
  readonly breaks: string;
  readonly base: TrustState;
  readonly head: TrustState;
  /** A root that is another one under the same name in `head`. */
  readonly changedInPlace?: string;
  /** A proxy does not get bundles from its istiod. */
  readonly unseenProxy?: true;
  /** Rules that mesh.yaml of `head` breaks by itself. */
  readonly synth: readonly string[];
  /** Rules that the change from `base` breaks. */
  readonly review: readonly string[];
  /** Rules that `head` breaks on a mesh that runs as `base`. */
  readonly gate: readonly string[];
}

export const shortcuts: readonly Shortcut[] = [
  {
    name: "cluster1 signs with b before cluster2 trusts b",
    breaks: "cluster2 refuses the workloads of cluster1 that have renewed",
    base: trustState("a:a", "a:a"),
    head: trustState("b:ab", "a:a"),
    synth: ["IV0203"],
    review: ["IV0601"],
    gate: ["IV0601"],
  },
  {
    name: "b is added to every bundle, and signs in the same change",
    breaks: "the same, as long as a workload of cluster2 has the old bundle",
    base: trustState("a:a", "a:a"),
    head: trustState("b:ab", "a:ab"),
    synth: [],
    review: ["IV0601"],
    gate: ["IV0601"],
  },
  {
    name: "b signs while a proxy has missed the bundle",
    breaks:
      "that proxy refuses all workloads that have renewed, until half of its own certificate's life is over",
    base: trustState("a:ab", "a:ab"),
    head: trustState("b:ab", "a:ab"),
    unseenProxy: true,
    synth: [],
    review: [],
    gate: ["IV0724"],
  },
  {
    name: "the bundle is reordered",
    breaks: "istiod keeps the old bundle, and rejects every later intermediate",
    base: trustState("a:ab", "a:ab"),
    head: trustState("a:ba", "a:ab"),
    synth: [],
    review: ["IV0603"],
    gate: ["IV0603"],
  },
  {
    name: "a root is put into the middle of the bundle",
    breaks: "the same",
    base: trustState("a:ab", "a:ab"),
    head: trustState("a:ab", "a:acb"),
    synth: [],
    review: ["IV0603"],
    gate: ["IV0603"],
  },
  {
    name: "a is dropped while cluster2 signs with it",
    breaks: "cluster1 refuses the workloads of cluster2; istiod of cluster2 keeps the old bundle",
    base: trustState("b:ab", "a:ab"),
    head: trustState("b:b", "a:b"),
    synth: ["IV0202"],
    review: ["IV0602"],
    gate: ["IV0602"],
  },
  {
    name: "cluster2 changes over to b, and a is dropped in the same change",
    breaks: "cluster1 refuses the workloads of cluster2 that have not renewed",
    base: trustState("b:ab", "a:ab"),
    head: trustState("b:b", "b:b"),
    synth: [],
    review: ["IV0602"],
    gate: ["IV0602"],
  },
  {
    name: "a is dropped while certificates under a are in use",
    breaks: "workloads that have not renewed are refused everywhere",
    base: trustState("b:ab", "b:ab"),
    head: trustState("b:b", "b:b"),
    synth: [],
    review: [],
    gate: ["IV0721"],
  },
  {
    name: "a is replaced by b in one change",
    breaks: "istiod keeps a until it restarts; then old and new workloads refuse each other",
    base: trustState("a:a", "a:a"),
    head: trustState("b:b", "b:b"),
    synth: [],
    review: ["IV0601", "IV0602", "IV0603"],
    gate: ["IV0601", "IV0602", "IV0603"],
  },
  {
    name: "a is another root under the same name",
    breaks: "the same",
    base: trustState("a:a", "a:a"),
    head: trustState("a:a", "a:a"),
    changedInPlace: "a",
    synth: [],
    review: ["IV0604", "IV0603"],
    gate: [],
  },
];
