import type { Duration } from "../../lib/duration";
import { shown } from "../../lib/private/shown";
import type { LintFinding } from "./lint-finding";
import type { PreviousBundle } from "./lint-options";
import type { PluginCaFiles } from "./plugin-ca-files";
import { readDirectory, readFile } from "./read-directory";

/** The plug-in CA files of one istiod, wherever they came from. */
export interface LintTarget {
  /** What it is called in the report. */
  readonly name: string;
  readonly files: PluginCaFiles;
  /** Whether the key was left out on purpose. */
  readonly publicOnly: boolean;
  /** What reading them showed already. */
  readonly findings: readonly LintFinding[];
  /** How often an agent looks for new ones, where that is known. */
  readonly renderInterval?: Duration;
}

export function directoryTarget(directory: string): LintTarget {
  return { name: shown(directory), publicOnly: false, ...readDirectory(directory) };
}

/** @param paths of the files, each may be left out */
export function fileTarget({ caKey, caCert, certChain, rootCert }: PluginCaFiles): LintTarget {
  const read = (path: string | undefined) => (path === undefined ? undefined : readFile(path));
  return {
    name: "files",
    files: { caKey: read(caKey), caCert: read(caCert), certChain: read(certChain), rootCert: read(rootCert) },
    publicOnly: true,
    findings: [],
  };
}

/** What a running istiod has, where that is told. */
export function previousBundle(told: {
  readonly previousRootCert?: string;
  readonly istioVersion?: string;
}): PreviousBundle | undefined {
  if (told.previousRootCert === undefined || told.istioVersion === undefined) return undefined;
  return { rootCert: readFile(told.previousRootCert), istioVersion: told.istioVersion };
}
