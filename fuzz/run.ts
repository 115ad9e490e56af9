/**
 * Usage: npm run fuzz [-- <files> [<seed>]]
 *
 * Tries mesh files nobody thought of, then half as many pairs of commits on the review. A failure names seed and
 * path, and the smallest file, or the change, that fails.
 */
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { fuzz } from "./fuzz";
import { fuzzReviews } from "./review";

const [files = "10000", seed = `${Date.now() % 2 ** 31}`] = process.argv.slice(2);

// cdktf formats a stack trace for every token; main.ts does without as well.
const format = Error.prepareStackTrace;
Error.prepareStackTrace = (error, calls) =>
  error.name === "Error" && error.message === "" ? "" : format?.(error, calls);

const counter = new Int32Array(new SharedArrayBuffer(4));
const watchdog = new Worker(join(__dirname, "watchdog.cjs"), { workerData: { counter, seconds: 60 } });
watchdog.unref();

console.log(`fuzz: ${files} mesh files, seed ${seed}`);
const started = performance.now();
const tally = fuzz(Number(files), Number(seed), (now) => Atomics.store(counter, 0, now.files));
const seconds = ((performance.now() - started) / 1000).toFixed(0);
console.log(
  `fuzz: ${tally.files} files in ${seconds} s: ${tally.loaded} loaded, ${tally.synthesized} of them synthesized; ` +
    `${tally.refused} refused, by ${tally.rules.size} rules`,
);

const pairs = Math.ceil(Number(files) / 2);
console.log(`fuzz: ${pairs} pairs of commits, seed ${seed}`);
const begun = performance.now();
const reviews = fuzzReviews(pairs, Number(seed), (done) => Atomics.store(counter, 0, tally.files + done));
console.log(
  `fuzz: ${reviews.pairs} pairs in ${((performance.now() - begun) / 1000).toFixed(0)} s: ${reviews.refused} refused, ` +
    `${reviews.warned} to be read, ${reviews.harmless} harmless by a named rule, ${reviews.unchanged} without a change, ` +
    `${reviews.unmade} refused at synth`,
);
