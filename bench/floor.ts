/**
 * The least a synth could cost: one process that imports what the program imports and writes as many
 * bytes to as many files.
 */
import "@cdktf/provider-helm/lib/provider";
import "@cdktf/provider-helm/lib/release";
import "@cdktf/provider-kubernetes/lib/namespace-v1";
import "@cdktf/provider-kubernetes/lib/provider";
import "@cdktf/provider-tls/lib/provider";
import "@cdktf/provider-vault/lib/provider";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import "../lib";

const [directory, ...sizes] = process.argv.slice(2);
sizes.forEach((size, index) => {
  const stack = join(directory, `${index}`);
  mkdirSync(stack, { recursive: true });
  writeFileSync(join(stack, "cdk.tf.json"), Buffer.alloc(Number(size), "x"));
});
