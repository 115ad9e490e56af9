import { spawn } from "node:child_process";
import { join } from "node:path";
import pLimit from "p-limit";
import { startGroup } from "../processes";

/** A scenario waits most of its time; on two cores a third one would only make all of them slower. */
const AT_ONCE = 2;

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** Runs scenarios two at a time, each in a process of its own, and prints what each printed when it ends. */
export async function runSideBySide(names: readonly string[]): Promise<number> {
  const limit = pLimit(AT_ONCE);
  const total: Counts = { passed: 0, failed: 0, skipped: 0 };
  const bad: string[] = [];
  await Promise.all(
    names.map((name) =>
      limit(async () => {
        console.log(`\nbegun: ${name}`);
        const { code, text } = await runAlone(name);
        const { shown, counts } = read(text);
        console.log(shown);
        for (const key of ["passed", "failed", "skipped"] as const) total[key] += counts[key];
        if (code !== 0) bad.push(name);
      }),
    ),
  );
  if (bad.length > 0) console.log(`\nnot well: ${bad.join(", ")}`);
  console.log(`\ne2e: ${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  return bad.length === 0 ? 0 : 1;
}

function runAlone(name: string): Promise<{ code: number; text: string }> {
  const run = join(__dirname, "run.ts");
  return new Promise((resolve, reject) => {
    const child = startGroup(
      () =>
        spawn(process.execPath, ["--import", "tsx", run, name], {
          detached: true,
          stdio: ["ignore", "pipe", "pipe"],
        }),
      // It ends what it started itself, which is in groups of its own.
      "SIGTERM",
    );
    const chunks: Buffer[] = [];
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    }
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? 137, text: Buffer.concat(chunks).toString() }));
  });
}

/** A scenario's output without its own count, and without the programs that are missing, which is said once. */
function read(text: string): { shown: string; counts: Counts } {
  const summary = /\ne2e: (\d+) passed, (\d+) failed, (\d+) skipped\s*$/.exec(text);
  const rest = text.slice(0, summary?.index).replace(/^missing: .*\n/gm, "");
  // One that was killed has not counted.
  if (!summary) return { shown: rest, counts: { passed: 0, failed: 1, skipped: 0 } };
  const [passed, failed, skipped] = summary.slice(1).map(Number);
  return { shown: rest, counts: { passed: passed!, failed: failed!, skipped: skipped! } };
}
