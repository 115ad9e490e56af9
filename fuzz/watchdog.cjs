/** Kills the process once the counter it shares stands still: a hang cannot be noticed from within. */
const { workerData } = require("node:worker_threads");
const { counter, seconds } = workerData;

let last = -1;
setInterval(() => {
  const now = Atomics.load(counter, 0);
  if (now === last) {
    require("node:fs").writeSync(2, `hangs in mesh file ${now}; run it again with the same seed\n`);
    process.kill(process.pid, "SIGKILL");
  }
  last = now;
}, seconds * 1000);
