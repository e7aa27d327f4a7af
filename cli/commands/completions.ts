import { command } from "./command.ts";
import { Command, type Option } from "../deps.ts";
import { EXIT, Failure } from "../output/failure.ts";
import { print } from "../output/terminal.ts";

/** Creates the command `dinokit completions`. */
export function completionsCommand(program: Command): Command {
  return command("completions", {
    summary: "Prints the completion script for a shell",
    examples: [
      ["dinokit completions bash > ~/.local/share/bash-completion/completions/dinokit", "bash"],
      ["dinokit completions zsh > ~/.zfunc/_dinokit", "zsh, with fpath+=~/.zfunc before compinit in ~/.zshrc"],
      ["dinokit completions fish > ~/.config/fish/completions/dinokit.fish", "fish"],
    ],
    permissions: [["(none)", "it prints only"]],
  })
    .argument("<shell>", `${Object.keys(SHELLS).join(", ")}`)
    .action(async (shell: string) => {
      if (isShell(shell)) return await print(completionScript(shell, program.commands).trimEnd());
      throw new Failure(`there is no script for ${shell}`, "dinokit completions bash (or zsh, or fish)", EXIT.usage);
    });
}

const SHELLS = { bash, zsh, fish };

/** Returns the completion script for a shell. */
export const completionScript = (shell: keyof typeof SHELLS, commands: readonly Command[]): string =>
  SHELLS[shell]([...commands, new Command("help").summary("the same as COMMAND --help")]);

const isShell = (name: string): name is keyof typeof SHELLS => Object.hasOwn(SHELLS, name);

/** The values of flags that have few possible values. */
const VALUES = { "--type": ["server", "client", "both"], "--registry": ["consul"] } as const;

/** The first arguments of commands that have few possible ones. */
const firstOf = (commands: readonly Command[]) => ({
  completions: Object.keys(SHELLS),
  help: commands.map((subcommand) => subcommand.name()).filter((name) => name !== "help"),
});

/** Returns the flags of a command as they are typed. */
const flagsOf = (subcommand: Command) => [...subcommand.options.flatMap(wordsOf), "--help"];
const wordsOf = ({ short, long }: Option) => [short, long].filter((word) => word !== undefined);

function bash(commands: readonly Command[]): string {
  const cases = commands.map((subcommand) => `      ${subcommand.name()}) words="${flagsOf(subcommand).join(" ")}" ;;`);
  const values = Object.entries(VALUES).map(([flag, words]) => `    ${flag}) words="${words.join(" ")}" ;;`);
  const first = Object.entries(firstOf(commands)).map(([name, words]) =>
    `      ${name}) words="${words.join(" ")}" ;;`
  );
  return `# dinokit in bash: names of files where nothing else is meant.
_dinokit() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words=""
  case "\${COMP_WORDS[COMP_CWORD-1]}" in
${values.join("\n")}
  esac
  if ((COMP_CWORD == 1)); then
    words="${commands.map((subcommand) => subcommand.name()).join(" ")} --help --version"
  elif [[ $current == -* ]]; then
    case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
    esac
  elif ((COMP_CWORD == 2)); then
    case "\${COMP_WORDS[1]}" in
${first.join("\n")}
    esac
  fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -o default -F _dinokit dinokit
`;
}

function zsh(commands: readonly Command[]): string {
  const quoted = (text: string) => text.replaceAll("'", "'\\''");
  const described = (name: string, text: string) => `'${quoted(name)}:${quoted(text)}'`;
  const cases = commands.map((subcommand) => {
    const flags = subcommand.options.flatMap((option) =>
      wordsOf(option).map((word) => described(word, option.description))
    );
    return `    ${subcommand.name()}) flags=(${[...flags, described("--help", "what there is")].join(" ")}) ;;`;
  });
  const values = Object.entries(VALUES).map(([flag, words]) => `    ${flag}) values=(${words.join(" ")}) ;;`);
  const first = Object.entries(firstOf(commands)).map(([name, words]) =>
    `      ${name}) values=(${words.join(" ")}) ;;`
  );
  return `#compdef dinokit
# dinokit in zsh: names of files where nothing else is meant.
_dinokit() {
  local -a commands flags values
  commands=(${commands.map((subcommand) => described(subcommand.name(), subcommand.summary())).join(" ")})
  if ((CURRENT == 2)); then
    _describe 'command' commands
    return
  fi
  case $words[2] in
${cases.join("\n")}
  esac
  case $words[CURRENT-1] in
${values.join("\n")}
  esac
  if ((CURRENT == 3)); then
    case $words[2] in
${first.join("\n")}
    esac
  fi
  if [[ $PREFIX == -* ]]; then
    _describe -o 'flag' flags
  elif (($#values)); then
    compadd -a values
  else
    _files
  fi
}
if [[ $funcstack[1] == _dinokit ]]; then
  _dinokit "$@"
else
  compdef _dinokit dinokit
fi
`;
}

function fish(commands: readonly Command[]): string {
  const quoted = (text: string) => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
  const first: Partial<Record<string, string[]>> = firstOf(commands);
  const lines = commands.flatMap((subcommand) => {
    const within = `complete -c dinokit -n '__fish_seen_subcommand_from ${subcommand.name()}'`;
    const words = first[subcommand.name()];
    return [
      `complete -c dinokit -n __fish_use_subcommand -f -a ${subcommand.name()} -d ${quoted(subcommand.summary())}`,
      ...(words
        ? [
          `complete -c dinokit -n '__fish_is_nth_token 2; and __fish_seen_subcommand_from ${subcommand.name()}' -f -a ${
            quoted(words.join(" "))
          }`,
        ]
        : []),
      `${within} -s h -l help -d 'this text'`,
      ...subcommand.options.map((option) => {
        const names = [option.short && `-s ${option.short.slice(1)}`, option.long && `-l ${option.long.slice(2)}`];
        const values = VALUES[option.long as keyof typeof VALUES];
        const value = values ? `-x -a ${quoted(values.join(" "))}` : option.required ? "-r" : "";
        return [within, ...names, value, `-d ${quoted(option.description)}`].filter(Boolean).join(" ");
      }),
    ];
  });
  return `# dinokit in fish\n${lines.join("\n")}\n`;
}
