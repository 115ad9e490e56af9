import { join } from "node:path";
import { run } from "../../command";

const JUDGE = join(__dirname, "tls-judge.mjs");

/** What both ends of a connection present, and by what they judge the other; all PEM. */
export interface Material {
  readonly id: number;
  readonly key: string;
  /** The leaf first, then what leads to the root. */
  readonly cert: string;
  readonly ca: string;
  readonly crl?: string;
}

/** Whether two workloads with such certificates accept each other, where this program does their TLS. */
export async function judgedBy(
  program: string,
  materials: readonly Material[],
): Promise<readonly { readonly id: number; readonly error?: string }[]> {
  const input = materials.map((material) => `${JSON.stringify(material)}\n`).join("");
  const { stdout } = await run(program, [JUDGE], { input, timeoutSeconds: 1200 });
  const answers = stdout.trim().split("\n");
  if (answers.length !== materials.length)
    throw new Error(`${answers.length} answers to ${materials.length} sets`);
  return answers.map((line) => JSON.parse(line) as { id: number; error?: string });
}
