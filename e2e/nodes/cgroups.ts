import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

const VERSION_2 = "/sys/fs/cgroup";

/** A node's own cgroups. With version 1 they are below this run's, so that what limits the run limits its nodes. */
export class NodeCgroups {
  public static create(name: string): NodeCgroups {
    const directories = ownCgroups().map((own) => join(own, name));
    for (const directory of directories) {
      mkdirSync(directory);
      if (dirname(directory) === VERSION_2) delegateAll(VERSION_2);
      for (const file of ["cpuset.cpus", "cpuset.mems"]) copyFromParent(directory, file);
    }
    return new NodeCgroups(directories);
  }

  private constructor(
    /** One of version 2, or one for each hierarchy of version 1. */
    public readonly directories: readonly string[],
  ) {}

  /** What all its processes hold of the machine's memory, page cache aside. */
  public get memoryMiB(): number {
    const files = this.directories.map((directory) => join(directory, "memory.stat")).filter(existsSync);
    const bytes = /^(?:total_rss|anon) (\d+)$/m.exec(
      files.map((file) => readFileSync(file, "utf8")).join(""),
    );
    return Math.round(Number(bytes?.[1] ?? 0) / 2 ** 20);
  }

  /** To be called when its processes were killed. */
  public remove(): void {
    // All of them first: with version 1 a process that is frozen in one hierarchy holds its cgroup in each.
    for (const directory of this.directories.filter(existsSync)) thaw(directory);
    for (const directory of this.directories) removeAll(directory, Date.now() + 20_000);
  }
}

/** The cgroups this process is in; of version 2 the root, for a cgroup with processes has nothing to give. */
function ownCgroups(): string[] {
  const own = readFileSync("/proc/self/cgroup", "utf8").trim().split("\n");
  const mounts = readFileSync("/proc/mounts", "utf8").trim().split("\n");
  return mounts.flatMap((line) => {
    const [, path, type, options] = line.split(" ") as [string, string, string, string];
    if (type === "cgroup2" && path === VERSION_2) return [path];
    if (type !== "cgroup") return [];
    const hierarchy = options.includes("name=") ? `name=${basename(path)}` : basename(path);
    const entry = own
      .map((text) => text.split(":"))
      .find(([, names]) => names!.split(",").includes(hierarchy));
    return entry ? [join(path, entry[2]!)] : [];
  });
}

/** Version 2: kubelet wants every controller there is. */
function delegateAll(directory: string): void {
  const controllers = readFileSync(join(directory, "cgroup.controllers"), "utf8").trim().split(" ");
  writeFileSync(join(directory, "cgroup.subtree_control"), controllers.map((name) => `+${name}`).join(" "));
}

/** Version 1: no process may enter a cpuset that names no processor. */
function copyFromParent(directory: string, file: string): void {
  if (!existsSync(join(directory, file)) || existsSync(join(directory, "cgroup.controllers"))) return;
  writeFileSync(join(directory, file), readFileSync(join(dirname(directory), file)));
}

/** What was paused when its test failed does not end before it goes on. */
function thaw(directory: string): void {
  for (const { name, parentPath } of readdirSync(directory, { withFileTypes: true, recursive: true })) {
    const going = { "freezer.state": "THAWED", "cgroup.freeze": "0" }[name];
    if (going !== undefined) writeFileSync(join(parentPath, name), going);
  }
}

function removeAll(directory: string, deadline: number): void {
  if (!existsSync(directory)) return;
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (entry.isDirectory()) removeAll(join(directory, entry.name), deadline);
  }
  for (;;) {
    try {
      return rmdirSync(directory);
    } catch (error) {
      if (Date.now() > deadline) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50); // its processes are still ending
    }
  }
}
