import type { Need, Programs } from "../programs";
import type { World } from "./world";

/** One thing the run shows. */
export interface Check {
  readonly name: string;
  /** Where it fails, the rest of its part has nothing to stand on. */
  readonly prerequisite?: boolean;
  readonly run: (world: World) => Promise<void>;
}

/** Checks that belong together and need the same programs. */
export interface Part {
  readonly name: string;
  readonly needs: readonly Need[];
  /** Where one of its prerequisites fails, the later parts have nothing to stand on. */
  readonly foundation?: boolean;
  readonly checks: readonly Check[];
}

/** Runs parts one after the other, prints each check as it ends, and counts. */
export class Report {
  private passed = 0;
  private failed = 0;
  private skipped = 0;
  private readonly failures: string[] = [];
  private missingFoundation?: string;

  /** @param needs of the scenario as a whole */
  constructor(
    private readonly programs: Programs,
    scenario: string,
    needs: readonly Need[],
  ) {
    console.log(`\n== ${scenario}`);
    this.missingFoundation = this.lacking(needs);
  }

  private lacking(needs: readonly Need[]): string | undefined {
    const missing = needs.filter((need) => this.programs.missing.has(need));
    return missing.length > 0 ? `missing: ${missing.join(", ")}` : undefined;
  }

  /** Why a part cannot run, if it cannot. */
  private obstacle(part: Part): string | undefined {
    return this.missingFoundation ?? this.lacking(part.needs);
  }

  public async run(part: Part, world: () => Promise<World>): Promise<void> {
    console.log(`\n${part.name}`);
    let obstacle = this.obstacle(part);
    if (obstacle !== undefined) {
      this.skip(`all ${part.checks.length} checks`, obstacle, part.checks.length);
      return;
    }
    for (const check of part.checks) {
      if (obstacle !== undefined) {
        this.skip(check.name, obstacle);
      } else if (!(await this.passes(check, world)) && check.prerequisite) {
        obstacle = `needs "${check.name}"`;
        if (part.foundation) this.missingFoundation = obstacle;
      }
    }
  }

  /** Prints the summary; the last line alone is for machines. */
  public finish(strict: boolean): number {
    if (this.failures.length > 0) console.log(`\nfailed:\n${this.failures.join("\n")}`);
    console.log(`\ne2e: ${this.passed} passed, ${this.failed} failed, ${this.skipped} skipped`);
    return this.failed > 0 || (strict && this.skipped > 0) ? 1 : 0;
  }

  private async passes(check: Check, world: () => Promise<World>): Promise<boolean> {
    const started = performance.now();
    try {
      await check.run(await world());
      this.passed++;
      print("ok  ", check.name, started);
      return true;
    } catch (error) {
      this.failed++;
      this.failures.push(`  ${check.name}`);
      print("FAIL", check.name, started);
      console.log(indented((error as Error).message));
      return false;
    }
  }

  private skip(what: string, reason: string, count = 1): void {
    this.skipped += count;
    console.log(`  skip          ${what} (${reason})`);
  }
}

function print(verdict: string, name: string, started: number): void {
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`  ${verdict} ${seconds.padStart(6)} s  ${name}`);
}

function indented(text: string): string {
  return text.replace(/^/gm, "       ");
}
