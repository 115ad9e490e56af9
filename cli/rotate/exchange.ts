import type { Mesh } from "../../config/mesh";
import { vaultStackOf } from "../../config/vault-stacks";
import { nameList } from "../../lib/private/text";
import { CommandError } from "../command-line/command-error";
import { ExitCode } from "../command-line/exit-code";
import { type Course, withClusters } from "./course";
import type { StepSeconds } from "./durations";
import { raised } from "./raised";
import type { RunningCluster } from "./running";

/** An intermediate whose key somebody else has. */
export interface Stolen {
  readonly cluster: string;
  /** Hexadecimal, lower case, without colons. */
  readonly serial: string;
}

/** Where the exchange of a cluster's intermediate stands; its serial number tells whether another is there already. */
export function exchange(
  mesh: Mesh,
  running: readonly RunningCluster[],
  { cluster, serial }: Stolen,
  seconds: StepSeconds,
): Course {
  const { intermediates } = mesh.clusters.find(({ name }) => name === cluster)!;
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
  const signs = live.serials.includes(serial);
  const steps = [
    { text: "issue another intermediate", clusters: signs ? [cluster] : [], seconds: seconds.load },
    {
      text: "renew every certificate",
      clusters: live.renewed && !signs ? [] : [cluster],
      seconds: seconds.renew,
    },
  ];
  const at = steps.findIndex(({ clusters }) => clusters.length > 0);
  const again = reissued(intermediates, live);
  const wanted = withClusters(mesh, ({ name }) => {
    if (name !== cluster) return {};
    if (at === 0 && again) return { intermediates: again };
    return at === 1 ? { leafGeneration: raised(mesh, [live], name, [name]) } : {};
  });
  return {
    title: `intermediate ${serial} of ${cluster}`,
    steps,
    at: at === -1 ? steps.length : at,
    wanted,
    end: mesh,
    ...(at === 0 && !again && { instead: byHand(mesh, cluster, intermediates) }),
    commands: [],
  };
}

type Intermediates = Mesh["clusters"][number]["intermediates"];

/** Issued for one generation more than the one in Vault; undefined where nobody tells what that was issued for. */
function reissued(intermediates: Intermediates, { generation }: RunningCluster): Intermediates | undefined {
  if (intermediates.issuance === "external" || generation === undefined) return undefined;
  return { ...intermediates, generation: Math.max(intermediates.generation, generation + 1) };
}

function byHand(mesh: Mesh, cluster: string, { issuance }: Intermediates): string {
  return issuance === "terraform"
    ? `raise intermediates.generation of ${cluster} by one, and deploy ${vaultStackOf(mesh, cluster)}`
    : `istio-vault issue --cluster ${cluster}`;
}
