import {
  type CallOptions,
  createClient,
  type Init,
  type JsonWriteOptions,
  type MessageType,
  RpcError,
  type Service,
} from "../../mod.ts";
import { AnyTypes } from "../schema/any_types.ts";
import { callFailure, telling } from "./call_failure.ts";
import { UnknownTypeError } from "../../codec/misfit.ts";
import { CallNotes } from "../output/call_notes.ts";
import { typedTarget } from "./typed_target.ts";
import { type CallFlags, deadlineOf, metainfoOf, withCall } from "./call_flags.ts";
import { command } from "./command.ts";
import type { Command } from "../deps.ts";
import { EXIT, Failure } from "../output/failure.ts";
import { jsonValues } from "./json_input.ts";
import type { FoundMethod } from "../schema/schema.ts";
import { type SchemaFlags, schemaOf, withSchema } from "./schema_flags.ts";
import { reach, TARGET, TARGET_PERMISSIONS, type TargetFlags, withConsul, withTls } from "./target.ts";
import { interruption, onTerminal, print } from "../output/terminal.ts";

/** Creates the command `dinokit call`. */
export function callCommand(): Command {
  const call = command("call", {
    summary: "Calls a method of any kind with JSON",
    description:
      "The types come from the server's reflection, or from .proto files. A stream of requests is several JSON " +
      "values, each sent as soon as it is read. Responses go to stdout: indented on a terminal, else one per " +
      "line. The exit code is 0, or 64 plus the gRPC status (78 for UNAVAILABLE). Ctrl-C cancels the call.",
    examples: [
      [`dinokit call 127.0.0.1:8888 echo.EchoService/Echo '{"mes": "hello"}'`, "one request"],
      [`dinokit call consul:echoservice echo.EchoService/Echo '{"mes": "hello"}'`, "a server in Consul"],
      [
        `dinokit call 127.0.0.1:8888 echo.EchoService/Echo '{"mes": "hello"}' --proto proto/echo.proto`,
        "a server without reflection",
      ],
      [`echo '{"mes": "hello"}' | dinokit call 127.0.0.1:8888 echo.EchoService/Echo -`, "JSON from stdin"],
      ["dinokit call 127.0.0.1:8888 echo.EchoService/Echo @request.json", "JSON from a file"],
      [
        `dinokit call 127.0.0.1:8888 echo.EchoService/Echo -H 'x-request-id: 42' --persistent CLIENT_NAME=me -v`,
        "metadata and metainfo; shows header, trailer, status and timing",
      ],
    ],
    permissions: TARGET_PERMISSIONS,
  })
    .argument("<target>", TARGET)
    .argument("<method>", "SERVICE/METHOD, such as echo.EchoService/Echo")
    .argument(
      "[json...]",
      "the request, or several; @FILE or - (stdin) to read JSON from there (default: an empty request)",
    );
  return withTls(withConsul(withCall(withSchema(call)))).action(telling(callMethod));
}

type Flags = CallFlags & SchemaFlags & TargetFlags;
// deno-lint-ignore no-explicit-any -- the request type is known at run time only
type AnyClient = Record<string, (request: any, options: CallOptions) => Promise<any> | AsyncIterable<any>>;

async function callMethod(target: string, name: string, words: readonly string[], flags: Flags): Promise<void> {
  using signal = interruption();
  const deadline = deadlineOf(flags);
  await using schema = schemaOf(target, flags, { signal, metadata: flags.header, deadline });
  const found = await schema.findMethod(name);
  const { service, property, method } = found;
  await using client = createClient(service as Service, reach(target, flags));
  const notes = new CallNotes(flags.verbose ?? false);
  const options: CallOptions = {
    signal,
    deadline,
    metadata: flags.header,
    metainfo: metainfoOf(flags),
    onHeader: (header) => notes.fields("header", header),
    onTrailer: (trailer) => notes.fields("trailer", trailer),
    onBackward: (values) => notes.note("backward", [...values].map(([key, value]) => `${key}: ${value}`)),
  };
  const any = new AnyTypes(schema);
  const typed = typedTarget(target, flags);
  const requests = requestsOf(found, words, { schema: typed.schema, signal, any });
  const many = method.kind === "client_streaming" || method.kind === "bidi";
  try {
    const request = many ? requests : await only(requests, name);
    notes.started();
    const replies = (client as unknown as AnyClient)[property]!(request, options);
    for await (const reply of Symbol.asyncIterator in replies ? replies : [await replies]) {
      await any.ofMessage(reply);
      await print(show(method.response, reply, { emitDefaults: flags.emitDefaults, types: any.types }));
    }
    notes.ended("OK");
  } catch (error) {
    const details = error instanceof RpcError ? await detailsOf(error, any) : [];
    const failure = callFailure(mistake(error) ?? schema.explain(error), typed, details);
    notes.ended(failure.summary);
    throw failure;
  }
}

/** Returns a mistake in the requests, which arrives as the cause of the failed call. */
function mistake(error: unknown): Failure | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) if (cause instanceof Failure) return cause;
}

async function* requestsOf(
  { method }: FoundMethod,
  words: readonly string[],
  { schema, signal, any }: { schema: string; signal: AbortSignal; any: AnyTypes },
): AsyncGenerator<unknown> {
  if (words.length === 0) return yield method.request.decode(new Uint8Array()); // `{}` is no JSON of a Timestamp
  for await (const json of jsonValues(words, signal)) {
    await any.ofJson(json);
    try {
      yield method.request.fromJson(json, { types: any.types });
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      const next = `dinokit describe ${schema} ${method.request.typeName}`;
      throw new Failure(textOf(error), next, EXIT.usage);
    }
  }
}

/** Returns the message of an error in JSON, with the command line's advice. */
const textOf = (error: TypeError) =>
  error instanceof UnknownTypeError ? `${error.problem}; give its .proto file with --proto` : error.message;

async function only(requests: AsyncIterable<unknown>, name: string): Promise<unknown> {
  const all = await Array.fromAsync(requests);
  if (all.length === 1) return all[0];
  throw new Failure(
    `${name} takes one request, and ${all.length} came`,
    "write it like '{}', or call it once for each",
    EXIT.usage,
  );
}

/** Keeps the sign of -0, which JSON.stringify would drop. */
const keepMinus = (_: string, value: unknown) => Object.is(value, -0) ? rawJson("-0") : value;
// TypeScript has no type for JSON.rawJSON yet.
const rawJson = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON;

function show(type: MessageType<unknown>, message: unknown, options: JsonWriteOptions): string {
  try {
    return JSON.stringify(type.toJson(message as Init<unknown>, options), keepMinus, onTerminal ? 2 : undefined);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new Failure(`a response has no JSON: ${textOf(error)}`);
  }
}

/** Returns the details of an error as text: as JSON if the server, the .proto files or the kit know the type. */
async function detailsOf({ details }: RpcError, any: AnyTypes): Promise<string[]> {
  const texts: string[] = [];
  // One after the other: each unknown type is a question to the server.
  for (const { type: name, value } of details) texts.push(await detailText(name, value, any));
  return texts;
}

async function detailText(name: string, value: Uint8Array, any: AnyTypes): Promise<string> {
  const type = await any.find(name).catch(() => undefined);
  try {
    if (type) {
      const message = type.decode(value) as Init<unknown>;
      await any.ofMessage(message);
      return `${name} ${JSON.stringify(type.toJson(message, { types: any.types }))}`;
    }
  } catch {
    // The bytes are not of that type. Shows the name and size only.
  }
  return `${name}, ${value.length} bytes`;
}
