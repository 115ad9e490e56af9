#!/usr/bin/env node
import { runProgram } from "./program";
import { processTerminal } from "./command-line/terminal";

// Whoever reads may have enough, as head has: what the command ends with stays what it found out.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

void runProgram(process.argv.slice(2), processTerminal()).then((code) => {
  process.exitCode = code;
});
