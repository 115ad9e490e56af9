import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  createReadStream,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { ModuleKind, ScriptTarget, transpileModule } from "typescript";
import { parse } from "yaml";
import { DEFAULT_AGENT_IMAGE } from "../../lib/private/upstream";
import { output } from "../command";
import { type IstioBuild, ISTIO_NEEDS } from "../istio-builds";
import type { Need, Programs } from "../programs";

/** Of e2e/traffic. */
export const TRAFFIC_IMAGE = "docker.io/library/traffic:1";

/** Files of an image, by where they are in it. */
type Layer = (root: string) => Promise<void>;

interface Image {
  readonly name: string;
  readonly user: string;
  readonly entrypoint: readonly string[];
  /** Names of its layers; the base is below all of them. */
  readonly layers: readonly string[];
}

/**
 * What a node's containerd begins with: images made of this machine's programs, under the names that charts use. There is
 * no registry, and none is asked.
 */
export class ImageStore {
  /**
   * Unpacks each image for which there are programs into a directory of containerd's, once for all nodes; of Istio those
   * that are needed.
   */
  public static async build(
    programs: Programs,
    directory: string,
    needs: readonly Need[] = ISTIO_NEEDS,
  ): Promise<ImageStore> {
    const istios = ISTIO_NEEDS.filter((need) => needs.includes(need) && !programs.missing.has(need));
    const builder = new Builder(
      programs,
      directory,
      istios.map((need) => programs.istio(need)),
    );
    await builder.build();
    return new ImageStore(join(directory, "store"));
  }

  constructor(public readonly directory: string) {}

  /** Images are never written to again, so links do; databases are. */
  public async copyTo(directory: string): Promise<void> {
    await output("cp", ["-al", this.directory, directory]);
    const databases = readdirSync(this.directory, { recursive: true, encoding: "utf8" });
    for (const file of databases.filter((name) => /^[^/]+\/[^/]+\.db$/.test(name))) {
      rmSync(join(directory, file));
      copyFileSync(join(this.directory, file), join(directory, file));
    }
  }
}

class Builder {
  private readonly layers = new Map<string, Layer>([["base", (root) => this.base(root)]]);
  private readonly images: Image[] = [
    {
      name: "registry.k8s.io/pause:3.10",
      user: "65535:65535",
      entrypoint: ["/bin/sleep", "infinity"],
      layers: [],
    },
    { name: "docker.io/library/busybox:1", user: "0:0", entrypoint: ["/bin/sh"], layers: [] },
  ];

  constructor(
    private readonly programs: Programs,
    private readonly directory: string,
    istios: readonly IstioBuild[],
  ) {
    const path = (name: Parameters<Programs["path"]>[0]) => programs.path(name);
    this.program("registry.k8s.io/coredns/coredns:v1", "0:0", { "/coredns": path("coredns") });
    this.program(`docker.io/${DEFAULT_AGENT_IMAGE}`, "0:0", { "/bin/vault": path("vault") });
    if (!programs.missing.has("vault-k8s") && !programs.missing.has("vault chart")) {
      const tag = injectorTag(programs.chartsDirectory);
      this.program(`docker.io/hashicorp/vault-k8s:${tag}`, "100:1000", {
        "/bin/vault-k8s": path("vault-k8s"),
      });
    }
    if (!programs.missing.has("node")) this.traffic(path("node"));
    for (const build of istios) {
      const pilot = { "/usr/local/bin/pilot-discovery": build.pilotDiscovery };
      this.program(`docker.io/istio/pilot:${build.version}`, "1337:1337", pilot);
      if (build.proxy === undefined || programs.missing.has("envoy")) continue;
      this.layers.set("envoy", (root) => this.envoy(root));
      this.program(
        `docker.io/istio/proxyv2:${build.version}`,
        "1337:1337",
        {
          "/usr/local/bin/pilot-agent": build.proxy.agent,
          "/var/lib/istio/envoy/envoy_bootstrap_tmpl.json": build.proxy.bootstrap,
        },
        ["envoy"],
      );
    }
  }

  public async build(): Promise<void> {
    const archive = join(this.directory, "images");
    mkdirSync(archive, { recursive: true });
    const packed = [...this.layers].map(async ([name, layer]): Promise<[string, string]> => {
      return [name, await this.pack(name, layer, archive)];
    });
    const digests = new Map(await Promise.all(packed));
    const manifest = this.images.map((image) => {
      const layers = ["base", ...image.layers];
      const config = `${image.name.replace(/\W/g, "-")}.json`;
      const ids = layers.map((layer) => `sha256:${digests.get(layer)}`);
      writeFileSync(join(archive, config), JSON.stringify(configOf(image, ids)));
      return { Config: config, RepoTags: [image.name], Layers: layers.map((layer) => `${layer}.tar`) };
    });
    writeFileSync(join(archive, "manifest.json"), JSON.stringify(manifest));
    await this.unpack(archive);
    rmSync(archive, { recursive: true });
  }

  /** An image whose entry point is the first of these files. */
  private program(
    name: string,
    user: string,
    files: Readonly<Record<string, string>>,
    below: string[] = [],
  ): void {
    const layer = name.replace(/\W/g, "-");
    this.layers.set(layer, async (root) => {
      for (const [path, source] of Object.entries(files)) await install(source, root, path);
    });
    this.images.push({ name, user, entrypoint: [Object.keys(files)[0]!], layers: [...below, layer] });
  }

  private traffic(node: string): void {
    const sources = join(__dirname, "..", "traffic", "pod");
    this.layers.set("traffic", async (root) => {
      await install(node, root, "/bin/node");
      for (const file of readdirSync(sources)) {
        const { outputText } = transpileModule(readFileSync(join(sources, file), "utf8"), {
          compilerOptions: { module: ModuleKind.CommonJS, target: ScriptTarget.ES2022 },
        });
        writeFileSync(join(root, file.replace(/\.ts$/, ".js")), outputText);
      }
    });
    this.images.push({
      name: TRAFFIC_IMAGE,
      user: "65534:65534",
      entrypoint: ["/bin/node"],
      layers: ["traffic"],
    });
  }

  /** A root file system of one static program, with the users that charts name. */
  private async base(root: string): Promise<void> {
    const busybox = this.programs.path("busybox");
    for (const path of [
      "etc/ssl/certs",
      "home/vault",
      "proc",
      "root",
      "sys",
      "tmp",
      "usr/bin",
      "usr/sbin",
      "var/run",
    ]) {
      mkdirSync(join(root, path), { recursive: true });
    }
    chmodSync(join(root, "tmp"), 0o1777);
    await install(busybox, root, "/bin/busybox");
    for (const applet of (await output(busybox, ["--list"])).trim().split("\n")) {
      if (applet !== "busybox") symlinkSync("busybox", join(root, "bin", applet));
    }
    const users = [
      "root:x:0:0::/root",
      "vault:x:100:1000::/home/vault",
      "istio-proxy:x:1337:1337::/",
      "nobody:x:65534:65534::/",
    ];
    writeFileSync(join(root, "etc/passwd"), users.map((user) => `${user}:/bin/sh\n`).join(""));
    writeFileSync(
      join(root, "etc/group"),
      "root:x:0:\nvault:x:1000:\nistio-proxy:x:1337:\nnobody:x:65534:\n",
    );
    writeFileSync(join(root, "etc/nsswitch.conf"), "hosts: files dns\n");
  }

  /** Envoy, and iptables, which finds extensions by path and what to do by the name it is called by. */
  private async envoy(root: string): Promise<void> {
    const nft = this.programs.path("xtables-nft-multi");
    await install(this.programs.path("envoy"), root, "/usr/local/bin/envoy");
    await install(nft, root, "/usr/sbin/xtables-nft-multi");
    await install(this.programs.path("xtables-legacy-multi"), root, "/usr/sbin/xtables-legacy-multi");
    const packaged = (await output("dpkg", ["-L", "iptables"])).split("\n");
    for (const file of packaged.filter((path) => path.endsWith(".so"))) await install(file, root, file);
    for (const family of ["iptables", "ip6tables"]) {
      for (const command of ["", "-save", "-restore"]) {
        symlinkSync("xtables-nft-multi", join(root, "usr/sbin", `${family}${command}`));
        symlinkSync("xtables-nft-multi", join(root, "usr/sbin", `${family}-nft${command}`));
        symlinkSync("xtables-legacy-multi", join(root, "usr/sbin", `${family}-legacy${command}`));
      }
    }
  }

  private async pack(name: string, layer: Layer, archive: string): Promise<string> {
    const root = join(this.directory, `layer-${name}`);
    mkdirSync(root, { recursive: true });
    await layer(root);
    const tar = join(archive, `${name}.tar`);
    await output("tar", [
      "-C",
      root,
      "--mtime=@0",
      "--mode=a+rX",
      "--numeric-owner",
      "--owner=0",
      "--group=0",
      "-cf",
      tar,
      ".",
    ]);
    rmSync(root, { recursive: true });
    const hash = createHash("sha256");
    await pipeline(createReadStream(tar), hash);
    return hash.digest("hex");
  }

  private async unpack(archive: string): Promise<void> {
    const work = join(this.directory, "containerd");
    mkdirSync(work);
    // containerd's mounts are nobody else's business, and it ends with the first process of its namespace.
    const script = `umask 022
      containerd --root "$1" --state "$2/run" --address "$2/sock" --config /dev/null >"$2/log" 2>&1 &
      for _ in $(seq 100); do ctr -a "$2/sock" version >/dev/null 2>&1 && break || sleep 0.1; done
      tar -C "$3" -cf - . | ctr -a "$2/sock" -n k8s.io images import - >/dev/null
      kill $! && wait $! || true`;
    await output(this.programs.path("unshare"), [
      ...["--mount", "--pid", "--fork", "--kill-child", "--mount-proc"],
      ...["bash", "-ec", script, "-", join(this.directory, "store"), work, archive],
    ]);
  }
}

/** Puts a program there with the libraries it is linked to. */
async function install(source: string, root: string, path: string): Promise<void> {
  const libraries = await output("ldd", [source]).catch(() => ""); // static, or no program
  const files = [[source, path], ...[...libraries.matchAll(/(\/\S+) \(/g)].map(([, file]) => [file!, file!])];
  for (const [from, to] of files as [string, string][]) {
    const target = join(root, to);
    if (existsSync(target)) continue;
    mkdirSync(dirname(target), { recursive: true });
    linkOrCopy(realpathSync(from), target);
  }
}

function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to); // on another disk
  }
}

function configOf({ user, entrypoint }: Image, ids: readonly string[]): object {
  return {
    architecture: process.arch === "x64" ? "amd64" : process.arch,
    os: "linux",
    created: "1970-01-01T00:00:00Z",
    config: {
      User: user,
      Entrypoint: entrypoint,
      WorkingDir: "/",
      Env: ["PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"],
    },
    rootfs: { type: "layers", diff_ids: ids },
  };
}

/** The tag that the injector's chart gives its image. */
function injectorTag(charts: string): string {
  const values = parse(readFileSync(join(charts, "vault", "values.yaml"), "utf8")) as {
    injector: { image: { tag: string } };
  };
  return values.injector.image.tag;
}
