import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const PROJECT = resolve(__dirname, "..");

/** The one block of commands of a page that holds a text, for a check to run as it stands there. */
export function shellBlock(page: string, text: string): string {
  const blocks = [...readFileSync(join(PROJECT, page), "utf8").matchAll(/^ *```sh\n([\s\S]*?)^ *```$/gm)];
  const [found, ...others] = blocks.map(([, block]) => block!).filter((block) => block.includes(text));
  if (found === undefined || others.length > 0) {
    throw new Error(`${page}: ${others.length + (found ? 1 : 0)} blocks of commands hold "${text}"`);
  }
  return found;
}
