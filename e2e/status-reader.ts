import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Cluster } from "./cluster";

const PAGE = join(resolve(__dirname, ".."), "docs", "status.md");

/** Creates in a cluster who may ask its istiods, as docs/status.md shows it; a token of theirs. */
export async function readerToken(cluster: Cluster): Promise<string> {
  const [, objects] = /```yaml\n([\s\S]+?)```/.exec(readFileSync(PAGE, "utf8"))!;
  await cluster.kubectl("apply -f -", objects);
  return cluster.token({ namespace: "istio-vault", serviceAccount: "reader" });
}
