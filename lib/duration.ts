import { ValidationError } from "./errors";
import { requireKnown } from "./private/tokens";
import { rules } from "./rules";

const SECONDS_PER_UNIT = { s: 1, m: 60, h: 3600, d: 86_400, y: 365 * 86_400 } as const;

/** A length of time. A year is 365 days. */
export class Duration {
  /**
   * A number of seconds.
   *
   * @throws ValidationError IV0111 unless `amount` is a whole number of at least 1
   * @throws ValidationError IV0130 if it is known only to Terraform
   */
  public static seconds(amount: number): Duration {
    return Duration.of(amount, "s");
  }

  /**
   * A number of minutes.
   *
   * @throws ValidationError IV0111 unless `amount` is a whole number of at least 1
   * @throws ValidationError IV0130 if it is known only to Terraform
   */
  public static minutes(amount: number): Duration {
    return Duration.of(amount, "m");
  }

  /**
   * A number of hours.
   *
   * @throws ValidationError IV0111 unless `amount` is a whole number of at least 1
   * @throws ValidationError IV0130 if it is known only to Terraform
   */
  public static hours(amount: number): Duration {
    return Duration.of(amount, "h");
  }

  /**
   * A number of days.
   *
   * @throws ValidationError IV0111 unless `amount` is a whole number of at least 1
   * @throws ValidationError IV0130 if it is known only to Terraform
   */
  public static days(amount: number): Duration {
    return Duration.of(amount, "d");
  }

  /**
   * A number of years.
   *
   * @throws ValidationError IV0111 unless `amount` is a whole number of at least 1
   * @throws ValidationError IV0130 if it is known only to Terraform
   */
  public static years(amount: number): Duration {
    return Duration.of(amount, "y");
  }

  /**
   * Reads a whole number with one unit: `30s`, `20m`, `24h`, `90d`, `10y`.
   *
   * @throws ValidationError IV0111 for any other form
   * @throws ValidationError IV0130 if it is known only to Terraform
   */
  public static parse(text: string): Duration {
    requireKnown("text", text);
    const match = /^([1-9][0-9]*)([smhdy])$/.exec(text);
    if (!match) throw new ValidationError(rules.durationForm(text));
    return Duration.of(Number(match[1]), match[2] as keyof typeof SECONDS_PER_UNIT);
  }

  private static of(amount: number, unit: keyof typeof SECONDS_PER_UNIT): Duration {
    requireKnown("amount", amount);
    if (!Number.isSafeInteger(amount) || amount < 1) {
      throw new ValidationError(rules.durationForm(`${amount}${unit}`));
    }
    return new Duration(amount * SECONDS_PER_UNIT[unit], `${amount}${unit}`);
  }

  private constructor(
    private readonly inSeconds: number,
    private readonly text: string,
  ) {}

  /** Seconds: the unit of Vault's resources. */
  public toSeconds(): number {
    return this.inSeconds;
  }

  /** Hours, rounded up: the unit of the tls provider. */
  public toHours(): number {
    return Math.ceil(this.inSeconds / SECONDS_PER_UNIT.h);
  }

  /** In the form that Vault and Go accept, which have no days or years: `78840h`, `90m`, `45s`. */
  public toGoString(): string {
    if (this.inSeconds % SECONDS_PER_UNIT.h === 0) return `${this.inSeconds / SECONDS_PER_UNIT.h}h`;
    if (this.inSeconds % SECONDS_PER_UNIT.m === 0) return `${this.inSeconds / SECONDS_PER_UNIT.m}m`;
    return `${this.inSeconds}s`;
  }

  /** Whether it is longer than another; false for equal ones. */
  public isLongerThan(other: Duration): boolean {
    return this.inSeconds > other.inSeconds;
  }

  /** As it was written: `10y`. */
  public toString(): string {
    return this.text;
  }
}
