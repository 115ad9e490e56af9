import type { Command } from "commander";
import type { ExitCode } from "./exit-code";
import type { Terminal } from "./terminal";

/** Adds one command to the program; its action resolves with the exit code. */
export type CommandModule = (program: Command, terminal: Terminal, done: (code: ExitCode) => void) => void;
