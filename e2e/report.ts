import type { TestEvent } from "node:test/reporters";

/** Checks of one scenario. */
class Counts {
  public passed = 0;
  public skipped = 0;
  public readonly failures: string[] = [];
}

/** Prints what the runner tells of scenarios, their parts and checks, and counts the checks. */
export class Report {
  private readonly scenarios = new Map<string, Counts>();
  private readonly before: string[] = [];
  private scenario = "";

  public get failedScenarios(): readonly string[] {
    return [...this.scenarios].flatMap(([name, { failures }]) => (failures.length > 0 ? [name] : []));
  }

  /** What it does from here on counts; how it failed before is still told at the end. */
  public again(scenario: string): void {
    console.log(`\n${scenario} failed beside another scenario, and runs again, alone`);
    this.before.push(...this.scenarios.get(scenario)!.failures);
    this.scenarios.delete(scenario);
  }

  public take(event: TestEvent): void {
    switch (event.type) {
      case "test:start":
        return this.heading(event.data);
      case "test:pass":
      case "test:fail":
        return this.verdict(event.data);
      case "test:diagnostic":
        if (event.data.nesting > 0) console.log(indented(event.data.message));
        return;
      case "test:stdout":
      case "test:stderr":
        process.stdout.write(event.data.message);
        return;
      default:
    }
  }

  /** Prints the summary; the last line alone is for machines. */
  public finish(strict: boolean): number {
    const all = [...this.scenarios.values()];
    const sum = (of: (counts: Counts) => number) => all.reduce((total, counts) => total + of(counts), 0);
    const failures = all.flatMap((counts) => counts.failures);
    const skipped = sum((counts) => counts.skipped);
    if (this.before.length > 0)
      console.log(`\nfailed beside another scenario, before it ran alone:\n${this.before.join("\n")}`);
    if (failures.length > 0) console.log(`\nfailed:\n${failures.join("\n")}`);
    console.log(
      `\ne2e: ${sum((counts) => counts.passed)} passed, ${failures.length} failed, ${skipped} skipped`,
    );
    return failures.length > 0 || (strict && skipped > 0) ? 1 : 0;
  }

  private heading({ name, nesting }: { readonly name: string; readonly nesting: number }): void {
    if (nesting === 0) this.scenario = name;
    if (nesting < 2) console.log(nesting === 0 ? `\n== ${name}` : `\n${name}`);
  }

  private verdict({ name, skip, details }: Verdict): void {
    const { error, duration_ms: milliseconds } = details;
    // A suite fails with its checks; what else it fails with, nobody else tells.
    if (details.type === "suite" && (!error || error.failureType === "subtestsFailed")) return;
    const counts = this.counts();
    const seconds = (milliseconds / 1000).toFixed(1).padStart(6);
    if (error !== undefined) {
      const why = indented(error.cause instanceof Error ? error.cause.message : error.message);
      counts.failures.push(`  ${this.scenario}: ${name}\n${why}`);
      console.log(`  FAIL ${seconds} s  ${name}\n${why}`);
    } else if (skip !== undefined) {
      counts.skipped++;
      console.log(`  skip          ${name} (${skip})`);
    } else {
      counts.passed++;
      console.log(`  ok   ${seconds} s  ${name}`);
    }
  }

  private counts(): Counts {
    const counts = this.scenarios.get(this.scenario) ?? new Counts();
    this.scenarios.set(this.scenario, counts);
    return counts;
  }
}

interface Verdict {
  readonly name: string;
  readonly skip?: string | boolean;
  readonly details: {
    readonly duration_ms: number;
    readonly type?: string;
    readonly error?: Error & { readonly failureType?: string };
  };
}

function indented(text: string): string {
  return text.replace(/^/gm, "                ");
}
