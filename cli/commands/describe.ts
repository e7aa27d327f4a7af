import { telling } from "./call_failure.ts";
import { type AskingFlags, askingOf, withAsking } from "./call_flags.ts";
import { command, type JsonFlag, withJson } from "./command.ts";
import type { Command } from "../deps.ts";
import { type SchemaFlags, schemaOf, withSchema } from "./schema_flags.ts";
import { TARGET, TARGET_PERMISSIONS, type TargetFlags, withConsul, withTls } from "./target.ts";
import { interruption, print, printJson } from "../output/terminal.ts";

/** Creates the command `dinokit describe`. */
export function describeCommand(): Command {
  const describe = command("describe", {
    summary: "Prints a service, method, message, field or enum as .proto text",
    description: "With --json, prints its kind and its descriptor in the form of descriptor.proto.",
    examples: [
      ["dinokit describe 127.0.0.1:8888 echo.EchoService", "a service with its methods"],
      ["dinokit describe 127.0.0.1:8888 echo.Req", "a message with its fields"],
      ["dinokit describe 127.0.0.1:8888", "all services of the server"],
      ["dinokit describe echo.Req --proto proto/echo.proto", "from a .proto file, without a server"],
    ],
    permissions: TARGET_PERMISSIONS,
  })
    .argument("[target]", `${TARGET}; not needed with --proto`)
    .argument("[symbol...]", "full names (default: all services)");
  return withJson(withTls(withAsking(withSchema(withConsul(describe))))).action(telling(describeSymbols));
}

async function describeSymbols(
  target: string | undefined,
  others: readonly string[],
  flags: SchemaFlags & TargetFlags & AskingFlags & JsonFlag,
): Promise<void> {
  using signal = interruption();
  await using schema = schemaOf(target, flags, askingOf(flags, signal));
  // Every target contains a colon, and no symbol does.
  const isSymbol = flags.proto !== undefined && target !== undefined && !target.includes(":");
  const symbols = isSymbol ? [target, ...others] : others;
  const all: unknown[] = [];
  for (const symbol of symbols.length > 0 ? symbols : await schema.services()) {
    if (flags.json) all.push({ name: symbol, ...await schema.descriptor(symbol) });
    else await print((await schema.describe(symbol)).trimEnd());
  }
  if (flags.json) await printJson(all);
}
