import type { Leaf } from "../../base/options/fields.ts";
import { Command, InvalidArgumentError } from "../deps.ts";
import { colours, paint } from "../output/terminal.ts";

/** The help texts of a command. */
export interface CommandText {
  /** One line, without a full stop. */
  readonly summary: string;
  /** Further information. */
  readonly description?: string;
  /** Example command lines, each with a description. */
  readonly examples: readonly (readonly [command: string, explanation: string])[];
  /** The `deno run` flags that the command needs, each with its purpose. */
  readonly permissions: readonly (readonly [flag: string, purpose: string])[];
}

/** Creates a command whose help includes examples and permissions. */
export function command(name: string, { summary, description, examples, permissions }: CommandText): Command {
  return dressed(new Command(name))
    .summary(summary)
    .description([summary + ".", description].filter(Boolean).join("\n\n"))
    .addHelpText("after", () =>
      [
        `\n${title("Examples:")}`,
        ...examples.map(([line, explanation]) => `  ${paint(`# ${explanation}`, "dim")}\n  ${line}`),
        `\n${title("Permissions")} (deno run FLAGS cli/main.ts ${name} ...):`,
        ...permissions.map(([flag, purpose]) => `  ${flag.padEnd(29)}  ${purpose}`),
      ].join("\n"));
}

type Parser<T> = (value: string, before?: T) => T;

const repeatables = new WeakSet<object>();

/** Marks the parser of a flag that may be repeated. */
export function repeatable<T>(parser: Parser<T>): Parser<T> {
  repeatables.add(parser);
  return parser;
}

/** Parses a flag that may be repeated. */
export const collect: Parser<readonly string[]> = repeatable((value, all = []) => [...all, value]);

/**
 * Returns the parser of a flag that stands for an option of the library: it checks the flag as the option is checked.
 *
 * @param allowed The allowed values in the words of the command line.
 */
export const checkedBy = <T>(option: Leaf<T>, allowed = option.allowed) => (text: string): T => {
  const value = option.check(text);
  if (value === undefined) throw new InvalidArgumentError(`use ${allowed}.`);
  return value;
};

/** Rejects a repeated flag that takes a single value. Commander would silently use the last value. */
export function refuseSecondValues(command: Command): void {
  for (const option of command.options) {
    if (option.isBoolean() || (option.parseArg && repeatables.has(option.parseArg))) continue;
    let isGiven = false;
    command.on(`option:${option.name()}`, () => {
      if (isGiven) command.error(`error: option '${option.flags}' is given twice; give it once`);
      isGiven = true;
    });
  }
}

/** The flag of commands with JSON output. */
export interface JsonFlag {
  readonly json?: boolean;
}

/** Adds `--json`. */
export const withJson = (
  command: Command,
  text = "JSON, for programs: indented on a terminal, else in one line",
): Command => command.option("--json", text);

const title = (text: string) => paint(text, "bold");

/**
 * Applies the settings that all commands share. Without them, Commander would read the environment to choose colours.
 */
export function dressed(command: Command): Command {
  return command
    .exitOverride()
    .helpOption("-h, --help", "print this help")
    .configureHelp({ styleTitle: title, helpWidth: 100, sortSubcommands: false, showGlobalOptions: false })
    .configureOutput({
      getOutHasColors: () => colours.out,
      getErrHasColors: () => colours.err,
      getOutHelpWidth: () => 100,
      getErrHelpWidth: () => 100,
      writeOut: (text) => void Deno.stdout.writeSync(new TextEncoder().encode(text)),
      // main.ts prints errors in the arguments.
      writeErr: () => {},
    });
}
