import { readdirSync, readFileSync } from "node:fs";

/** A process, told from a later one with the same id by the moment it was started. */
interface Entry {
  readonly pid: number;
  readonly parent: number;
  readonly started: string;
}

/** A process and all that descend from it. */
export function family(pid: number): ReadonlySet<string> {
  const table = processes();
  const members = new Set([pid]);
  for (let size = 0; size !== members.size;) {
    size = members.size;
    for (const entry of table) if (members.has(entry.parent)) members.add(entry.pid);
  }
  return new Set(table.filter((entry) => members.has(entry.pid)).map(identity));
}

/** Those of `family` that still run. */
export function survivors(family: ReadonlySet<string>): string[] {
  return processes()
    .map(identity)
    .filter((one) => family.has(one));
}

function identity({ pid, started }: Entry): string {
  return `${pid} since ${started}`;
}

function processes(): Entry[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
        const [state, parent, ...rest] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
        // What has ended and waits for its parent to ask runs no more.
        return state === "Z" ? [] : [{ pid: Number(pid), parent: Number(parent), started: rest[17]! }];
      } catch {
        return []; // it ended meanwhile
      }
    });
}
