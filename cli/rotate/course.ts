import type { Mesh } from "../../config/mesh";

/** One reviewed change on the way. */
export interface Step {
  /** What it does, as a person says it: `sign with b`. */
  readonly text: string;
  /** Where it is still to be taken; empty once it is taken. */
  readonly clusters: readonly string[];
  /** How long it takes after its deploy until the next may follow, in seconds. */
  readonly seconds: number;
}

/** The way from what runs to what is wanted. */
export interface Course {
  /** `root a to b`. */
  readonly title: string;
  readonly steps: readonly Step[];
  /** Index of the step to take; as many as there are steps where the mesh is there. */
  readonly at: number;
  /** What mesh.yaml has to say for this step; what it says already where there is none. */
  readonly wanted: Mesh;
  /** What mesh.yaml says in the end, but for the generations of leaves. */
  readonly end: Mesh;
  /** What takes the step, where a person has to. */
  readonly instead?: string;
  /** What is to be run after a deploy of mesh.yaml. */
  readonly commands: readonly string[];
}

/** Index of the first step that is still to be taken; as many as there are steps where all are. */
export function nextOf(steps: readonly Step[]): number {
  const found = steps.findIndex(({ clusters }) => clusters.length > 0);
  return found === -1 ? steps.length : found;
}

type Cluster = Mesh["clusters"][number];

/** A mesh with some of its clusters changed. */
export function withClusters(mesh: Mesh, change: (cluster: Cluster) => Partial<Cluster>): Mesh {
  return { ...mesh, clusters: mesh.clusters.map((cluster) => ({ ...cluster, ...change(cluster) })) };
}
