import { lintPluginCaFiles } from "../../../cli/lint/lint-plugin-ca-files";
import { type Bundles, pluginCaBundles } from "../../support/plugin-ca-bundles";
import {
  BASE_BUNDLE,
  ISTIO_VERSIONS,
  isGood,
  lintOptions,
  verdicts,
  verdictsOf,
} from "../../support/plugin-ca-verdicts";

let bundles: Bundles;
beforeAll(async () => {
  bundles = await pluginCaBundles();
});

test("every bundle has a verdict", () => {
  expect(Object.keys(verdicts)).toEqual(Object.keys(bundles));
});

describe.each(ISTIO_VERSIONS)("before istiod %s gets it", (version) => {
  test.each(Object.entries(verdictsOf(version)))("%s", (name, { lint }) => {
    const found = lintPluginCaFiles(bundles[name]!, lintOptions(bundles[BASE_BUNDLE]!, version));
    expect(found.map(({ level, rule, file }) => `${level} ${rule} ${file}`)).toEqual(lint);
  });
});

const everyVerdict = ISTIO_VERSIONS.flatMap((version) => Object.entries(verdictsOf(version)));

test.each(everyVerdict)("%s: istiod and lint agree, or it is said why not", (_name, verdict) => {
  const agree = isGood(verdict) !== verdict.lint.some((finding) => finding.startsWith("error"));
  expect(verdict.why === undefined).toBe(agree);
});

test("no finding of any bundle shows a line of a key", () => {
  for (const files of Object.values(bundles)) {
    const found = JSON.stringify(lintPluginCaFiles(files, lintOptions(bundles[BASE_BUNDLE]!)));
    const lines = (files.caKey ?? "").split(/\r?\n/).filter((line) => /^[A-Za-z0-9+/=]{16,}$/.test(line));
    expect(lines.filter((line) => found.includes(line))).toEqual([]);
  }
});
