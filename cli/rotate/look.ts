import { isDeepStrictEqual } from "node:util";
import { readMesh } from "../../config/load-mesh";
import type { Mesh } from "../../config/mesh";
import { unknownCluster } from "../command-line/unknown-cluster";
import type { Terminal } from "../command-line/terminal";
import type { ServiceAccount } from "../kubernetes/cluster-api";
import { type Observe, observer } from "../status/inspector";
import { connect } from "../vault/connect";
import type { VaultClient } from "../vault/vault-client";
import { isInUse, liveCluster } from "./exchange";
import { requireSigned } from "./known-serial";
import { withRoot } from "./roots";
import { runningClusters } from "./running";
import { type Goal, type Standing, standingOf } from "./standing";
import { whatRemains } from "./stolen";

/** What is asked of a look. */
export interface AskedLook {
  readonly goal: Goal;
  /** The ServiceAccount used for the test request. */
  readonly account: ServiceAccount;
  /** Whether the old root's key was stolen. */
  readonly stolen: boolean;
}

/** Where a rotation stands, and what else there is to say of it. */
export interface Told {
  readonly standing: Standing;
  /** Whether mesh.yaml says what the step wants. */
  readonly isWritten: boolean;
  /** What a person has to know first, as after a theft. */
  readonly first: readonly string[];
}

/** A mesh.yaml and the mesh that runs, with one goal in mind. */
export class Look {
  /**
   * Reads the file, and connects to Vault and the clusters.
   *
   * @throws CommandError if there is no such cluster, or no way to that root
   */
  public static async at(file: string, asked: AskedLook, terminal: Terminal): Promise<Look> {
    const { mesh: declared } = readMesh(file);
    const { goal, account } = asked;
    if (goal.kind === "intermediate") knownCluster(declared, goal.stolen.cluster);
    const mesh = goal.kind === "root" && !goal.back ? withRoot(declared, goal.to) : declared;
    const observe = await observer("istio-vault rotate", { mesh, account }, terminal);
    const vault = connect(declared.vault, terminal.env);
    return new Look(file, mesh, declared, observe, vault, asked);
  }

  private constructor(
    public readonly file: string,
    /** What mesh.yaml says, with the root that is yet to be made. */
    public readonly mesh: Mesh,
    private readonly declared: Mesh,
    public readonly observe: Observe,
    private readonly vault: VaultClient,
    private readonly asked: AskedLook,
  ) {}

  public get goal(): Goal {
    return this.asked.goal;
  }

  /**
   * Looks once.
   *
   * @throws CommandError if nothing uses that intermediate, and no root has signed it
   */
  public async tell(doing: string): Promise<Told> {
    const seen = await this.observe(doing);
    const standing = standingOf(this.mesh, this.goal, seen);
    if (this.goal.kind === "intermediate" && standing.course) {
      // Vault may have been restored to a state from before it was signed.
      const isUsed = isInUse(liveCluster(runningClusters(seen), this.goal.stolen), this.goal.stolen);
      if (!isUsed) await requireSigned(this.mesh, this.goal.stolen, this.vault);
    }
    const isTheft = this.asked.stolen || this.goal.kind === "intermediate";
    return {
      standing,
      isWritten: standing.course !== undefined && isDeepStrictEqual(standing.course.wanted, this.declared),
      first: isTheft ? whatRemains(this.mesh, this.goal, standing, seen) : [],
    };
  }
}

function knownCluster({ clusters }: Mesh, name: string): void {
  const names = clusters.map((cluster) => cluster.name);
  if (names.includes(name)) return;
  throw unknownCluster(name, names);
}
