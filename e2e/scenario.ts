import { mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import { after, describe, test } from "node:test";
import { Deployment } from "./deployment";
import { ImageStore } from "./nodes/images";
import { notesOf } from "./note";
import { lacking, MESH_NEEDS } from "./needs";
import { type Need, Programs } from "./programs";
import { Rig, type RigVariant } from "./rig";
import { Session } from "./session";
import { Traffic } from "./traffic/traffic";

export { note } from "./note";

/** What steps and checks work on. */
export interface World {
  readonly rig: Rig;
  readonly deployment: Deployment;
  /** To be started once a mesh is there. */
  readonly traffic: Traffic;
}

export interface ScenarioOptions {
  /** Names of the clusters it begins with; undefined where it needs no rig at all. */
  readonly clusters?: readonly string[];
  /** What it needs, besides what every mesh does where there is a rig. */
  readonly needs?: readonly Need[];
  readonly variant?: RigVariant;
}

type Run = (world: World) => void | Promise<void>;

/** Where the run that this scenario is part of has images already. */
const IMAGES = process.env.E2E_IMAGES;

const programs = Programs.find(process.env);
let world: World | undefined;
let obstacle: string | undefined;

/**
 * Declares the one scenario of this file: parts, which are run one after the other on one rig. The rig and its clusters
 * are started first, and are gone at the end.
 */
export function scenario(options: ScenarioOptions, parts: () => void): void {
  const { clusters } = options;
  const name = basename(require.main?.filename ?? process.argv[1]!, ".ts");
  const { istio = "Istio", terraform, core, vaultServer } = options.variant ?? {};
  const ofRig: readonly Need[] = clusters ? [...MESH_NEEDS, istio, `${istio}'s proxy`] : [];
  const needs = [...ofRig, ...(options.needs ?? [])];
  obstacle = lacking(programs, [
    ...needs,
    ...[terraform, core, vaultServer].filter((need) => need !== undefined),
  ]);
  void describe(name, () => {
    if (!clusters) return parts();
    part("the rig", () => {
      step(`Vault and ${clusters.length} clusters start`, async () => {
        const session = new Session(process.env.E2E_KEEP === "1");
        process.once("exit", () => session.end());
        const directory = join(session.directory, name);
        mkdirSync(directory);
        const images = async () =>
          IMAGES === undefined
            ? ImageStore.build(programs, join(directory, "images"), needs)
            : new ImageStore(IMAGES);
        const rig = await Rig.start(programs, directory, options.variant ?? {}, images);
        world = {
          rig,
          deployment: new Deployment(rig, join(directory, "deployment")),
          traffic: new Traffic(),
        };
        await Promise.all(clusters.map((cluster) => rig.addCluster(cluster)));
      });
    });
    parts();
    part("at the end", () => {
      check("no request failed but those that a step expected", ({ traffic }) => traffic.end());
    });
    // Programs of the rig, and connections to them, would keep this process.
    after(() => void setImmediate(() => process.exit()));
  });
}

/** Steps and checks that belong together. */
export function part(name: string, content: () => void): void {
  void describe(name, content);
}

/** One thing the scenario does, and what comes after it builds on: where it fails, all of that is skipped. */
export function step(name: string, run: Run, needs: readonly Need[] = []): void {
  declare(name, needs, async () => {
    try {
      await run(world!);
    } catch (error) {
      obstacle = `needs "${name}"`;
      throw error;
    }
  });
}

/** One thing the scenario shows, and nothing else builds on. */
export function check(name: string, run: Run, needs: readonly Need[] = []): void {
  declare(name, needs, () => run(world!));
}

function declare(name: string, needs: readonly Need[], run: () => void | Promise<void>): void {
  void test(name, async (context) => {
    notesOf(context);
    const reason = obstacle ?? lacking(programs, needs);
    if (reason === undefined) await run();
    else context.skip(reason);
  });
}
