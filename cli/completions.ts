import { command } from "./command.ts";
import type { Command, Option } from "./deps.ts";
import { EXIT, Failure } from "./exit.ts";
import { print } from "./terminal.ts";

/** `dinokit completions` */
export function completionsCommand(program: Command): Command {
  return command("completions", {
    summary: "The script that completes commands and flags in a shell",
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

/** The script for a shell. */
export const completionScript = (shell: keyof typeof SHELLS, commands: readonly Command[]): string =>
  SHELLS[shell](commands);

const isShell = (name: string): name is keyof typeof SHELLS => Object.hasOwn(SHELLS, name);

/** The flags of a command, as they are typed. */
const flagsOf = (one: Command) => [...one.options.flatMap(wordsOf), "--help"];
const wordsOf = ({ short, long }: Option) => [short, long].filter((word) => word !== undefined);

function bash(commands: readonly Command[]): string {
  const cases = commands.map((one) => `    ${one.name()}) words="${flagsOf(one).join(" ")}" ;;`);
  return `# dinokit in bash: names of files where neither a command nor a flag is meant.
_dinokit() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words=""
  if ((COMP_CWORD == 1)); then
    words="${commands.map((one) => one.name()).join(" ")} --help --version"
  elif [[ $current == -* ]]; then
    case "\${COMP_WORDS[1]}" in
${cases.join("\n    ").replaceAll("\n    ", "\n")}
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
  const cases = commands.map((one) => {
    const flags = one.options.flatMap((option) => wordsOf(option).map((word) => described(word, option.description)));
    return `    ${one.name()}) flags=(${[...flags, described("--help", "what there is")].join(" ")}) ;;`;
  });
  return `#compdef dinokit
# dinokit in zsh: names of files where neither a command nor a flag is meant.
_dinokit() {
  local -a commands flags
  commands=(${commands.map((one) => described(one.name(), one.summary())).join(" ")})
  if ((CURRENT == 2)); then
    _describe 'command' commands
    return
  fi
  case $words[2] in
${cases.join("\n")}
  esac
  if [[ $PREFIX == -* ]]; then
    _describe -o 'flag' flags
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
  const lines = commands.flatMap((one) => [
    `complete -c dinokit -n __fish_use_subcommand -f -a ${one.name()} -d ${quoted(one.summary())}`,
    ...one.options.map((option) => {
      const names = [option.short && `-s ${option.short.slice(1)}`, option.long && `-l ${option.long.slice(2)}`];
      const value = option.required ? "-r" : "";
      return [
        `complete -c dinokit -n '__fish_seen_subcommand_from ${one.name()}'`,
        ...names,
        value,
        `-d ${quoted(option.description)}`,
      ].filter(Boolean).join(" ");
    }),
  ]);
  return `# dinokit in fish\n${lines.join("\n")}\n`;
}
