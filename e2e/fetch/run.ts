import { once } from "node:events";
import { resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import { Programs } from "../programs";
import { Fetcher } from "./fetcher";
import { SOURCES } from "./sources";

const DIRECTORY = ".programs";

/**
 * `npm run programs [-- DIRECTORY]`: brings the programs that e2e and the demo miss, as their projects publish them, and
 * says how to have them found. It asks first.
 */
async function main(directory: string): Promise<void> {
  const { missing } = Programs.find(withDirectory(directory));
  const wanted = SOURCES.filter(({ needs }) => needs.some((need) => missing.has(need)));
  if (wanted.length > 0) {
    for (const { name, version } of wanted) console.error(`  ${name} ${version}`);
    if (!(await agreed(`Fetch these from their projects into ${directory}?`))) return;
    const fetcher = new Fetcher(directory);
    for (const source of wanted) {
      await fetcher.bring(source);
      console.error(`  ${source.name} ${source.version}: its checksum is right`);
    }
  }
  for (const reason of Programs.find(withDirectory(directory)).missing.values())
    console.error(`missing: ${reason}`);
  for (const [name, value] of Object.entries(variables(directory))) console.log(`export ${name}=${value}`);
}

function variables(directory: string) {
  return {
    E2E_BIN: [`${directory}/bin`, process.env.E2E_BIN].filter((each) => each !== undefined).join(":"),
    E2E_ISTIO: process.env.E2E_ISTIO ?? `${directory}/istio`,
    E2E_CHARTS: process.env.E2E_CHARTS ?? `${directory}/charts`,
  };
}

function withDirectory(directory: string): NodeJS.ProcessEnv {
  return { ...process.env, ...variables(directory) };
}

async function agreed(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // Where there is nobody to ask, the input ends instead.
  const end = once(terminal, "close").then(() => "");
  const answer = await Promise.race([terminal.question(`${question} [y/N] `), end]);
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}

main(resolve(process.argv[2] ?? DIRECTORY)).catch((error: unknown) => {
  console.error((error as Error).message);
  process.exitCode = 1;
});
