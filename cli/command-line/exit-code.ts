/** Exit codes of every command, whatever its output format. */
export enum ExitCode {
  /** Fine; allowed changes too. */
  FINE = 0,
  /** Unknown: something failed, or could not be reached or read. */
  UNKNOWN = 1,
  /** Changes, only with `--detailed-exitcode`. */
  CHANGES = 2,
  /** Refused, or a finding at or above `--fail-on`. */
  REFUSED = 3,
  /** The command line or mesh.yaml is wrong. */
  USAGE = 64,
  /** `--wait` timed out. */
  TIMEOUT = 124,
}

export const EXIT_CODES_HELP = `
Exit codes: 0 ok · 1 unknown, since something failed or could not be reached · 2 changes (only with
--detailed-exitcode) · 3 refused, or a finding at or above --fail-on · 64 usage · 124 --wait timed out`;
