#!/usr/bin/env node
import { ignoreClosedPipes } from "../lib/private/closed-pipes";
import { runProgram } from "./program";
import { processTerminal } from "./command-line/terminal";

ignoreClosedPipes();
void runProgram(process.argv.slice(2), processTerminal()).then((code) => {
  process.exitCode = code;
});
