import { accessSync, constants, existsSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { findIstio, ISTIO_NEEDS, type IstioBuild, type IstioNeed } from "./istio-builds";

/** Where Debian's package has them. */
export const CNI_PLUGINS = "/usr/lib/cni";

/** What the parts of a run need from the machine. */
export const PROGRAMS = [
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kubelet",
  "kube-proxy",
  "coredns",
  "containerd",
  "runc",
  "busybox",
  "iptables",
  "xtables-nft-multi",
  "xtables-legacy-multi",
  "envoy",
  "vault",
  "vault-k8s",
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
  "bun",
  "datefudge",
] as const;
export type ProgramName = (typeof PROGRAMS)[number];

/** What a part may ask for: a program, Istio, the injector's chart, IPv6, or the rights to isolate and to bind low ports. */
export type Need =
  ProgramName | IstioNeed | `${IstioNeed}'s proxy` | "vault chart" | "CNI plugins" | "IPv6" | "root";

/** The programs found, and what is missing with the reason. */
export class Programs {
  /**
   * Looks for programs in `E2E_BIN` (directories, separated as in PATH), then in PATH; for Istio in `E2E_ISTIO`, for the
   * injector's chart in `E2E_CHARTS`.
   */
  public static find(env: NodeJS.ProcessEnv): Programs {
    // Not every user's PATH has the programs of administrators.
    const directories = [env.E2E_BIN, env.PATH, "/usr/sbin:/sbin"]
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
    if (!charts || !existsSync(join(charts, "vault", "Chart.yaml"))) {
      missing.set("vault chart", `no unpacked chart vault in E2E_CHARTS=${env.E2E_CHARTS ?? ""}`);
    }
    const builds = new Map<IstioNeed, IstioBuild>();
    for (const [need, found] of findIstio(env.E2E_ISTIO)) {
      if ("missing" in found) missing.set(need, found.missing);
      else builds.set(need, found);
    }
    for (const need of ISTIO_NEEDS) {
      const build = builds.get(need);
      if (build && !build.proxy)
        missing.set(`${need}'s proxy`, `no pilot-agent and envoy_bootstrap.json in ${build.charts}`);
    }
    if (!existsSync(join(CNI_PLUGINS, "bridge")))
      missing.set("CNI plugins", `no CNI plugins in ${CNI_PLUGINS}`);
    if (!hasIpv6()) missing.set("IPv6", "this machine has no ::1");
    if (process.getuid?.() !== 0) missing.set("root", "the run is not root's, and so cannot isolate pods");
    return new Programs(directories.join(delimiter), paths, builds, charts, missing);
  }

  private constructor(
    /** Where programs find each other. */
    public readonly searchPath: string,
    private readonly paths: ReadonlyMap<ProgramName, string>,
    private readonly builds: ReadonlyMap<IstioNeed, IstioBuild>,
    private readonly charts: string | undefined,
    public readonly missing: ReadonlyMap<Need, string>,
  ) {}

  public path(name: ProgramName): string {
    const path = this.paths.get(name);
    if (!path) throw new Error(this.missing.get(name));
    return path;
  }

  public istio(need: IstioNeed): IstioBuild {
    const build = this.builds.get(need);
    if (!build) throw new Error(this.missing.get(need));
    return build;
  }

  /** The build of exactly this version. */
  public istioOfVersion(version: string): IstioBuild {
    const build = [...this.builds.values()].find((each) => each.version === version);
    if (!build) throw new Error(`no Istio ${version} was found`);
    return build;
  }

  /** The directory of the injector's chart, `vault`. */
  public get chartsDirectory(): string {
    if (!this.charts) throw new Error(this.missing.get("vault chart"));
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
