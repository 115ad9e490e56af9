import type { Argument, Command, Option } from "commander";

export type Shell = "bash" | "zsh" | "fish";

/** What a value of an argument or option is one of; names of clusters are asked for when they are needed. */
type Values = readonly string[] | "clusters";

/** What follows a command: its options, and the values of its arguments and of theirs. */
interface Completed {
  readonly name: string;
  readonly description: string;
  readonly argument: Values;
  readonly options: readonly { readonly flags: readonly string[]; readonly values: Values }[];
}

/** The script for a shell, made from the very commands of the program. */
export function completionScript(shell: Shell, program: Command): string {
  const commands = program.commands.map(completed);
  return { bash, zsh, fish }[shell](program.name(), commands);
}

function completed(command: Command): Completed {
  const [argument] = command.registeredArguments;
  return {
    name: command.name(),
    description: command.description(),
    argument: argument ? valuesOf(argument, argument.name()) : [],
    options: [
      ...command.options.map((option) => ({
        flags: [option.short, option.long].flatMap((flag) => flag ?? []),
        values: valuesOf(option, option.attributeName()),
      })),
      { flags: ["--help"], values: [] },
    ],
  };
}

function valuesOf({ argChoices }: Argument | Option, name: string): Values {
  return name === "cluster" ? "clusters" : (argChoices ?? []);
}

/** For bash and zsh: each command with the word before the one to complete, and what may come there. */
function cases(commands: readonly Completed[], clusters: string): { after: string; words: string }[] {
  const text = (values: Values) => (values === "clusters" ? clusters : values.join(" "));
  return commands.flatMap(({ name, argument, options }) => [
    ...options
      .filter(({ values }) => values.length > 0)
      .map(({ flags, values }) => ({
        after: flags.map((flag) => `"${name} ${flag}"`).join("|"),
        words: text(values),
      })),
    {
      after: `"${name} "*`,
      words: [text(argument), ...options.map(({ flags }) => flags.at(-1)!)].filter(Boolean).join(" "),
    },
  ]);
}

function bash(program: string, commands: readonly Completed[]): string {
  return `_istio_vault() {
  local words
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="${commands.map(({ name }) => name).join(" ")} --help --version"
  else
    case "\${COMP_WORDS[1]} \${COMP_WORDS[COMP_CWORD - 1]}" in
${cases(commands, '$("${COMP_WORDS[0]}" completion clusters 2>/dev/null)')
  .map(({ after, words }) => `      ${after}) words="${words}" ;;`)
  .join("\n")}
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
  case "$words[2] $words[CURRENT-1]" in
${cases(commands, "$($words[1] completion clusters 2>/dev/null)")
  .map(({ after, words }) => `    ${after}) compadd -- ${words} ;;`)
  .join("\n")}
  esac
  _files
}
compdef _istio_vault ${program}`;
}

function fish(program: string, commands: readonly Completed[]): string {
  const quoted = (text: string) => `'${text.replace(/[\\']/g, "\\$&")}'`;
  const text = (values: Values) =>
    quoted(values === "clusters" ? `(${program} completion clusters 2>/dev/null)` : values.join(" "));
  return commands
    .flatMap(({ name, description, argument, options }) => {
      const seen = `complete -c ${program} -n '__fish_seen_subcommand_from ${name}'`;
      return [
        `complete -c ${program} -n __fish_use_subcommand -a ${name} -d ${quoted(description)}`,
        ...(argument.length > 0 ? [`${seen} -a ${text(argument)}`] : []),
        ...options.map(({ flags, values }) => {
          const named = flags.map((flag) => flag.replace(/^--/, "-l ").replace(/^-(?=\w$)/, "-s ")).join(" ");
          return `${seen} ${named}${values.length > 0 ? ` -x -a ${text(values)}` : ""}`;
        }),
      ];
    })
    .join("\n");
}
