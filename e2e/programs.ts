import { accessSync, constants, existsSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { delimiter, join, resolve } from "node:path";

/** What the parts of a run need from the machine. */
export const PROGRAMS = [
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "vault",
  "vault-k8s",
  "pilot-discovery",
  "terraform",
  "kubectl",
  "node",
  "helm",
  "openssl",
  "unshare",
  "setpriv",
  "git",
  "curl",
  "jq",
  "tofu",
  "cdktn",
  "bao",
  "kube-state-metrics",
  "promtool",
] as const;
export type ProgramName = (typeof PROGRAMS)[number];

/** Charts by what they are needed for. */
const CHARTS = { charts: ["base", "istiod", "vault"], "gateway chart": ["gateway"] } as const;
type ChartNeed = keyof typeof CHARTS;

/** What a part may ask for: a program, charts, IPv6, or the rights to isolate and to bind low ports. */
export type Need = ProgramName | ChartNeed | "IPv6" | "root";

/** The programs found, and what is missing with the reason. */
export class Programs {
  /** Looks in `E2E_BIN` (directories, separated as in PATH), then in PATH; charts in `E2E_CHARTS`. */
  public static find(env: NodeJS.ProcessEnv): Programs {
    const directories = [env.E2E_BIN, env.PATH]
      .filter((list) => list !== undefined)
      .flatMap((list) => list.split(delimiter))
      .filter((directory) => directory !== "")
      .map((directory) => resolve(directory));
    const paths = new Map<ProgramName, string>();
    const missing = new Map<Need, string>();
    for (const name of PROGRAMS) {
      const path = directories.map((directory) => join(directory, name)).find(isExecutable);
      if (path) paths.set(name, path);
      else missing.set(name, `${name} is neither in E2E_BIN nor in PATH`);
    }
    const charts = env.E2E_CHARTS ? resolve(env.E2E_CHARTS) : undefined;
    for (const [need, names] of Object.entries(CHARTS) as [ChartNeed, readonly string[]][]) {
      const absent = names.filter((chart) => !charts || !existsSync(join(charts, chart, "Chart.yaml")));
      if (absent.length > 0) {
        missing.set(need, `no unpacked chart ${absent.join(", ")} in E2E_CHARTS=${env.E2E_CHARTS ?? ""}`);
      }
    }
    if (!hasIpv6()) missing.set("IPv6", "this machine has no ::1");
    if (process.getuid?.() !== 0) missing.set("root", "the run is not root's, and so cannot isolate pods");
    return new Programs(paths, charts, missing);
  }

  private constructor(
    private readonly paths: ReadonlyMap<ProgramName, string>,
    private readonly charts: string | undefined,
    public readonly missing: ReadonlyMap<Need, string>,
  ) {}

  public path(name: ProgramName): string {
    const path = this.paths.get(name);
    if (!path) throw new Error(this.missing.get(name));
    return path;
  }

  public get chartsDirectory(): string {
    if (!this.charts) throw new Error(this.missing.get("charts"));
    return this.charts;
  }
}

function hasIpv6(): boolean {
  return Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some(({ address }) => address === "::1"),
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
