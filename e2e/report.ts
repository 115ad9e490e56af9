import type { TestEvent } from "node:test/reporters";

/** Prints what the runner tells of scenarios, their parts and checks, and counts the checks. */
export class Report {
  private passed = 0;
  private failed = 0;
  private skipped = 0;
  private readonly failures: string[] = [];
  private scenario = "";

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
    if (this.failures.length > 0) console.log(`\nfailed:\n${this.failures.join("\n")}`);
    console.log(`\ne2e: ${this.passed} passed, ${this.failed} failed, ${this.skipped} skipped`);
    return this.failed > 0 || (strict && this.skipped > 0) ? 1 : 0;
  }

  private heading({ name, nesting }: { readonly name: string; readonly nesting: number }): void {
    if (nesting === 0) this.scenario = name;
    if (nesting < 2) console.log(nesting === 0 ? `\n== ${name}` : `\n${name}`);
  }

  private verdict({ name, skip, details }: Verdict): void {
    const { error, duration_ms: milliseconds } = details;
    // A suite fails with its checks; what else it fails with, nobody else tells.
    if (details.type === "suite" && (!error || error.failureType === "subtestsFailed")) return;
    const seconds = (milliseconds / 1000).toFixed(1).padStart(6);
    if (error !== undefined) {
      this.failed++;
      this.failures.push(`  ${this.scenario}: ${name}`);
      console.log(`  FAIL ${seconds} s  ${name}`);
      console.log(indented(error.cause instanceof Error ? error.cause.message : error.message));
    } else if (skip !== undefined) {
      this.skipped++;
      console.log(`  skip          ${name} (${skip})`);
    } else {
      this.passed++;
      console.log(`  ok   ${seconds} s  ${name}`);
    }
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
