/**
 * The command line `dinokit`: it turns a .proto file into a running service, and inspects running ones.
 *
 * ```sh
 * deno run -A cli/main.ts --help
 * deno install -g -A -n dinokit cli/main.ts
 * ```
 *
 * @module
 */

import denoJson from "../deno.json" with { type: "json" };
import { callCommand } from "./commands/call.ts";
import { isConsulError, nextAfterConsul } from "./commands/call_failure.ts";
import { dressed, refuseSecondValues } from "./commands/command.ts";
import { completionsCommand } from "./commands/completions.ts";
import { Command, CommanderError } from "./deps.ts";
import { describeCommand } from "./commands/describe.ts";
import { EXIT, Failure, problemOfSystem } from "./output/failure.ts";
import { genCommand } from "./commands/gen.ts";
import { healthCommand } from "./commands/health.ts";
import { listCommand } from "./commands/list.ts";
import { newCommand } from "./commands/new.ts";
import { watchCommand } from "./commands/watch.ts";
import { colours, paint, tell } from "./output/terminal.ts";

/**
 * Creates the command `dinokit` with all its subcommands.
 *
 * @internal
 */
export function dinokit(): Command {
  const program = dressed(new Command("dinokit"))
    .description("Creates services from .proto files, and inspects running ones.")
    .version(denoJson.version, "-V, --version", "the version")
    .helpOption("-h, --help", "print this help; COMMAND --help has details and examples")
    .helpCommand("help [command]", "the same as COMMAND --help")
    .addHelpText(
      "after",
      "\nExit codes: 0 success, 1 failure, 2 wrong usage, 64 + gRPC status for a failed call (78: UNAVAILABLE).",
    );
  for (const make of [newCommand, genCommand, listCommand, describeCommand, callCommand, healthCommand, watchCommand]) {
    program.addCommand(make());
  }
  program.addCommand(completionsCommand(program));
  program.commands.forEach(refuseSecondValues);
  return program;
}

/** Returns the help text of a command, or of `dinokit` for `""`. */
export function helpOf(name: string): string {
  const program = dinokit();
  const command = name === "" ? program : program.commands.find((command) => command.name() === name)!;
  let text = "";
  command.configureOutput({ writeOut: (part) => void (text += part) }).outputHelp();
  return text;
}

/**
 * Runs the command line.
 *
 * @returns The exit code.
 */
export async function run(args: readonly string[]): Promise<number> {
  const program = dinokit();
  try {
    await program.parseAsync(args, { from: "user" });
    return EXIT.ok;
  } catch (error) {
    return told(error, program, args);
  }
}

/**
 * Prints an error and the next step.
 *
 * @returns The exit code.
 */
function told(error: unknown, program: Command, args: readonly string[]): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT.ok;
    const known = program.commands.find((command) => command.name() === args[0]);
    if (error.code === "commander.help") {
      if (args[0] === "help") say(`unknown command '${args[1]}'`, "dinokit --help");
      else tell(helpOf("").trimEnd());
      return EXIT.usage;
    }
    // Commander has no text without this prefix.
    say(error.message.replace(/^error: /, ""), `dinokit ${known ? `${known.name()} ` : ""}--help`);
    return EXIT.usage;
  }
  if (error instanceof Failure) {
    if (error.message) say(error.message, error.next);
    return error.code;
  }
  if (error instanceof Deno.errors.BrokenPipe) return EXIT.failed; // such as `| head`: nobody listens any more
  const ofSystem = problemOfSystem(error);
  if (ofSystem !== undefined) {
    say(ofSystem);
    return EXIT.failed;
  }
  if (isExpected(error)) {
    if (isConsulError(error)) say(error.message, nextAfterConsul(error));
    else say(error.message);
    return EXIT.failed;
  }
  // A bug in this program. The stack is escaped, because it may contain a server's text.
  tell(error instanceof Error ? error.stack ?? String(error) : String(error), paint("error: ", "red", colours.err));
  return EXIT.failed;
}

/**
 * Whether the error's message is meant for the user. Any other error is a bug in this program, and its stack is shown.
 */
function isExpected(error: unknown): error is Error {
  return error instanceof Error && ["NotCapable", "ProtoProblem", "ConsulError", "Unsupported"].includes(error.name);
}

function say(message: string, next?: string): void {
  tell(message, `${paint("error:", "red", colours.err)} `);
  if (next) tell(next, `${paint("next:", "bold", colours.err)}  `);
}

if (import.meta.main) Deno.exit(await run(Deno.args));
