/** What every command ends with, whatever its output format. */
export enum ExitCode {
  /** Fine; allowed changes too. */
  FINE = 0,
  /** Could not find out: something was unreachable, unreadable or failed. */
  UNKNOWN = 1,
  /** Changes, only where `--detailed-exitcode` asks for it. */
  CHANGES = 2,
  /** Refused, or a finding at or above `--fail-on`. */
  REFUSED = 3,
  /** The command line or mesh.yaml is wrong. */
  USAGE = 64,
  /** `--wait` ran out. */
  TIMEOUT = 124,
}

export const EXIT_CODES_HELP = `
Exit codes: 0 fine · 1 could not find out · 2 changes (only with --detailed-exitcode) · 3 refused ·
64 usage · 124 --wait ran out`;
