import type { Mesh } from "../../config/mesh";
import { vaultStackOf } from "../../config/vault-stacks";
import { nameList } from "../../lib/private/text";
import { CommandError } from "../command-line/command-error";
import { ExitCode } from "../command-line/exit-code";
import { type Course, nextOf, type Step, withClusters } from "./course";
import type { StepSeconds } from "./durations";
import { raised } from "./raised";
import { isRevoked, type Stolen, withoutRevocation, withRevocation } from "./revoked";
import type { RunningCluster } from "./running";

interface Move extends Step {
  /** What mesh.yaml has to say; undefined where that does not take the step. */
  readonly wanted: Mesh | undefined;
  readonly byHand?: string;
}

/** Where the exchange of a cluster's intermediate stands, until the stolen one is refused; its serial number tells. */
export function exchange(
  mesh: Mesh,
  running: readonly RunningCluster[],
  stolen: Stolen,
  seconds: StepSeconds,
): Course {
  const { cluster, serial } = stolen;
  const live = liveCluster(running, stolen);
  const isUsed = isInUse(live, stolen);
  const accepting = running.filter(({ revoked }) => !revoked.includes(serial));
  // What runs decides: a revocation that was written too early would refuse what is in use.
  const isBegun = accepting.length < running.length;
  const before = (isBegun ? withRevocation : withoutRevocation)(mesh, stolen);
  const moves: Move[] = [
    {
      text: "issue another intermediate",
      clusters: isUsed ? [cluster] : [],
      seconds: seconds.load,
      ...reissue(before, live, stolen),
    },
    {
      text: "renew every certificate",
      clusters: live.renewed && !isUsed ? [] : [cluster],
      seconds: seconds.renew,
      wanted: withClusters(before, ({ name }) =>
        name === cluster ? { leafGeneration: raised(mesh, [live], cluster, [cluster]) } : {},
      ),
    },
    {
      text: "revoke the stolen one",
      clusters: (isRevoked(mesh, stolen) ? accepting : running).map(({ name }) => name),
      // A list comes into pods as roots do.
      seconds: seconds.trust,
      wanted: mesh.revocation?.lists === "served" ? withRevocation(mesh, stolen) : undefined,
      byHand:
        "no revocation lists are served, and until they are nothing refuses the stolen one: docs/revocation.md#turn-it-on, and then this again; or replace its root: istio-vault rotate --stolen --to <root>",
    },
  ];
  const at = nextOf(moves);
  const move = moves[at] as Move | undefined;
  return {
    title: `intermediate ${serial} of ${cluster}`,
    steps: moves,
    at,
    wanted: move?.wanted ?? mesh,
    end: mesh,
    ...(move && !move.wanted && { instead: move.byHand }),
    commands: [],
  };
}

/** Whether its cluster signs with it, or would from Vault. */
export function isInUse({ serials, inVault }: RunningCluster, { serial }: Stolen): boolean {
  return serials.includes(serial) || inVault === serial;
}

/** The cluster in question. @throws CommandError if Istio does not run there, or no serial number is named */
export function liveCluster(running: readonly RunningCluster[], { cluster, serial }: Stolen): RunningCluster {
  const live = running.find(({ name }) => name === cluster);
  if (!live) {
    throw new CommandError(
      `no istiod runs in ${cluster}, so nothing signs with intermediate ${serial} there`,
      ExitCode.USAGE,
    );
  }
  if (serial === "") {
    throw new CommandError(
      `--stolen-intermediate names no serial number; ${cluster} signs with ${nameList(live.serials)}: write ${cluster}/${live.serials[0]}`,
      ExitCode.USAGE,
    );
  }
  return live;
}

/** Issued for one generation more than the stolen one in Vault; where another is there already, that is on its way. */
function reissue(
  mesh: Mesh,
  { generation, inVault }: RunningCluster,
  { cluster, serial }: Stolen,
): Pick<Move, "wanted" | "byHand"> {
  const declared = mesh.clusters.find(({ name }) => name === cluster)!;
  const { intermediates } = declared;
  const isThere = inVault !== undefined && inVault !== serial;
  if (intermediates.issuance === "external") {
    return { wanted: isThere ? mesh : undefined, byHand: `istio-vault issue --cluster ${cluster}` };
  }
  if (generation === undefined) {
    return {
      wanted: undefined,
      byHand: `raise intermediates.generation of ${cluster} by one, and deploy ${vaultStackOf(mesh, declared)}`,
    };
  }
  const next = Math.max(intermediates.generation, isThere ? generation : generation + 1);
  return {
    wanted: withClusters(mesh, ({ name }) =>
      name === cluster ? { intermediates: { ...intermediates, generation: next } } : {},
    ),
  };
}
