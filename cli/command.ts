import { Command } from "./deps.ts";
import { colours, paint } from "./terminal.ts";

/** What is said of a command. */
export interface CommandText {
  /** One line, without a full stop. */
  readonly summary: string;
  /** What else one has to know. */
  readonly description?: string;
  /** Commands as they are typed, each with what it does. */
  readonly examples: readonly (readonly [command: string, what: string])[];
  /** The flags of `deno run` that it needs, each with what for. */
  readonly permissions: readonly (readonly [flag: string, what: string])[];
}

/** Makes a command whose help shows examples and permissions. */
export function command(name: string, { summary, description, examples, permissions }: CommandText): Command {
  return dressed(new Command(name))
    .summary(summary)
    .description([summary + ".", description].filter(Boolean).join("\n\n"))
    .addHelpText("after", () =>
      [
        `\n${title("Examples:")}`,
        ...examples.map(([line, what]) => `  ${paint(`# ${what}`, "dim")}\n  ${line}`),
        `\n${title("Permissions")} (deno run FLAGS cli/main.ts ${name} ...):`,
        ...permissions.map(([flag, what]) => `  ${flag.padEnd(29)}  ${what}`),
      ].join("\n"));
}

type Parser<T> = (value: string, before?: T) => T;

const repeatables = new WeakSet<object>();

/** Marks what parses a flag that may be repeated. */
export function repeatable<T>(parser: Parser<T>): Parser<T> {
  repeatables.add(parser);
  return parser;
}

/** Takes a flag that may be repeated. */
export const collect: Parser<readonly string[]> = repeatable((value, all = []) => [...all, value]);

/** Refuses a second value of a flag that has one. Commander would take the last, and nobody would know which. */
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

/** What the commands that show something take. */
export interface JsonFlag {
  readonly json?: boolean;
}

/** Adds `--json`. */
export const withJson = (
  command: Command,
  text = "JSON, for programs: indented on a terminal, else in one line",
): Command => command.option("--json", text);

const title = (text: string) => paint(text, "bold");

/** Sets what all commands have in common. Commander would read the environment for its colours. */
export function dressed(command: Command): Command {
  return command
    .exitOverride()
    .helpOption("-h, --help", "this text")
    .configureHelp({ styleTitle: title, helpWidth: 100, sortSubcommands: false, showGlobalOptions: false })
    .configureOutput({
      getOutHasColors: () => colours.out,
      getErrHasColors: () => colours.err,
      getOutHelpWidth: () => 100,
      getErrHelpWidth: () => 100,
      writeOut: (text) => void Deno.stdout.writeSync(new TextEncoder().encode(text)),
      // What is wrong with the arguments is told by main.ts.
      writeErr: () => {},
    });
}
