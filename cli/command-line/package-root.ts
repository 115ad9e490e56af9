import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** Directory of this package, wherever its code runs from: the sources, or dist. */
export function packageRoot(): string {
  const candidates = [resolve(__dirname, "../.."), resolve(__dirname, "../../..")];
  return candidates.find((directory) => existsSync(join(directory, "package.json")))!;
}

export interface PackageJson {
  readonly name: string;
  readonly version: string;
  readonly engines: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  /** Those that one command needs and the constructs do not: optional for users of the constructs. */
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional: true }>>;
  /** Exact versions, those the tests ran with. */
  readonly devDependencies: Readonly<Record<string, string>>;
}

export function packageJson(): PackageJson {
  return JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")) as PackageJson;
}
