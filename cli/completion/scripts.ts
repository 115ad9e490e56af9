import type { Command } from "commander";

export type Shell = "bash" | "zsh" | "fish";

/** What follows a command: its options, and the values of its arguments where they are a few. */
interface Completed {
  readonly name: string;
  readonly description: string;
  readonly words: readonly string[];
}

/** The script for a shell, made from the very commands of the program. */
export function completionScript(shell: Shell, program: Command): string {
  const commands = program.commands.map(completed);
  return { bash, zsh, fish }[shell](program.name(), commands);
}

function completed(command: Command): Completed {
  const choices = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
  const options = command.options.flatMap(({ long }) => long ?? []);
  return {
    name: command.name(),
    description: command.description(),
    words: [...choices, ...options, "--help"],
  };
}

function bash(program: string, commands: readonly Completed[]): string {
  return `_istio_vault() {
  local words
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="${commands.map(({ name }) => name).join(" ")} --help --version"
  else
    case "\${COMP_WORDS[1]}" in
${commands.map(({ name, words }) => `      ${name}) words="${words.join(" ")}" ;;`).join("\n")}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _istio_vault ${program}`;
}

function zsh(program: string, commands: readonly Completed[]): string {
  return `#compdef ${program}
_istio_vault() {
  if (( CURRENT == 2 )); then
    compadd -- ${commands.map(({ name }) => name).join(" ")} --help --version
    return
  fi
  case "$words[2]" in
${commands.map(({ name, words }) => `    ${name}) compadd -- ${words.join(" ")} ;;`).join("\n")}
  esac
  _files
}
compdef _istio_vault ${program}`;
}

function fish(program: string, commands: readonly Completed[]): string {
  return commands
    .flatMap(({ name, description, words }) => [
      `complete -c ${program} -n __fish_use_subcommand -a ${name} -d '${description.replace(/[\\']/g, "\\$&")}'`,
      ...words.map((word) => {
        const what = word.startsWith("--") ? `-l ${word.slice(2)}` : `-a ${word}`;
        return `complete -c ${program} -n '__fish_seen_subcommand_from ${name}' ${what}`;
      }),
    ])
    .join("\n");
}
